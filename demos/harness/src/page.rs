//! The HTML report of a run.

use framewell_report::{BarChart, Report, Spread, Table, figure};

use crate::args::Timing;
use crate::output;
use crate::summary::{Figures, Summary};

/// What a report says of its program.
#[derive(Clone, Copy, Debug)]
pub struct Text<'t> {
    /// The name of the program.
    pub program: &'t str,
    /// The title of the report.
    pub title: &'t str,
    /// What the program does, and what it verifies.
    pub does: &'t str,
    /// What was opened anew for each slice, as the end of a sentence: "opens the sockets anew".
    pub slice: &'t str,
    /// The name of framewell's contestants.
    pub own: &'t str,
    /// What processor time is measured.
    pub cpu: &'t str,
    /// What is in the processor time.
    pub cpu_note: &'t str,
    /// When the statistics were read.
    pub words: &'t str,
}

impl Text<'_> {
    /// Returns the report.
    pub fn report(&self, summary: &Summary, timing: &Timing) -> Report {
        let mut report = Report::new(self.title);
        report.paragraph(&format!(
            "{} In each group the contestants took turns, in {} rounds of {} s. A slice {}.",
            self.does,
            timing.rounds(),
            timing.slice().as_secs_f64(),
            self.slice
        ));
        self.headlines(&mut report, summary);
        report.heading("Throughput");
        report.bars(bars(
            summary,
            BarChart::new("Packets that came through", "thousand packets/s").note(
                "More is better. Bars are medians over the rounds, whiskers reach from the lowest \
                 to the highest. The sockets that send and verify take part of the time.",
            ),
            |figures| figures.rate,
        ));
        report.heading("Processor time");
        let chart = BarChart::new(self.cpu, "ns a packet")
            .note(format!("Less is better. {}", self.cpu_note));
        report.bars(bars(summary, chart, |figures| figures.cpu));
        for verdict in summary.verdicts() {
            report.paragraph(&format!("{verdict}."));
        }
        report.heading("All figures");
        let rows = summary.figures.iter();
        report.table(rows.fold(Table::new(output::HEAD), |table, figures| {
            table.row(output::row(figures))
        }));
        report.paragraph(match summary.faults.len() {
            0 => "No packet was lost, doubled or altered, and each frame came back.",
            _ => "Not all packets or frames are accounted for: the faults are listed at the end.",
        });
        if let Some(words) = &summary.words {
            report.heading("framewell's own statistics, of its last slice");
            report.paragraph(self.words);
            report.preformatted(words);
        }
        for fault in &summary.faults {
            report.paragraph(&format!("Fault: {fault}."));
        }
        report
    }

    fn headlines(&self, report: &mut Report, summary: &Summary) {
        let mut values: Vec<(String, String)> = Vec::new();
        for own in summary.figures.iter().filter(|f| f.name == self.own) {
            let value = format!("{} k/s", figure(own.rate.median));
            values.push((value, format!("packets with {}, {}", self.own, own.group)));
        }
        values.push((
            summary.faults.len().to_string(),
            "faults found; 0 means that each packet and each frame is accounted for".into(),
        ));
        report.headlines(
            values
                .iter()
                .map(|(value, text)| (value.as_str(), text.as_str())),
        );
    }
}

fn bars(summary: &Summary, mut chart: BarChart, get: impl Fn(&Figures) -> Spread) -> BarChart {
    for group in summary.figures.chunk_by(|a, b| a.group == b.group) {
        chart = chart.group(&group[0].group);
        for figures in group {
            chart = chart.bar(figures.name, get(figures));
        }
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summarize, tests::samples};
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        timing: Timing,
    }

    #[test]
    fn the_report_holds_charts_figures_and_faults() {
        let mut all = samples();
        let timing = Cli::parse_from(["x"]).timing;
        let text = Text {
            program: "echo",
            title: "Title",
            does: "It echoes.",
            slice: "opens the sockets anew",
            own: "own",
            cpu: "Processor time of a thread",
            cpu_note: "The kernel's part is in it.",
            words: "From after the end.",
        };
        let html = text.report(&summarize(&all), &timing).render();
        assert_eq!(html.matches("<figure>").count(), 2);
        for part in [
            "It echoes.",
            "600 (500–700)",
            "150 % of the rate",
            "each frame came back",
            "pool at 700000",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("Fault:"));
        all[1].faults.push("1 of 10 packets lost".into());
        let html = text.report(&summarize(&all), &timing).render();
        assert!(html.contains("Fault: twin, 64 bytes: 1 of 10 packets lost."));
    }
}
