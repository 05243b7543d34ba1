//! The figures as tables, with the closing lines below them.

use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use framewell_bench::latency::PERCENTILES;
use framewell_bench::memory::Memory;
use framewell_bench::summary::Spread;

use super::bounds;
use super::figures::{Bounded, Figures, Line, workload};
use super::latencies::{Shortest, TAIL, Tailed};
use super::machine::Machine;
use super::targets::Verdict;
use super::weigh::{self, Weighed};

/// Prints the figures.
pub(crate) fn print(figures: &Figures) {
    print!("{}", text(figures, UTF8_FULL_CONDENSED, "\n"));
}

/// Returns the figures as Markdown, with the machine that they were measured on.
pub(crate) fn markdown(figures: &Figures) -> String {
    let machine = &figures.machine;
    let Machine {
        cpu,
        cores,
        kernel,
        c_library,
        compiler,
        date,
        command,
    } = machine;
    let head = format!(
        "`{command}`, {date}: {cpu}, {cores} cores, {kernel}, {c_library}, {compiler}.\n\n"
    );
    head + &text(figures, ASCII_MARKDOWN, "\n\n")
}

/// Returns the tables in this preset and the lines between them, each of which ends with `end`.
fn text(figures: &Figures, preset: &str, end: &str) -> String {
    let shown = |mut table: Table| table.load_preset(preset).to_string();
    let mut parts: Vec<String> = Vec::new();
    if !figures.lines.is_empty() {
        parts.push(shown(lines(figures)));
        parts.push(
            "Medians of interleaved slices; a ratio is taken within each round, higher is faster."
                .to_owned(),
        );
        if figures.dropped > 0 {
            let dropped = figures.dropped;
            parts.push(format!(
                "{dropped} slices dropped: the distance of the cores changed meanwhile."
            ));
        }
    }
    if !figures.memory.is_empty() {
        parts.push(shown(memory(&figures.memory)));
        parts.push(
            "Each in a process of its own; every page of each buffer was written.".to_owned(),
        );
    }
    if !figures.latencies.is_empty() {
        parts.push(shown(latencies(&figures.latencies)));
        parts.extend(figures.shortest.iter().map(tails));
    }
    parts.push(format!("framewell has the {} front.", figures.front));
    parts.extend(figures.bounded.iter().map(sentence));
    if !figures.verdicts.is_empty() {
        parts.push(shown(verdicts(&figures.verdicts)));
    }
    if figures.verdicts.iter().any(|one| !one.floors.is_empty()) {
        parts.push(shown(floors(&figures.verdicts)));
        parts.push(bounds::NOTE.to_owned());
    }
    if !figures.open.is_empty() {
        parts.push(format!("Not judged: {}.", figures.open.join("; ")));
    }
    parts.extend(figures.missing.iter().map(ToString::to_string));
    parts.iter().map(|part| format!("{part}{end}")).collect()
}

fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}

fn memory(memory: &[Weighed]) -> Table {
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
    table
}

fn latencies(latencies: &[Tailed]) -> Table {
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
    table
}

/// Returns a sentence on framewell's tail beside the shortest tail of a peer.
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

fn lines(figures: &Figures) -> Table {
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
    table
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

fn verdicts(verdicts: &[Verdict]) -> Table {
    let mut table = table([
        "framewell on",
        "times as fast",
        "10…90 %",
        "as",
        "wanted",
        "outcome",
        "floors reach",
        "the target is",
    ]);
    for verdict in verdicts {
        let ratio = &verdict.ratio;
        let fastest = if verdict.fastest {
            ", the fastest peer"
        } else {
            ""
        };
        table.add_row([
            Cell::new(verdict.on()),
            right(format!("{:.2}", ratio.median)),
            right(format!("{:.2} – {:.2}", ratio.low, ratio.high)),
            Cell::new(format!("{}{fastest}", verdict.peer)),
            right(verdict.wanted()),
            Cell::new(verdict.outcome()),
            right(bounds::range(&verdict.floors)),
            Cell::new(bounds::lies(&verdict.floors)),
        ]);
    }
    table
}

/// Returns a table of what the floors reach where a target is missed.
fn floors(verdicts: &[Verdict]) -> Table {
    let mut table = table([
        "missed on",
        "as",
        "wanted",
        "floor",
        "times as fast",
        "10…90 %",
        "the target is",
    ]);
    for verdict in verdicts {
        let mut first = [verdict.on(), verdict.peer.clone(), verdict.wanted()];
        for reached in &verdict.floors {
            let [on, peer, wanted] = first.each_mut().map(std::mem::take);
            let ratio = &reached.ratio;
            table.add_row([
                Cell::new(on),
                Cell::new(peer),
                right(wanted),
                Cell::new(&reached.floor),
                right(format!("{:.2}", ratio.median)),
                right(format!("{:.2} – {:.2}", ratio.low, ratio.high)),
                Cell::new(reached.standing.words()),
            ]);
        }
    }
    table
}
