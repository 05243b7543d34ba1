//! The peers' workspace: its packages, and how they are built.

use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::field::Launch;
use super::figures::Missing;
use super::play::progress;

/// A peer's program, ready to be started.
pub(crate) struct Built {
    /// The name of its package, without the prefix.
    pub(crate) name: String,
    /// The crates, or the library, that it measures, and what it sets up for that.
    pub(crate) version: String,
    pub(crate) launch: Launch,
}

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
const PREFIX: &str = "peer-";

/// The number of lines that are shown of a failed build.
const LINES: usize = 8;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    #[serde(default)]
    metadata: Option<Sections>,
}

#[derive(Deserialize)]
struct Sections {
    #[serde(default)]
    compare: Wishes,
}

/// The section `[package.metadata.compare]` of a peer's manifest.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wishes {
    /// The environment variables of the peer's process.
    env: std::collections::BTreeMap<String, String>,
    /// A command that prints the version of the library that it measures.
    version: Vec<String>,
    /// Notes for people: what the peer sets up and what it gives back.
    setup: String,
    teardown: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

/// Returns the directory that this program was built into.
pub(crate) fn target() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let target = program.ancestors().nth(2).map(Path::to_path_buf);
    target.ok_or_else(|| format!("{}: not in a target directory", program.display()))
}

/// Builds the peers that are wanted, and says of each other one why it is missing.
pub(crate) fn build(
    wanted: Option<&[String]>,
    no_build: bool,
) -> Result<(Vec<Built>, Vec<Missing>), String> {
    let (mut built, mut missing) = (Vec::new(), Vec::new());
    let wanted: Option<Vec<&str>> = wanted.map(|names| {
        let names = names.iter().map(String::as_str);
        names.filter(|name| !name.is_empty()).collect()
    });
    if wanted.as_ref().is_some_and(Vec::is_empty) {
        return Ok((built, missing));
    }
    let metadata = match metadata() {
        Ok(metadata) => metadata,
        Err(why) => return Ok((built, vec![Missing::new("all peers", why)])),
    };
    let mut packages = members(&metadata);
    if let Some(wanted) = wanted {
        let known = |name: &&str| packages.iter().any(|package| short(package) == *name);
        if let Some(name) = wanted.iter().find(|name| !known(name)) {
            let all: Vec<_> = packages.iter().map(|package| short(package)).collect();
            return Err(format!(
                "no peer is named {name:?}; there are {}",
                all.join(", ")
            ));
        }
        packages.retain(|package| wanted.contains(&short(package)));
    }
    let directory = target()?.join("peers");
    let template = "{spinner} {msg}  {pos} of {len}  {elapsed_precise}";
    let bar = progress(packages.len() as u64, template);
    bar.enable_steady_tick(Duration::from_millis(200));
    for package in packages {
        bar.set_message(format!("building {}", package.name));
        match program(package, &directory, no_build) {
            Ok(program) => built.push(describe(package, &metadata, program)),
            Err(why) => missing.push(Missing::new(short(package), why)),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((built, missing))
}

fn short(package: &Package) -> &str {
    package.name.strip_prefix(PREFIX).unwrap_or(&package.name)
}

/// Returns a command for the cargo that started this program, or for the one on the search path.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    // cargo looks for its own configuration from here.
    command.current_dir(WORKSPACE).args(arguments);
    command
}

fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(useful(&String::from_utf8_lossy(&output.stderr))),
    }
}

fn metadata() -> Result<Metadata, String> {
    if !Path::new(WORKSPACE).is_dir() {
        return Err(format!("{WORKSPACE} is not there"));
    }
    let told = output(&mut cargo(&["metadata", "--format-version", "1"]))?;
    serde_json::from_slice(&told).map_err(|error| format!("cargo metadata: {error}"))
}

fn members(metadata: &Metadata) -> Vec<&Package> {
    let member = |package: &&Package| metadata.workspace_members.contains(&package.id);
    metadata.packages.iter().filter(member).collect()
}

