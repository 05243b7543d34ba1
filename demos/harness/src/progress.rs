//! How far a program has come, in the terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Returns a bar for so many slices.
pub fn bar(slices: usize) -> ProgressBar {
    let bar = ProgressBar::new(slices as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
