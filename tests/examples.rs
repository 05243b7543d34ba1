//! The programs in `examples/`, run as a user runs them: each ends well and prints its result.

#![cfg(not(loom))]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The tests below, by the example that they run.
const TESTED: [&str; 7] = [
    "dot11_element",
    "forwarder",
    "hand_over_to_c",
    "headers",
    "loom_model",
    "publisher",
    "udp_echo",
];

/// Runs an example and returns the lines that it prints.
fn run(example: &str) -> Vec<String> {
    assert!(TESTED.contains(&example), "{example} is not in TESTED");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // No package is named, and the profile is that of tests: `cargo test` has compiled it already.
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--offline", "--profile", "test"])
        .args(["--example", example])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}:\n{text}\n{errors}");
    text.lines().map(str::to_owned).collect()
}

/// The lines are these; one that ends in `…` is the beginning of its line.
#[track_caller]
fn assert_lines(lines: &[String], expected: &[&str]) {
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        match expected.strip_suffix('…') {
            Some(beginning) => assert!(line.starts_with(beginning), "{line}\nis not\n{expected}"),
            None => assert_eq!(line, expected),
        }
    }
}

#[test]
fn every_example_is_tested() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let names: BTreeSet<String> = fs::read_dir(examples)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, TESTED.map(str::to_owned).into());
}

#[test]
fn dot11_element_builds_a_body_in_buffers_of_its_length() {
    assert_lines(
        &run("dot11_element"),
        &[
            "body: 25 bytes in a buffer of 64",
            "body with one more element: 282 bytes in a buffer of 304",
            "SSID: framewell",
            "element 1: 4 bytes",
            "element 221: 6 bytes",
            "element 221: 255 bytes",
            "A-MSDU: 11454 bytes in a buffer of 11456",
            "capture, in a mapping of its own: 1048576 bytes in a buffer of 1048576",
            "trim returned 3 idle chunks of 1 MiB",
        ],
    );
}

#[test]
fn forwarder_forwards_all_packets_and_keeps_none() {
    let lines = run("forwarder");
    assert_lines(
        &lines,
        &[
            "forwarded 200000 packets, 14800000 bytes, …",
            "the pool was empty …",
        ],
    );
    assert!(lines[1].ends_with("; 0 frames are out"), "{lines:#?}");
}

#[test]
fn hand_over_to_c_takes_each_packet_back_once() {
    assert_lines(
        &run("hand_over_to_c"),
        &[
            "the driver sends 60 bytes that begin with 0x45",
            "the driver sends 60 bytes that begin with 0x46",
            "the driver sends 60 bytes that begin with 0x47",
            "refused: invalid pointer 0x…",
            "refused: invalid pointer 0x…",
            "4 packets came back, 2 pointers were refused",
            "0 frames are out",
        ],
    );
}

#[test]
fn headers_wraps_and_unwraps_a_packet_in_place() {
    assert_lines(
        &run("headers"),
        &[
            "a packet                  128 before,   98 bytes, 1502 after",
            "pushed VXLAN              120 before,  106 bytes, 1502 after",
            "pushed UDP                112 before,  114 bytes, 1502 after",
            "pushed IPv4                92 before,  134 bytes, 1502 after",
            "pushed Ethernet            78 before,  148 bytes, 1502 after",
            "pulled Ethernet            92 before,  134 bytes, 1502 after",
            "pulled IPv4               112 before,  114 bytes, 1502 after",
            "pulled UDP                120 before,  106 bytes, 1502 after",
            "pulled VXLAN              128 before,   98 bytes, 1502 after",
            "the packet is whole, and did not move",
            "put a check sequence      128 before,  102 bytes, 1498 after",
            "a push of 200 bytes: 200 bytes exceed the headroom of 128 left; …",
        ],
    );
}

#[test]
fn loom_model_runs_its_body_without_loom_too() {
    assert_lines(
        &run("loom_model"),
        &[
            "executions: 1; the frame arrived and came home in each",
            "build with RUSTFLAGS=\"--cfg loom\" to explore all orders of the steps",
        ],
    );
}

/// Each subscriber verifies what it gets. How much that is depends on time, except that the slowest
/// one cannot get all.
#[test]
fn publisher_accounts_for_every_datagram_and_keeps_no_buffer() {
    let lines = run("publisher");
    assert_lines(
        &lines,
        &[
            "published 2200 datagrams; …",
            "published 4400 datagrams; …",
            "published 6600 datagrams; …",
            "published 8800 datagrams; …",
            "subscriber         queue  delivered    dropped",
            "fast                1024 …",
            "steady               512 …",
            "slow                 128 …",
            "nearly stuck          32 …",
            "at most …",
            "200 buffers, 8800 datagrams; 0 buffers are out",
        ],
    );
    for line in &lines[5..9] {
        let mut numbers = line.split_whitespace().rev();
        let mut number = || numbers.next().unwrap().parse::<usize>().unwrap();
        let (dropped, delivered) = (number(), number());
        assert_eq!(delivered + dropped, 8800, "{line}");
        assert!(delivered > 0, "{line}");
        assert!(dropped > 0 || !line.starts_with("nearly"), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn udp_echo_returns_every_datagram() {
    let lines = run("udp_echo");
    assert_lines(&lines, &["echoed 1000 datagrams in …", "0 frames are out"]);
    assert!(lines[0].ends_with("; 1000 came back as they were sent"));
}
