//! The comparison: all contestants take turns on every workload in one run, each in a child
//! process. The results are tables of medians, spreads and ratios, verdicts on what framewell is
//! meant to reach, and a report.
//!
//! ```text
//!   peers: build ─┐
//!                 ├─► field: children ─► play: matches ─┐
//!   home, floors ─┘              └─────► weigh: memory ─┴─► figures ─┬─► show: tables and lines
//!                                               machine ─────────────┼─► page: the HTML report
//!                                               targets: verdicts ───┴─► JSON
//!                                               bounds: how far floors get
//! ```

mod bounds;
mod field;
mod figures;
mod latencies;
mod machine;
mod page;
mod peers;
mod play;
mod show;
mod targets;
mod weigh;

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use framewell_bench::probe::Probe;
use framewell_bench::work::Threads;
use framewell_bench::{Kind, cpus, floors};

use field::Field;
use figures::{Figures, Missing};
use machine::Machine;

/// Measures framewell beside every allocator and pool that a user would pick instead, on the same
/// work, in one run.
#[derive(Args)]
pub(crate) struct Options {
    /// A tenth of the rounds: a first impression, within two minutes
    #[arg(long)]
    quick: bool,
    /// Only the workloads whose names contain this
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Of the peers that have to be built, use only these packages, as in jemalloc,rust; none if
    /// the list is empty
    #[arg(long, value_name = "NAMES", value_delimiter = ',', num_args = 0..)]
    peers: Option<Vec<String>>,
    /// Build no peer: those that were built before take part
    #[arg(long)]
    no_build: bool,
    /// Also write all figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the tables to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Where the report goes, instead of compare.html in the target directory
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|part| name.contains(part))
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let machine = Machine::here();
    let cores = cpus::settle();
    let kinds = kinds(options, cores)?;
    let (built, mut missing) = peers::build(options.peers.as_deref(), options.no_build)?;
    let field = Field::new(&built, &mut missing);
    if let Some(reason) = floors::without_sequences() {
        missing.push(Missing::new("floors of sequences", reason));
    }
    missing.iter().for_each(|missing| eprintln!("{missing}"));
    let strict = env::var("FRAMEWELL_STRICT").is_ok_and(|value| value == "1");
    if strict && !missing.is_empty() {
        return Err("FRAMEWELL_STRICT=1 wants all that take part".into());
    }
    let probe = (cores > 1).then(Probe::new);
    let matches = play::all(&kinds, options.quick, &field, probe.as_ref(), &mut missing);
    let memory = if options.wants(weigh::NAME) {
        weigh::all(&field, options.quick, &mut missing)
    } else {
        Vec::new()
    };
    let latencies = if options.wants(latencies::NAME) {
        latencies::all(&field, options.quick, &mut missing)
    } else {
        Vec::new()
    };
    let figures = Figures::new(machine, &matches, memory, latencies, &field, missing);
    show::print(&figures);
    let write = |path: &PathBuf, text: String| {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    if let Some(path) = &options.json {
        write(path, serde_json::to_string_pretty(&figures)?)?;
    }
    if let Some(path) = &options.markdown {
        write(path, show::markdown(&figures))?;
    }
    let path = match &options.report {
        Some(path) => path.clone(),
        None => peers::target()?.join("compare.html"),
    };
    page::report(&figures)
        .write(&path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!("The report: {}", path.display());
    if strict && !figures.missing.is_empty() {
        return Err("FRAMEWELL_STRICT=1 wants all to end well".into());
    }
    Ok(())
}

/// Returns whether a quick run leaves a workload out: filling its buffers takes longer than all
/// other workloads together.
fn is_long(kind: Kind) -> bool {
    matches!(kind, Kind::ColdMillion | Kind::Set256K | Kind::Set1M)
}

/// Returns the workloads that are wanted and can run.
fn kinds(options: &Options, cores: usize) -> Result<Vec<Kind>, String> {
    let wanted = |kind: &Kind| options.wants(kind.name()) && !(options.quick && is_long(*kind));
    let mut kinds: Vec<Kind> = Kind::every().filter(wanted).collect();
    let others = [weigh::NAME, latencies::NAME];
    if kinds.is_empty() && !others.iter().any(|name| options.wants(name)) {
        let all = Kind::every().map(Kind::name);
        let all: Vec<_> = all.chain([weigh::NAME, latencies::NAME]).collect();
        let (part, all) = (options.only.as_deref().unwrap_or_default(), all.join(", "));
        return Err(format!(
            "no workload has {part:?} in its name; there are {all}"
        ));
    }
    if cores < 2 {
        eprintln!("one core: the workloads for two are left out");
        kinds.retain(|kind| kind.threads() != Threads::Two);
    }
    Ok(kinds)
}
