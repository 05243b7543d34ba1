//! Tests with packets that have every stack of link headers and every length of IP, made at random.
//! The pipeline and its judge agree on all of them, and the judge still sees what is changed on the
//! way.

use std::time::Duration;

use framewell_demos::capture::Capture;
use framewell_demos::pipeline::account::Account;
use framewell_demos::pipeline::buffer::{Batch, Buffer, Pool};
use framewell_demos::pipeline::contestants::SystemPool;
use framewell_demos::pipeline::expect::Plan;
use framewell_demos::pipeline::replay::{self, Replay};
use framewell_demos::pipeline::stages::{self, Sink, Until};
use framewell_demos::pipeline::verify::Verifier;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

#[path = "stacks/made.rs"]
mod made;

/// The most packets of a capture. Each goes through the pipeline as often as the next constant
/// says.
const PACKETS: usize = 24;
const LOOPS: u64 = 2;

fn captures() -> impl Strategy<Value = Capture> {
    prop::collection::vec(made::packet(), 1..PACKETS)
        .prop_map(|packets| Capture::of(packets.iter().map(Vec::as_slice)))
}

fn until(capture: &Capture) -> Until {
    Until {
        time: Duration::from_secs(60),
        packets: LOOPS * capture.len() as u64,
    }
}

fn account(capture: &Capture) -> Account {
    replay::run(capture, SystemPool, 8, until(capture))
        .expect("runs")
        .account
}

/// A sink that keeps what comes out.
#[derive(Default)]
struct Kept(Vec<Vec<u8>>);

impl<P: Pool> Sink<P> for Kept {
    fn take(&mut self, batch: &P::Batch) -> Result<(), String> {
        let datagrams = batch.as_slice().iter();
        self.0
            .extend(datagrams.map(|buffer| buffer.bytes().to_vec()));
        Ok(())
    }
}

fn datagrams(capture: &Capture) -> Vec<Vec<u8>> {
    let source = Replay::new(capture, SystemPool, 8, until(capture));
    let run = stages::run::<SystemPool, _, _>(source, Kept::default()).expect("runs");
    run.sink.0
}

/// Returns whether the judge has nothing to say against what arrived.
fn passes(capture: &Capture, datagrams: &[Vec<u8>]) -> bool {
    let mut verifier = Verifier::new(Plan::of(capture));
    for datagram in datagrams {
        verifier.check(datagram);
    }
    let verdict = verifier.verdict(until(capture).packets);
    [
        verdict.altered,
        verdict.missing,
        verdict.reordered,
        verdict.doubled,
    ] == [0; 4]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_pipeline_does_not_accuse_itself(capture in captures()) {
        let account = account(&capture);
        prop_assert_eq!(account.faults(), Vec::<String>::new());
    }

    #[test]
    fn a_byte_that_changes_on_the_way_is_seen(
        capture in captures(),
        which in any::<Index>(),
        at in any::<Index>(),
        change in 1..=u8::MAX,
    ) {
        let mut datagrams = datagrams(&capture);
        prop_assert!(passes(&capture, &datagrams));
        if !datagrams.is_empty() {
            let datagram = which.get_mut(&mut datagrams);
            let at = at.index(datagram.len());
            datagram[at] ^= change;
            prop_assert!(!passes(&capture, &datagrams), "byte {}", at);
        }
    }
}

/// Returns a capture of 4,000 packets, the same each time, and a whole jumbogram.
fn many() -> Capture {
    let mut runner = TestRunner::deterministic();
    let mut packets: Vec<Vec<u8>> = (0..4000)
        .map(|_| {
            let tree = made::packet().new_tree(&mut runner);
            tree.expect("a packet").current()
        })
        .collect();
    packets.push(made::jumbogram());
    Capture::of(packets.iter().map(Vec::as_slice))
}

/// The generator makes what it is meant to make: every fate is met.
#[test]
fn the_generated_packets_meet_every_fate() {
    let account = account(&many());
    assert_eq!(account.faults(), Vec::<String>::new());
    let (passed, drops) = (account.passed, account.drops);
    for (count, what) in [
        (passed.routed_v4, "IPv4"),
        (passed.routed_v6, "IPv6"),
        (passed.bridged, "bridged"),
        (passed.tagged, "tagged"),
        (drops.malformed, "malformed"),
        (drops.oversize, "oversize"),
        (drops.ttl_expired, "expired"),
    ] {
        assert!(count > 40, "{count} {what}");
    }
}

/// Over sockets packets are received into buffers before they are looked at.
#[cfg(target_os = "linux")]
#[test]
fn the_pipeline_does_not_accuse_itself_over_sockets() {
    let capture = many();
    let outcome = framewell_demos::pipeline::udp::run(&capture, SystemPool, 8, until(&capture));
    let account = outcome.expect("runs").account;
    assert_eq!(account.faults(), Vec::<String>::new());
    assert!(account.verdict.delivered > 0, "{account:?}");
}
