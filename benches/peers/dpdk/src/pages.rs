//! 2 MiB pages for DPDK, which the kernel lends and gets back.
//!
//! A second process, the keeper, takes the pages and gives them back when its standard input ends.
//! That is when this process ends, in whatever way: neither a crash nor a kill leaves the machine
//! with less memory. The keeper has a process group of its own, so that an interrupt from a
//! terminal does not reach it.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};

/// The argument that makes this program the keeper.
pub(crate) const KEEPER: &str = "keep-pages";

/// The number of pages for DPDK: 256 MiB, of which its pools take half.
const WANTED: usize = 128;

const DIRECTORY: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB";

/// The process that keeps the pages.
pub(crate) struct Pages(Child);

impl Pages {
    /// Starts the keeper, and returns when the pages are there.
    pub(crate) fn borrow_from_kernel() -> Result<Self, String> {
        let failed =
            |error: io::Error| format!("who keeps the 2 MiB pages does not start: {error}");
        let mut keeper = Command::new(env::current_exe().map_err(failed)?)
            .arg(KEEPER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let mut told = String::new();
        let said = keeper.stdout.take().expect("a pipe");
        BufReader::new(said).read_line(&mut told).map_err(failed)?;
        match told.trim_end() {
            "ready" => Ok(Self(keeper)),
            why => Err(why.to_owned()),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // The keeper itself says what went wrong.
        let _ = self.0.wait();
    }
}

/// Keeps the pages. It is the keeper's `main`.
pub(crate) fn keep() -> ExitCode {
    let lent = match lend() {
        Ok(lent) => lent,
        Err(why) => {
            println!("{why}");
            return ExitCode::FAILURE;
        }
    };
    println!("ready");
    // Nothing is ever said; the input ends.
    let _ = io::stdin().read_to_end(&mut Vec::new());
    match give_back(lent) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{lent} pages of 2 MiB are not given back: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Has the kernel make the pages, and returns how many it made. That is none if it may not make any
/// and enough are free.
fn lend() -> Result<usize, String> {
    let unknown = |error| format!("no pages of 2 MiB here: {DIRECTORY}: {error}");
    // The pages that are free now may soon be another process's.
    let all = read("nr_hugepages").map_err(unknown)?;
    if let Err(error) = write(all + WANTED) {
        let free = read("free_hugepages").map_err(unknown)?;
        return if free >= WANTED {
            Ok(0)
        } else {
            Err(format!(
                "{free} pages of 2 MiB are free and {WANTED} are needed, which takes root: {error}; sysctl \
                 vm.nr_hugepages={}",
                all + WANTED
            ))
        };
    }
    let made = read("nr_hugepages").map_err(unknown)?.saturating_sub(all);
    if made == WANTED {
        return Ok(made);
    }
    let stay = match give_back(made) {
        Ok(()) => String::new(),
        Err(error) => format!("; they stay: {error}"),
    };
    Err(format!(
        "the kernel found room for {made} of {WANTED} pages of 2 MiB{stay}"
    ))
}

/// Gives the pages back to the kernel. Pages that are still in use go when they are freed.
fn give_back(lent: usize) -> io::Result<()> {
    if lent == 0 {
        return Ok(());
    }
    write(read("nr_hugepages")?.saturating_sub(lent))
}

fn read(name: &str) -> io::Result<usize> {
    let text = fs::read_to_string(format!("{DIRECTORY}/{name}"))?;
    text.trim_end().parse().map_err(io::Error::other)
}

fn write(pages: usize) -> io::Result<()> {
    fs::write(format!("{DIRECTORY}/nr_hugepages"), pages.to_string())
}
