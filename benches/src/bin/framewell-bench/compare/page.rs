//! The HTML report of a comparison.

use framewell_bench::curve::{self, Curve, Scale};
use framewell_bench::home::FRAMEWELL;
use framewell_bench::summary;
use framewell_bench::{Kind, probe};
use framewell_report::{Axis, BarChart, LineChart, Report, Spread, Table, figure};

use super::bounds::{self, Reached};
use super::field::Role;
use super::figures::{Figures, Line, workload};
use super::show::tails;
use super::targets::Verdict;

/// Returns the report.
pub(crate) fn report(figures: &Figures) -> Report {
    let mut report = Report::new("framewell, side by side");
    let machine = &figures.machine;
    report.paragraph(&format!(
        "Every contestant did the same work, each in a process of its own, all by turns: slice by slice, in one run. \
         Figures are medians of the slices, spreads reach from the tenth to the ninetieth of a hundred, and ratios are \
         taken within a round. {} cores of {}; {}.",
        machine.cores, machine.cpu, machine.date
    ));
    report.preformatted(&machine.command);
    headlines(&mut report, figures);
    if !figures.verdicts.is_empty() {
        report.heading("What is wanted, and what is reached");
        report.table(verdicts(figures));
        if figures.verdicts.iter().any(|one| !one.floors.is_empty()) {
            report.table(floors(figures));
        }
    }
    if !figures.open.is_empty() {
        report.paragraph(&format!("Not judged: {}.", figures.open.join("; ")));
    }
    for kind in Kind::every() {
        let lines: Vec<&Line> = of(figures, kind);
        if !lines.is_empty() {
            report.heading(kind.name());
            report.bars(bars(kind, &lines));
        }
    }
    if !figures.memory.is_empty() {
        report.heading("Memory");
        report.bars(memory(figures));
    }
    if !figures.shortest.is_empty() {
        report.heading("Latency");
        for shortest in &figures.shortest {
            report.paragraph(&tails(shortest));
        }
    }
    if !figures.curves.is_empty() {
        report.heading("Curves");
        for curve in &figures.curves {
            report.lines(chart(curve));
        }
    }
    closing(&mut report, figures);
    report
}

fn closing(report: &mut Report, figures: &Figures) {
    report.heading("All figures");
    report.table(all(figures));
    if figures.dropped > 0 {
        let dropped = figure(figures.dropped as f64);
        report.paragraph(&format!(
            "{dropped} slices were dropped: the distance of the cores changed meanwhile."
        ));
    }
    report.heading("Who took part");
    report.table(contestants(figures));
    report.heading("What could not be run");
    match figures.missing.is_empty() {
        true => report.paragraph("Everything ran."),
        false => report.table(missing(figures)),
    };
    report.heading("The machine");
    report.table(machine(figures));
}

fn spread(spread: &summary::Spread) -> Spread {
    Spread::new(spread.low, spread.median, spread.high)
}

fn headlines(report: &mut Report, figures: &Figures) {
    let aimed = figures
        .verdicts
        .iter()
        .filter(|verdict| verdict.target.is_some());
    let met = aimed
        .clone()
        .filter(|verdict| verdict.met == Some(true))
        .count();
    let count = aimed.clone().count();
    let mut values = vec![(
        format!("{met} of {count}"),
        "targets are reached".to_owned(),
    )];
    let best = aimed.filter(|verdict| verdict.fastest).take(3);
    values.extend(best.map(|verdict| {
        let on = verdict.on();
        let what = format!("on {on}, beside the fastest peer: {}", verdict.peer);
        (format!("{}×", figure(verdict.ratio.median)), what)
    }));
    if count > 0 {
        let values = values
            .iter()
            .map(|(value, what)| (value.as_str(), what.as_str()));
        report.headlines(values);
    }
}

fn verdicts(figures: &Figures) -> Table {
    let table = Table::new([
        "workload",
        "times as fast as",
        "the peer",
        "wanted",
        "outcome",
        "floors reach",
        "the target is",
    ])
    .caption(
        "framewell beside the fastest peer of each workload, and beside those that a target names",
    );
    figures.verdicts.iter().fold(table, |table, verdict| {
        let fastest = if verdict.fastest { ", the fastest" } else { "" };
        table.row([
            verdict.on(),
            spread(&verdict.ratio).to_string(),
            format!("{}{fastest}", verdict.peer),
            verdict.wanted(),
            verdict.outcome(),
            bounds::range(&verdict.floors),
            bounds::lies(&verdict.floors),
        ])
    })
}

