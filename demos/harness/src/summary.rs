//! From samples to figures: medians over the rounds, with their spread.

use framewell_report::Spread;

use crate::traffic::Tally;

/// What a slice has shown.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What contestants are compared in, such as "64 bytes".
    pub group: String,
    /// The name of the contestant.
    pub name: &'static str,
    /// The packets that came through in a second.
    pub rate: f64,
    /// The nanoseconds of processor time a packet of the thread that is measured.
    pub cpu: f64,
    /// The nanoseconds of processor time a packet of the whole process, with sending and verifying.
    pub cpu_all: f64,
    /// What became of the packets.
    pub tally: Tally,
    /// What is wrong, in words.
    pub faults: Vec<String>,
    /// framewell's own statistics, if the contestant has them.
    pub words: Option<String>,
}

impl Sample {
    /// Returns what is wrong, in words that say where.
    fn faults(&self) -> impl Iterator<Item = String> {
        let nothing = (self.tally.received == 0).then(|| "no packet came through".to_owned());
        let faults = self.faults.iter().cloned().chain(nothing);
        faults.map(|fault| format!("{}, {}: {fault}", self.name, self.group))
    }
}

/// The figures of one contestant in one group.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What contestants are compared in.
    pub group: String,
    /// The name of the contestant.
    pub name: &'static str,
    /// The thousand packets that came through in a second.
    pub rate: Spread,
    /// The nanoseconds of processor time a packet, of the thread that is measured.
    pub cpu: Spread,
    /// The same of the whole process.
    pub cpu_all: Spread,
    /// What became of the packets.
    pub tally: Tally,
}

/// All that is shown of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The figures, by group and contestant.
    pub figures: Vec<Figures>,
    /// What is wrong, in words.
    pub faults: Vec<String>,
    /// framewell's statistics of its last slice.
    pub words: Option<String>,
}

/// Makes a summary of samples. Groups and contestants are in the order of their first samples.
pub fn summarize(samples: &[Sample]) -> Summary {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for sample in samples {
        let place = (&sample.group[..], sample.name);
        if !seen.contains(&place) {
            seen.push(place);
        }
    }
    let figures = seen.iter().filter_map(|(group, name)| {
        let of = |sample: &&Sample| sample.group == *group && sample.name == *name;
        figures_of(&samples.iter().filter(of).collect::<Vec<_>>())
    });
    Summary {
        figures: figures.collect(),
        faults: samples.iter().flat_map(Sample::faults).collect(),
        words: samples.iter().rev().find_map(|sample| sample.words.clone()),
    }
}

fn figures_of(samples: &[&Sample]) -> Option<Figures> {
    let first = samples.first()?;
    let spread = |get: &dyn Fn(&Sample) -> f64| {
        Spread::of(
            &samples
                .iter()
                .map(|sample| get(sample))
                .collect::<Vec<f64>>(),
        )
    };
    let mut tally = Tally::default();
    for sample in samples {
        tally += sample.tally;
    }
    Some(Figures {
        group: first.group.clone(),
        name: first.name,
        rate: spread(&|sample| sample.rate / 1000.0)?,
        cpu: spread(&|sample| sample.cpu)?,
        cpu_all: spread(&|sample| sample.cpu_all)?,
        tally,
    })
}

impl Summary {
    /// Returns a sentence for each group that compares the contestants; none if only one ran.
    pub fn verdicts(&self) -> Vec<String> {
        let pairs = self.figures.chunk_by(|a, b| a.group == b.group);
        let both = pairs.filter_map(|pair| <&[Figures; 2]>::try_from(pair).ok());
        both.map(|[own, twin]| {
            let percent = |own: Spread, twin: Spread| 100.0 * own.median / twin.median;
            format!(
                "{}: {} has {:.0} % of the rate of {} ({}), and {:.0} % of its processor time a \
                 packet ({})",
                own.group,
                own.name,
                percent(own.rate, twin.rate),
                twin.name,
                overlap(own.rate, twin.rate),
                percent(own.cpu, twin.cpu),
                overlap(own.cpu, twin.cpu)
            )
        })
        .collect()
    }
}

fn overlap(one: Spread, other: Spread) -> &'static str {
    match one.low <= other.high && other.low <= one.high {
        true => "the spreads overlap",
        false => "the spreads do not overlap",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn sample(name: &'static str, group: &str, rate: f64) -> Sample {
        Sample {
            group: group.to_owned(),
            name,
            rate,
            cpu: 1e9 / rate,
            cpu_all: 2e9 / rate,
            tally: Tally {
                sent: 10,
                received: 10,
                ..Tally::default()
            },
            faults: Vec::new(),
            words: (name == "own").then(|| format!("pool at {rate}")),
        }
    }

    pub(crate) fn samples() -> Vec<Sample> {
        let rates = [("own", 500e3), ("twin", 400e3), ("own", 700e3)];
        rates
            .map(|(name, rate)| sample(name, "64 bytes", rate))
            .to_vec()
    }

    #[test]
    fn medians_and_spreads_are_by_group_and_contestant() {
        let mut all = samples();
        all.push(sample("own", "9000 bytes", 1e3));
        let summary = summarize(&all);
        let [own, twin, large] = &summary.figures[..] else {
            panic!("{summary:?}")
        };
        assert_eq!(
            (own.rate, own.tally.received),
            (Spread::new(500.0, 600.0, 700.0), 20)
        );
        assert_eq!(
            (twin.rate, &large.group[..]),
            (Spread::exact(400.0), "9000 bytes")
        );
        assert_eq!(summary.faults, Vec::<String>::new());
        assert_eq!(summary.words.as_deref(), Some("pool at 1000"));
        let [verdict] = &summary.verdicts()[..] else {
            panic!("{summary:?}")
        };
        assert!(verdict.contains("150 % of the rate"), "{verdict}");
        assert!(verdict.contains("the spreads do not overlap"), "{verdict}");
    }

    #[test]
    fn what_is_wrong_in_one_slice_is_a_fault_of_the_run() {
        let mut all = samples();
        all[1].tally.lost = 1;
        all[1].faults = all[1].tally.faults();
        all[2].faults.push("3 frames did not come back".into());
        all[0].tally.received = 0;
        assert_eq!(
            summarize(&all).faults,
            [
                "own, 64 bytes: no packet came through",
                "twin, 64 bytes: 1 of 10 packets lost",
                "own, 64 bytes: 3 frames did not come back",
            ]
        );
    }
}
