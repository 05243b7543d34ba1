//! UDP sockets with GSO and GRO over the buffers of a [`framewell`] pool.
//!
//! A [`Socket`] receives bursts of datagrams into frames of a [`Pool`](framewell::Pool), or what
//! the kernel has merged (GRO) into large buffers, which are split into shared packets without a
//! copy. It sends bursts of packets, and those that fit together as one super-datagram (GSO).
//!
//! | you want | use |
//! |---|---|
//! | a socket | [`Socket::bind`], [`Socket::new`], or [`Socket::builder`] with its options |
//! | datagrams in frames | [`Socket::recv_burst`] |
//! | merged datagrams | [`SocketBuilder::gro`], [`Socket::recv_merged`] and [`Datagram::segments`] |
//! | to know what came | [`Datagram`] and its [`Form`] |
//! | to send | [`Socket::send_burst`], or [`Socket::send_segmented`] for several packets in one buffer |
//! | to know what happened | [`Socket::stats`] and [`Stats`] |
//! | to wait | [`Socket::as_std`], or `AsFd`, with a reactor of your choice |
//!
//! The example of [`Socket`] is an echo.
//!
//! # What can go wrong, and does not
//!
//! - The kernel cuts merged datagrams that do not fit, and loses the segment size where it has no
//!   room for control data. Such a buffer is marked ([`Form::Cut`], [`Form::Unknown`]), and cannot
//!   be split.
//! - The kernel reports no error for a packet behind the first one that it has sent in a call. Such
//!   a packet stays in the caller's list, and is tried again.
//! - A kernel that does not know of GSO ignores the segment size, and would send several packets as
//!   one. It is asked before.
//!
//! # What it needs
//!
//! Linux for bursts, GRO (5.0) and GSO (4.18). Without these, and on other systems, the same calls
//! receive and send datagrams one by one.

mod builder;
mod datagram;
mod error;
mod outgoing;
mod plan;
#[cfg(test)]
mod plan_tests;
mod socket;
mod stats;
mod sys;

pub use builder::SocketBuilder;
pub use datagram::{Datagram, Form, Segments};
pub use error::SendError;
pub use outgoing::Outgoing;
pub use socket::Socket;
pub use stats::Stats;

/// The examples in docs/udp.md, which run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/udp.md")]
mod udp {}
