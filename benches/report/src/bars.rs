//! Grouped horizontal bars with the spread of each figure.

use crate::axis::Axis;
use crate::canvas::{self, Anchor, Ink};
use crate::number::figure;
use crate::page::escape;
use crate::table::Table;

/// A measured figure: the median, between the lowest and the highest value that was seen.
///
/// ```
/// use framewell_report::Spread;
/// assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Some(Spread::new(1.0, 2.0, 3.0)));
/// assert_eq!(Spread::of(&[]), None);
/// assert_eq!(Spread::new(1.0, 2.0, 3.0).to_string(), "2 (1–3)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The lowest value.
    pub low: f64,
    /// The median, which the bar shows.
    pub median: f64,
    /// The highest value.
    pub high: f64,
}

impl Spread {
    /// Returns a figure with its spread.
    pub fn new(low: f64, median: f64, high: f64) -> Self {
        Self { low, median, high }
    }

    /// Returns a figure without a spread.
    pub fn exact(value: f64) -> Self {
        Self::new(value, value, value)
    }

    /// Returns the median, the lowest and the highest of the finite values; `None` if there is
    /// none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            (sorted[middle - 1] + sorted[middle]) / 2.0
        };
        Some(Self { low, median, high })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&figure(self.median))?;
        if self.low != self.high {
            write!(f, " ({}–{})", figure(self.low), figure(self.high))?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Default)]
struct Group {
    name: String,
    bars: Vec<(String, Spread)>,
}

/// Horizontal bars in groups, with whiskers from the lowest to the highest value.
///
/// A series is known by its name: it has the same colour in every group.
///
/// ```
/// use framewell_report::{BarChart, Report, Spread};
/// let mut report = Report::new("r");
/// report.bars(
///     BarChart::new("Peak memory", "MiB")
///         .bar("pool", Spread::exact(18.0))
///         .bar("malloc", Spread::new(24.0, 25.0, 31.0)),
/// );
/// assert!(report.render().contains("25 (24–31)"));
/// ```
#[derive(Debug, Clone)]
pub struct BarChart {
    title: String,
    note: String,
    unit: String,
    highlighted: Option<String>,
    groups: Vec<Group>,
}

/// The colour of the series that are not highlighted: the palette's grey.
const REST: usize = 6;

const BAR: i32 = 20;
const GAP: i32 = 8;
const GROUP_HEAD: i32 = 26;
const GROUP_GAP: i32 = 12;
const AXIS: i32 = 46;

impl BarChart {
    /// Returns a chart without bars yet. `unit` is written at the axis.
    pub fn new(title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            note: String::new(),
            unit: unit.into(),
            highlighted: None,
            groups: Vec::new(),
        }
    }

    /// Sets the sentence below the title, which says how to read the chart.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Sets the series that has a colour; all others are grey.
    ///
    /// ```
    /// use framewell_report::{BarChart, Report, Spread};
    /// let chart = BarChart::new("t", "ns").highlight("own");
    /// let chart = chart.bar("other", Spread::exact(2.0)).bar("own", Spread::exact(1.0));
    /// let mut report = Report::new("r");
    /// report.bars(chart);
    /// assert!(!report.render().contains("fill=\"var(--s1)\""));
    /// ```
    pub fn highlight(mut self, series: impl Into<String>) -> Self {
        self.highlighted = Some(series.into());
        self
    }

    /// Begins a group; the bars that follow belong to it.
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.push(Group {
            name: name.into(),
            bars: Vec::new(),
        });
        self
    }

    /// Adds a bar of a series to the last group, or to one without a name if there is none.
    pub fn bar(mut self, series: impl Into<String>, value: Spread) -> Self {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        if let Some(group) = self.groups.last_mut() {
            group.bars.push((series.into(), value));
        }
        self
    }

    pub(crate) fn render(&self, id: usize) -> String {
        let svg = canvas::draw(id, self.height(), &self.title, &self.description(), |c| {
            self.paint(c)
        });
        figure_block(&self.title, &self.note, "", &svg, &self.data())
    }

    fn bars(&self) -> impl Iterator<Item = &(String, Spread)> {
        self.groups.iter().flat_map(|group| &group.bars)
    }

    /// Returns the series' names, in the order of their first appearance.
    fn series(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.bars() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    fn height(&self) -> i32 {
        let groups: i32 = self
            .groups
            .iter()
            .map(|group| group_height(group) + GROUP_GAP)
            .sum();
        groups + AXIS
    }

    fn paint(&self, canvas: &canvas::Canvas<'_>) {
        let names = self.series();
        let widest = names.iter().map(|name| canvas::text_width(name)).max();
        let left = widest.unwrap_or(0).clamp(40, 300) + 12;
        let labels = self.bars().map(|(_, v)| canvas::text_width(&v.to_string()));
        let right = canvas::WIDTH - labels.max().unwrap_or(0).clamp(40, 220) - 12;
        let axis = Axis::linear(&self.unit);
        let x = axis.fit(
            self.bars().flat_map(|(_, v)| [v.median, v.high]),
            left,
            right,
        );
        let bottom = self.height() - AXIS;
        for (at, label) in x.ticks(8) {
            canvas.line(vec![(at, 0), (at, bottom)], 1, Ink::Grid);
            canvas.text(&label, (at, bottom + 14), Anchor::Middle, Ink::Muted, false);
        }
        canvas.text(
            &axis.label,
            (left, bottom + 35),
            Anchor::Start,
            Ink::Muted,
            false,
        );
        let mut y = 0;
        for group in &self.groups {
            if !group.name.is_empty() {
                canvas.text(&group.name, (0, y + 12), Anchor::Start, Ink::Text, true);
                y += GROUP_HEAD;
            }
            for (name, value) in &group.bars {
                let index = match &self.highlighted {
                    Some(highlighted) if highlighted == name => 0,
                    Some(_) => REST,
                    None => names.iter().position(|n| n == name).unwrap_or(0),
                };
                paint_bar(canvas, &x, left, y, name, value, Ink::Series(index));
                y += BAR + GAP;
            }
            y += GROUP_GAP;
        }
    }

    fn description(&self) -> String {
        let mut text = format!("Bars in {}.", self.unit);
        for group in &self.groups {
            let bars: Vec<String> = group
                .bars
                .iter()
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            let head = if group.name.is_empty() {
                String::new()
            } else {
                format!("{}: ", group.name)
            };
            text += &format!(" {head}{}.", bars.join(", "));
        }
        text
    }

    fn data(&self) -> Table {
        let mut table = Table::new(["series", "group", "median", "lowest", "highest", "unit"]);
        for group in &self.groups {
            for (name, v) in &group.bars {
                table = table.row([
                    name.clone(),
                    group.name.clone(),
                    figure(v.median),
                    figure(v.low),
                    figure(v.high),
                    self.unit.clone(),
                ]);
            }
        }
        table
    }
}

