//! The text that the terminal shows.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use framewell_report::{Spread, figure};

use super::measure::Distance;
use super::summary::{Figures, Summary};

/// Returns the comparison as a table, with one column for each contestant.
pub fn table(summary: &Summary) -> String {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    let mut head = vec!["median (lowest–highest)".to_string()];
    head.extend(summary.figures.iter().map(|f| f.contestant.name().into()));
    table.set_header(head);
    for (label, row) in rows(summary) {
        let mut cells = vec![label.to_string()];
        cells.extend(row);
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Returns the table's rows: a label and a cell for each contestant.
pub fn rows(summary: &Summary) -> Vec<(&'static str, Vec<String>)> {
    let row = |get: &dyn Fn(&Figures) -> String| summary.figures.iter().map(get).collect();
    let text = |spread: Option<Spread>| spread.map_or("–".into(), |spread| spread.to_string());
    let ratio = |f: &Figures| f.ratio.map_or("–".into(), |r| format!("{}×", figure(r)));
    vec![
        ("million packets/s", row(&|f| text(f.mpps))),
        ("… to the system allocator", row(&ratio)),
        (
            "get + free in the pipeline, ns",
            row(&|f| text(f.pipeline_ns)),
        ),
        (
            "get + write + free, one thread, ns",
            row(&|f| text(f.alone_ns)),
        ),
        ("burst RX → sink p50, µs", row(&|f| text(f.latency(50.0)))),
        ("burst RX → sink p99, µs", row(&|f| text(f.latency(99.0)))),
        ("burst RX → sink p99.9, µs", row(&|f| text(f.latency(99.9)))),
        ("peak memory, MiB", row(&|f| text(f.peak_mib))),
        ("rounds", row(&|f| f.rounds.to_string())),
    ]
}

/// Returns the account of all packets, with a line for each fate.
pub fn account(summary: &Summary) -> Vec<(String, u64)> {
    let account = &summary.account;
    let passed = &account.passed;
    let mut lines = vec![
        (
            "packets in, all contestants and rounds".to_string(),
            account.offered,
        ),
        ("delivered and verified".into(), account.verdict.delivered),
        ("… passed on routed, IPv4".into(), passed.routed_v4),
        ("… passed on routed, IPv6".into(), passed.routed_v6),
        ("… passed on bridged unmodified".into(), passed.bridged),
        ("… of these with a VLAN tag".into(), passed.tagged),
    ];
    for (name, count) in account.drops.named() {
        lines.push((format!("dropped: {name}"), count));
    }
    lines
}

/// Returns the account as text.
pub fn account_text(summary: &Summary) -> String {
    let mut text = String::new();
    for (name, count) in account(summary) {
        if count > 0 || !name.starts_with("dropped") {
            text += &format!("  {name:<40} {count:>14}\n");
        }
    }
    text
}

/// Returns a sentence that says how the samples were chosen.
pub fn conditions(summary: &Summary) -> String {
    let (used, all) = summary.used;
    let choice = match summary.distance {
        Distance::Near => {
            format!("{used} of {all} runs count: those with the processors near each other")
        }
        Distance::Far => format!("{used} of {all} runs count: those with the processors far apart"),
        Distance::Mixed => format!(
            "all {all} runs count: the distance between the processors changed too often to choose by it"
        ),
    };
    let pause = summary.pause_us.map_or("–".into(), |s| s.to_string());
    format!(
        "{choice}; for 50 ms after each run a loop that only read the clock was held up for \
         {pause} µs at the longest"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::contestants::Contestant;
    use crate::pipeline::summary::{summarize, tests::sample};

    #[test]
    fn every_figure_is_in_the_table() {
        let samples = [
            sample(Contestant::Framewell, 4.25, 60.0),
            sample(Contestant::System, 2.0, 60.0),
        ];
        let text = table(&summarize(&samples));
        for part in ["framewell", "system allocator", "4.25", "2.12×", "99.9"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
