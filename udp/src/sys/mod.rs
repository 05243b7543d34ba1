//! The system: one way on Linux, and one for all others.
//!
//! Both have the same two types. An `Inbox` receives datagrams into rooms of memory, and says what
//! arrived in each. An `Outbox` gathers messages of one or several packets, and sends them.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

use std::net::SocketAddr;

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{Inbox, Outbox, cut_only_as_told, gro, refusal, set_gro, set_room};
#[cfg(target_os = "linux")]
pub(crate) use linux::{Inbox, Outbox, cut_only_as_told, gro, refusal, set_gro, set_room};

/// The most messages of one system call.
pub(crate) const MESSAGES: usize = 64;

/// The most packets of one super-datagram. The kernel has the same limit.
pub(crate) const SEGMENTS: usize = 128;

/// A buffer of a socket in the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Room {
    Receive,
    Send,
}

/// What arrived in a room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arrival {
    /// The sender.
    pub(crate) peer: SocketAddr,
    /// The bytes that the datagram had. They may be more than the room has.
    pub(crate) sent_len: usize,
    /// The bytes of a segment, if the kernel merged several datagrams and said so.
    pub(crate) segment: Option<usize>,
    /// Whether bytes were cut off.
    pub(crate) cut: bool,
    /// Whether control data was cut off.
    pub(crate) control_cut: bool,
}

/// Why the kernel refused to send.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "only Linux has GSO")
)]
pub(crate) enum Refusal {
    /// The device cannot compute checksums (EIO).
    Device,
    /// Something about the super-datagram (EINVAL).
    Argument,
    /// Its segments are too long for the path (EMSGSIZE).
    Length,
    /// Nothing about super-datagrams.
    Other,
}
