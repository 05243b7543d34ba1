//! The figures as tables, and the closing lines below them.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use framewell_bench::latency::PERCENTILES;
use framewell_bench::memory::Memory;
use framewell_bench::summary::Spread;

use super::figures::{Bounded, Figures, Line, workload};
use super::latencies::{Shortest, TAIL, Tailed};
use super::targets::Verdict;
use super::weigh::{self, Weighed};

pub(crate) fn print(figures: &Figures) {
    if !figures.lines.is_empty() {
        print_lines(figures);
    }
    if !figures.memory.is_empty() {
        print_memory(&figures.memory);
    }
    if !figures.latencies.is_empty() {
        print_latencies(&figures.latencies);
        for shortest in &figures.shortest {
            println!("{}", tails(shortest));
        }
    }
    println!("framewell has the {} front.", figures.front);
    for bounded in &figures.bounded {
        println!("{}", sentence(bounded));
    }
    if !figures.verdicts.is_empty() {
        print_verdicts(&figures.verdicts);
    }
    if !figures.open.is_empty() {
        println!("Not judged: {}.", figures.open.join("; "));
    }
    for missing in &figures.missing {
        println!("{missing}");
    }
}

fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}

fn print_memory(memory: &[Weighed]) {
    let mut table = table([weigh::NAME, "steps", "requested", "resident", "ratio"]);
    for weighed in memory {
        let Memory {
            requested,
            resident,
        } = weighed.memory;
        let numbers = [
            weighed.steps.to_string(),
            format!("{} KiB", requested / 1024),
            format!("{} KiB", resident / 1024),
            format!("{:.2}", weighed.ratio),
        ];
        let mut row = vec![Cell::new(&weighed.contestant)];
        row.extend(numbers.map(right));
        table.add_row(row);
    }
    println!("{table}");
    println!("Each in a process of its own; every page of each buffer was written.");
}

fn print_latencies(latencies: &[Tailed]) {
    let mut table = table(["latency, ns", "contestant"]);
    let percentiles = PERCENTILES.map(|percent| format!("{percent} %"));
    let header = ["latency, ns", "contestant"].map(str::to_owned);
    let header = header.into_iter().chain(percentiles);
    let last = ["rounds at 99.9 %", "control 99.9 %"].map(str::to_owned);
    table.set_header(header.chain(last));
    for Tailed {
        contestant,
        latency,
        tail,
    } in latencies
    {
        let mut row = vec![Cell::new(latency.disturbance.name()), Cell::new(contestant)];
        row.extend(latency.get.map(|ns| right(ns.to_string())));
        row.push(right(format!("{:.0} – {:.0}", tail.low, tail.high)));
        row.push(right(latency.control[TAIL].to_string()));
        table.add_row(row);
    }
    println!("{table}");
}

/// framewell's tail beside the shortest of a peer.
pub(crate) fn tails(shortest: &Shortest) -> String {
    let Shortest {
        disturbance,
        tail,
        control,
        peer,
        peers,
        peers_control,
        met,
    } = shortest;
    format!(
        "latency at 99.9 %, {disturbance}: 'framewell' {:.0} ns ({:.0} – {:.0}; control {control}), the best peer, '{peer}', \
         {:.0} ns ({:.0} – {:.0}; control {peers_control}): {}.",
        tail.median,
        tail.low,
        tail.high,
        peers.median,
        peers.low,
        peers.high,
        if *met {
            "no longer, within the rounds"
        } else {
            "longer"
        }
    )
}

fn right(number: String) -> Cell {
    Cell::new(number).set_alignment(CellAlignment::Right)
}

fn print_lines(figures: &Figures) {
    let mut table = table([
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
        let workload = workload(line.workload, line.distance);
        let first = last.as_ref() != Some(&workload);
        table.add_row(row(if first { &workload } else { "" }, line));
        last = Some(workload);
    }
    println!("{table}");
    println!(
        "Medians of interleaved slices; a ratio is taken within each round, higher is faster."
    );
    if figures.dropped > 0 {
        let dropped = figures.dropped;
        println!("{dropped} slices dropped: the distance of the cores changed meanwhile.");
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
    let mut cells = vec![Cell::new(workload), Cell::new(&line.contestant)];
    cells.extend(numbers.map(right));
    cells
}

fn sentence(bounded: &Bounded) -> String {
    let of = |(bound, times): &(&str, Spread)| {
        let Spread {
            low, median, high, ..
        } = times;
        format!("{median:.2} ({low:.2} – {high:.2}) times '{bound}'")
    };
    let times: Vec<_> = bounded.times.iter().map(of).collect();
    format!(
        "{}: '{}' takes {:.2} ns, {}.",
        bounded.workload,
        bounded.contestant,
        bounded.ns.median,
        times.join(", "),
    )
}

fn print_verdicts(verdicts: &[Verdict]) {
    let mut table = table([
        "framewell on",
        "times as fast",
        "10…90 %",
        "as",
        "wanted",
        "outcome",
    ]);
    for verdict in verdicts {
        let ratio = &verdict.ratio;
        let fastest = if verdict.fastest {
            ", the fastest peer"
        } else {
            ""
        };
        table.add_row([
            Cell::new(workload(verdict.workload, verdict.distance)),
            right(format!("{:.2}", ratio.median)),
            right(format!("{:.2} – {:.2}", ratio.low, ratio.high)),
            Cell::new(format!("{}{fastest}", verdict.peer)),
            right(verdict.wanted()),
            Cell::new(verdict.outcome()),
        ]);
    }
    println!("{table}");
}
