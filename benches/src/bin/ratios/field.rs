//! Who takes part.

use framewell_bench::check::check;
use framewell_bench::contestants::{Candidate, Entrant, Framewell, MALLOC, Ras, SNMALLOC, Zeroed};
use framewell_bench::rounds::Entry;
use framewell_bench::{Contestant, Kind, floors};

/// The contestants, checked.
pub(crate) struct Field {
    /// framewell's pools of frames.
    pub(crate) auto: &'static Framewell,
    portable: &'static Framewell,
    /// The C library's.
    ras: &'static Ras,
    /// For the workloads of varying lengths.
    varying: Vec<&'static dyn Entrant>,
}

impl Field {
    pub(crate) fn new(varying: &[&Candidate]) -> Self {
        let field = Self {
            auto: Box::leak(Box::new(Framewell::new())),
            portable: Box::leak(Box::new(Framewell::portable())),
            ras: Box::leak(Box::new(Ras::new())),
            varying: varying.iter().map(|candidate| (candidate.make)()).collect(),
        };
        check(field.auto);
        check(field.portable);
        check(field.ras);
        check(&MALLOC);
        check(&Zeroed);
        check(&SNMALLOC);
        field.varying.iter().for_each(|entrant| entrant.check());
        field
    }

    /// Returns a workload with everyone who takes part in it, and with its floors.
    pub(crate) fn entries(&self, kind: Kind) -> Vec<Entry> {
        fn entry<C: Contestant>(kind: Kind, contestant: &'static C) -> Option<Entry> {
            Some((contestant.name(), kind.with(contestant)?))
        }
        let of_frames = [
            entry(kind, self.auto),
            entry(kind, self.portable),
            entry(kind, self.ras),
            entry(kind, &MALLOC),
            entry(kind, &Zeroed),
            entry(kind, &SNMALLOC),
        ];
        let varying = self.varying.iter();
        let varying =
            varying.filter_map(|entrant| Some((entrant.title(), entrant.workload(kind)?)));
        let mut entries: Vec<Entry> = of_frames.into_iter().flatten().chain(varying).collect();
        entries.extend(floors::of(kind));
        entries
    }
}

/// The closing lines name contestants: they are those that take part.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures;
    use framewell_bench::contestants::candidates;

    #[test]
    fn what_is_compared_takes_part() {
        let field = Field::new(&candidates().0);
        for (kind, contestant, bounds) in figures::BOUNDED {
            let names: Vec<_> = field.entries(kind).iter().map(|entry| entry.0).collect();
            assert!(names.contains(&contestant));
            assert!(names.contains(&figures::BASE));
            for bound in bounds {
                let absent =
                    floors::without_sequences().is_some() && bound.starts_with("sequences");
                assert!(
                    absent || names.contains(bound),
                    "{bound} on {}",
                    kind.name()
                );
            }
        }
    }

    #[test]
    fn everyone_named_once_and_the_base_on_every_workload() {
        let field = Field::new(&candidates().0);
        for kind in Kind::ALL {
            let mut names: Vec<_> = field.entries(kind).iter().map(|entry| entry.0).collect();
            assert!(names.contains(&figures::BASE), "{}", kind.name());
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", kind.name());
        }
    }
}
