//! The figures as a table, and the closing lines below it.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use framewell_bench::memory::Memory;
use framewell_bench::probe::Distance;
use framewell_bench::rounds::Match;
use framewell_bench::summary::Spread;

use crate::figures::{Bounded, Figures, Line};
use crate::memory::{self, Weighed};

pub(crate) fn print(matches: &[Match], figures: &Figures) {
    if !matches.is_empty() {
        print_lines(matches, figures);
    }
    if !figures.memory.is_empty() {
        print_memory(&figures.memory);
    }
    println!("framewell has the {} front.", figures.front);
    for bounded in &figures.bounded {
        println!("{}", sentence(bounded));
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
    let mut table = table([memory::NAME, "steps", "requested", "resident", "ratio"]);
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
        let mut row = vec![Cell::new(weighed.contestant)];
        row.extend(numbers.map(right));
        table.add_row(row);
    }
    println!("{table}");
    println!("Each in a process of its own; every page of each buffer was written.");
}

fn right(number: String) -> Cell {
    Cell::new(number).set_alignment(CellAlignment::Right)
}

fn print_lines(matches: &[Match], figures: &Figures) {
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
    cells.extend(numbers.map(right));
    cells
}
