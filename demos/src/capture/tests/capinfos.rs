//! Tests of the counts and times against those of Wireshark's `capinfos`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::features::{self, Feature};
use super::shipped;
use crate::capture::{Capture, ETHERNET, WIFI, Wanted};

/// The data that `capinfos` gives of a file.
#[derive(Debug, Default)]
struct Told {
    packets: Option<u64>,
    first: Option<f64>,
    last: Option<f64>,
}

/// Returns whether `capinfos` is installed. If it is not, this says which check is not made; with
/// `FRAMEWELL_STRICT=1` its lack is a failure.
fn installed(what: &str) -> bool {
    if Command::new("capinfos").arg("--version").output().is_ok() {
        return true;
    }
    let strict = std::env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
    assert!(!strict, "FRAMEWELL_STRICT=1: no capinfos for {what}");
    eprintln!("not run: {what}: no capinfos here; install wireshark-common");
    false
}

fn ask(file: &Path) -> Told {
    let output = Command::new("capinfos")
        .args(["-T", "-m", "-r", "-M", "-c", "-a", "-e", "-S", "-K"])
        .arg(file)
        .output()
        .expect("capinfos starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(line) = text.lines().last() else {
        // For a damaged file there is no table, but a word about how far it was read.
        let complaint = String::from_utf8_lossy(&output.stderr);
        let before = complaint.split_once("after reading ");
        return Told {
            packets: before.and_then(|(_, count)| count.split(' ').next()?.parse().ok()),
            ..Told::default()
        };
    };
    let fields: Vec<&str> = line.rsplit(',').collect();
    let number = |field: usize| fields.get(field)?.parse().ok();
    Told {
        packets: fields.get(2).and_then(|field| field.parse().ok()),
        first: number(1),
        last: number(0),
    }
}

fn counted(file: &Path, wanted: &'static Wanted) -> u64 {
    let bytes = std::fs::read(file).expect("readable");
    Capture::scan(&bytes, wanted).expect("a capture").read()
}

fn captures(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("read").path()).collect();
    let is_capture = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| extension.starts_with("pcap"))
    };
    paths.retain(is_capture);
    paths.sort();
    paths
}

#[test]
fn every_shipped_capture_has_as_many_packets_as_capinfos_counts() {
    if !installed("the shipped captures' counts") {
        return;
    }
    let mut paths = captures(shipped(""));
    paths.extend(captures(shipped("wifi")));
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        let told = ask(&path).packets.expect("counted");
        for wanted in [&ETHERNET, &WIFI] {
            assert_eq!(counted(&path, wanted), told, "{}", path.display());
        }
    }
}

#[test]
fn every_feature_counts_as_capinfos_counts_it() {
    if !installed("the features' counts") {
        return;
    }
    let path = std::env::temp_dir().join(format!("framewell-{}-capinfos", std::process::id()));
    for (index, feature) in features::all().into_iter().enumerate() {
        std::fs::write(&path, &feature.file).expect("written");
        let told = ask(&path);
        let Feature {
            name,
            packets,
            elsewhere,
            ..
        } = feature;
        assert_eq!(
            told.packets,
            Some(elsewhere.unwrap_or(packets.1)),
            "{index} {name}"
        );
        let ours = Capture::scan(&feature.file, &ETHERNET)
            .expect("a capture")
            .times;
        for (told, ours) in [(told.first, ours.first), (told.last, ours.last)] {
            if let (Some(told), Some(ours)) = (told, ours) {
                let apart = (told - ours as f64 / 1e9).abs();
                assert!(apart < 1e-5, "{index} {name}: {told} {ours}");
            }
        }
    }
    std::fs::remove_file(path).ok();
}
