//! The contestants, in one file for each kind.

mod c;
mod dot11;
mod framewell;
mod heap;
mod pieces;
mod ras;
mod zeroed;

pub use c::{Functions, Pair};
pub use dot11::Dot11;
pub use framewell::{Bursts, Framewell};
pub use heap::{Allocator, Block, Heap, MALLOC};
pub use pieces::Piece;
pub use ras::{Ras, RasBuffer};
pub use zeroed::Zeroed;
