//! The workloads under criterion, for its history and its HTML report: `target/criterion/report`.
//!
//! Criterion runs one contestant after another, so a drift of the machine between them shows as a
//! difference, and near and far cores are not told apart. To compare contestants run
//! `cargo run --release -p framewell-bench --bin ratios`.
//!
//! Each of criterion's samples is cut into slices, of which the median counts.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use framewell_bench::check::check;
use framewell_bench::contestants::{Framewell, MALLOC, SNMALLOC, Zeroed, candidates};
use framewell_bench::cpus;
use framewell_bench::rounds::steps_of;
use framewell_bench::summary::Spread;
use framewell_bench::work::Threads;
use framewell_bench::{Contestant, Kind, Workload};

fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    kind: Kind,
    name: &str,
    make: impl Fn() -> Option<Box<dyn Workload>>,
) {
    // Made at the first call: criterion skips what its filter excludes.
    let mut ready = None;
    group.bench_function(name, |bencher| {
        let (workload, slice) = ready.get_or_insert_with(|| {
            let mut workload = make().expect("a contestant for this workload");
            let slice = steps_of(&mut *workload, kind.slice());
            (workload, slice)
        });
        bencher.iter_custom(|steps| {
            let slices = (steps / *slice).max(1);
            let ns = Spread::of((0..slices).map(|_| workload.run(steps.min(*slice)).ns()));
            let median = ns.expect("at least one slice").median;
            Duration::from_secs_f64(median * steps as f64 / 1e9)
        });
    });
}

fn frames<C: Contestant>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    kind: Kind,
    contestant: &'static C,
) {
    bench(group, kind, contestant.name(), || kind.with(contestant));
}

fn workloads(criterion: &mut Criterion) {
    let cores = cpus::settle();
    let framewell: &'static Framewell = Box::leak(Box::new(Framewell::new()));
    let portable: &'static Framewell = Box::leak(Box::new(Framewell::portable()));
    check(framewell);
    check(portable);
    check(&MALLOC);
    check(&Zeroed);
    check(&SNMALLOC);
    let (present, missing) = candidates();
    missing.iter().for_each(|why| eprintln!("{why}"));
    let varying: Vec<_> = present.iter().map(|candidate| (candidate.make)()).collect();
    varying.iter().for_each(|entrant| entrant.check());
    for kind in Kind::ALL {
        if cores < 2 && kind.threads() == Threads::Two {
            continue;
        }
        let mut group = criterion.benchmark_group(kind.name());
        group.throughput(Throughput::Elements(1));
        if kind.varies() {
            for entrant in &varying {
                bench(&mut group, kind, entrant.title(), || entrant.workload(kind));
            }
        } else {
            frames(&mut group, kind, framewell);
            frames(&mut group, kind, portable);
            frames(&mut group, kind, &MALLOC);
            frames(&mut group, kind, &Zeroed);
            frames(&mut group, kind, &SNMALLOC);
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(15)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .configure_from_args();
    workloads(&mut criterion);
    criterion.final_summary();
}
