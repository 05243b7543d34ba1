//! Curves, as a report draws them: figures of contestants over something else.

use serde::Serialize;

/// How an axis maps its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithm.
    Log,
    /// Percentiles, each further nine with the same room.
    Percentile,
}

/// An axis.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Axis {
    /// What it shows, with the unit.
    pub label: String,
    /// How it shows it.
    pub scale: Scale,
}

/// A contestant's curve.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Series {
    /// The contestant.
    pub name: String,
    /// Its points, in the order of the line.
    pub points: Vec<(f64, f64)>,
}

/// Curves over the same axes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Curve {
    /// What is shown.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// Across.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// One for each contestant.
    pub series: Vec<Series>,
}

impl Curve {
    /// Returns curves over percentiles, without a contestant yet.
    #[must_use]
    pub fn of_percentiles(title: impl Into<String>, label: &str) -> Self {
        Self::over("percentile", Scale::Percentile, title, label)
    }

    /// Returns curves over a number that grows by factors, as that of frames, without a contestant yet.
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