fn group_height(group: &Group) -> i32 {
    let head = if group.name.is_empty() { 0 } else { GROUP_HEAD };
    head + group.bars.len() as i32 * (BAR + GAP)
}

/// Paints one bar: its series' name, the bar, the whisker and the figure.
fn paint_bar(
    canvas: &canvas::Canvas<'_>,
    x: &crate::axis::Fitted<'_>,
    left: i32,
    y: i32,
    name: &str,
    value: &Spread,
    ink: Ink,
) {
    let middle = y + BAR / 2;
    canvas.text(name, (left - 10, middle), Anchor::End, Ink::Text, false);
    let Some(end) = x.place(value.median) else {
        canvas.text("–", (left + 6, middle), Anchor::Start, Ink::Muted, false);
        return;
    };
    canvas.rect((left, y), (end.max(left + 1), y + BAR), ink);
    let mut label = end;
    if let (Some(low), Some(high)) = (x.place(value.low), x.place(value.high)) {
        if high - low > 1 {
            // The whisker is first drawn wider in the ground's colour, so that it stays visible on
            // the bar.
            for (width, ink) in [(5, Ink::Card), (2, Ink::Text)] {
                for at in [low, high] {
                    canvas.line(vec![(at, middle - 5), (at, middle + 5)], width, ink);
                }
                canvas.line(vec![(low, middle), (high, middle)], width, ink);
            }
            label = label.max(high);
        }
    }
    let text = value.to_string();
    canvas.text(&text, (label + 10, middle), Anchor::Start, Ink::Text, false);
}

/// Returns a chart's frame: the caption, the legend, the drawing, and the figures behind it.
pub(crate) fn figure_block(
    title: &str,
    note: &str,
    legend: &str,
    svg: &str,
    data: &Table,
) -> String {
    format!(
        "<figure><figcaption><b>{}</b><span>{}</span></figcaption>{legend}{svg}\
         <details><summary>Figures</summary>{}</details></figure>",
        escape(title),
        escape(note),
        data.render()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> BarChart {
        BarChart::new("Time", "ns")
            .group("pair")
            .bar("pool", Spread::new(1.5, 2.25, 4.0))
            .bar("malloc", Spread::exact(31.5))
            .group("burst")
            .bar("malloc", Spread::exact(42.5))
    }

    #[test]
    fn one_mark_per_bar_and_the_same_colour_per_series() {
        let html = chart().render(1);
        assert_eq!(html.matches("fill=\"var(--s0)\"").count(), 1, "pool");
        assert_eq!(html.matches("fill=\"var(--s1)\"").count(), 2, "malloc");
    }

    #[test]
    fn highlighted_series_alone_has_a_colour() {
        let html = chart().highlight("malloc").render(1);
        assert_eq!(html.matches("fill=\"var(--s0)\"").count(), 2, "malloc");
        assert_eq!(html.matches("fill=\"var(--s6)\"").count(), 1, "pool");
    }

    #[test]
    fn figures_appear_in_drawing_alternative_and_table() {
        let html = chart().render(1);
        assert!(html.contains("2.25 (1.5–4)"));
        assert!(html.contains("pair: pool 2.25 (1.5–4), malloc 31.5. burst: malloc 42.5."));
        assert!(html.contains("<td class=\"n\">42.5</td>"));
    }

    #[test]
    fn empty_and_odd_charts_render() {
        BarChart::new("", "").render(1);
        BarChart::new("t", "u")
            .bar("n", Spread::exact(f64::NAN))
            .bar("z", Spread::exact(0.0))
            .render(2);
    }
}
