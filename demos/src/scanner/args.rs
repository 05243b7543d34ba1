//! The command line of the scanner.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::scan::Options;

/// Scan captures of Wi-Fi frames for networks, each frame in a buffer of framewell.
#[derive(Debug, Clone, Parser)]
#[command(name = "scanner", version)]
pub struct Args {
    /// Captures, pcap or pcapng, 802.11 with radiotap or without [default: those that come with the
    /// program]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Threads that look at the latest beacons while the captures are read
    #[arg(long, value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(0..=256))]
    pub readers: u32,

    /// Passes over the captures; many of them let readers and writer overlap for long
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub repeat: u64,

    /// MiB that the size classes of the pool may take, one at least for each class in use; few of
    /// them show how frames are left out when there is no buffer
    #[arg(long, value_name = "MIB", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub memory: u32,

    /// Old beacons that the readers of one network may hold before newer ones have to wait
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=63))]
    pub held: u32,
}

/// Returns the captures that come with the program.
///
/// # Errors
///
/// The error says in words what is wrong with their folder.
pub fn shipped() -> Result<Vec<PathBuf>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/wifi");
    let fail = |error| format!("{}: {error}; name captures", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.extension().is_some_and(|end| end == "pcap") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Args {
    /// Returns the captures to scan.
    ///
    /// # Errors
    ///
    /// The errors are those of [`shipped`].
    pub fn captures(&self) -> Result<Vec<PathBuf>, String> {
        if self.files.is_empty() {
            shipped()
        } else {
            Ok(self.files.clone())
        }
    }

    /// Returns how the scan runs.
    pub fn options(&self) -> Options {
        Options {
            readers: self.readers as usize,
            repeat: self.repeat,
            retired_limit: self.held as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn bad_values_are_refused() {
        for bad in [
            ["--readers", "257"],
            ["--repeat", "0"],
            ["--memory", "0"],
            ["--held", "0"],
            ["--held", "64"],
        ] {
            assert!(Args::try_parse_from(["scanner"].iter().chain(&bad)).is_err());
        }
    }
}
