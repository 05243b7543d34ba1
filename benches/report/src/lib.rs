//! Self-contained HTML reports with tables and charts.
//!
//! A report is one file: its style sheet is inside, its charts are inline SVG, it runs no script
//! and loads nothing. It follows the reader's choice of a light or a dark page, prints, and gives
//! every chart a caption, a text alternative for screen readers and the figures behind it as a
//! table.
//!
//! ```text
//!  Report ──┬── paragraphs, headings
//!           ├── Table
//!           ├── BarChart   grouped horizontal bars, each with a spread
//!           └── LineChart  curves; axes linear, logarithmic or of percentiles
//! ```
//!
//! Charts are drawn by the crate plotters in sentinel colours, and each of those becomes a variable
//! of the style sheet (see `canvas`), so that one drawing serves the light and the dark page.
//!
//! # Example
//!
//! ```
//! use framewell_report::{Axis, BarChart, LineChart, Report, Spread, Table};
//!
//! let mut report = Report::new("Buffers, measured");
//! report.paragraph("Medians of 7 rounds; the whiskers reach from the lowest to the highest.");
//! report.heading("Time");
//! report.bars(
//!     BarChart::new("get and free", "ns a packet")
//!         .group("one thread")
//!         .bar("pool", Spread::new(1.9, 2.1, 2.6))
//!         .bar("malloc", Spread::new(29.0, 34.0, 41.0)),
//! );
//! report.lines(
//!     LineChart::new("Burst latency", Axis::percentile(), Axis::log("µs"))
//!         .series("pool", &[(50.0, 12.0), (99.0, 40.0), (99.9, 900.0)]),
//! );
//! report.table(Table::new(["contestant", "ns"]).row(["pool", "2.1"]).row(["malloc", "34"]));
//!
//! let html = report.render();
//! assert!(html.starts_with("<!doctype html>"));
//! assert_eq!(html.matches("<figure").count(), 2);
//! ```

#![forbid(unsafe_code)]

mod axis;
mod bars;
mod canvas;
mod lines;
mod number;
mod page;
mod table;

use std::io;
use std::path::Path;

pub use axis::Axis;
pub use bars::{BarChart, Spread};
pub use lines::LineChart;
pub use number::figure;
pub use table::Table;

use page::escape;

/// A report under construction: it has blocks, in the order in which they were added.
///
/// ```
/// let mut report = framewell_report::Report::new("a < b");
/// report.paragraph("done");
/// assert!(report.render().contains("<h1>a &lt; b</h1>"));
/// ```
#[derive(Debug, Clone)]
pub struct Report {
    title: String,
    body: String,
    charts: usize,
}

impl Report {
    /// Returns an empty report with this title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            body: String::new(),
            charts: 0,
        }
    }

    /// Adds a section's heading.
    pub fn heading(&mut self, text: &str) -> &mut Self {
        self.block(&format!("<h2>{}</h2>", escape(text)))
    }

    /// Adds a paragraph of plain text.
    pub fn paragraph(&mut self, text: &str) -> &mut Self {
        self.block(&format!("<p>{}</p>", escape(text)))
    }

    /// Adds text whose line breaks and columns are kept.
    ///
    /// ```
    /// let mut report = framewell_report::Report::new("r");
    /// report.preformatted("free  8\nout   0");
    /// assert!(report.render().contains("<pre>free  8\nout   0</pre>"));
    /// ```
    pub fn preformatted(&mut self, text: &str) -> &mut Self {
        self.block(&format!("<pre>{}</pre>", escape(text.trim_end())))
    }

    /// Adds a row of headline figures. Each is a value, with its meaning below it.
    ///
    /// ```
    /// let mut report = framewell_report::Report::new("r");
    /// report.headlines([("3.1×", "the packets of malloc")]);
    /// assert!(report.render().contains("3.1×"));
    /// ```
    pub fn headlines<'a>(
        &mut self,
        figures: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> &mut Self {
        let mut html = String::from("<dl class=\"headlines\">");
        for (value, meaning) in figures {
            html += &format!(
                "<div><dt>{}</dt><dd>{}</dd></div>",
                escape(meaning),
                escape(value)
            );
        }
        html += "</dl>";
        self.block(&html)
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.block(&table.render())
    }

    /// Adds a chart of grouped horizontal bars.
    pub fn bars(&mut self, chart: BarChart) -> &mut Self {
        self.charts += 1;
        self.block(&chart.render(self.charts))
    }

    /// Adds a chart of curves.
    pub fn lines(&mut self, chart: LineChart) -> &mut Self {
        self.charts += 1;
        self.block(&chart.render(self.charts))
    }

    /// Returns the whole report as one HTML document.
    pub fn render(&self) -> String {
        page::document(&self.title, &self.body)
    }

    /// Writes the report to `path` and makes the folders above it.
    ///
    /// # Errors
    ///
    /// If the file system refuses, its error is returned.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, self.render())
    }

    fn block(&mut self, html: &str) -> &mut Self {
        self.body += html;
        self.body.push('\n');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_everywhere() {
        let hostile = "<script>\"&'</script>";
        let mut report = Report::new(hostile);
        report
            .heading(hostile)
            .paragraph(hostile)
            .preformatted(hostile)
            .headlines([(hostile, hostile)])
            .table(Table::new([hostile]).caption(hostile).row([hostile]))
            .bars(
                BarChart::new(hostile, hostile)
                    .note(hostile)
                    .group(hostile)
                    .bar(hostile, Spread::exact(1.0)),
            )
            .lines(
                LineChart::new(hostile, Axis::linear(hostile), Axis::log(hostile))
                    .note(hostile)
                    .series(hostile, &[(1.0, 1.0), (2.0, 2.0)]),
            );
        let html = report.render();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;&quot;&amp;"));
    }

    #[test]
    fn nothing_is_loaded_and_no_script_runs() {
        let mut report = Report::new("r");
        report.bars(BarChart::new("b", "ns").bar("x", Spread::exact(1.0)));
        let html = report.render();
        for word in ["src=", "href=", "url(", "@import", "<script"] {
            assert!(!html.contains(word), "{word}");
        }
        // The only address is the name of SVG's namespace.
        assert_eq!(
            html.matches("http").count(),
            html.matches("http://www.w3.org/2000/svg").count()
        );
    }

    #[test]
    fn both_colour_schemes_are_there_and_no_sentinel_is_left() {
        let mut report = Report::new("r");
        report.lines(
            LineChart::new("c", Axis::linear("x"), Axis::linear("y"))
                .series("one", &[(0.0, 1.0), (1.0, 2.0)]),
        );
        let html = report.render();
        assert!(html.contains("prefers-color-scheme:dark"));
        assert!(html.contains("var(--s0)") && html.contains("var(--ink)"));
        assert!(!html.contains("\"#0"), "a sentinel colour was not replaced");
    }

    #[test]
    fn write_makes_the_folders() {
        let folder = std::env::temp_dir().join(format!("framewell-report-{}", std::process::id()));
        let path = folder.join("a/b.html");
        Report::new("written").write(&path).expect("writable");
        assert!(std::fs::read_to_string(&path).unwrap().contains("written"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
