//! Tables of a report.

use crate::page::escape;

/// A table: a head, rows, and a caption if there is something to say.
///
/// Cells that begin like a number are set flush right, so that their digits stand below each other.
///
/// ```
/// use framewell_report::{Report, Table};
/// let mut report = Report::new("r");
/// report.table(Table::new(["who", "ns"]).caption("medians").row(["pool", "2.1"]));
/// assert!(report.render().contains("<td class=\"n\">2.1</td>"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    caption: String,
}

impl Table {
    /// Returns a table with these column heads.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Sets the caption.
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Adds a row; its first cell is the row's head.
    pub fn row<S: Into<String>>(mut self, cells: impl IntoIterator<Item = S>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    pub(crate) fn render(&self) -> String {
        let mut html = String::from("<div class=\"wide\"><table>");
        if !self.caption.is_empty() {
            html += &format!("<caption>{}</caption>", escape(&self.caption));
        }
        html += "<thead><tr>";
        for (column, cell) in self.head.iter().enumerate() {
            let class = if self.is_numeric(column) {
                " class=\"n\""
            } else {
                ""
            };
            html += &format!("<th scope=\"col\"{class}>{}</th>", escape(cell));
        }
        html += "</tr></thead><tbody>";
        for row in &self.rows {
            html += "<tr>";
            for (column, cell) in row.iter().enumerate() {
                let text = escape(cell);
                html += &match column {
                    0 => format!("<th scope=\"row\">{text}</th>"),
                    _ if looks_numeric(cell) => format!("<td class=\"n\">{text}</td>"),
                    _ => format!("<td>{text}</td>"),
                };
            }
            html += "</tr>";
        }
        html + "</tbody></table></div>"
    }

    /// Returns whether all cells of a column are numbers. If so, its head is set flush right too.
    fn is_numeric(&self, column: usize) -> bool {
        column > 0
            && !self.rows.is_empty()
            && self
                .rows
                .iter()
                .all(|row| row.get(column).is_some_and(|cell| looks_numeric(cell)))
    }
}

fn looks_numeric(cell: &str) -> bool {
    let digits = cell.trim_start_matches(['-', '+', '−', '×']);
    cell == "–" || digits.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_appears_once_in_its_row() {
        let html = Table::new(["a", "b"])
            .row(["x", "1"])
            .row(["y", "22"])
            .render();
        assert_eq!(html.matches("<tr>").count(), 3);
        assert!(html.contains("<th scope=\"row\">x</th><td class=\"n\">1</td>"));
        assert!(html.contains("<th scope=\"row\">y</th><td class=\"n\">22</td>"));
        assert!(html.contains("<th scope=\"col\" class=\"n\">b</th>"));
    }
}
