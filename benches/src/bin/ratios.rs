//! All contestants by turns on every workload, in one run: a table of medians, spreads and ratios to
//! the system allocator, and the pair against two bare compare-and-swaps.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use framewell_bench::bare::BarePair;
use framewell_bench::check::check;
use framewell_bench::contestants::{Framewell, System, Zeroed};
use framewell_bench::cpus;
use framewell_bench::probe::{Distance, Probe};
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;
use framewell_bench::work::Threads;
use framewell_bench::{Kind, Workload};

/// Compares framewell with the system allocator and with zeroed vectors: median and spread of every
/// workload, and the ratio to the system allocator.
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

/// The figures of one contestant on one workload.
#[derive(Serialize)]
struct Line {
    workload: &'static str,
    /// Of the two cores, where a workload depends on it.
    distance: Option<Distance>,
    contestant: &'static str,
    /// Nanoseconds a buffer got, used and freed; all threads together.
    ns: Spread,
    /// How many times as fast as the system allocator.
    ratio: Option<Spread>,
}

#[derive(Serialize)]
struct Figures {
    lines: Vec<Line>,
    /// The time of the pair, in times of two bare compare-and-swaps.
    pair_to_bare: Option<Spread>,
}

/// The contestants' places in every match.
const NAMES: [&str; 4] = ["framewell", "malloc", "Vec<u8>", "two bare CAS"];
const FRAMEWELL: usize = 0;
const SYSTEM: usize = 1;
const BARE: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let cores = cpus::settle();
    let framewell: &'static Framewell = Box::leak(Box::new(Framewell::new()));
    check(framewell);
    check(&System);
    check(&Zeroed);

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
    let probe = (cores > 1).then(Probe::new);
    let matches = play(&kinds, &options, framewell, probe.as_ref());
    let figures = figures(&matches);
    print(&matches, &figures);
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

fn play(
    kinds: &[Kind],
    options: &Options,
    framewell: &'static Framewell,
    probe: Option<&Probe>,
) -> Vec<Match> {
    let rounds = |kind: &Kind| rounds_of(*kind, options.quick);
    let bar = ProgressBar::new(kinds.iter().map(rounds).sum());
    bar.set_style(
        ProgressStyle::with_template("{msg:14} {wide_bar} {percent:>3} %  {elapsed_precise}")
            .expect("a valid template"),
    );
    let mut matches = Vec::new();
    for &kind in kinds {
        bar.set_message(kind.name());
        let mut workloads = vec![kind.with(framewell), kind.with(&System), kind.with(&Zeroed)];
        if kind == Kind::Pair {
            workloads.push(Box::new(BarePair::new()) as Box<dyn Workload>);
        }
        let mut game = Match::new(kind, workloads);
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

fn figures(matches: &[Match]) -> Figures {
    let mut lines = Vec::new();
    let mut pair_to_bare = None;
    for game in matches {
        for distance in game.distances() {
            for (i, contestant) in NAMES.into_iter().enumerate() {
                if i == BARE && game.kind() != Kind::Pair {
                    continue;
                }
                let Some(ns) = game.ns(i, distance) else {
                    continue;
                };
                lines.push(Line {
                    workload: game.kind().name(),
                    distance,
                    contestant,
                    ns,
                    ratio: game.ratio(i, SYSTEM, distance),
                });
            }
        }
        if game.kind() == Kind::Pair {
            pair_to_bare = game.ratio(BARE, FRAMEWELL, None);
        }
    }
    Figures {
        lines,
        pair_to_bare,
    }
}

fn print(matches: &[Match], figures: &Figures) {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "workload",
            "contestant",
            "ns/buffer",
            "10…90 %",
            "million/s",
            "× malloc",
            "10…90 %",
            "slices",
        ]);
    let mut last = None;
    for line in &figures.lines {
        let workload = match line.distance {
            None => line.workload.to_owned(),
            Some(Distance::Near) => format!("{}, near", line.workload),
            Some(Distance::Far) => format!("{}, far", line.workload),
        };
        let first = last.as_ref() != Some(&workload);
        table.add_row(row(if first { &workload } else { "" }, line));
        last = Some(workload);
    }
    println!("{table}");
    println!(
        "Medians of interleaved slices; a ratio is taken within each round, higher is faster."
    );
    let dropped: usize = matches.iter().map(Match::dropped).sum();
    if dropped > 0 {
        println!("{dropped} slices dropped: the distance of the cores changed meanwhile.");
    }
    if let Some(ratio) = &figures.pair_to_bare {
        println!(
            "framewell's pair takes {:.2} ({:.2} – {:.2}) times as long as two bare compare-and-swaps{}.",
            ratio.median,
            ratio.low,
            ratio.high,
            if BarePair::new().is_rseq() {
                " with the CPU's number from rseq"
            } else {
                ""
            },
        );
    }
}

fn row(workload: &str, line: &Line) -> Vec<Cell> {
    let ratio = |of: fn(&Spread) -> String| line.ratio.as_ref().map_or("–".into(), of);
    let numbers = [
        format!("{:.2}", line.ns.median),
        format!("{:.2} – {:.2}", line.ns.low, line.ns.high),
        format!("{:.1}", 1000.0 / line.ns.median),
        ratio(|spread| format!("{:.2}", spread.median)),
        ratio(|spread| format!("{:.1} – {:.1}", spread.low, spread.high)),
        line.ns.samples.to_string(),
    ];
    let mut cells = vec![Cell::new(workload), Cell::new(line.contestant)];
    cells.extend(numbers.map(|number| Cell::new(number).set_alignment(CellAlignment::Right)));
    cells
}

/// Names are stated twice, in the contestants and in [`NAMES`]: they agree.
#[cfg(test)]
mod tests {
    use super::*;
    use framewell_bench::Contestant;

    #[test]
    fn names_agree_with_the_contestants() {
        assert_eq!(Framewell::new().name(), NAMES[FRAMEWELL]);
        assert_eq!(System.name(), NAMES[SYSTEM]);
        assert_eq!(Zeroed.name(), NAMES[2]);
    }
}
