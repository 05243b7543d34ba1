//! The traits that the pipeline asks of a buffer source.
//!
//! The contestants differ in where a buffer comes from and goes to, and in nothing else. All of
//! them give [`HEADROOM`] + [`PAYLOAD`] + [`TAILROOM`] bytes, and the packet work is the same code.
//! Nothing here hands out bytes that were not written, so that a contestant need not zero anything.
//!
//! ```text
//!            ┌──────────────┬─────────────────────────────┬──────────┐
//!            │ headroom 128 │ layer 3, up to 1500         │ tail 100 │
//!            └──────────────┴─────────────────────────────┴──────────┘
//!  load:            [ link ][ layer 3        ][ trailer ]
//!  prepend: [ VXLAN ][ link ][ layer 3        ][ trailer ]
//! ```

use std::fmt;

/// The number of bytes before the payload.
pub const HEADROOM: usize = 128;
/// The number of bytes of layer 3 that a buffer holds.
pub const PAYLOAD: usize = 1500;
/// The number of bytes behind the payload.
pub const TAILROOM: usize = 100;
/// The number of all bytes of a buffer.
pub const ROOM: usize = HEADROOM + PAYLOAD + TAILROOM;
/// The most packets that a burst holds.
pub const MAX_BURST: usize = 64;
/// The length of an untagged Ethernet header.
pub const LINK: usize = 14;
/// The length of the ingress trailer, which is the packet's number.
pub const TRAILER: usize = 8;

/// The error that bytes do not fit into what is left of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the bytes exceed the buffer's {HEADROOM} + {PAYLOAD} + {TAILROOM}; send smaller packets"
        )
    }
}

impl std::error::Error for NoRoom {}

/// A buffer of a contestant, with one packet in it.
pub trait Buffer: Send + 'static {
    /// Returns the packet.
    fn bytes(&self) -> &[u8];

    /// Returns the packet, to be changed.
    fn bytes_mut(&mut self) -> &mut [u8];

    /// Copies a packet into a buffer fresh from the pool. The first `link` bytes go to the end of
    /// the headroom, layer 3 to the payload's start, and the trailer behind it.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] if layer 3 exceeds [`PAYLOAD`] or the link header [`HEADROOM`].
    fn load(&mut self, link: usize, packet: &[u8], trailer: &[u8; TRAILER]) -> Result<(), NoRoom>;

    /// Puts a header before the packet.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] if the headroom that is left is shorter.
    fn prepend(&mut self, header: &[u8]) -> Result<(), NoRoom>;

    /// Returns the place for a packet with its link header, in a buffer fresh from the pool: a
    /// pointer, and how many bytes may be written there.
    ///
    /// It holds until the buffer is next touched.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] if there is no such place.
    fn receive_area(&mut self) -> Result<(*mut u8, usize), NoRoom>;

    /// Makes the first `len` bytes of the receive area the packet.
    ///
    /// # Safety
    ///
    /// - [`Buffer::receive_area`] was called on this buffer, and nothing else since.
    /// - The first `len` bytes of that area were written, and it has that many.
    unsafe fn received(&mut self, len: usize);
}

/// A burst of up to [`MAX_BURST`] buffers. Dropping it frees them.
pub trait Batch<B>: Default + Send + 'static {
    /// Returns the number of buffers.
    fn len(&self) -> usize;

    /// Returns whether there is no buffer.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the buffers in their order.
    fn as_slice(&self) -> &[B];

    /// Looks at each buffer in its order, and frees those for which `keep` says no.
    fn retain(&mut self, keep: impl FnMut(&mut B) -> bool);

    /// Frees the buffers behind the first `len`.
    fn truncate(&mut self, len: usize);
}

/// A source of buffers.
pub trait Pool: Clone + Send + Sync + Sized + 'static {
    /// The type of its buffers.
    type Buffer: Buffer;
    /// The type of its bursts.
    type Batch: Batch<Self::Buffer>;

    /// Makes the source. `frames` bounds how many buffers can be out at once, where that is
    /// bounded.
    ///
    /// # Errors
    ///
    /// The error says in words what is wrong.
    fn build(frames: u32) -> Result<Self, String>;

    /// Appends up to `n` buffers and returns how many.
    fn get_burst(&self, burst: &mut Self::Batch, n: usize) -> usize;
}

/// Tests of what every contestant must do.
#[cfg(test)]
pub(crate) mod conformance {
    use super::*;

    /// Runs all of these tests.
    pub(crate) fn check<P: Pool>() {
        let pool = P::build(128).expect("pool");
        let mut burst = P::Batch::default();
        assert_eq!(pool.get_burst(&mut burst, 3), 3);
        let mut nth = 0u8;
        burst.retain(|buffer| {
            nth += 1;
            loaded_and_prepended(buffer, nth);
            nth != 2
        });
        assert_eq!((burst.len(), burst.is_empty()), (2, false));
        assert!(burst.as_slice()[1].bytes().ends_with(&[3; TRAILER]));
        burst.truncate(1);
        assert_eq!(burst.len(), 1);
        drop(burst);
        limits::<P>(&pool);
        receives::<P>(&pool);
    }

    fn loaded_and_prepended<B: Buffer>(buffer: &mut B, mark: u8) {
        let packet = [mark; LINK + PAYLOAD];
        buffer.load(LINK, &packet, &[mark; TRAILER]).expect("fits");
        assert_eq!(buffer.bytes().len(), LINK + PAYLOAD + TRAILER);
        buffer.prepend(&[9; HEADROOM - LINK]).expect("fits");
        assert_eq!(buffer.prepend(&[0]), Err(NoRoom));
        buffer.bytes_mut()[0] = 7;
        assert_eq!(buffer.bytes()[..2], [7, 9]);
        let inner = &buffer.bytes()[HEADROOM - LINK..];
        assert!(inner.iter().all(|byte| *byte == mark));
    }

    fn limits<P: Pool>(pool: &P) {
        for (link, len) in [(LINK, LINK + PAYLOAD + 1), (HEADROOM + 1, HEADROOM + 9)] {
            let mut burst = P::Batch::default();
            pool.get_burst(&mut burst, 1);
            burst.retain(|buffer| {
                let refused = buffer.load(link, &vec![0; len], &[0; TRAILER]);
                assert_eq!(refused, Err(NoRoom), "{link} {len}");
                false
            });
            assert!(burst.is_empty());
        }
    }

    fn receives<P: Pool>(pool: &P) {
        let mut burst = P::Batch::default();
        pool.get_burst(&mut burst, 1);
        burst.retain(|buffer| {
            let (area, room) = buffer.receive_area().expect("room");
            assert!(room >= LINK + PAYLOAD + TRAILER, "{room}");
            for i in 0..100 {
                // SAFETY: 100 is below `room`, checked above.
                let at = unsafe { area.add(i) };
                // SAFETY: `at` lies in the receive area, which may be written.
                unsafe { at.write(i as u8) };
            }
            // SAFETY: the first 100 bytes of the area were written just above.
            unsafe { buffer.received(100) };
            assert!(buffer.bytes().iter().copied().eq(0..100));
            true
        });
    }
}
