//! io_uring over the buffers of a [`framewell`] pool.
//!
//! A [`Ring`] receives datagrams and streams into frames or variable-length buffers of a
//! [`Pool`](framewell::Pool), and sends from them. What is received comes out as an owner, with the
//! length that the kernel wrote. What is sent is the kernel's until it is done with it. Nothing is
//! copied between the ring and the owners.
//!
//! | you want | use |
//! |---|---|
//! | a ring | [`Ring::builder`] and a [`RingBuilder`] |
//! | buffers that the kernel chooses from | [`Ring::group`] and a [`GroupConfig`] |
//! | datagrams with their sender | [`Ring::recv_msg_multi`] and [`Headers`] |
//! | datagrams or a stream without | [`Ring::recv_multi`], [`Ring::recv_bundles`] |
//! | one receive into a buffer of yours | [`Ring::recv`] |
//! | to send | [`Ring::send`] and a [`Message`], [`Message::zero_copy`] |
//! | to know what has happened | [`Ring::wait`], [`Ring::next_event`] and an [`Event`] |
//! | the counts | [`Ring::stats`] and [`RingStats`] |
//!
//! The example of [`Ring`] is a whole echo.
//!
//! # What can go wrong, and does not
//!
//! - A buffer that the kernel has cannot be touched: it has no owner. That holds also if the ring
//!   is forgotten, dropped while a panic unwinds, or dropped before or after the pool.
//! - The kernel checks nothing about the entries of a group. No buffer is in a group twice, no more
//!   are than it has entries, and none has the length 0.
//! - The kernel ends receives for reasons of its own. They are armed again ([`Ring::wait`]).
//! - A message without a copy is the kernel's until its notification, which may be seconds late.
//!   Closing the ring waits for it, but not for ever ([`Ring::close`], [`collect`]).
//!
//! # What it needs
//!
//! Linux 5.19 for groups, 6.0 for receives that go on and for sends without a copy, 6.10 for
//! bundles, 6.12 for incremental groups. It needs no privilege. Elsewhere than on Linux on x86-64,
//! aarch64, riscv64, loongarch64 and powerpc64 the crate is empty.

#![cfg(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64",
        target_arch = "loongarch64",
        target_arch = "powerpc64"
    )
))]

mod address;
mod builder;
mod control;
mod core;
mod entries;
mod error;
mod event;
mod group;
mod handles;
mod message;
mod owner;
mod received;
mod ring;
mod stats;
mod sys;
mod table;
mod teardown;

pub use builder::RingBuilder;
pub use control::{ControlMessage, ControlMessages};
pub use error::{Error, SendError, Step};
pub use event::{Ended, Ending, Event, Piece, Released, Sent};
pub use group::GroupConfig;
pub use handles::{Group, Receive, SendId, Socket};
pub use message::{Message, Owners};
pub use owner::Owner;
pub use received::{Headers, Received};
pub use ring::Ring;
pub use stats::RingStats;
pub use teardown::collect;

/// The example in docs/io-uring.md, which is compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/io-uring.md")]
mod io_uring_md {}
