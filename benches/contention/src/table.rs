//! Tables of outcomes.

use comfy_table::{Table, presets};

use crate::loads::Outcome;
use crate::rate::{Packets, Rate};

/// The transfers per frame below which a line is left out of the table.
const WORTH_SHOWING: f64 = 0.0005;

/// Returns a table of the counts per frame on each shared line.
#[must_use]
pub fn counts_table(outcomes: &[Outcome]) -> String {
    let mut table = new([
        "load",
        "CPUs",
        "line",
        "lines",
        "loads",
        "stores",
        "changes",
        "retries",
        "transfers",
        "of one line",
    ]);
    for outcome in outcomes {
        let setup = outcome.setup;
        let shown = outcome
            .lines
            .0
            .iter()
            .filter(|named| outcome.per_frame(named.all.transfers()) >= WORTH_SHOWING);
        let mut any = false;
        for named in shown {
            any = true;
            let figure = |count| format!("{:.4}", outcome.per_frame(count));
            table.add_row([
                setup.load.name().to_owned(),
                setup.cpus.to_string(),
                named.name.to_owned(),
                named.lines.to_string(),
                figure(named.all.loads),
                figure(named.all.stores),
                figure(named.all.changes),
                figure(named.all.retries),
                figure(named.all.transfers()),
                figure(named.busiest.transfers()),
            ]);
        }
        if !any {
            table.add_row([setup.load.name(), &setup.cpus.to_string(), "none is shared"]);
        }
    }
    table.to_string()
}

/// Returns a table of the rates that the busiest lines allow.
#[must_use]
pub fn rates_table(outcomes: &[Outcome]) -> String {
    let mut header = vec![
        "load".to_owned(),
        "CPUs".to_owned(),
        "busiest line".to_owned(),
        "transfers".to_owned(),
        "simulated, M/s".to_owned(),
        "near, M/s".to_owned(),
        "far, M/s".to_owned(),
    ];
    header.extend(Packets::ALL.map(|p| format!("{} G, {} B", p.gigabits, p.bytes)));
    let mut table = new(header);
    for outcome in outcomes {
        let rate = Rate::of(outcome);
        let mut row = vec![
            outcome.setup.load.name().to_owned(),
            outcome.setup.cpus.to_string(),
            rate.line.unwrap_or("none").to_owned(),
            format!("{:.4}", rate.transfers),
            format!("{:.0}", rate.simulated / 1e6),
            million(rate.near),
            million(rate.far),
        ];
        row.extend(Packets::ALL.map(|packets| verdict(rate.load(packets))));
        table.add_row(row);
    }
    table.to_string()
}

fn million(frames: f64) -> String {
    if frames.is_finite() {
        format!("{:.0}", frames / 1e6)
    } else {
        "no limit".to_owned()
    }
}

/// Returns whether the line keeps up, near and far, and which part of its time is taken.
fn verdict([near, far]: [f64; 2]) -> String {
    let word = match (near <= 1.0, far <= 1.0) {
        (true, true) => "yes",
        (true, false) => "near",
        _ => "no",
    };
    format!("{word} ({:.0} / {:.0} %)", near * 100.0, far * 100.0)
}

fn new<T: Into<comfy_table::Cell>>(header: impl IntoIterator<Item = T>) -> Table {
    let mut table = Table::new();
    let header: Vec<comfy_table::Cell> = header.into_iter().map(Into::into).collect();
    table
        .load_preset(presets::UTF8_FULL_CONDENSED)
        .set_header(header);
    table
}
