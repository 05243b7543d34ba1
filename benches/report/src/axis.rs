//! Axes: they map a value to a position, and say where the ticks are.

use crate::number::figure;

/// The way in which an axis maps values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Linear,
    Log,
    Percentile,
}

/// An axis of a chart: its kind and its label.
///
/// ```
/// use framewell_report::{Axis, LineChart, Report};
/// let chart = LineChart::new("growth", Axis::linear("frames"), Axis::log("ns"))
///     .series("pool", &[(1.0, 2.0), (64.0, 40.0)]);
/// let mut report = Report::new("r");
/// report.lines(chart);
/// assert!(report.render().contains("frames"));
/// ```
#[derive(Debug, Clone)]
pub struct Axis {
    kind: Kind,
    pub(crate) label: String,
}

impl Axis {
    /// Returns a linear axis. It begins at 0 unless there are negative values.
    pub fn linear(label: impl Into<String>) -> Self {
        Self {
            kind: Kind::Linear,
            label: label.into(),
        }
    }

    /// Returns a logarithmic axis. Values of 0 and below cannot be shown and are left out.
    pub fn log(label: impl Into<String>) -> Self {
        Self {
            kind: Kind::Log,
            label: label.into(),
        }
    }

    /// Returns an axis of percentiles (0 to below 100) that gives each further nine the same room:
    /// 90 %, 99 %, 99.9 %.
    pub fn percentile() -> Self {
        Self {
            kind: Kind::Percentile,
            label: "percentile".into(),
        }
    }

    /// Returns the value on the axis' own straight scale; `None` if it has no place there.
    fn straight(&self, value: f64) -> Option<f64> {
        let straight = match self.kind {
            Kind::Linear => value,
            Kind::Log if value > 0.0 => value.log10(),
            Kind::Percentile if (0.0..100.0).contains(&value) => -(1.0 - value / 100.0).log10(),
            _ => return None,
        };
        straight.is_finite().then_some(straight)
    }

    /// Fits the axis to the values, over a stretch of pixels from `start` to `end`.
    pub(crate) fn fit(
        &self,
        values: impl Iterator<Item = f64>,
        start: i32,
        end: i32,
    ) -> Fitted<'_> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for straight in values.filter_map(|value| self.straight(value)) {
            low = low.min(straight);
            high = high.max(straight);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if self.kind != Kind::Log {
            low = low.min(0.0);
        }
        if self.kind == Kind::Linear {
            high *= 1.04;
        }
        if high - low < 1e-12 {
            high = low + 1.0;
        }
        Fitted {
            axis: self,
            low,
            high,
            start,
            end,
        }
    }
}

/// An axis with its range and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fitted<'a> {
    axis: &'a Axis,
    low: f64,
    high: f64,
    start: i32,
    end: i32,
}

impl Fitted<'_> {
    /// Returns the pixel of a value; `None` if the axis has no place for it.
    pub(crate) fn place(&self, value: f64) -> Option<i32> {
        Some(self.pixel(self.axis.straight(value)?))
    }

    fn pixel(&self, straight: f64) -> i32 {
        let part = ((straight - self.low) / (self.high - self.low)).clamp(-0.1, 1.1);
        self.start + (part * f64::from(self.end - self.start)).round() as i32
    }

    /// Returns the ticks, each with its pixel and its label, at most about `most` of them.
    pub(crate) fn ticks(&self, most: usize) -> Vec<(i32, String)> {
        let values = match self.axis.kind {
            Kind::Linear => linear_ticks(self.low, self.high, most),
            Kind::Log => log_ticks(self.low, self.high, most),
            Kind::Percentile => percentile_ticks(self.high),
        };
        let percent = self.axis.kind == Kind::Percentile;
        values
            .into_iter()
            .filter_map(|value| {
                let text = if percent {
                    format!("{value} %")
                } else {
                    figure(value)
                };
                Some((self.place(value)?, text))
            })
            .collect()
    }
}

/// Returns multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let rough = (high - low) / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|multiple| multiple * power)
        .find(|&step| step >= rough * 0.999)
        .unwrap_or(10.0 * power);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last.min(first.saturating_add(100)))
        .map(|i| i as f64 * step)
        .collect()
}

/// Returns powers of ten, with 2 and 5 times them if there are few. Below that it returns linear
/// ticks.
fn log_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let decades = (low.floor() as i32)..=(high.ceil() as i32);
    let within = |value: &f64| (low - 1e-9..=high + 1e-9).contains(&value.log10());
    let fine: Vec<f64> = decades
        .clone()
        .flat_map(|decade| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(decade)))
        .filter(within)
        .collect();
    if fine.len() <= most && fine.len() > 1 {
        return fine;
    }
    if fine.len() <= 1 {
        let mut values = linear_ticks(10f64.powf(low), 10f64.powf(high), most);
        values.retain(|value| *value > 0.0);
        return values;
    }
    let skip = (decades.clone().count() / most.max(1)).max(1);
    decades
        .step_by(skip)
        .map(|decade| 10f64.powi(decade))
        .filter(within)
        .collect()
}

/// Returns 0, 50 and 90, and then a percentile for each further nine.
fn percentile_ticks(high: f64) -> Vec<f64> {
    [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999]
        .into_iter()
        .filter(|value| -(1.0 - value / 100.0_f64).log10() <= high + 1e-6)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, values: &[f64]) -> Vec<String> {
        let fitted = axis.fit(values.iter().copied(), 0, 100);
        fitted.ticks(6).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn linear_axis_begins_at_zero() {
        let axis = Axis::linear("x");
        assert_eq!(
            labels(&axis, &[3.0, 10.0]),
            ["0", "2", "4", "6", "8", "10"].map(String::from)
        );
        assert_eq!(
            axis.fit([0.0, 50.0].into_iter(), 0, 104).place(25.0),
            Some(50)
        );
    }

    #[test]
    fn log_axis_leaves_out_what_it_cannot_show() {
        let axis = Axis::log("x");
        let fitted = axis.fit([0.0, 1.0, 100.0].into_iter(), 0, 200);
        assert_eq!(fitted.place(0.0), None);
        assert_eq!(fitted.place(10.0), Some(100));
        assert_eq!(labels(&axis, &[1.0, 1e5]).first().unwrap(), "1");
        assert!(!labels(&axis, &[100.0, 130.0]).is_empty());
    }

    #[test]
    fn percentile_axis_gives_each_nine_the_same_room() {
        let axis = Axis::percentile();
        let fitted = axis.fit([99.9].into_iter(), 0, 300);
        assert_eq!(fitted.place(90.0), Some(100));
        assert_eq!(fitted.place(99.0), Some(200));
        assert_eq!(fitted.place(100.0), None);
        assert_eq!(
            labels(&axis, &[99.9]),
            ["0 %", "50 %", "90 %", "99 %", "99.9 %"].map(String::from)
        );
    }

    #[test]
    fn odd_values_never_panic() {
        for axis in [Axis::linear("x"), Axis::log("x"), Axis::percentile()] {
            for values in [
                &[][..],
                &[f64::NAN],
                &[0.0],
                &[-5.0, 1e300],
                &[f64::INFINITY, 1.0],
            ] {
                let fitted = axis.fit(values.iter().copied(), 10, 20);
                assert!(fitted.ticks(5).len() < 200);
                fitted.place(values.first().copied().unwrap_or(1.0));
            }
        }
    }
}
