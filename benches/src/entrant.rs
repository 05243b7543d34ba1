//! Entrants: a contestant of any type and the workloads that it runs, behind one trait.
//!
//! ```text
//!   Contestant ────────► Frames ──┐
//!   VaryingContestant ─► Varying ─┼─► dyn Entrant ─► serve: a child process answers for it
//!   both of them ──────► Both ────┤
//!   made when asked for ► Later ──┤
//!   in bulk alone ──────► InBulk ─┤
//!   its own workloads ──► Apart ──┘
//! ```

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use crate::check::{check, check_varying};
use crate::contestant::Contestant;
use crate::latency::{self, Disturbance, Latency};
use crate::memory::{self, Memory};
use crate::varying::VaryingContestant;
use crate::work::{Kind, Workload};

/// A participant in workloads.
pub trait Entrant: Sync {
    /// Returns the name, as shown in tables.
    fn title(&self) -> &'static str;

    /// Returns whether it takes part in a workload. Of the workloads in [`Kind::EXTRA`], only
    /// [`workload`](Self::workload) tells.
    fn takes(&self, kind: Kind) -> bool;

    /// Checks its buffers.
    ///
    /// # Panics
    ///
    /// If one of them is not what it should be.
    fn check(&self);

    /// Makes a workload with it; `None` if it does not take part.
    ///
    /// The calling thread, which will run the workload, is prepared.
    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>>;

    /// Runs the 802.11 mix for at least this many steps and returns the memory that is resident
    /// beyond `before`; `None` if it does not take part.
    ///
    /// # Errors
    ///
    /// If the system does not report the memory.
    fn memory(&'static self, steps: u64, before: usize) -> Option<io::Result<Memory>> {
        let _ = (steps, before);
        None
    }

    /// Measures its gets of a frame for this long; `None` if it does not take part.
    fn latency(&'static self, disturbance: Disturbance, time: Duration) -> Option<Latency> {
        let _ = (disturbance, time);
        None
    }
}

/// An entrant made of a contestant whose buffers have 1500 bytes.
pub struct Frames<C>(pub C);

impl<C: Contestant> Entrant for Frames<C> {
    fn title(&self) -> &'static str {
        self.0.name()
    }

    fn takes(&self, kind: Kind) -> bool {
        !kind.varies()
    }

    fn check(&self) {
        check(&self.0);
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        self.0.enter();
        kind.with(&self.0)
    }

    fn latency(&'static self, disturbance: Disturbance, time: Duration) -> Option<Latency> {
        Some(latency::measure(&self.0, disturbance, time))
    }
}

/// An entrant made of a contestant whose buffers are of varying lengths.
pub struct Varying<C>(pub C);

impl<C: VaryingContestant> Entrant for Varying<C> {
    fn title(&self) -> &'static str {
        self.0.name()
    }

    fn takes(&self, kind: Kind) -> bool {
        kind.varies()
    }

    fn check(&self) {
        check_varying(&self.0);
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        self.0.enter();
        kind.with_varying(&self.0)
    }

    fn memory(&'static self, steps: u64, before: usize) -> Option<io::Result<Memory>> {
        Some(memory::of_mix(&self.0, steps, before))
    }
}

/// An entrant made of a contestant of both families, under one name: a `malloc`.
pub struct Both<C>(pub C);

impl<C: Contestant + VaryingContestant> Entrant for Both<C> {
    fn title(&self) -> &'static str {
        Contestant::name(&self.0)
    }

    fn takes(&self, _: Kind) -> bool {
        true
    }

    fn check(&self) {
        check(&self.0);
        check_varying(&self.0);
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        Contestant::enter(&self.0);
        kind.with(&self.0).or_else(|| kind.with_varying(&self.0))
    }

    fn latency(&'static self, disturbance: Disturbance, time: Duration) -> Option<Latency> {
        Some(latency::measure(&self.0, disturbance, time))
    }

    fn memory(&'static self, steps: u64, before: usize) -> Option<io::Result<Memory>> {
        Some(memory::of_mix(&self.0, steps, before))
    }
}

