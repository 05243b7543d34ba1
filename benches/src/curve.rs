//! Curves of a report: figures of contestants over another quantity.

use serde::Serialize;

/// The way in which an axis spaces its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// The values are spaced evenly.
    Linear,
    /// The values are spaced by their logarithm.
    Log,
    /// The values are percentiles; each further nine has the same room.
    Percentile,
}

/// An axis.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Axis {
    /// The quantity that is shown, with its unit.
    pub label: String,
    /// The spacing of its values.
    pub scale: Scale,
}

/// A contestant's curve.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Series {
    /// The name of the contestant.
    pub name: String,
    /// Its points, in the order of the line.
    pub points: Vec<(f64, f64)>,
}

/// A set of curves over the same axes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Curve {
    /// The title, which says what is shown.
    pub title: String,
    /// The sentence that says how to read it.
    pub note: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The curves, one for each contestant.
    pub series: Vec<Series>,
}

impl Curve {
    /// Returns a set of curves over percentiles, without any contestant yet.
    #[must_use]
    pub fn of_percentiles(title: impl Into<String>, label: &str) -> Self {
        Self::over("percentile", Scale::Percentile, title, label)
    }

    /// Returns a set of curves over a number that grows by factors, such as that of frames. It is
    /// without any contestant yet.
    #[must_use]
    pub fn of_growth(over: &str, title: impl Into<String>, label: &str) -> Self {
        Self::over(over, Scale::Log, title, label)
    }

    fn over(over: &str, scale: Scale, title: impl Into<String>, label: &str) -> Self {
        let axis = |label: &str, scale| Axis {
            label: label.to_owned(),
            scale,
        };
        Self {
            title: title.into(),
            note: String::new(),
            x: axis(over, scale),
            y: axis(label, Scale::Log),
            series: Vec::new(),
        }
    }

    /// Sets the sentence below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Adds a contestant's points.
    pub fn add(&mut self, name: &str, points: Vec<(f64, f64)>) {
        self.series.push(Series {
            name: name.to_owned(),
            points,
        });
    }
}
