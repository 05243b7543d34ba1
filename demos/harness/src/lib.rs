//! What the programs that send packets and verify them share: the traffic, and what becomes of
//! the figures.
//!
//! ```text
//!   args ──► progress ──► traffic          kernel UDP sockets, which verify each datagram
//!                            │
//!                            ▼
//!   Sample ──► summary ──► output, page    medians over the rounds, in the terminal and as HTML
//! ```
//!
//! A program runs contestants in turns, slice by slice. What a slice has shown is a
//! [`Sample`](summary::Sample), which belongs to a group: contestants are compared within one.

#![cfg(target_os = "linux")]

pub mod args;
pub mod clock;
pub mod interrupt;
pub mod output;
pub mod page;
pub mod program;
pub mod progress;
pub mod summary;
pub mod traffic;
pub mod wait;
