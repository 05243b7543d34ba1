//! Runs both programs as people do, in short, and on interfaces that exist.
//!
//! A process without the rights for that says that a test was not run. With `FRAMEWELL_STRICT=1`
//! that is a failure.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use framewell_harness::traffic;
use framewell_xdp_demos::capability::{self, Capability};
use framewell_xdp_demos::lab::Lab;
use framewell_xdp_demos::slice;

const ECHO: &str = env!("CARGO_BIN_EXE_xdp-echo");
const FORWARD: &str = env!("CARGO_BIN_EXE_xdp-forward");

/// Says why this machine cannot make a check, and returns whether it can.
fn can_run(what: &str) -> bool {
    let Err(why) = capability::check(&Capability::NAMESPACES) else {
        return true;
    };
    let strict = std::env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
    assert!(!strict, "FRAMEWELL_STRICT=1 wants {what}: {why}");
    eprintln!("not run: {what}: {why}");
    false
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a program with two slices a size, and returns what it said and the report that it wrote.
fn run(program: &str, test: &str, arguments: &[&str]) -> (Output, String) {
    let name = format!("framewell-xdp-{}-{test}.html", std::process::id());
    let report: PathBuf = std::env::temp_dir().join(name);
    let output = Command::new(program)
        .args(["--rounds", "1", "--seconds", "0.05", "--report"])
        .arg(&report)
        .args(arguments)
        .output()
        .expect("starts");
    let html = fs::read_to_string(&report).unwrap_or_default();
    fs::remove_file(report).ok();
    (output, html)
}

fn assert_compares(program: &str, test: &str) {
    if !can_run(test) {
        return;
    }
    let (output, html) = run(program, test, &[]);
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}\n{complaint}");
    assert_eq!(said.matches("0 / 0 / 0").count(), 6, "{said}");
    for size in ["64", "1514", "9000"] {
        assert!(said.contains(&format!("{size} bytes, framewell")), "{said}");
        assert!(
            said.contains(&format!("{size} bytes, xdpilone, vector")),
            "{said}"
        );
    }
    assert!(
        html.contains("each frame came back") && html.contains("</html>"),
        "{html}"
    );
}

#[test]
fn the_reflector_loses_nothing_and_reports() {
    assert_compares(ECHO, "the_reflector");
}

#[test]
fn the_router_loses_nothing_and_reports() {
    assert_compares(FORWARD, "the_router");
}

/// Starts a program in the middle of a lab, and waits until it has its sockets.
fn start_in(lab: &Lab, program: &str, arguments: &[&str]) -> Child {
    let mut child = lab
        .middle
        .inside(|| {
            Command::new(program)
                .args(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("starts")
        })
        .expect("may enter");
    let mut line = String::new();
    let stderr = child.stderr.as_mut().expect("piped");
    BufReader::new(stderr)
        .read_line(&mut line)
        .expect("says something");
    assert!(line.contains("has its sockets"), "{line}");
    child
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
fn a_reflector_on_an_interface_answers_its_client_until_it_is_interrupted() {
    if !can_run("a reflector on an interface") {
        return;
    }
    let lab = Lab::echo(9000).expect("a network");
    for only in ["framewell", "xdpilone"] {
        let child = start_in(&lab, ECHO, &["--interface", "b", "--only", only]);
        let client = ["--client", "10.0.1.2", "--seconds", "0.05"];
        let sent = lab.outer[0].inside(|| Command::new(ECHO).args(client).output());
        let sent = sent.expect("may enter").expect("starts");
        assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
        let said = interrupt(child);
        assert!(
            said.contains("packets came, 0 of them were none of ours"),
            "{said}"
        );
    }
}

#[test]
fn a_router_on_interfaces_passes_traffic_both_ways_until_it_is_interrupted() {
    if !can_run("a router on interfaces") {
        return;
    }
    let mut lab = Lab::forward(9000).expect("a network");
    let ways = ["--interface", "b", "--interface", "c"];
    let hops = [
        "--next-hop",
        "02:00:00:00:00:0a",
        "--next-hop",
        "02:00:00:00:00:0d",
    ];
    let child = start_in(&lab, FORWARD, &[ways, hops].concat());
    let time = std::time::Duration::from_millis(50);
    let passed = traffic::exchange(&mut lab.flows, &slice::load(1514, time)).unwrap();
    assert_eq!(passed.tally.faults(), Vec::<String>::new());
    let said = interrupt(child);
    let came = format!(
        "{} packets came, 0 of them were none of ours",
        passed.tally.received
    );
    assert!(said.contains(&came), "{said}");
}

/// Runs a program without some of the rights of this process.
fn run_without(program: &str, numbers: &'static [u32], arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments);
    let drop_rights = move || {
        for number in numbers {
            // SAFETY: the call takes no pointer.
            if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, *number, 0, 0, 0) } != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec there is a system call alone.
    unsafe { command.pre_exec(drop_rights) };
    command.output()
}

#[test]
fn a_process_that_lacks_a_right_is_told_which() {
    if !can_run("a process that lacks a right") {
        return;
    }
    let cases: [(&str, &'static [u32], &[&str], &str); 4] = [
        (
            ECHO,
            &[13],
            &[],
            "this process lacks CAP_NET_RAW to make an AF_XDP socket;",
        ),
        (
            ECHO,
            &[21],
            &[],
            "this process lacks CAP_SYS_ADMIN to make network namespaces;",
        ),
        (
            ECHO,
            &[21, 39],
            &["--interface", "lo"],
            "this process lacks CAP_BPF to load the redirect program;",
        ),
        (
            FORWARD,
            &[12, 13],
            &[],
            "this process lacks CAP_NET_RAW to make an AF_XDP socket, and CAP_NET_ADMIN to set up \
             interfaces and to attach the redirect program;",
        ),
    ];
    for (program, rights, arguments, why) in cases {
        let output = run_without(program, rights, arguments).expect("may drop rights");
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(why), "{complaint}");
    }
}

#[test]
fn what_cannot_run_ends_with_2_and_says_why() {
    let mac = "02:00:00:00:00:0a";
    let cases: [(&str, &[&str], &str); 5] = [
        (ECHO, &["--size", "10"], "10 is outside 54 to 9000 bytes"),
        (ECHO, &["--queue", "1"], "--interface"),
        (FORWARD, &["--interface", "b"], "--next-hop"),
        (
            FORWARD,
            &["--interface", "b", "--next-hop", "02:0"],
            "02:0 is no hardware address",
        ),
        (
            FORWARD,
            &["--interface", "b", "--next-hop", mac],
            "1 interfaces and 1 next hops are no way; give two of each",
        ),
    ];
    for (program, arguments, why) in cases {
        let (output, _) = run(program, "refused", arguments);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(why), "{complaint}");
    }
}
