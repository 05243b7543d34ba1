//! A packet pipeline, run with one buffer source after the other and checked at its end.
//!
//! ```text
//!   capture            ring             ring
//!  or socket ──▶ RX ═════════▶ WORK ═════════▶ TX ──▶ verifier, or socket ──▶ verifier
//!                │ get          │ parse          │ send
//!                │ copy in or   │ TTL − 1        │ free
//!                │ recvmmsg     │ VXLAN header
//!                               ▼ into the headroom
//! ```
//!
//! Each stage is a thread. Bursts of packets move between them by value through lock-free rings
//! (`rtrb`). Only handles move; the packet stays in its buffer. RX puts an *ingress trailer* behind
//! each packet, into the tailroom: 8 bytes with the packet's number. By it the verifier knows which
//! packet of which loop over the capture it has before it.
//!
//! # What happens to a packet
//!
//! | packet | fate |
//! |---|---|
//! | IPv4 or IPv6, TTL or hop limit above 1 | *routed*: decremented, encapsulated |
//! | not IP (ARP, MACsec …), or IP to a link-local address | *bridged*: encapsulated unmodified |
//! | TTL or hop limit 1 or 0 | dropped: TTL expired |
//! | IP header damaged, cut, its checksum wrong, or IPv4 of length 0 | dropped: malformed |
//! | layer 3 longer than 1500 bytes | dropped by RX: oversize |
//! | no buffer to be had | dropped by RX: pool full |
//! | sockets only: the kernel's queue was full | dropped: kernel |
//!
//! Up to three tags (802.1Q, 802.1ad, 0x9100, 0x9200) are taken off before layer 3 is looked at.
//! The outermost names the tunnel. A fourth tag, and MACsec, are "not IP": what is behind them is
//! not looked at. Segmentation offload leaves IPv4 of length 0 in a capture, which no router would
//! pass. IPv6 of length 0 is as long as it was recorded: a jumbogram is oversize.
//!
//! At the end *packets in = delivered + every drop by its name*, or the run has failed. The capture
//! tells in advance which packets cannot be forwarded, so a packet that is missing without a drop
//! to account for it is seen, too ([`verify`]).
//!
//! # Where things are
//!
//! - [`capture`](crate::capture) reads pcap and pcapng.
//! - [`inspect`], [`rewrite`] and [`vxlan`] do the packet work.
//! - [`buffer`] says what a contestant must do; [`contestants`] has the three.
//! - [`stages`] has the threads, with [`replay`] or `udp` at their ends.
//! - [`expect`] and [`verify`] judge what comes out. They share no code of this program with the
//!   work that they judge.
//! - [`measure`], [`child`], [`rounds`] and [`summary`] make figures of it, and [`output`] shows
//!   them.

pub mod account;
pub mod args;
pub mod buffer;
pub mod child;
pub mod contestants;
pub mod expect;
pub mod inspect;
pub mod measure;
pub mod output;
pub mod page;
pub mod replay;
pub mod rewrite;
pub mod rounds;
pub mod stages;
pub mod summary;
pub mod tally;
pub mod verify;
pub mod vxlan;

#[cfg(target_os = "linux")]
pub mod mmsg;
#[cfg(target_os = "linux")]
pub mod udp;
