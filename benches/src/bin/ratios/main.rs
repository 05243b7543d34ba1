//! All contestants by turns on every workload, in one run: a table of medians, spreads and ratios to
//! the system allocator, and framewell in times of what bounds it.

mod field;
mod figures;
mod memory;
mod show;

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use framewell_bench::contestants::candidates;
use framewell_bench::probe::Probe;
use framewell_bench::rounds::Match;
use framewell_bench::work::Threads;
use framewell_bench::{Kind, cpus, floors};

use field::Field;
use figures::Figures;

/// Compares framewell on both fronts with allocators, with zeroed vectors, and with what bounds it: median and
/// spread of every workload, the ratio to the system allocator, and the memory of the 802.11 mix.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// A tenth of the rounds: a first impression
    #[arg(long)]
    quick: bool,
    /// Also write the figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only the workloads whose names contain this
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Print the memory of this contestant alone, as JSON
    #[arg(long, value_name = "CONTESTANT", hide = true)]
    memory_of: Option<String>,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|part| name.contains(part))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let cores = cpus::settle();
    if let Some(name) = &options.memory_of {
        return memory::print_of(name, options.quick);
    }
    let (present, missing) = candidates();
    missing.iter().for_each(|why| eprintln!("{why}"));
    if !missing.is_empty() && env::var("FRAMEWELL_STRICT").is_ok_and(|value| value == "1") {
        return Err("FRAMEWELL_STRICT=1 wants all contestants".into());
    }
    let field = Field::new(&present);
    let mut kinds = Kind::ALL.to_vec();
    if cores < 2 {
        eprintln!("one core: the workloads for two are left out");
        kinds.retain(|kind| kind.threads() != Threads::Two);
    }
    kinds.retain(|kind| options.wants(kind.name()));
    let memory = options.wants(memory::NAME);
    if kinds.is_empty() && !memory {
        let all = Kind::ALL.iter().map(|kind| kind.name());
        let all: Vec<_> = all.chain([memory::NAME]).collect();
        let (part, all) = (options.only.unwrap_or_default(), all.join(", "));
        return Err(format!("no workload has {part:?} in its name; there are {all}").into());
    }
    if let Some(reason) = floors::without_sequences() {
        eprintln!("the floors of sequences are left out: {reason}");
    }
    let probe = (cores > 1).then(Probe::new);
    let matches = play(&kinds, &options, &field, probe.as_ref());
    let weighed = memory
        .then(|| memory::weigh(&present, options.quick))
        .transpose()?;
    let figures = Figures::new(&matches, weighed.unwrap_or_default(), field.auto.front());
    show::print(&matches, &figures);
    if let Some(path) = &options.json {
        fs::write(path, serde_json::to_string_pretty(&figures)?)
            .map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn rounds_of(kind: Kind, quick: bool) -> u64 {
    let rounds = match kind.threads() {
        Threads::One => 1000,
        Threads::Two => 600,
        Threads::Many => 30,
    };
    if quick { rounds / 10 } else { rounds }
}

/// A workload ends early after this long: on a busy machine two threads may wait for each other's core.
fn budget(quick: bool) -> Duration {
    Duration::from_secs(if quick { 1 } else { 8 })
}

fn play(kinds: &[Kind], options: &Options, field: &Field, probe: Option<&Probe>) -> Vec<Match> {
    let rounds = |kind: &Kind| rounds_of(*kind, options.quick);
    let bar = ProgressBar::new(kinds.iter().map(rounds).sum());
    bar.set_style(
        ProgressStyle::with_template("{msg:14} {wide_bar} {percent:>3} %  {elapsed_precise}")
            .expect("a valid template"),
    );
    let mut matches = Vec::new();
    for &kind in kinds {
        bar.set_message(kind.name());
        let mut game = Match::new(kind, field.entries(kind));
        let (start, end) = (Instant::now(), bar.position() + rounds(&kind));
        while bar.position() < end && start.elapsed() < budget(options.quick) {
            game.round(probe);
            bar.inc(1);
        }
        bar.set_position(end);
        game.end();
        matches.push(game);
    }
    bar.finish_and_clear();
    matches
}
