// Runs the trial of a variant, and shows what comes of it.

use super::fw::percpu::trial;
use super::fw::sys::Area;
use super::fw::{Front, Pool};

/// Makes a trial, whatever an earlier one found, and returns how it ends.
pub(crate) fn verdict() -> String {
    let area = Area::registered().expect("libc has areas");
    format!("{:?}", trial::run(area))
}

/// Returns what pools of this process get that leave the front open, and what those get that demand
/// sequences.
pub(crate) fn fronts() -> [String; 2] {
    [Front::Auto, Front::Rseq].map(|front| {
        let pool = Pool::builder().frames(100).front(front).build();
        match pool.map(|pool| pool.stats()) {
            Ok(stats) => format!("{} {:?}", stats.front, stats.no_rseq),
            Err(refused) => refused.to_string(),
        }
    })
}
