//! The text that the terminal shows.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use crate::summary::{Figures, Summary};

/// The heads of the columns.
pub const HEAD: [&str; 7] = [
    "group, contestant",
    "thousand packets/s",
    "CPU ns a packet",
    "… of the whole process",
    "packets",
    "lost / doubled / reordered",
    "altered",
];

/// Returns the cells of a row.
pub fn row(figures: &Figures) -> [String; 7] {
    let tally = &figures.tally;
    [
        format!("{}, {}", figures.group, figures.name),
        figures.rate.to_string(),
        figures.cpu.to_string(),
        figures.cpu_all.to_string(),
        tally.received.to_string(),
        format!("{} / {} / {}", tally.lost, tally.doubled, tally.reordered),
        tally.altered.to_string(),
    ]
}

/// Returns the figures as a table.
pub fn table(summary: &Summary) -> String {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(HEAD);
    for figures in &summary.figures {
        table.add_row(row(figures));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
