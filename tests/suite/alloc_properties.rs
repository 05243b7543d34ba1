//! Runs random sequences of calls on two pools with variable-length buffers, against a model that
//! is a map of live ranges.
//!
//! One thread makes the calls (other threads free buffers, too), so that the model is exact in both
//! directions. A refusal is right if, and only if, every chunk has a live buffer, and the chunks of
//! the class and of all larger ones are full. The stress tests cover refusals while several threads
//! call.

use crate::common::alloc::{Call, Pointer, Run, Shape};
use crate::common::{builder, cpus, pin, repeated, spread};
use proptest::prelude::*;

fn len() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => 0..1000_usize,
        2 => 1000..12_000_usize,
        4 => 12_000..=65_856_usize,
        1 => Just(65_856_usize),
        1 => 65_857..200_000_usize,
        1 => (2_usize << 20)..(3 << 20),
        1 => (1_usize << (usize::BITS - 3))..=usize::MAX,
    ]
}

fn pointer() -> impl Strategy<Value = Pointer> {
    use Pointer::*;
    let at = any::<usize>;
    // The pointer is often a buffer's first byte, or close to it.
    let offset = || prop_oneof![Just(0), 1..20_usize, at()];
    prop_oneof![
        1 => Just(Null),
        1 => Just(Stranger),
        4 => (at(), offset()).prop_map(|(at, offset)| Live(at, offset)),
        4 => (at(), offset()).prop_map(|(at, offset)| Past(at, offset)),
        2 => at().prop_map(Frames),
        2 => Just(Other),
        1 => at().prop_map(Wild),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    use Call::*;
    let at = || 0..64_usize;
    prop_oneof![
        6 => (len(), any::<bool>()).prop_map(|(len, aligned)| Allocate { len, aligned }),
        4 => (12_000..=65_856_usize, 0..40_usize).prop_map(|(len, n)| AllocateMany { len, n }),
        1 => (0..5000_usize, 0..100_usize).prop_map(|(len, n)| AllocateMany { len, n }),
        6 => at().prop_map(Free),
        3 => (0..60_usize).prop_map(FreeMany),
        1 => at().prop_map(FreeElsewhere),
        2 => (at(), len()).prop_map(|(at, len)| Resize(at, len)),
        2 => (at(), any::<u8>()).prop_map(|(at, stamp)| Write(at, stamp)),
        6 => at().prop_map(IntoRaw),
        3 => at().prop_map(FromRaw),
        2 => Just(Trim),
        16 => (pointer(), any::<bool>()).prop_map(|(pointer, as_frame)| Misuse { pointer, as_frame }),
        2 => any::<u8>().prop_map(Get),
        1 => at().prop_map(DropFrame),
        1 => (at(), at()).prop_map(|(at, pull)| FrameIntoRaw(at, pull)),
        1 => at().prop_map(FrameFromRaw),
        1 => Just(ClonePool),
        1 => at().prop_map(DropPool),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    let front = (1..5_usize, 1..12_usize);
    (1..20_usize, 2..=4_usize, front, any::<bool>()).prop_map(|(frames, budget, front, zero)| {
        Shape {
            frames,
            budget,
            shards: front.0,
            cache: front.1,
            zero,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: repeated(80) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_sequence_of_calls_agrees_with_the_map(
        shapes in [shape(), shape()],
        calls in prop::collection::vec((0..2_usize, 0..8_usize, call()), 0..150),
        pools_first in any::<bool>(),
    ) {
        let cpus = cpus();
        let mut runs = shapes.map(|shape| Run::new(builder(), shape));
        for (which, cpu, call) in calls {
            // The thread moves, so that buffers are with several CPUs.
            pin(cpus[cpu % cpus.len()]);
            let other = runs[1 - which].address(cpu);
            runs[which].call(call, other);
        }
        spread(&cpus);
        runs.into_iter().for_each(|run| run.finish(pools_first));
    }
}
