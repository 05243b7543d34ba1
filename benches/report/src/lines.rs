//! Charts of curves.

use crate::axis::Axis;
use crate::bars::figure_block;
use crate::canvas::{self, Anchor, Ink};
use crate::number::figure;
use crate::page::escape;
use crate::table::Table;

const HEIGHT: i32 = 380;
const TOP: i32 = 30;
const BOTTOM: i32 = HEIGHT - 52;
const RIGHT: i32 = canvas::WIDTH - 34;
/// A curve with at most this many points gets a dot at each.
const DOTS: usize = 12;
/// The rows of the table below the chart, for each series.
const ROWS: usize = 24;

/// A chart of curves over one pair of axes.
///
/// Percentile curves are lines over [`Axis::percentile`].
///
/// ```
/// use framewell_report::{Axis, LineChart, Report};
/// let mut report = Report::new("r");
/// report.lines(
///     LineChart::new("Latency", Axis::percentile(), Axis::log("µs"))
///         .note("lower is better")
///         .series("pool", &[(50.0, 11.0), (99.0, 37.0)])
///         .series("malloc", &[(50.0, 19.0), (99.0, 88.0)]),
/// );
/// assert_eq!(report.render().matches("<li>").count(), 2); // the legend
/// ```
#[derive(Debug, Clone)]
pub struct LineChart {
    title: String,
    note: String,
    x: Axis,
    y: Axis,
    series: Vec<(String, Vec<(f64, f64)>)>,
}

impl LineChart {
    /// Returns a chart without curves yet.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            note: String::new(),
            x,
            y,
            series: Vec::new(),
        }
    }

    /// Sets the sentence below the title, which says how to read the chart.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Adds a curve through `(x, y)` points, in the order in which they are given.
    pub fn series(mut self, name: impl Into<String>, points: &[(f64, f64)]) -> Self {
        self.series.push((name.into(), points.to_vec()));
        self
    }

    pub(crate) fn render(&self, id: usize) -> String {
        let svg = canvas::draw(id, HEIGHT, &self.title, &self.description(), |c| {
            self.paint(c)
        });
        figure_block(&self.title, &self.note, &self.legend(), &svg, &self.data())
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.series
            .iter()
            .flat_map(|(_, points)| points.iter().copied())
    }

    fn paint(&self, canvas: &canvas::Canvas<'_>) {
        let y = self.y.fit(self.points().map(|p| p.1), BOTTOM, TOP);
        let ticks = y.ticks(7);
        let widest = ticks
            .iter()
            .map(|(_, label)| canvas::text_width(label))
            .max();
        let left = widest.unwrap_or(0) + 14;
        let x = self.x.fit(self.points().map(|p| p.0), left, RIGHT);
        for (at, label) in ticks {
            canvas.line(vec![(left, at), (RIGHT, at)], 1, Ink::Grid);
            canvas.text(&label, (left - 8, at), Anchor::End, Ink::Muted, false);
        }
        for (at, label) in x.ticks(9) {
            canvas.line(vec![(at, TOP), (at, BOTTOM)], 1, Ink::Grid);
            canvas.text(&label, (at, BOTTOM + 16), Anchor::Middle, Ink::Muted, false);
        }
        canvas.text(&self.y.label, (0, 9), Anchor::Start, Ink::Muted, false);
        let below = ((left + RIGHT) / 2, BOTTOM + 38);
        canvas.text(&self.x.label, below, Anchor::Middle, Ink::Muted, false);
        for (index, (_, points)) in self.series.iter().enumerate() {
            let places: Vec<(i32, i32)> = points
                .iter()
                .filter_map(|&(px, py)| Some((x.place(px)?, y.place(py)?)))
                .collect();
            if places.len() <= DOTS {
                for &at in &places {
                    canvas.dot(at, 4, Ink::Series(index));
                }
            }
            canvas.line(places, 2, Ink::Series(index));
        }
    }

    fn legend(&self) -> String {
        let mut html = String::from("<ul class=\"legend\">");
        for (index, (name, _)) in self.series.iter().enumerate() {
            html += &format!(
                "<li><svg viewBox=\"0 0 34 8\" aria-hidden=\"true\"><polyline points=\"1,4 33,4\" \
                 fill=\"none\" stroke-width=\"2.5\" stroke=\"{}\"/></svg>{}</li>",
                Ink::Series(index).css(),
                escape(name)
            );
        }
        html + "</ul>"
    }

    fn description(&self) -> String {
        let mut text = format!("Curves of {} over {}.", self.y.label, self.x.label);
        for (name, points) in &self.series {
            if let (Some(first), Some(last)) = (points.first(), points.last()) {
                text += &format!(
                    " {name}: from {} at {} to {} at {}.",
                    figure(first.1),
                    first.0,
                    figure(last.1),
                    last.0
                );
            }
        }
        text
    }

    fn data(&self) -> Table {
        let mut table = Table::new(["series", &self.x.label, &self.y.label]);
        for (name, points) in &self.series {
            let step = points.len().div_ceil(ROWS).max(1);
            for (px, py) in points.iter().step_by(step) {
                table = table.row([name.clone(), px.to_string(), figure(*py)]);
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_curve_and_one_legend_entry_per_series() {
        let html = LineChart::new("t", Axis::linear("x"), Axis::linear("y"))
            .series("a", &[(0.0, 1.0), (1.0, 3.5)])
            .series("b", &[(0.0, 2.0), (1.0, 1.0)])
            .series("c", &[(0.0, 2.0), (1.0, 1.0)])
            .render(7);
        for series in 0..3 {
            let stroke = format!("stroke=\"var(--s{series})\"");
            assert_eq!(html.matches(&stroke).count(), 2, "{series}");
        }
        assert_eq!(html.matches("<li>").count(), 3);
        assert!(html.contains("<td class=\"n\">3.5</td>"));
        assert!(html.contains("a: from 1 at 0 to 3.5 at 1."));
    }

    #[test]
    fn empty_and_odd_curves_render() {
        LineChart::new("", Axis::linear(""), Axis::log("")).render(1);
        LineChart::new("t", Axis::percentile(), Axis::log("y"))
            .series("a", &[(100.0, 0.0), (f64::NAN, f64::INFINITY)])
            .render(1);
    }
}
