//! A curve of growth: the same work, with more and more of something.

use comfy_table::{Table, presets};
use serde::Serialize;

use super::Effort;
use crate::contestants::Framewell;
use crate::curve::Curve;
use crate::remote::Failure;
use crate::rounds::{Match, Player, steps_of};
use crate::summary::Spread;
use crate::work::oversubscribed;
use crate::work::working_set::WorkingSet;
use crate::work::{Kind, Timed, Workload};

/// The number of live frames where it is not what grows.
const LIVE: usize = 256;

/// The kind of a curve: what grows, and what work is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// The pair, over the pool's frames.
    FramesPair,
    /// Bursts of 32, over the pool's frames.
    FramesBurst,
    /// A random one of 256 live frames is replaced, over the pool's frames.
    FramesWindow,
    /// A random live frame is replaced, over the number of live frames.
    Live,
    /// Bursts of 32, over the number of threads, which run on all the machine's cores.
    Threads,
}

impl Over {
    /// All curves.
    pub const ALL: [Self; 5] = [
        Self::FramesPair,
        Self::FramesBurst,
        Self::FramesWindow,
        Self::Live,
        Self::Threads,
    ];

    /// Returns the name of what is shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FramesPair => "pair, by frames of the pool",
            Self::FramesBurst => "burst-32, by frames of the pool",
            Self::FramesWindow => "window of 256, by frames of the pool",
            Self::Live => "random replacement, by live frames",
            Self::Threads => "burst-32, by threads",
        }
    }

    /// Returns the name of what grows.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::FramesPair | Self::FramesBurst | Self::FramesWindow => "frames",
            Self::Live => "live frames",
            Self::Threads => "threads",
        }
    }

    fn places(self, effort: Effort) -> Vec<usize> {
        let (first, last, factor) = match self {
            Self::FramesPair | Self::FramesBurst | Self::FramesWindow => {
                (1 << 10, effort.frames, 4)
            }
            Self::Live => (1 << 6, 1 << 20, 4),
            Self::Threads => (1, effort.threads, 2),
        };
        let places = std::iter::successors(Some(first), |at| Some(at * factor));
        places.take_while(|at| *at <= last).collect()
    }

    /// Returns the workload whose slices are as long as the curve's.
    fn kind(self) -> Kind {
        match self {
            Self::FramesPair => Kind::Pair,
            Self::FramesBurst => Kind::Burst32,
            Self::FramesWindow | Self::Live => Kind::Window,
            Self::Threads => Kind::Oversubscribed,
        }
    }

    fn workload(self, at: usize, pool: &'static Framewell) -> Box<dyn Workload> {
        match self {
            Self::FramesPair | Self::FramesBurst => {
                let made = self.kind().with(pool);
                made.expect("a workload of frames")
            }
            Self::FramesWindow => Box::new(WorkingSet::new(pool, LIVE)),
            Self::Live => Box::new(WorkingSet::new(pool, at)),
            Self::Threads => oversubscribed::with(pool, at),
        }
    }

    /// Returns the number of frames of the pool.
    fn frames(self, at: usize) -> usize {
        match self {
            Self::FramesPair | Self::FramesBurst | Self::FramesWindow => at,
            Self::Live => 1 << 21,
            Self::Threads => 1 << 17,
        }
    }
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    /// The number of what grows.
    pub at: usize,
    /// The nanoseconds per frame.
    pub ns: Spread,
    /// The time in multiples of the time at the first point, round by round.
    pub times: Spread,
}

/// A measured curve.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// The kind of the curve.
    pub over: Over,
    /// The points of the curve.
    pub points: Vec<Point>,
}

/// A place of a curve as a player.
struct Place {
    name: &'static str,
    workload: Option<Box<dyn Workload>>,
    steps: u64,
}

impl Player for Place {
    fn name(&self) -> &str {
        self.name
    }

    fn slice(&mut self) -> Result<Timed, Failure> {
        let workload = self.workload.as_mut();
        Ok(workload.expect("a match that goes on").run(self.steps))
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.workload = None;
        Ok(())
    }
}

/// The number of matches, each with pools of its own.
///
/// A pool can be slower than another of the same size for as long as it lives, by where its memory
/// happens to lie. So the middle match counts at each place.
const MATCHES: u32 = 3;

pub(super) fn measure(over: Over, effort: Effort) -> Growth {
    let places = over.places(effort);
    // A round of threads takes as long as a hundred others.
    let rounds = match over {
        Over::Threads => effort.rounds.div_ceil(10),
        _ => effort.rounds,
    };
    let matches = (0..MATCHES).map(|_| play(over, &places, rounds.div_ceil(MATCHES)));
    let matches: Vec<Vec<Point>> = matches.collect();
    let middle = |place: usize| {
        let mut points: Vec<Point> = matches.iter().map(|points| points[place]).collect();
        points.sort_unstable_by(|a, b| a.times.median.total_cmp(&b.times.median));
        points[points.len() / 2]
    };
    Growth {
        over,
        points: (0..places.len()).map(middle).collect(),
    }
}

fn play(over: Over, places: &[usize], rounds: u32) -> Vec<Point> {
    // The pools stay for the program's life, as a workload's contestant does. They take address
    // space.
    let names: Vec<&'static str> = places.iter().map(|at| &*at.to_string().leak()).collect();
    let places_of = places.iter().zip(&names);
    let players = places_of.clone().map(|(at, name)| -> Box<dyn Player> {
        let pool = Box::leak(Box::new(Framewell::of(name, over.frames(*at))));
        let mut workload = over.workload(*at, pool);
        let steps = steps_of(&mut *workload, over.kind().slice());
        Box::new(Place {
            name,
            workload: Some(workload),
            steps,
        })
    });
    let mut game = Match::new(over.kind(), players.collect());
    for _ in 0..rounds {
        game.round(None);
    }
    game.end();
    let points = places_of.map(|(at, name)| {
        // The ratio says how many times as fast the one is as the other.
        let times = game.ratio(names[0], name, None);
        Point {
            at: *at,
            ns: game.ns(name, None).expect("a round"),
            times: times.expect("a round"),
        }
    });
    points.collect()
}

impl Growth {
    /// Returns by what part the medians of the ratios lie apart: 0.1 is a tenth.
    #[must_use]
    pub fn range(&self) -> f64 {
        let times = || self.points.iter().map(|point| point.times.median);
        times().fold(0.0, f64::max) / times().fold(f64::INFINITY, f64::min) - 1.0
    }

    /// Returns the curve for a report to draw.
    #[must_use]
    pub fn curve(&self) -> Curve {
        let over = self.over;
        let mut curve = Curve::of_growth(over.unit(), over.name(), "ns a frame").note(format!(
            "The medians lie within {:.0} % of one another.",
            self.range() * 100.0
        ));
        let points = self
            .points
            .iter()
            .map(|point| (point.at as f64, point.ns.median));
        curve.add("framewell", points.collect());
        curve
    }

    /// Returns the curve as a table.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED);
        table.set_header([
            self.over.unit(),
            "ns a frame",
            "10 % … 90 %",
            "times the first",
        ]);
        for Point { at, ns, times } in &self.points {
            table.add_row([
                at.to_string(),
                format!("{:.2}", ns.median),
                format!("{:.2} … {:.2}", ns.low, ns.high),
                format!("{:.3}", times.median),
            ]);
        }
        let name = self.over.name();
        format!("{name}: within {:.1} %\n{table}", self.range() * 100.0)
    }
}
