//! The latency of a get while something is in the way.

use std::alloc::System;
use std::error::Error;
use std::time::Duration;

use comfy_table::{Table, presets};
use framewell_bench::contestants::{Framewell, Heap, MALLOC};
use framewell_bench::latency::{Disturbance, Latency, PERCENTILES, measure};
use framewell_bench::{Contestant, cpus};

/// Measures the latency of a get, every sample kept, beside a control that gets nothing.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds for each contestant and disturbance.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    static SYSTEM: Heap<System> = MALLOC;
    cpus::settle();
    let pool: &'static Framewell = Box::leak(Box::new(Framewell::new()));
    let time = Duration::from_secs(options.seconds);
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    let percentiles = PERCENTILES.map(|percent| format!("{percent} %, ns"));
    let first = ["disturbance", "who"].map(str::to_owned);
    table.set_header(first.into_iter().chain(percentiles));
    for disturbance in Disturbance::ALL {
        rows(&mut table, pool.name(), &measure(pool, disturbance, time));
        rows(
            &mut table,
            Contestant::name(&SYSTEM),
            &measure(&SYSTEM, disturbance, time),
        );
    }
    println!("{table}");
    Ok(())
}

fn rows(table: &mut Table, name: &str, latency: &Latency) {
    for (who, tail) in [
        (name.to_owned(), latency.get),
        (format!("{name}: control"), latency.control),
    ] {
        let first = [latency.disturbance.name().to_owned(), who];
        table.add_row(first.into_iter().chain(tail.map(|ns| ns.to_string())));
    }
}