/// Returns a table of what the floors reach where a target is missed.
fn floors(figures: &Figures) -> Table {
    let table = Table::new([
        "missed on",
        "beside",
        "wanted",
        "floor",
        "times as fast",
        "the target is",
    ])
    .caption(bounds::NOTE);
    let of = |verdict: &Verdict, reached: &Reached| {
        [
            verdict.on(),
            verdict.peer.clone(),
            verdict.wanted(),
            reached.floor.clone(),
            spread(&reached.ratio).to_string(),
            reached.standing.words().to_owned(),
        ]
    };
    let verdicts = figures.verdicts.iter();
    let rows = verdicts.flat_map(|verdict| verdict.floors.iter().map(move |one| of(verdict, one)));
    rows.fold(table, Table::row)
}

fn of(figures: &Figures, kind: Kind) -> Vec<&Line> {
    let lines = figures.lines.iter();
    lines.filter(|line| line.workload == kind.name()).collect()
}

fn bars(kind: Kind, lines: &[&Line]) -> BarChart {
    let note = format!(
        "{} Less is better; a floor is no contestant, but what bounds all.",
        kind.about()
    );
    let mut chart = BarChart::new("Time of a buffer", "ns")
        .note(note)
        .highlight(FRAMEWELL);
    let mut last = None;
    for line in lines {
        if let Some(distance) = line.distance.filter(|_| last != Some(line.distance)) {
            chart = chart.group(match distance {
                probe::Distance::Near => "the two cores near each other",
                probe::Distance::Far => "the two cores far apart",
            });
        }
        last = Some(line.distance);
        let name = match line.role {
            Role::Floor => format!("floor: {}", line.contestant),
            _ => line.contestant.clone(),
        };
        chart = chart.bar(name, spread(&line.ns));
    }
    chart
}

fn memory(figures: &Figures) -> BarChart {
    let chart = BarChart::new("The 802.11 mix", "resident bytes for each requested one")
        .note(
            "Less is better. Each in a process of its own; every page of each buffer was written.",
        )
        .highlight(FRAMEWELL);
    let mut sorted: Vec<_> = figures.memory.iter().collect();
    sorted.sort_by(|one, other| one.ratio.total_cmp(&other.ratio));
    sorted.into_iter().fold(chart, |chart, weighed| {
        chart.bar(&weighed.contestant, Spread::exact(weighed.ratio))
    })
}

fn chart(curve: &Curve) -> LineChart {
    let axis = |axis: &curve::Axis| match axis.scale {
        Scale::Linear => Axis::linear(&axis.label),
        Scale::Log => Axis::log(&axis.label),
        Scale::Percentile => Axis::percentile(),
    };
    let chart = LineChart::new(&curve.title, axis(&curve.x), axis(&curve.y)).note(&curve.note);
    let series = curve.series.iter();
    series.fold(chart, |chart, series| {
        chart.series(&series.name, &series.points)
    })
}

fn all(figures: &Figures) -> Table {
    let head = [
        "workload",
        "contestant",
        "ns a buffer",
        "million/s",
        "times as fast as malloc",
        "slices",
    ];
    figures.lines.iter().fold(Table::new(head), |table, line| {
        table.row([
            workload(line.workload, line.distance),
            line.contestant.clone(),
            spread(&line.ns).to_string(),
            figure(1000.0 / line.ns.median),
            line.ratio
                .as_ref()
                .map_or("–".into(), |ratio| spread(ratio).to_string()),
            line.ns.samples.to_string(),
        ])
    })
}

fn contestants(figures: &Figures) -> Table {
    let table = Table::new(["contestant", "what it is", "version"]);
    figures.contestants.iter().fold(table, |table, contestant| {
        let role = match contestant.role {
            Role::Framewell => "framewell",
            Role::Peer => "a peer",
            Role::Floor => "a floor: what bounds all",
        };
        table.row([&contestant.title, role, &contestant.version])
    })
}

fn missing(figures: &Figures) -> Table {
    let table = Table::new(["who", "workload", "why"]);
    figures.missing.iter().fold(table, |table, missing| {
        let workload = missing.workload.as_deref().unwrap_or("all");
        table.row([&missing.who, workload, &missing.why])
    })
}

fn machine(figures: &Figures) -> Table {
    let machine = &figures.machine;
    Table::new(["what", "value"])
        .row(["processor", &machine.cpu])
        .row(["cores", &machine.cores.to_string()])
        .row(["kernel", &machine.kernel])
        .row(["C library", &machine.c_library])
        .row(["compiler", &machine.compiler])
        .row(["framewell's front", &figures.front])
        .row(["when", &machine.date])
}
