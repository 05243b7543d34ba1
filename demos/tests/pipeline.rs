//! Tests of the pipeline from end to end: in this process, and as the program that people run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use framewell_demos::capture::Capture;
use framewell_demos::pipeline::account::Account;
use framewell_demos::pipeline::buffer::Pool;
use framewell_demos::pipeline::contestants::{FramePool, SystemPool, VecPool};
use framewell_demos::pipeline::replay;
use framewell_demos::pipeline::stages::Until;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(name)
}

fn run<P: Pool>(capture: &Capture, frames: u32, burst: usize, packets: u64) -> Account {
    let pool = P::build(frames).expect("pool");
    let until = Until {
        time: Duration::from_secs(20),
        packets,
    };
    let outcome = replay::run(capture, pool, burst, until).expect("runs");
    assert_eq!(
        outcome.latency.is_empty(),
        outcome.account.passed.total() == 0
    );
    let account = outcome.account;
    assert_eq!(account.faults(), Vec::<String>::new(), "{account:?}");
    account
}

#[test]
fn the_shipped_capture_passes_with_every_contestant() {
    let capture = Capture::open(&shipped("mixed.pcap")).expect("readable");
    let packets = 3 * capture.len() as u64 + 7;
    let framewell = run::<FramePool>(&capture, 8192, 32, packets);
    assert_eq!(framewell.offered, packets);
    assert_eq!(framewell.drops.avoidable(), 0);
    assert!(framewell.passed.routed_v4 > 0 && framewell.passed.routed_v6 > 0);
    assert!(framewell.passed.bridged > 0 && framewell.passed.tagged > 0);
    assert_eq!(run::<SystemPool>(&capture, 0, 32, packets), framewell);
    assert_eq!(run::<VecPool>(&capture, 0, 7, packets), framewell);
}

#[test]
fn a_full_pool_drops_and_goes_on() {
    let capture = Capture::open(&shipped("mixed.pcap")).expect("readable");
    for (frames, burst) in [(64, 32), (1, 64), (33, 32)] {
        let account = run::<FramePool>(&capture, frames, burst, 100_000);
        assert_eq!(account.offered, 100_000);
        if (frames as usize) < burst {
            assert!(account.drops.pool_full > 0, "{frames} {account:?}");
        }
        assert!(account.verdict.delivered > 0, "{frames} {account:?}");
    }
}

#[test]
fn every_kind_of_drop_has_its_name() {
    let mut oversize = vec![2; 12];
    oversize.extend([0x08, 0x00]);
    oversize.resize(14 + 1501, 0);
    let mut full = oversize.clone();
    full.truncate(14 + 1500);
    full[12] = 0x88;
    let runt = [2; 9];
    let capture = Capture::of([&oversize[..], &full, &runt]);
    let account = run::<FramePool>(&capture, 128, 32, 3);
    assert_eq!((account.drops.oversize, account.drops.malformed), (1, 1));
    assert_eq!((account.passed.bridged, account.verdict.delivered), (1, 1));
}

#[test]
fn a_capture_of_nothing_that_passes_ends() {
    let capture = Capture::of([&[1u8; 5][..]]);
    let account = run::<SystemPool>(&capture, 0, 32, 1000);
    assert_eq!(account.drops.malformed, 1000);
}

/// Runs the program, and returns what it said and the report that it wrote. Each test has a report
/// of its own.
fn program(test: &str, arguments: &[&str]) -> (Output, String) {
    let name = format!("framewell-{}-{test}.html", std::process::id());
    let report = std::env::temp_dir().join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_pipeline"))
        .args(arguments)
        .args(["--rounds", "1", "--seconds", "0.1", "--report"])
        .arg(&report)
        .output()
        .expect("starts");
    let html = std::fs::read_to_string(&report).unwrap_or_default();
    std::fs::remove_file(report).ok();
    (output, html)
}

#[test]
fn the_program_compares_and_reports() {
    let (output, html) = program("compares", &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}\n{complaint}");
    for part in ["framewell", "system allocator", "Vec<u8>", "delivered"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(html.contains("</html>"), "{html}");
}

#[test]
fn a_damaged_capture_is_named_and_run_as_far_as_it_goes() {
    let file = shipped("truncated.pcap");
    let file = file.to_string_lossy();
    let (output, html) = program("damaged", &["--only", "system", "--pcap", &file]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaint}");
    assert!(complaint.contains("damaged at byte"), "{complaint}");
    assert!(complaint.contains("20 packets were read before it"));
    assert!(html.contains("</html>"), "{html}");
}

#[test]
fn a_capture_of_cut_packets_alone_is_refused_with_their_number() {
    let mut file = std::fs::read(shipped("truncated.pcap")).expect("readable");
    file.truncate(24);
    // The record has 4 of 60 bytes.
    file.extend([0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 60, 0, 0, 0, 1, 2, 3, 4]);
    let path = std::env::temp_dir().join(format!("framewell-{}-cut.pcap", std::process::id()));
    std::fs::write(&path, file).expect("written");
    let (output, _) = program("cut", &["--pcap", &path.to_string_lossy()]);
    std::fs::remove_file(path).ok();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    let due = "holds no packet to work on: 1 packet left out, cut by the recorder's snap length";
    assert!(complaint.contains(due), "{complaint}");
}

#[test]
fn what_cannot_run_ends_with_2_and_says_why() {
    let own = env!("CARGO_MANIFEST_DIR").to_owned() + "/Cargo.toml";
    for (arguments, why) in [
        (["--pcap", "/nonexistent.pcap"], "cannot be read"),
        (["--pcap", own.as_str()], "give a pcap or pcapng file"),
        (["--burst", "1000"], "1000"),
    ] {
        let (output, _) = program("refused", &arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(why), "{complaint}");
    }
}
