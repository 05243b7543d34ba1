//! The contestants; one file each.

mod framewell;
mod system;
mod zeroed;

pub use framewell::Framewell;
pub use system::{Malloc, System};
pub use zeroed::Zeroed;
