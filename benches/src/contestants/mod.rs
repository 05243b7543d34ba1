//! The contestants; one file for each kind.

mod framewell;
mod heap;
mod zeroed;

pub use framewell::Framewell;
pub use heap::{Allocator, Block, Heap, MALLOC, SNMALLOC};
pub use zeroed::Zeroed;
