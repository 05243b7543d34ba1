//! The two ways to have AF_XDP sockets that are compared. They do the same with each packet.
//!
//! | contestant | rings | who knows which frames are free |
//! |---|---|---|
//! | [`Frames`] | framewell-xdp | a pool of framewell: each packet has an owner |
//! | [`Chunks`] | xdpilone | a vector of offsets, in one thread |

mod chunks;
mod frames;
mod memory;

pub use chunks::Chunks;
pub use frames::Frames;

use std::os::fd::RawFd;
use std::time::Duration;

/// The packets that are moved at once.
pub const BURST: usize = 32;
/// The entries of each ring.
pub const RING: u32 = 1024;
/// The frames that there are for each port. The fill ring takes half of them, the others are on
/// their way out.
const FRAMES_EACH: usize = 2 * RING as usize;
/// How long a queue and an interface may take to be free after a socket was closed.
const PATIENCE: Duration = Duration::from_secs(3);

/// A queue of an interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// The name of the interface.
    pub interface: String,
    /// The number of the queue.
    pub queue: u32,
}

impl Port {
    /// Returns a queue of an interface.
    pub fn new(interface: &str, queue: u32) -> Self {
        Self {
            interface: interface.to_owned(),
            queue,
        }
    }
}

/// How the memory is cut, and whether a packet fits into one piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// The bytes of a chunk.
    pub chunk: usize,
    /// The number of chunks.
    pub chunks: usize,
    /// Whether a packet may take several chunks.
    pub several: bool,
}

impl Shape {
    /// Returns the shape for packets of so many bytes on so many ports.
    ///
    /// ```
    /// use framewell_xdp_demos::contestants::Shape;
    /// assert!(!Shape::of(1514, 1).several);
    /// assert!(Shape::of(9000, 1).several);
    /// ```
    pub fn of(size: usize, ports: usize) -> Self {
        // The kernel leaves 256 bytes in front of a packet.
        let several = size > 2048 - 256;
        Self {
            chunk: if several { 4096 } else { 2048 },
            chunks: FRAMES_EACH * ports,
            several,
        }
    }
}

/// The frames of a contestant at the end, when its sockets are closed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Account {
    /// Frames that came back with a packet, or with a part of one.
    pub received: u64,
    /// Frames that were posted to be sent.
    pub posted: u64,
    /// Frames that the kernel was done with.
    pub completed: u64,
    /// Packets that were dropped for want of a frame or of room in a ring, and descriptors that one
    /// side refused.
    pub dropped: u64,
    /// Frames that are not back.
    pub out: usize,
    /// The contestant's own statistics.
    pub words: String,
}

impl Account {
    /// Returns what does not balance, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.out != 0 {
            faults.push(format!("{} frames did not come back", self.out));
        }
        if self.posted != self.completed {
            let (posted, completed) = (self.posted, self.completed);
            faults.push(format!(
                "of {posted} frames to be sent, {completed} were completed"
            ));
        }
        if self.dropped != 0 {
            faults.push(format!(
                "the sockets dropped or refused {} packets",
                self.dropped
            ));
        }
        faults
    }
}

/// The memory of a contestant. It outlives the sockets, which are opened anew for each slice.
pub trait Contestant: Sized + Send {
    /// The name that tables show.
    const NAME: &'static str;

    /// The sockets.
    type Open<'c>: Engine
    where
        Self: 'c;

    /// Returns the memory.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    fn new(shape: Shape) -> Result<Self, String>;

    /// Opens a socket for each port, all over the same memory, with frames to receive into, and has
    /// packets redirected to them.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    fn open(&mut self, ports: &[Port]) -> Result<Self::Open<'_>, String>;
}

/// Open sockets.
pub trait Engine {
    /// Receives a burst of packets at one port, has the work done on each packet's first bytes, and
    /// sends those for which it returns true at another port, which may be the same. It returns how
    /// many packets were received, and never waits.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    fn round(
        &mut self,
        from: usize,
        to: usize,
        work: impl FnMut(&mut [u8]) -> bool,
    ) -> Result<usize, String>;

    /// Returns the descriptors of the sockets, to wait for.
    fn descriptors(&self) -> Vec<RawFd>;

    /// Waits for what is being sent, for a bounded time, closes the sockets, and returns the
    /// account of all frames.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    fn finish(self) -> Result<Account, String>;
}
