//! Tests of the judge: it passes what is right, and sees each kind of fault.

use super::*;
use crate::capture::Capture;
use crate::pipeline::inspect::tests::{FAR4, FAR6, arp, tcp6, udp4};
use crate::pipeline::vxlan::{Inner, outer_v4, outer_v6};

impl Verdict {
    /// Returns whether nothing but missing packets was found.
    fn is_clean(&self) -> bool {
        self.reordered == 0 && self.doubled == 0 && self.altered == 0
    }
}

fn capture() -> Capture {
    let packets = [
        udp4(64, FAR4, 1, b"flow one"),
        tcp6(64, FAR6, b"flow two"),
        udp4(64, FAR4, 1, b"flow one again"),
        udp4(1, FAR4, 1, b"expires"),
        arp(),
    ];
    Capture::of(packets.iter().map(Vec::as_slice))
}

/// Returns the datagrams that must come out for packets `0..sent`, made from the plan itself.
fn datagrams(plan: &Plan, sent: u64) -> Vec<Vec<u8>> {
    let len = plan.packets.len() as u64;
    (0..sent)
        .filter_map(|number| match &plan.packets[(number % len) as usize] {
            Expected::Dropped(_) => None,
            Expected::Delivered(delivery) => {
                let inner = Inner {
                    len: (delivery.bytes.len() + TRAILER) as u16,
                    flow: delivery.flow as u32,
                    vlan: Some((delivery.vni - vxlan::FIRST_VNI) as u16),
                };
                let mut datagram = if delivery.over_v6 {
                    outer_v6(inner).to_vec()
                } else {
                    outer_v4(inner).to_vec()
                };
                datagram.extend(&delivery.bytes);
                datagram.extend(number.to_be_bytes());
                Some(datagram)
            }
        })
        .collect()
}

fn verdict(datagrams: &[Vec<u8>], sent: u64) -> Verdict {
    let mut verifier = Verifier::new(Plan::of(&capture()));
    for datagram in datagrams {
        verifier.check(datagram);
    }
    verifier.verdict(sent)
}

fn whole() -> Vec<Vec<u8>> {
    datagrams(&Plan::of(&capture()), 10)
}

#[test]
fn what_is_right_passes() {
    let verdict = verdict(&whole(), 10);
    assert_eq!((verdict.arrived, verdict.delivered), (8, 8));
    assert_eq!(verdict.missing, 0);
    assert!(
        verdict.is_clean() && verdict.complaints.is_empty(),
        "{verdict:?}"
    );
    let due = Drops {
        ttl_expired: 2,
        ..Drops::default()
    };
    assert_eq!((verdict.deliverable, verdict.due), (8, due));
}

#[test]
fn a_datagram_that_was_never_sent_is_seen() {
    let all = datagrams(&Plan::of(&capture()), 11);
    let verdict = verdict(&all, 10);
    assert_eq!((verdict.altered, verdict.missing), (1, 0));
    let mut empty = Verifier::new(Plan::of(&Capture::default()));
    empty.check(&all[0]);
    assert_eq!(empty.verdict(0).altered, 1);
}

#[test]
fn flows_may_overtake_each_other() {
    let mut all = whole();
    all.swap(0, 1);
    assert!(verdict(&all, 10).is_clean());
}

#[test]
fn swapped_packets_of_a_flow_are_seen_once() {
    let mut all = whole();
    // Packets 0 and 2 are of one flow.
    all.swap(0, 2);
    let verdict = verdict(&all, 10);
    assert_eq!(
        (verdict.reordered, verdict.missing, verdict.doubled),
        (1, 0, 0)
    );
    assert_eq!((verdict.altered, verdict.delivered), (0, 7));
}

#[test]
fn a_lost_packet_is_seen_once_wherever_it_was() {
    for lost in 0..whole().len() {
        let mut all = whole();
        all.remove(lost);
        let verdict = verdict(&all, 10);
        assert_eq!((verdict.missing, verdict.delivered), (1, 7), "{lost}");
        assert!(verdict.is_clean(), "{lost}");
    }
}

#[test]
fn a_doubled_packet_is_seen_once() {
    for (from, to) in [(0, 1), (0, 8), (4, 8), (7, 8)] {
        let mut all = whole();
        let copy = all[from].clone();
        all.insert(to, copy);
        let verdict = verdict(&all, 10);
        assert_eq!((verdict.doubled, verdict.delivered), (1, 8), "{from} {to}");
        assert_eq!(
            (verdict.missing, verdict.reordered, verdict.altered),
            (0, 0, 0)
        );
    }
}

/// Some lengths of 0 mean "the rest" to a parser. The judge wants what was written.
#[test]
fn two_bytes_that_became_zero_are_seen() {
    let all = whole();
    for which in [0, 1, 3] {
        for at in 0..all[which].len() - 1 {
            let mut altered = all.clone();
            altered[which][at..at + 2].fill(0);
            if altered[which] != all[which] {
                let verdict = verdict(&altered, 10);
                let seen = !verdict.is_clean() || verdict.missing > 0;
                assert!(seen, "{which} {at} {verdict:?}");
            }
        }
    }
}

/// Each bit of three datagrams is changed, and all bits of each byte. None is delivered unseen.
#[test]
fn an_altered_packet_is_seen_whichever_bit_it_is() {
    let all = whole();
    for which in [0, 1, 3] {
        for at in 0..all[which].len() {
            for change in (0..8).map(|bit| 1 << bit).chain([0xff]) {
                let mut altered = all.clone();
                altered[which][at] ^= change;
                let verdict = verdict(&altered, 10);
                let seen = !verdict.is_clean() || verdict.missing > 0;
                assert!(seen, "{which} {at} {change:#x} {verdict:?}");
            }
        }
    }
}

#[test]
fn what_had_to_be_dropped_must_not_arrive() {
    let mut all = whole();
    let len = all[0].len();
    all[0][len - TRAILER..].copy_from_slice(&3u64.to_be_bytes());
    let verdict = verdict(&all, 10);
    assert_eq!((verdict.altered, verdict.missing), (1, 1));
    assert!(verdict.complaints[0].contains("TtlExpired"), "{verdict:?}");
}

#[test]
fn garbage_is_altered_and_never_panics() {
    let all = whole();
    let mut garbage: Vec<Vec<u8>> = (0..all[0].len())
        .map(|len| all[0][..len].to_vec())
        .collect();
    garbage.push(vec![0xff; 2000]);
    let count = garbage.len() as u64;
    let verdict = verdict(&garbage, 0);
    assert_eq!((verdict.altered, verdict.delivered), (count, 0));
}

#[test]
fn long_gaps_are_counted_and_not_stored() {
    let plan = Plan::of(&capture());
    let last = datagrams(&plan, 500_000).pop().expect("some");
    let mut verifier = Verifier::new(plan);
    verifier.check(&last);
    assert!(verifier.gaps.len() <= REMEMBERED);
    let verdict = verifier.verdict(500_000);
    assert_eq!(verdict.missing + verdict.delivered, 400_000);
}
