//! Tests over live sockets: every datagram is accounted for, and what is not is seen.

use super::*;
use crate::pipeline::contestants::{FramePool, SystemPool, VecPool};
use crate::pipeline::inspect::tests::{FAR4, FAR6, arp, tcp6, udp4};

fn capture() -> Capture {
    let packets = [
        udp4(64, FAR4, 7, &[1; 1472]),
        tcp6(64, FAR6, &[2; 1440]),
        arp(),
        udp4(1, FAR4, 7, b"expires"),
        udp4(64, FAR4, 8, &[3; 1473]),
        udp4(64, FAR4, 9, &[4; 8000]),
    ];
    Capture::of(packets.iter().map(Vec::as_slice))
}

fn check<P: Pool>(frames: u32) -> Account {
    let pool = P::build(frames).expect("pool");
    let until = Until {
        time: Duration::from_millis(300),
        packets: 60_000,
    };
    let outcome = run(&capture(), pool, 32, until).expect("runs");
    let account = outcome.account;
    assert_eq!(account.faults(), Vec::<String>::new(), "{account:?}");
    assert!(account.verdict.delivered > 0, "{account:?}");
    account
}

#[test]
fn every_datagram_is_accounted_for_with_each_contestant() {
    let account = check::<FramePool>(1024);
    assert!(account.drops.oversize > 0 && account.drops.ttl_expired > 0);
    check::<SystemPool>(0);
    check::<VecPool>(0);
}

#[test]
fn every_datagram_is_accounted_for_with_a_pool_of_few_frames() {
    check::<FramePool>(40);
}

#[test]
fn what_the_kernel_does_not_confirm_is_disputed() {
    for (counted, went, came, disputes) in [
        (Some(0), 9, 9, 0),
        (Some(2), 9, 7, 0),
        (Some(1), 9, 7, 1),
        (Some(0), 7, 9, 1),
        (None, 9, 9, 0),
        (None, 9, 7, 1),
    ] {
        let mut account = Account::default();
        settle(&mut account, counted, went, came);
        assert_eq!(account.disputes.len(), disputes, "{account:?}");
    }
}

#[test]
fn the_first_reason_not_to_send_is_kept() {
    let (sender, _receiver) = pair().expect("sockets");
    let mut refused = Refused::default();
    let datagrams: [[&[u8]; 2]; 3] = [[&[1], &[]], [&[0; 70_000], &[]], [&[2], &[]]];
    assert_eq!(refused.send_all(&sender, &datagrams), 2);
    let why = refused.why.and_then(|error| error.raw_os_error());
    assert_eq!((refused.datagrams, why), (1, Some(libc::EMSGSIZE)));
}
