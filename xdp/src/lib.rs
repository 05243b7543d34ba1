//! AF_XDP sockets over the frames of a [`framewell`] pool.
//!
//! A [`Socket`] receives packets of a queue of a network interface into frames of a
//! [`Pool`](framewell::Pool), and sends frames from it. The frames come out as owners
//! ([`Frame`](framewell::Frame)), with the headroom and the length that the kernel chose, and a
//! frame that is sent is the kernel's until it is done. Nothing is copied between the rings and the
//! owners.
//!
//! | you want | use |
//! |---|---|
//! | a pool's frames as the memory of sockets | [`Umem`] |
//! | a socket on a queue | [`Socket::builder`] and a [`SocketBuilder`] |
//! | packets to come to it | [`Redirect`], or a program of your own and [`Socket::enter_into`] |
//! | to receive and to send | [`Socket::fill`], [`receive`](Socket::receive), [`send`](Socket::send), [`complete`](Socket::complete) |
//! | packets as ids, which cost less than owners | [`Socket::receive_ids`] and [`send_ids`](Socket::send_ids), [`complete_into`](Socket::complete_into) and [`fill_from`](Socket::fill_from) |
//! | packets larger than a frame | [`SocketBuilder::multi_buffer`] and [`Packets`] |
//! | one memory in several sockets | clones of one [`Umem`], and [`SocketBuilder::share`] |
//! | to know what happened | [`Socket::stats`] and [`SocketStats`] |
//!
//! The example of [`Socket`] is a whole reflector.
//!
//! # What can go wrong, and does not
//!
//! - A frame that the kernel has cannot be touched: it has no owner. Each descriptor that comes
//!   back is checked against what was lent.
//! - The kernel says nothing about a bad address or length that it is given. All are checked before
//!   they are posted ([`Unsendable`]).
//! - The kernel writes to the frames of a socket for longer than it seems: while a ring is mapped,
//!   and while a forked child has the descriptor. A socket that is dropped takes its frames back
//!   after that, and not before ([`Umem::collect`]).
//!
//! # What it needs
//!
//! Linux 5.9 or newer with 64-bit file offsets, and CAP_NET_RAW for a socket. [`Redirect`] needs
//! CAP_NET_ADMIN and CAP_BPF. Elsewhere than on Linux the crate is empty.

#![cfg(target_os = "linux")]

mod abi;
mod builder;
mod error;
mod interface;
mod mapping;
mod other_side;
mod packets;
mod probe;
mod program;
mod ring;
mod ring_kind;
mod rings;
mod send_error;
mod shape;
#[cfg(test)]
mod shape_tests;
mod socket;
mod stats;
mod sys;
mod teardown;
mod umem;
mod witness;

pub use builder::{Mode, SocketBuilder};
pub use error::{Error, Step};
pub use interface::Interface;
pub use packets::Packets;
pub use program::{Attach, Redirect, RedirectBuilder};
pub use ring_kind::Ring;
pub use send_error::{SendError, SendReason, Unsendable};
pub use socket::{Ready, Socket};
pub use stats::{KernelStats, SocketStats};
pub use umem::{Umem, UmemBuilder};

/// What the tests and the fuzzer of the same workspace use. It may change with any version.
#[doc(hidden)]
pub mod for_the_tests {
    pub use crate::other_side::OtherSide;
}

/// The example in docs/af-xdp.md, which is compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/af-xdp.md")]
mod af_xdp {}
