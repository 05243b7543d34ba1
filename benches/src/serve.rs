//! A child process, which answers for the entrants that live in it.
//!
//! It speaks on what was its standard output; whatever else is printed goes to standard error. A
//! panic is answered as a failure. The workload that panicked is left as it is, for nothing is
//! known of it. An entrant is checked when its first workload is opened, but not in a process that
//! weighs it.

use std::any::Any;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use crate::cpus;
use crate::entrant::Entrant;
use crate::lengths::lengths;
use crate::memory::resident;
use crate::protocol::{Answer, Introduction, Request};
use crate::rounds::steps_of;
use crate::work::{Kind, Threads, Workload};

/// Serves until standard input ends. It is the `main` of a peer.
///
/// ```no_run
/// use framewell_bench::contestants::MALLOC;
/// use framewell_bench::entrant::Both;
///
/// fn main() -> std::process::ExitCode {
///     static SYSTEM: Both<framewell_bench::contestants::Heap<std::alloc::System>> = Both(MALLOC);
///     framewell_bench::serve(&[&SYSTEM])
/// }
/// ```
pub fn serve(entrants: &[&'static dyn Entrant]) -> ExitCode {
    serve_with(|| Ok(entrants.to_vec()))
}

/// Serves like [`serve`], with entrants that need something, which `make` prepares.
///
/// What `make` prints disturbs nobody. If it fails, the parent reports the reason that it gives.
pub fn serve_with(make: impl FnOnce() -> Result<Vec<&'static dyn Entrant>, String>) -> ExitCode {
    let mut out = match take_stdout() {
        Ok(out) => out,
        Err(error) => {
            eprintln!("standard output cannot be taken: {error}");
            return ExitCode::FAILURE;
        }
    };
    cpus::settle();
    match converse(make, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the parent does not listen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn converse(
    make: impl FnOnce() -> Result<Vec<&'static dyn Entrant>, String>,
    out: &mut File,
) -> io::Result<()> {
    let made = catch_unwind(AssertUnwindSafe(make));
    let mut session = match made.unwrap_or_else(|panic| Err(words(&*panic))) {
        Ok(entrants) => Session::new(entrants),
        Err(why) => return say(out, &Answer::Missing(why)),
    };
    say(out, &session.hello())?;
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?) {
            Ok(request) => catch_unwind(AssertUnwindSafe(|| session.answer(request)))
                .unwrap_or_else(|panic| Err(words(&*panic))),
            Err(error) => Err(format!("not a request: {error}")),
        };
        say(out, &answer.unwrap_or_else(Answer::Failed))?;
    }
    Ok(())
}

fn say(out: &mut File, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    out.write_all(&line)
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words").to_owned()
}

struct Place {
    entrant: &'static dyn Entrant,
    checked: bool,
    open: Option<(Kind, Box<dyn Workload>)>,
}

struct Session(Vec<Place>);

impl Session {
    fn new(entrants: Vec<&'static dyn Entrant>) -> Self {
        let place = |entrant| Place {
            entrant,
            checked: false,
            open: None,
        };
        Self(entrants.into_iter().map(place).collect())
    }

    fn hello(&self) -> Answer {
        let introduce = |place: &Place| {
            let taken = |kind: &Kind| place.entrant.takes(*kind);
            let kinds = Kind::every().filter(taken);
            Introduction {
                title: place.entrant.title().to_owned(),
                kinds: kinds.map(|kind| kind.name().to_owned()).collect(),
            }
        };
        Answer::Hello(self.0.iter().map(introduce).collect())
    }

    fn place(&mut self, entrant: &str) -> Result<&mut Place, String> {
        let mut places = self.0.iter_mut();
        let found = places.find(|place| place.entrant.title() == entrant);
        found.ok_or_else(|| format!("no entrant is named {entrant:?}"))
    }

    fn answer(&mut self, request: Request) -> Result<Answer, String> {
        match request {
            Request::Open { entrant, kind } => self.place(&entrant)?.open(&kind),
            Request::Run { entrant, steps } => self.place(&entrant)?.run(steps),
            Request::Close { entrant } => {
                drop(self.place(&entrant)?.open.take());
                Ok(Answer::Closed)
            }
            Request::Memory { entrant, steps } => self.place(&entrant)?.memory(steps),
            Request::Latency {
                entrant,
                disturbance,
                ms,
            } => {
                let entrant = self.place(&entrant)?.entrant;
                let latency = entrant.latency(disturbance, Duration::from_millis(ms));
                Ok(Answer::Latency(latency))
            }
        }
    }
}

impl Place {
    fn open(&mut self, kind: &str) -> Result<Answer, String> {
        drop(self.open.take());
        let kind = Kind::named(kind).ok_or_else(|| format!("no workload is named {kind:?}"))?;
        if !self.checked {
            self.entrant.check();
            self.checked = true;
        }
        let Some(mut workload) = self.entrant.workload(kind) else {
            return Ok(Answer::Apart);
        };
        let steps = steps_of(&mut *workload, kind.slice());
        self.open = Some((kind, workload));
        Ok(Answer::Opened { steps })
    }

    fn run(&mut self, steps: u64) -> Result<Answer, String> {
        let (kind, open) = self.open.take().ok_or("no workload is open")?;
        // A panic does not drop the workload: what it would free may be what broke.
        let mut open = mem::ManuallyDrop::new(open);
        // The processes before left nothing of this process's data in the caches (M5). Long slices
        // warm up by themselves.
        if kind.threads() != Threads::Many {
            open.run(steps);
        }
        let timed = open.run(steps);
        self.open = Some((kind, mem::ManuallyDrop::into_inner(open)));
        Ok(Answer::Ran {
            steps: timed.steps,
            ns: timed.elapsed.as_nanos() as u64,
        })
    }

    fn memory(&self, steps: u64) -> Result<Answer, String> {
        let _ = lengths();
        let before = resident().map_err(|error| error.to_string())?;
        let memory = self.entrant.memory(steps, before).transpose();
        memory
            .map(Answer::Memory)
            .map_err(|error| error.to_string())
    }
}

/// Returns standard output. From now on what is printed there goes to standard error.
#[cfg(unix)]
fn take_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    let out = io::stdout().as_fd().try_clone_to_owned()?;
    // SAFETY: both are descriptors of this process, and standard output stays open for whoever
    // writes to it.
    if unsafe { libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(out.into())
}

/// Returns standard output, which others may still print to.
#[cfg(windows)]
fn take_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