fn program(package: &Package, directory: &Path, no_build: bool) -> Result<PathBuf, String> {
    if !no_build {
        let arguments = [
            "build",
            "--release",
            "--package",
            &package.name,
            "--target-dir",
        ];
        output(cargo(&arguments).arg(directory))?;
    }
    let file = format!("{}{}", package.name, env::consts::EXE_SUFFIX);
    let program = directory.join("release").join(file);
    match program.is_file() {
        true => Ok(program),
        false => Err("it was not built before; run without --no-build".into()),
    }
}

fn describe(package: &Package, metadata: &Metadata, program: PathBuf) -> Built {
    let sections = package.metadata.as_ref();
    let wishes = sections
        .map(|sections| sections.compare.clone())
        .unwrap_or_default();
    let version = asked(&wishes.version).unwrap_or_else(|| crates(package, metadata));
    Built {
        name: short(package).to_owned(),
        version: [version, wishes.setup, wishes.teardown]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("; "),
        launch: Launch {
            program,
            arguments: Vec::new(),
            environment: wishes.env.into_iter().collect(),
        },
    }
}

/// Returns the version that a command prints; `None` if it fails or prints nothing.
fn asked(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let told = output(Command::new(program).args(arguments)).ok()?;
    Some(
        String::from_utf8_lossy(&told)
            .lines()
            .next()?
            .trim()
            .to_owned(),
    )
}

/// Returns the crates that a package uses and this harness does not.
fn crates(package: &Package, metadata: &Metadata) -> String {
    const HARNESS: [&str; 3] = ["framewell-bench", "arrayvec", "libc"];
    let node = metadata
        .resolve
        .nodes
        .iter()
        .find(|node| node.id == package.id);
    let used = node.iter().flat_map(|node| &node.deps).filter(|used| {
        let mut kinds = used.dep_kinds.iter();
        kinds.any(|kind| kind.kind.is_none())
    });
    let mut text = String::new();
    for used in used {
        let of = metadata
            .packages
            .iter()
            .find(|package| package.id == used.pkg);
        let Some(of) = of.filter(|of| !HARNESS.contains(&of.name.as_str())) else {
            continue;
        };
        let comma = if text.is_empty() { "" } else { ", " };
        write!(text, "{comma}{} {}", of.name, of.version).expect("a string takes all");
    }
    text
}

/// Returns the lines of cargo's output that say why a build failed: the compiler's first error, or
/// the end of what a build script printed.
fn useful(printed: &str) -> String {
    let lines: Vec<&str> = printed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let from = |mark: &str| lines.iter().rposition(|line| line.starts_with(mark));
    let error = lines.iter().position(|line| line.starts_with("error"));
    let start = from("--- stderr").map(|at| at + 1).or(error).unwrap_or(0);
    let told = lines[start..]
        .iter()
        .filter(|line| !line.starts_with("warning: build failed"));
    let told: Vec<&str> = told.copied().collect();
    // A compiler's error is at the beginning, a build script's is at the end.
    let skip = if error == Some(start) {
        0
    } else {
        told.len().saturating_sub(LINES)
    };
    told.into_iter()
        .skip(skip)
        .take(LINES)
        .collect::<Vec<_>>()
        .join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_error_is_told_from_its_first_line() {
        let printed = "   Compiling peer-x v0.0.0\nwarning: unused\nerror[E0432]: unresolved import `y`\n \
                       --> src/main.rs:1:5\n\nerror: could not compile `peer-x`\n";
        let told = "error[E0432]: unresolved import `y` / --> src/main.rs:1:5 / error: could not compile `peer-x`";
        assert_eq!(useful(printed), told);
    }

    #[test]
    fn of_a_build_script_its_own_words_are_told() {
        let script = "error: failed to run custom build command for `peer-x`\n\nCaused by:\n  process didn't exit \
                      successfully\n  --- stdout\n  cargo:rerun-if-changed=x\n  --- stderr\n  libdpdk.pc: not found\n";
        assert_eq!(useful(script), "libdpdk.pc: not found");
    }

    #[test]
    fn peers_wishes_are_read_and_misspelt_ones_refused() {
        let read = |text: &str| serde_json::from_str::<Wishes>(text);
        let wishes = read(r#"{"env":{"A":"b"},"setup":"2 MiB pages"}"#).expect("wishes");
        assert_eq!(wishes.env["A"], "b");
        assert!(read(r#"{"environment":{"A":"b"}}"#).is_err());
    }
}
