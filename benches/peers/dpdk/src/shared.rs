//! Packets with several references: `rte_mbuf_refcnt_update`, and `rte_pktmbuf_free` for each.

use std::ffi::c_void;
use std::ptr::NonNull;

use framewell_bench::entrant::{Apart, Entrant};
use framewell_bench::work::sharing::{self, REFERENCES, Reference, Sharer, Sharing};
use framewell_bench::{BYTES, Kind};

use crate::pools::{self, Functions, Packets};
use crate::{eal, sys};

/// A packet with the count updated once for each reference.
pub(crate) static PACKETS: Apart = Apart::new(
    Packets::NAME,
    &[
        (Kind::Sharing4, || sharing::four(&Shared::<false>)),
        (Kind::Sharing4Across, || {
            sharing::four_across(&Shared::<false>)
        }),
    ],
    Some(&pools::PACKETS as &dyn Entrant),
);

/// A packet with the count updated once for all references.
pub(crate) static AT_ONCE: Apart = Apart::new(
    "DPDK pktmbuf, one update",
    &[
        (Kind::Sharing4, || sharing::four(&Shared::<true>)),
        (Kind::Sharing4Across, || {
            sharing::four_across(&Shared::<true>)
        }),
    ],
    None,
);

struct Shared<const AT_ONCE: bool>;

/// A reference to a packet.
struct Packet(NonNull<c_void>);

// SAFETY: packets may be freed on any thread that has entered.
unsafe impl Send for Packet {}

impl Drop for Packet {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the packet is counted once for this reference.
        unsafe { Packets::put(self.0.as_ptr()) };
    }
}

// SAFETY: the pool's packets have BYTES (`Functions`), and this one is counted.
unsafe impl Reference for Packet {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        // SAFETY: the pool gave the packet, which nobody changes once it is shared.
        unsafe { Packets::first(self.0) }
    }

    #[inline(always)]
    fn length(&self) -> usize {
        BYTES
    }
}

impl<const AT_ONCE: bool> Sharer for Shared<AT_ONCE> {
    fn enter(&self) {
        eal::enter();
    }

    fn out(&self) -> Option<usize> {
        // SAFETY: the pool was made before there was an entrant (`eal::start`).
        Some(unsafe { sys::framewell_dpdk_packets_out() } as usize)
    }
}

impl<const AT_ONCE: bool> Sharing for Shared<AT_ONCE> {
    type Reference = Packet;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Packet; REFERENCES] {
        let packet = NonNull::new(Packets::get()).expect("the pool has more");
        // SAFETY: the packet is this thread's alone.
        write(unsafe { Packets::first(packet) });
        let more = REFERENCES as u32 - 1;
        // SAFETY: the pool gave the packet, and each of these references frees it once.
        unsafe { sys::framewell_dpdk_packet_add(packet.as_ptr(), more, AT_ONCE.into()) };
        [packet; REFERENCES].map(Packet)
    }

    #[inline(always)]
    fn step(&self) {
        let there = if AT_ONCE {
            // SAFETY: the pool was made before there was an entrant (`eal::start`).
            unsafe { sys::framewell_dpdk_packet_share_at_once() }
        } else {
            // SAFETY: as above.
            unsafe { sys::framewell_dpdk_packet_share_each() }
        };
        assert_eq!(there, 1, "the pool has more");
    }
}
