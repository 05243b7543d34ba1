//! Runs the program as people do, in short.
//!
//! A machine that refuses io_uring says that this was not run. With `FRAMEWELL_STRICT=1` that is a
//! failure.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

const ECHO: &str = env!("CARGO_BIN_EXE_udp-echo");

/// Returns the ways that this machine allows, as arguments.
fn ways() -> Vec<&'static str> {
    let mut ways = vec!["recvmmsg", "gro", "tokio"];
    match io_uring::IoUring::new(2) {
        Ok(_) => ways.push("io_uring"),
        Err(why) => {
            let strict = std::env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
            assert!(!strict, "FRAMEWELL_STRICT=1 wants io_uring: {why}");
            eprintln!("not run: io_uring: {why}");
        }
    }
    ways
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the program with a slice for each contestant, and returns what it said and the report that
/// it wrote.
fn run(test: &str, arguments: &[&str]) -> (Output, String) {
    let name = format!("framewell-udp-echo-{}-{test}.html", std::process::id());
    let report: PathBuf = std::env::temp_dir().join(name);
    let output = Command::new(ECHO)
        .args(["--rounds", "1", "--seconds", "0.05", "--report"])
        .arg(&report)
        .args(arguments)
        .output()
        .expect("starts");
    let html = fs::read_to_string(&report).unwrap_or_default();
    fs::remove_file(report).ok();
    (output, html)
}

#[test]
fn no_way_loses_a_datagram_or_a_frame() {
    let ways = ways();
    let arguments: Vec<&str> = ways.iter().flat_map(|way| ["--way", way]).collect();
    let (output, html) = run("all", &[&arguments[..], &["--quick"]].concat());
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}\n{complaint}");
    // Two lengths and two contestants; the order is not promised.
    assert_eq!(said.matches(" 0 / 0 / ").count(), 4 * ways.len(), "{said}");
    assert_eq!(said.matches("bytes, framewell").count(), 2 * ways.len());
    assert_eq!(
        said.matches("of its processor time").count(),
        2 * ways.len()
    );
    assert!(html.contains("each frame came back") && html.contains("</html>"));
}

#[test]
fn long_and_short_datagrams_are_whole() {
    let lengths = ["--size", "12", "--size", "9000"];
    let ways = ways();
    let arguments: Vec<&str> = ways.iter().flat_map(|way| ["--way", way]).collect();
    let (output, _) = run("lengths", &[&arguments[..], &lengths].concat());
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}\n{complaint}");
}

/// Asks a program to end, as Ctrl-C does, and returns what it said.
fn interrupt(child: Child) -> String {
    // SAFETY: the call takes no pointer. The child has not been waited for, so the number is its.
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_server_answers_its_client_until_it_is_interrupted() {
    for way in ways().into_iter().filter(|way| *way != "gro") {
        for only in ["framewell", "twin"] {
            let mut child = Command::new(ECHO)
                .args(["--listen", "127.0.0.1:0", "--way", way, "--only", only])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("starts");
            let mut line = String::new();
            let stderr = child.stderr.as_mut().expect("piped");
            BufReader::new(stderr)
                .read_line(&mut line)
                .expect("says something");
            let at = line
                .strip_prefix("listens on ")
                .and_then(|rest| rest.split_once(';'))
                .expect("says where")
                .0;
            let (sent, _) = run("client", &["--client", at]);
            assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
            let said = interrupt(child);
            assert!(said.contains(" datagrams came; "), "{said}");
            assert!(!said.starts_with('0'), "{said}");
        }
    }
}

#[test]
fn a_client_that_gets_no_answer_ends_with_1() {
    // The socket takes the datagrams and sends none back.
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let at = socket.local_addr().expect("an address").to_string();
    let (output, _) = run("nobody", &["--client", &at, "--size", "64"]);
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("packets lost"), "{complaint}");
}

#[test]
fn what_cannot_run_ends_with_2_and_says_why() {
    let cases: [(&[&str], &str); 3] = [
        (&["--size", "10"], "10 is outside 12 to 9000 bytes"),
        (
            &["--listen", "127.0.0.1:0", "--way", "gro"],
            "GRO sends nothing back",
        ),
        (&["--listen", "192.0.2.1:9"], "UDP socket on 192.0.2.1:9"),
    ];
    for (arguments, why) in cases {
        let (output, _) = run("refused", arguments);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(why), "{complaint}");
    }
}
