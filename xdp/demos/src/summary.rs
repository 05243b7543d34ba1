//! From samples to figures: medians over the rounds, with their spread.

use framewell_report::Spread;

use crate::contestants::{Chunks, Contestant, Frames};
use crate::rounds::Samples;
use crate::slice::Sample;
use crate::traffic::Tally;

/// The figures of one contestant with packets of one size.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The bytes of a packet.
    pub size: usize,
    /// The name of the contestant.
    pub name: &'static str,
    /// The thousand packets that came through in a second.
    pub rate: Spread,
    /// The nanoseconds of processor time a packet, of the thread with the AF_XDP sockets.
    pub cpu: Spread,
    /// The same of the whole process.
    pub cpu_all: Spread,
    /// What became of the packets.
    pub tally: Tally,
}

/// All that is shown of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The figures, by size and contestant.
    pub figures: Vec<Figures>,
    /// What is wrong, in words.
    pub faults: Vec<String>,
    /// framewell's statistics of its last slice.
    pub words: Option<String>,
}

/// Makes a summary of samples.
pub fn summarize(all: &Samples) -> Summary {
    let samples = &all.samples;
    let mut sizes: Vec<usize> = samples.iter().map(|sample| sample.size).collect();
    sizes.dedup();
    let mut figures = Vec::new();
    for size in sizes {
        for name in [Frames::NAME, Chunks::NAME] {
            let of = |sample: &&Sample| sample.size == size && sample.name == name;
            figures.extend(figures_of(&samples.iter().filter(of).collect::<Vec<_>>()));
        }
    }
    let mut faults: Vec<String> = samples.iter().flat_map(Sample::faults).collect();
    let drops = all.kernel_drops.iter();
    faults.extend(drops.map(|drops| format!("the kernel's sockets dropped packets; {drops}")));
    let own = samples
        .iter()
        .rev()
        .find(|sample| sample.name == Frames::NAME);
    Summary {
        figures,
        faults,
        words: own.map(|sample| sample.moved.account.words.clone()),
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
        size: first.size,
        name: first.name,
        rate: spread(&|sample| sample.rate / 1000.0)?,
        cpu: spread(&|sample| sample.cpu)?,
        cpu_all: spread(&|sample| sample.cpu_all)?,
        tally,
    })
}

impl Summary {
    /// Returns a sentence for each size that compares the contestants; none if only one ran.
    pub fn verdicts(&self) -> Vec<String> {
        let pairs = self.figures.chunk_by(|a, b| a.size == b.size);
        let both = pairs.filter_map(|pair| <&[Figures; 2]>::try_from(pair).ok());
        both.map(|[own, twin]| {
            let percent = |own: Spread, twin: Spread| 100.0 * own.median / twin.median;
            format!(
                "{} bytes: {} has {:.0} % of the rate of {} ({}), and {:.0} % of its processor \
                 time a packet ({})",
                own.size,
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
    use crate::slice::Moved;

    pub(crate) fn sample(name: &'static str, size: usize, rate: f64) -> Sample {
        Sample {
            name,
            size,
            rate,
            cpu: 1e9 / rate,
            cpu_all: 2e9 / rate,
            tally: Tally {
                sent: 10,
                received: 10,
                ..Tally::default()
            },
            moved: Moved::default(),
        }
    }

    pub(crate) fn samples() -> Samples {
        let rates = [
            (Frames::NAME, 500e3),
            (Chunks::NAME, 400e3),
            (Frames::NAME, 700e3),
        ];
        Samples {
            samples: rates.map(|(name, rate)| sample(name, 64, rate)).to_vec(),
            kernel_drops: Vec::new(),
        }
    }

    #[test]
    fn medians_and_spreads_are_by_size_and_contestant() {
        let mut all = samples();
        all.samples.push(sample(Frames::NAME, 9000, 1e3));
        let summary = summarize(&all);
        let [own, twin, large] = &summary.figures[..] else {
            panic!("{summary:?}")
        };
        assert_eq!(
            (own.rate, own.tally.received),
            (Spread::new(500.0, 600.0, 700.0), 20)
        );
        assert_eq!((twin.rate, large.size), (Spread::exact(400.0), 9000));
        assert_eq!(summary.faults, Vec::<String>::new());
        let [verdict] = &summary.verdicts()[..] else {
            panic!("{summary:?}")
        };
        assert!(verdict.contains("150 % of the rate"), "{verdict}");
        assert!(verdict.contains("the spreads do not overlap"), "{verdict}");
    }

    #[test]
    fn what_is_wrong_in_one_slice_is_a_fault_of_the_run() {
        let mut all = samples();
        all.samples[1].tally.lost = 1;
        all.samples[2].moved.account.out = 3;
        all.samples[0].tally.received = 0;
        all.kernel_drops
            .push("64 bytes: Udp: RcvbufErrors 5".into());
        assert_eq!(
            summarize(&all).faults,
            [
                "framewell, 64 bytes: no packet came through",
                "xdpilone, vector, 64 bytes: 1 of 10 packets lost",
                "framewell, 64 bytes: 3 frames did not come back",
                "the kernel's sockets dropped packets; 64 bytes: Udp: RcvbufErrors 5",
            ]
        );
    }
}
