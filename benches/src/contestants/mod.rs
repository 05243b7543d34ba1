//! The contestants; one file for each kind.

mod c;
mod dot11;
mod framewell;
mod heap;
#[cfg(feature = "jemalloc")]
mod jemalloc;
mod pieces;
mod ras;
mod rpmalloc;
mod shared;
mod varying;
mod zeroed;

pub use framewell::Framewell;
pub use heap::{Allocator, Block, Heap, MALLOC, SNMALLOC};
pub use pieces::Piece;
pub use ras::{Ras, RasBuffer};
pub use varying::{Candidate, Entrant, VARYING, candidates};
pub use zeroed::Zeroed;
