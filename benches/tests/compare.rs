//! Tests of the comparison as a user runs it, with the participants that need not be built.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("framewell-compare-{name}-{}", std::process::id());
        let folder = Self(env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).expect("a folder");
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is left for the system to clear.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn compare(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framewell-bench"));
    let output = command.arg("compare").args(arguments).output();
    output.expect("the program runs")
}

fn names<'a>(lines: &'a Value, key: &str) -> Vec<&'a str> {
    let lines = lines.as_array().expect("lines");
    lines.iter().filter_map(|line| line[key].as_str()).collect()
}

#[test]
fn one_workload_gives_table_figures_verdict_and_report() {
    let folder = Folder::new("figures");
    let names_of_files = ["figures.json", "report.html", "tables.md"];
    let [json, report, tables] = names_of_files.map(|name| folder.0.join(name));
    let [to_json, to_report, to_tables] =
        [&json, &report, &tables].map(|path| path.to_str().expect("text"));
    let files = [
        "--json",
        to_json,
        "--report",
        to_report,
        "--markdown",
        to_tables,
    ];
    let output = compare(&[&["--quick", "--only", "dot11-m", "--peers"], &files[..]].concat());
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(printed.contains("dot11-mix"), "{printed}");
    assert!(printed.contains("malloc, the fastest peer"), "{printed}");

    let figures = fs::read(json).expect("figures");
    let figures: Value = serde_json::from_slice(&figures).expect("JSON");
    let mut timed = names(&figures["lines"], "contestant");
    timed.sort_unstable();
    assert_eq!(
        timed,
        [
            "framewell",
            "framewell, portable",
            "linked lists",
            "malloc",
            "plain array",
            "plain lists"
        ]
    );
    assert_eq!(names(&figures["verdicts"], "peer"), ["malloc"]);
    let verdict = &figures["verdicts"][0];
    let missed = verdict["met"] == Value::Bool(false);
    let bounds = names(&verdict["floors"], "floor");
    assert_eq!(bounds.len(), if missed { 3 } else { 0 }, "{bounds:?}");
    assert!(printed.contains("the target is"), "{printed}");
    let mut weighed = names(&figures["memory"], "contestant");
    weighed.sort_unstable();
    assert_eq!(weighed, ["framewell", "framewell, portable", "malloc"]);
    for told in ["cpu", "kernel", "compiler", "date"] {
        assert!(figures["machine"][told].is_string(), "{told}");
    }

    let tables = fs::read_to_string(tables).expect("tables");
    let row = |line: &str| line.starts_with('|') && line.contains("framewell, portable");
    assert_eq!(
        tables.lines().filter(|line| row(line)).count(),
        2,
        "{tables}"
    );

    let page = fs::read_to_string(report).expect("a report");
    for part in [
        "dot11-mix",
        "floor: plain array",
        "2.50",
        "Slices of dot11-mix",
        "Memory",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn workload_that_does_not_exist_is_refused_with_those_that_do() {
    let output = compare(&["--only", "nothing", "--peers"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        told.contains("no workload has \"nothing\" in its name; there are pair, "),
        "{told}"
    );
}
