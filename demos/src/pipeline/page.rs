//! The HTML report of a comparison.

use framewell_report::{Axis, BarChart, LineChart, Report, Spread, Table, figure};

use super::args::Args;
use super::contestants::Contestant;
use super::output;
use super::summary::{Figures, Summary};

/// Returns the report.
pub fn report(summary: &Summary, args: &Args) -> Report {
    let mut report = Report::new("A packet pipeline on three kinds of buffers");
    report.paragraph(&introduction(args));
    headlines(&mut report, summary);
    report.heading("Throughput");
    report.bars(bars(
        summary,
        BarChart::new("Packets through the pipeline", "million packets/s").note(
            "More is better. Bars are medians over the rounds, whiskers reach from the lowest to \
             the highest. The packet work and the verification, the same for all, take most of \
             the time.",
        ),
        |f| f.mpps,
    ));
    report.heading("Buffer work");
    report.bars(buffer_work(summary));
    report.heading("Latency");
    report.lines(latency(summary));
    report.paragraph(&sentence(&output::conditions(summary)));
    report.heading("Memory");
    report.bars(bars(
        summary,
        BarChart::new("Peak of resident memory", "MiB").note(
            "Less is better. The whole process: the capture, what is expected of it, and the \
             histograms are in it, the same for all.",
        ),
        |f| f.peak_mib,
    ));
    report.heading("All figures");
    report.table(figures(summary));
    report.heading("What became of the packets");
    report.paragraph(
        "Every packet that comes out is decapsulated, compared with the capture byte for byte, and \
         must be in its place within its flow; every other one must have been dropped for a reason \
         that has a name.",
    );
    report.paragraph(match summary.faults.len() {
        0 => "All packets are accounted for.",
        _ => "Not all packets are accounted for: the faults are listed at the end.",
    });
    report.table(account(summary));
    if let Some(pool) = &summary.pool {
        report.heading("framewell's own statistics, after its last round");
        report.preformatted(pool);
    }
    for fault in &summary.faults {
        report.paragraph(&format!("Fault: {fault}."));
    }
    report
}

/// Returns a line of the terminal as a sentence.
fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn introduction(args: &Args) -> String {
    let source = if args.udp {
        "came through live UDP sockets (recvmmsg straight into the buffers, sendmmsg out of them)"
    } else {
        "were replayed from memory over and over"
    };
    let capture = args.capture();
    let name = capture.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "Real packets from {name} {source}, went through three threads – receive; parse, decrement \
         the TTL, put a VXLAN header before the packet; send – in bursts of {}, and were verified \
         at the end. Each packet lay in a buffer of the contestant. {} rounds of {} s, every \
         contestant in a process of its own in each of them.",
        args.burst,
        args.rounds(),
        args.seconds()
    )
}

fn headlines(report: &mut Report, summary: &Summary) {
    let own = summary
        .figures
        .iter()
        .find(|f| f.contestant == Contestant::Framewell);
    let mut values: Vec<(String, &str)> = Vec::new();
    if let Some(own) = own {
        if let Some(mpps) = own.mpps {
            let value = format!("{} M/s", figure(mpps.median));
            values.push((value, "packets through the pipeline with framewell"));
        }
        if let Some(ratio) = own.ratio {
            let value = format!("{}×", figure(ratio));
            values.push((value, "framewell's throughput to the system allocator's"));
        }
        if let Some(ns) = own.pipeline_ns {
            let value = format!("{} ns", figure(ns.median));
            values.push((value, "to get and free a packet's frame, across threads"));
        }
    }
    let value = summary.faults.len().to_string();
    values.push((
        value,
        "faults found; 0 means that no packet was lost, doubled, altered or out of order",
    ));
    report.headlines(values.iter().map(|(value, text)| (value.as_str(), *text)));
}

fn bars(summary: &Summary, chart: BarChart, get: impl Fn(&Figures) -> Option<Spread>) -> BarChart {
    summary
        .figures
        .iter()
        .fold(chart, |chart, figures| match get(figures) {
            Some(spread) => chart.bar(figures.contestant.name(), spread),
            None => chart,
        })
}

fn buffer_work(summary: &Summary) -> BarChart {
    let chart = BarChart::new("Getting and freeing a buffer", "ns a packet").note(
        "Less is better. In the pipeline: the calls of RX that get a burst and those of TX that \
         free it, on different threads, divided by its packets; medians of all bursts, the clock \
         itself included. One thread: get a burst, write a byte into each buffer, free; medians \
         of 150 µs slices.",
    );
    let chart = bars(
        summary,
        chart.group("in the pipeline, across threads"),
        |f| f.pipeline_ns,
    );
    bars(summary, chart.group("one thread"), |f| f.alone_ns)
}

fn latency(summary: &Summary) -> LineChart {
    let chart = LineChart::new(
        "A burst's time from RX to the sink",
        Axis::percentile(),
        Axis::log("µs"),
    )
    .note(
        "Lower is better. Every burst counts; each point is the median of the rounds. The rings \
         are full most of the time: this is mostly time spent waiting in them.",
    );
    summary.figures.iter().fold(chart, |chart, figures| {
        let points: Vec<(f64, f64)> = figures
            .latency_us
            .iter()
            .map(|(percentile, spread)| (*percentile, spread.median))
            .collect();
        chart.series(figures.contestant.name(), &points)
    })
}

fn figures(summary: &Summary) -> Table {
    let mut head = vec!["median (lowest–highest)".to_string()];
    head.extend(summary.figures.iter().map(|f| f.contestant.name().into()));
    let rows = output::rows(summary).into_iter();
    rows.fold(Table::new(head), |table, (label, cells)| {
        table.row(std::iter::once(label.to_string()).chain(cells))
    })
}

fn account(summary: &Summary) -> Table {
    let lines = output::account(summary).into_iter();
    lines.fold(Table::new(["packets", "number"]), |table, (name, count)| {
        table.row([name, figure(count as f64)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::summary::{summarize, tests::sample};
    use clap::Parser;

    #[test]
    fn the_report_holds_charts_figures_and_the_account() {
        let mut samples: Vec<_> = Contestant::ALL
            .into_iter()
            .map(|contestant| sample(contestant, 3.21, 60.0))
            .collect();
        samples[0].account.offered = 1_234_567;
        samples[0].account.verdict.delivered = 1_234_567;
        let html = report(&summarize(&samples), &Args::parse_from(["pipeline"])).render();
        assert_eq!(html.matches("<figure>").count(), 4);
        for part in [
            "mixed.pcap",
            "3.21",
            "1\u{202f}234\u{202f}567",
            "Vec&lt;u8&gt;",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("Fault"));
    }
}
