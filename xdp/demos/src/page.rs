//! The HTML report of a run.

use framewell_report::{BarChart, Report, Spread, Table, figure};

use crate::args::Common;
use crate::contestants::Contestant;
use crate::contestants::Frames;
use crate::output;
use crate::summary::{Figures, Summary};

/// Returns the report of a program that does this.
pub fn report(title: &str, does: &str, summary: &Summary, common: &Common) -> Report {
    let mut report = Report::new(title);
    report.paragraph(&format!(
        "{does} Kernel UDP sockets in other network namespaces send the packets, and verify each \
         one that comes back: its number, its flow, all its bytes and its time to live; the kernel \
         verifies the checksums. For each size the contestants took turns, in {} rounds of {} s. \
         A slice opens the sockets anew.",
        common.rounds(),
        common.slice().as_secs_f64()
    ));
    headlines(&mut report, summary);
    report.heading("Throughput");
    report.bars(bars(
        summary,
        BarChart::new("Packets that came through", "thousand packets/s").note(
            "More is better. Bars are medians over the rounds, whiskers reach from the lowest to \
             the highest. The sockets that send and verify take part of the time.",
        ),
        |figures| figures.rate,
    ));
    report.heading("Processor time");
    report.bars(bars(
        summary,
        BarChart::new(
            "Processor time of the thread with the AF_XDP sockets",
            "ns a packet",
        )
        .note(
            "Less is better. The kernel's part is in it: it copies, and delivers what is sent to \
             the receiving socket in the same thread.",
        ),
        |figures| figures.cpu,
    ));
    for verdict in summary.verdicts() {
        report.paragraph(&format!("{verdict}."));
    }
    report.heading("All figures");
    let rows = summary.figures.iter();
    report.table(rows.fold(Table::new(output::HEAD), |table, figures| {
        table.row(output::row(figures))
    }));
    report.paragraph(match summary.faults.len() {
        0 => "No packet was lost, doubled, reordered or altered, and each frame came back.",
        _ => "Not all packets or frames are accounted for: the faults are listed at the end.",
    });
    if let Some(words) = &summary.words {
        report.heading("framewell's own statistics, of its last slice");
        report
            .paragraph("The sockets' counts are from before their closing, the pool's from after.");
        report.preformatted(words);
    }
    for fault in &summary.faults {
        report.paragraph(&format!("Fault: {fault}."));
    }
    report
}

fn headlines(report: &mut Report, summary: &Summary) {
    let mut values: Vec<(String, String)> = Vec::new();
    for own in summary.figures.iter().filter(|f| f.name == Frames::NAME) {
        let value = format!("{} k/s", figure(own.rate.median));
        values.push((
            value,
            format!("packets of {} bytes with framewell", own.size),
        ));
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

fn bars(summary: &Summary, mut chart: BarChart, get: impl Fn(&Figures) -> Spread) -> BarChart {
    for group in summary.figures.chunk_by(|a, b| a.size == b.size) {
        chart = chart.group(format!("{} bytes", group[0].size));
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
        common: Common,
    }

    #[test]
    fn the_report_holds_charts_figures_and_faults() {
        let mut all = samples();
        let common = Cli::parse_from(["x"]).common;
        let html = report("Title", "It echoes.", &summarize(&all), &common).render();
        assert_eq!(html.matches("<figure>").count(), 2);
        for part in [
            "It echoes.",
            "600 (500–700)",
            "150 % of the rate",
            "each frame came back",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("Fault:"));
        all.samples[1].tally.lost = 1;
        let html = report("Title", "It echoes.", &summarize(&all), &common).render();
        assert!(html.contains("Fault: xdpilone, vector, 64 bytes: 1 of 10 packets lost."));
    }
}