/// An entrant of two contestants with one name, made when they are asked for: one for frames, one
/// for varying lengths.
///
/// So what a pool takes when it is built is counted, and a process that runs one of the two does
/// not have the other's memory.
pub struct Later {
    title: &'static str,
    frames: Option<Made>,
    varying: Option<Made>,
}

/// A function that makes an entrant, and the entrant once it is made. It stays for the program's
/// life.
pub struct Made {
    make: fn() -> &'static dyn Entrant,
    made: OnceLock<&'static dyn Entrant>,
}

impl Made {
    /// Returns a value that has made no entrant yet.
    #[must_use]
    pub const fn by(make: fn() -> &'static dyn Entrant) -> Self {
        Self {
            make,
            made: OnceLock::new(),
        }
    }

    fn get(&self) -> &'static dyn Entrant {
        *self.made.get_or_init(self.make)
    }
}

impl Later {
    /// Returns an entrant for the workloads of frames, of varying lengths, or of both.
    #[must_use]
    pub const fn new(title: &'static str, frames: Option<Made>, varying: Option<Made>) -> Self {
        Self {
            title,
            frames,
            varying,
        }
    }

    fn of(&self, kind: Kind) -> Option<&Made> {
        let made = if kind.varies() {
            &self.varying
        } else {
            &self.frames
        };
        made.as_ref()
    }
}

/// An entrant that takes part only in the workloads with bulk calls. In all others it does the same
/// as another entrant.
pub struct InBulk(pub Later);

impl Entrant for InBulk {
    fn title(&self) -> &'static str {
        self.0.title()
    }

    fn takes(&self, kind: Kind) -> bool {
        kind.in_bulk() && self.0.takes(kind)
    }

    fn check(&self) {
        self.0.check();
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        self.takes(kind).then(|| self.0.workload(kind))?
    }
}

/// A workload that an entrant makes by a function of its own.
pub type Own = (Kind, fn() -> Box<dyn Workload>);

/// An entrant that makes some workloads by itself, and takes part in those of another one, if there
/// is one.
pub struct Apart {
    title: &'static str,
    own: &'static [Own],
    others: Option<&'static dyn Entrant>,
}

impl Apart {
    /// Returns an entrant that makes the workloads of `own`. Its name is that of `others`, if there
    /// are any.
    #[must_use]
    pub const fn new(
        title: &'static str,
        own: &'static [Own],
        others: Option<&'static dyn Entrant>,
    ) -> Self {
        Self { title, own, others }
    }

    fn own(&self, kind: Kind) -> Option<&Own> {
        self.own.iter().find(|own| own.0 == kind)
    }
}

impl Entrant for Apart {
    fn title(&self) -> &'static str {
        self.title
    }

    fn takes(&self, kind: Kind) -> bool {
        self.own(kind).is_some() || self.others.is_some_and(|others| others.takes(kind))
    }

    fn check(&self) {
        if let Some(others) = self.others {
            others.check();
        }
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        match self.own(kind) {
            Some((_, make)) => Some(make()),
            None => self.others?.workload(kind),
        }
    }

    fn memory(&'static self, steps: u64, before: usize) -> Option<io::Result<Memory>> {
        self.others?.memory(steps, before)
    }

    fn latency(&'static self, disturbance: Disturbance, time: Duration) -> Option<Latency> {
        self.others?.latency(disturbance, time)
    }
}

impl Entrant for Later {
    fn title(&self) -> &'static str {
        self.title
    }

    fn takes(&self, kind: Kind) -> bool {
        self.of(kind).is_some()
    }

    fn check(&self) {
        let both = [&self.frames, &self.varying].into_iter().flatten();
        both.for_each(|made| made.get().check());
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        self.of(kind)?.get().workload(kind)
    }

    fn memory(&'static self, steps: u64, before: usize) -> Option<io::Result<Memory>> {
        self.varying.as_ref()?.get().memory(steps, before)
    }

    fn latency(&'static self, disturbance: Disturbance, time: Duration) -> Option<Latency> {
        self.frames.as_ref()?.get().latency(disturbance, time)
    }
}
