//! The error of a frame or buffer that did not grow or shrink.

use std::fmt;

/// The part of a frame or buffer that was too small for what was asked.
///
/// ```
/// # use framewell::{Pool, Room};
/// # let pool = Pool::builder().frames(1).build()?;
/// let mut frame = pool.get(60)?;
/// assert_eq!(frame.push(200).unwrap_err().room, Room::Headroom);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Room {
    /// The bytes before the data.
    Headroom,
    /// The bytes after the data.
    Tailroom,
    /// The data itself.
    Data,
    /// The capacity of a variable-length buffer.
    Capacity,
    /// The whole frame: headroom, data and tailroom.
    Frame,
}

/// The error of a frame or buffer that has less room than was asked for. It is unchanged.
///
/// ```
/// # use framewell::Pool;
/// # let pool = Pool::builder().frames(1).build()?;
/// let mut frame = pool.get(60)?;
/// let refused = frame.push(200).unwrap_err();
/// assert_eq!((refused.asked, refused.left), (200, 128));
/// assert_eq!(
///     refused.to_string(),
///     "200 bytes exceed the headroom of 128 left; raise it with PoolBuilder::headroom or \
///      Pool::alloc_with_room",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RoomError {
    /// The part that was too small.
    pub room: Room,
    /// Bytes asked for.
    pub asked: usize,
    /// Bytes that the part has.
    pub left: usize,
}

impl fmt::Display for RoomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, left) = (self.asked, self.left);
        let (room, remedy) = match self.room {
            Room::Headroom => (
                "headroom",
                "raise it with PoolBuilder::headroom or Pool::alloc_with_room",
            ),
            Room::Tailroom => (
                "tailroom",
                "raise it with PoolBuilder::tailroom or Pool::alloc_with_room",
            ),
            Room::Data => ("data", "ask for less"),
            Room::Capacity => ("capacity", "allocate a larger buffer, and copy"),
            Room::Frame => {
                return write!(
                    f,
                    "headroom and data of {asked} bytes exceed the frame of {left}; ask for less, \
                     or raise PoolBuilder::payload"
                );
            }
        };
        write!(
            f,
            "{asked} bytes exceed the {room} of {left} left; {remedy}"
        )
    }
}
