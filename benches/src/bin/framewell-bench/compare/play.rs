//! The matches: one for each workload.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use framewell_bench::Kind;
use framewell_bench::probe::Probe;
use framewell_bench::rounds::Match;
use framewell_bench::work::Threads;

use super::field::Field;
use super::figures::Missing;

fn rounds_of(kind: Kind, quick: bool) -> u64 {
    let rounds = match kind.threads() {
        Threads::One => 1000,
        Threads::Two => 600,
        Threads::Many => 30,
    };
    if quick { rounds / 10 } else { rounds }
}

/// Returns the time after which a workload ends early: on a busy machine two threads may wait for
/// each other's core.
fn budget(quick: bool) -> Duration {
    Duration::from_secs(if quick { 5 } else { 30 })
}

/// Returns a progress bar of this length.
pub(crate) fn progress(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("a valid template");
    ProgressBar::new(length).with_style(style)
}

/// Plays all matches. Who fails is added to `missing`.
pub(crate) fn all(
    kinds: &[Kind],
    quick: bool,
    field: &Field,
    probe: Option<&Probe>,
    missing: &mut Vec<Missing>,
) -> Vec<Match> {
    let rounds = kinds.iter().map(|kind| rounds_of(*kind, quick)).sum();
    let bar = progress(
        rounds,
        "{msg:14} {wide_bar} {percent:>3} %  {elapsed_precise}",
    );
    let mut matches = Vec::new();
    for &kind in kinds {
        bar.set_message(kind.name());
        bar.tick();
        let together = kind.live().is_none();
        let players = match together {
            true => field.players(kind, missing),
            false => Vec::new(),
        };
        let mut game = Match::new(kind, players);
        if !together {
            let slices = rounds_of(kind, quick) as usize;
            field.each(kind, missing, |player| game.alone(player, slices));
        }
        let (start, end) = (Instant::now(), bar.position() + rounds_of(kind, quick));
        while together && bar.position() < end && start.elapsed() < budget(quick) {
            game.round(probe);
            bar.inc(1);
        }
        bar.set_position(end);
        game.end();
        let failed = game.failures().iter();
        missing.extend(failed.map(|(who, why)| Missing::on(who, kind.name(), why)));
        matches.push(game);
    }
    bar.finish_and_clear();
    matches
}
