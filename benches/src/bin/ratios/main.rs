//! All contestants by turns on every workload, in one run: a table of medians, spreads and ratios to
//! the system allocator, and framewell in times of what bounds it.

mod figures;
mod show;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use framewell_bench::check::check;
use framewell_bench::contestants::{Framewell, MALLOC, SNMALLOC, Zeroed};
use framewell_bench::probe::Probe;
use framewell_bench::rounds::{Entry, Match};
use framewell_bench::work::Threads;
use framewell_bench::{Contestant, Kind};
use framewell_bench::{cpus, floors};

use figures::Figures;

/// Compares framewell on both fronts with allocators, with zeroed vectors, and with what bounds it: median and
/// spread of every workload, and the ratio to the system allocator.
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
}

/// framewell's two pools.
#[derive(Clone, Copy)]
struct Pools {
    auto: &'static Framewell,
    portable: &'static Framewell,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let cores = cpus::settle();
    let pools = Pools {
        auto: Box::leak(Box::new(Framewell::new())),
        portable: Box::leak(Box::new(Framewell::portable())),
    };
    check(pools.auto);
    check(pools.portable);
    check(&MALLOC);
    check(&Zeroed);
    check(&SNMALLOC);

    let mut kinds = Kind::ALL.to_vec();
    if cores < 2 {
        eprintln!("one core: the workloads for two are left out");
        kinds.retain(|kind| kind.threads() != Threads::Two);
    }
    if let Some(part) = &options.only {
        kinds.retain(|kind| kind.name().contains(part.as_str()));
        if kinds.is_empty() {
            let all: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            let all = all.join(", ");
            return Err(format!("no workload has {part:?} in its name; there are {all}").into());
        }
    }
    if let Some(reason) = floors::without_sequences() {
        eprintln!("the floors of sequences are left out: {reason}");
    }
    let probe = (cores > 1).then(Probe::new);
    let matches = play(&kinds, &options, pools, probe.as_ref());
    let figures = Figures::new(&matches, pools.auto.front());
    show::print(&matches, &figures);
    if let Some(path) = &options.json {
        fs::write(path, serde_json::to_string_pretty(&figures)?)
            .map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// A workload with everyone who takes part in it.
fn entries(kind: Kind, pools: Pools) -> Vec<Entry> {
    fn entry<C: Contestant>(kind: Kind, contestant: &'static C) -> Entry {
        (contestant.name(), kind.with(contestant))
    }
    let mut entries = vec![
        entry(kind, pools.auto),
        entry(kind, pools.portable),
        entry(kind, &MALLOC),
        entry(kind, &Zeroed),
        entry(kind, &SNMALLOC),
    ];
    entries.extend(floors::of(kind));
    entries
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

fn play(kinds: &[Kind], options: &Options, pools: Pools, probe: Option<&Probe>) -> Vec<Match> {
    let rounds = |kind: &Kind| rounds_of(*kind, options.quick);
    let bar = ProgressBar::new(kinds.iter().map(rounds).sum());
    bar.set_style(
        ProgressStyle::with_template("{msg:14} {wide_bar} {percent:>3} %  {elapsed_precise}")
            .expect("a valid template"),
    );
    let mut matches = Vec::new();
    for &kind in kinds {
        bar.set_message(kind.name());
        let mut game = Match::new(kind, entries(kind, pools));
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

/// The closing lines name contestants: they are those that take part.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_takes_part() {
        let pools = Pools {
            auto: Box::leak(Box::new(Framewell::new())),
            portable: Box::leak(Box::new(Framewell::portable())),
        };
        for (kind, contestant, bounds) in figures::BOUNDED {
            let names: Vec<_> = entries(kind, pools).iter().map(|entry| entry.0).collect();
            assert!(names.contains(&contestant));
            assert!(names.contains(&figures::BASE));
            for bound in bounds {
                let absent =
                    floors::without_sequences().is_some() && bound.starts_with("sequences");
                assert!(
                    absent || names.contains(bound),
                    "{bound} on {}",
                    kind.name()
                );
            }
        }
    }
}
