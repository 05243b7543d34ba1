//! The workloads under criterion, for its history and its HTML report: `target/criterion/report`.
//!
//! Criterion runs one contestant after another, so a drift of the machine between them shows as a
//! difference, and near and far cores are not told apart. To compare contestants run
//! `cargo run --release -p framewell-bench -- compare`.
//!
//! Each of criterion's samples is cut into slices, of which the median counts.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use framewell_bench::contestants::Zeroed;
use framewell_bench::cpus;
use framewell_bench::entrant::{Entrant, Frames};
use framewell_bench::home::HOME;
use framewell_bench::rounds::steps_of;
use framewell_bench::summary::Spread;
use framewell_bench::work::Threads;
use framewell_bench::{Kind, Workload};

fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    kind: Kind,
    name: &str,
    make: impl Fn() -> Option<Box<dyn Workload>>,
) {
    // The workload is made at the first call, for criterion skips what its filter excludes.
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

fn workloads(criterion: &mut Criterion) {
    static ZEROED: Frames<Zeroed> = Frames(Zeroed);
    let cores = cpus::settle();
    let entrants: Vec<&'static dyn Entrant> = HOME.into_iter().chain([&ZEROED as _]).collect();
    entrants.iter().for_each(|entrant| entrant.check());
    for kind in Kind::ALL {
        if cores < 2 && kind.threads() == Threads::Two {
            continue;
        }
        let mut group = criterion.benchmark_group(kind.name());
        group.throughput(Throughput::Elements(1));
        for entrant in entrants.iter().filter(|entrant| entrant.takes(kind)) {
            bench(&mut group, kind, entrant.title(), || entrant.workload(kind));
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
