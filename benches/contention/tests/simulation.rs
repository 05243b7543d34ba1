//! Tests of what the simulation says about the crate as it is, and that it tells apart what it
//! should.

#![cfg(rseq)]

use framewell_contention::{Costs, Front, Load, Named, Outcome, Rate, Setup, simulate};

fn outcome(load: Load, cpus: u32, front: Front) -> Outcome {
    simulate(&Setup {
        cpus,
        load,
        front,
        offered: None,
        frames: 512,
        seed: 1,
        costs: Costs::default(),
    })
}

fn named<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a Named> {
    outcome.lines.0.iter().find(|named| named.name == name)
}

#[test]
fn cpus_that_free_what_they_get_share_no_line() {
    for front in [Front::Rseq, Front::Portable] {
        let outcome = outcome(Load::Own, 16, front);
        // A CPU that begins late may still fill its cache.
        let transfers = outcome.per_frame(outcome.lines.total().transfers());
        assert!(transfers < 0.005, "{front:?}: {transfers}");
        assert!(Rate::of(&outcome).near > 5e9, "{front:?}");
    }
}

#[test]
fn rseq_front_changes_nothing_atomically_where_the_portable_one_needs_two_a_frame() {
    let changes = |front| {
        let outcome = outcome(Load::Own, 4, front);
        outcome.per_frame(outcome.lines.total().changes)
    };
    assert!(changes(Front::Rseq) < 0.01);
    assert!((changes(Front::Portable) - 2.0).abs() < 0.01);
}

#[test]
fn frames_that_go_from_one_cpu_to_the_other_move_by_magazines() {
    let outcome = outcome(Load::Pairs, 2, Front::Rseq);
    for name in ["depot: full", "depot: empty"] {
        let head = named(&outcome, name).expect("a depot that is used");
        // 64 frames need a put and a take on each of the two heads.
        let changes = outcome.per_frame(head.all.changes - head.all.retries);
        assert!((changes - 2.0 / 64.0).abs() < 0.002, "{name}: {changes}");
    }
    // Every id is written once and read once.
    let magazines = named(&outcome, "magazines").expect("magazines that are used");
    assert!((outcome.per_frame(magazines.all.stores) - 1.0).abs() < 0.1);
    assert!((outcome.per_frame(magazines.all.loads) - 1.0).abs() < 0.1);
}

#[test]
fn more_cpus_on_one_depot_retry_more() {
    let retries = |cpus| {
        let outcome = outcome(Load::Pairs, cpus, Front::Rseq);
        outcome.per_frame(outcome.lines.total().retries)
    };
    assert!(retries(2) < 0.001);
    assert!(retries(16) > 5.0 * retries(4));
}

#[test]
fn same_setup_has_the_same_counts_and_another_seed_others() {
    let run = |seed| {
        let setup = Setup {
            seed,
            ..outcome(Load::Scatter, 8, Front::Rseq).setup
        };
        serde_json::to_string(&simulate(&setup)).expect("plain data")
    };
    let same = |seed| {
        let first = run(seed);
        assert_eq!(first, run(seed));
        first
    };
    assert_ne!(
        same(1).replace("\"seed\":1", ""),
        same(2).replace("\"seed\":2", "")
    );
}

#[test]
fn fewer_frames_than_the_machine_can_do_contend_less() {
    let flat_out = outcome(Load::Pairs, 16, Front::Rseq);
    let paced = simulate(&Setup {
        offered: Some(5.0),
        ..flat_out.setup
    });
    let retries = |outcome: &Outcome| outcome.per_frame(outcome.lines.total().retries);
    assert!(
        paced.million_a_second() < 5.5,
        "{}",
        paced.million_a_second()
    );
    assert!(retries(&paced) < retries(&flat_out) / 2.0);
}
