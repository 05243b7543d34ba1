//! The sources of buffers and cells.
//!
//! A buffer is as long as its frame: the pool has size classes for the lengths of 802.11. A cell
//! holds the latest buffer for readers, which look at it where it lies. A thread's handle to a cell
//! borrows it, so the cells stay where they are ([`Cells`]) until the last handle is gone.

pub use framewell::{Dot11Buf, OutOfMemory, Pool};
use framewell::{FrameCell, Reader, Writer};
use typed_arena::Arena;

/// A cell for the latest beacon of a network.
pub type Cell = FrameCell<Dot11Buf>;
/// A thread's handle to look into a cell.
pub type CellReader<'c> = Reader<'c, Dot11Buf>;
/// A thread's handle to put beacons into a cell.
pub type CellWriter<'c> = Writer<'c, Dot11Buf>;

/// Makes a pool whose size classes may take this many MiB.
///
/// # Errors
///
/// The error says in words what is wrong.
pub fn pool(mebibytes: usize) -> Result<Pool, String> {
    let bytes = mebibytes.saturating_mul(1 << 20);
    let builder = Pool::builder().dot11_bytes(bytes);
    builder.build().map_err(|error| error.to_string())
}

/// The cells of a scan. More can be made while others are in use.
#[derive(Default)]
pub struct Cells(Arena<Cell>);

impl Cells {
    /// Makes a cell that holds nothing yet. Its writer refuses to retire more than `retired_limit`
    /// buffers that readers still look at.
    ///
    /// # Panics
    ///
    /// The panics are those of [`FrameCell::new`].
    pub fn cell(&self, retired_limit: usize) -> &Cell {
        self.0.alloc(FrameCell::new(retired_limit))
    }
}
