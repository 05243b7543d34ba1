//! The parent's side of a child process. It starts the child, asks it, and says why it cannot if
//! the child fails or dies.
//!
//! A child is asked one thing at a time and sleeps between requests. One thread reads its answers,
//! so that a child that hangs is noticed. Another reads what it prints, the last lines of which go
//! with every failure.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::latency::{Disturbance, Latency};
use crate::memory::Memory;
use crate::protocol::{Answer, Introduction, Request};
use crate::rounds::Player;
use crate::work::{Kind, Timed};

/// The time after which a child that says nothing is taken to hang.
const PATIENCE: Duration = Duration::from_secs(120);
/// The time within which what a child has printed is read, on all but the busiest machines.
const SETTLING: Duration = Duration::from_millis(100);
/// The time that a child has to end after its input did.
const ENDING: Duration = Duration::from_secs(10);
/// The number of lines that are kept of what a child printed.
const LINES: usize = 8;

/// The reason why a child does not do what it was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// A child process with its entrants.
#[derive(Clone)]
pub struct Remote {
    line: Rc<RefCell<Line>>,
    entrants: Rc<[Introduction]>,
}

impl Remote {
    /// Starts a child and waits until it has said which entrants it has.
    ///
    /// # Errors
    ///
    /// If the child cannot be started, lacks something, or ends.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        let mut line = Line::start(command)?;
        let entrants = match line.hear()? {
            Answer::Hello(entrants) => entrants.into(),
            Answer::Missing(why) | Answer::Failed(why) => return Err(Failure(why)),
            other => return Err(line.astray(&other)),
        };
        let line = Rc::new(RefCell::new(line));
        Ok(Self { line, entrants })
    }

    /// Returns the entrants of the child.
    #[must_use]
    pub fn entrants(&self) -> &[Introduction] {
        &self.entrants
    }

    /// Makes a workload in the child; `None` if the entrant does not take part.
    ///
    /// It stays open until it [ends](Player::end) or the entrant opens another one.
    ///
    /// # Errors
    ///
    /// If the entrant's buffers are not what they should be, or the child ends.
    pub fn open(&self, entrant: &str, kind: Kind) -> Result<Option<Opened>, Failure> {
        let request = Request::Open {
            entrant: entrant.to_owned(),
            kind: kind.name().to_owned(),
        };
        let mut line = self.line.borrow_mut();
        match line.ask(&request)? {
            Answer::Opened { steps } => Ok(Some(Opened {
                line: Rc::clone(&self.line),
                entrant: entrant.to_owned(),
                steps,
            })),
            Answer::Apart => Ok(None),
            other => Err(line.astray(&other)),
        }
    }

    /// Weighs an entrant in the child, which should have done nothing else; `None` if the entrant
    /// does not take part.
    ///
    /// # Errors
    ///
    /// If the system does not report the memory, or the child ends.
    pub fn memory(&self, entrant: &str, steps: u64) -> Result<Option<Memory>, Failure> {
        let entrant = entrant.to_owned();
        let mut line = self.line.borrow_mut();
        match line.ask(&Request::Memory { entrant, steps })? {
            Answer::Memory(memory) => Ok(memory),
            other => Err(line.astray(&other)),
        }
    }
}

impl Remote {
    /// Measures the gets of an entrant in the child for so many milliseconds; `None` if the entrant
    /// does not take part.
    ///
    /// # Errors
    ///
    /// If the child ends.
    pub fn latency(
        &self,
        entrant: &str,
        disturbance: Disturbance,
        ms: u64,
    ) -> Result<Option<Latency>, Failure> {
        let mut line = self.line.borrow_mut();
        let request = Request::Latency {
            entrant: entrant.to_owned(),
            disturbance,
            ms,
        };
        match line.ask(&request)? {
            Answer::Latency(latency) => Ok(latency),
            other => Err(line.astray(&other)),
        }
    }
}

/// A workload in a child.
pub struct Opened {
    line: Rc<RefCell<Line>>,
    entrant: String,
    steps: u64,
}

impl Player for Opened {
    fn name(&self) -> &str {
        &self.entrant
    }

    fn slice(&mut self) -> Result<Timed, Failure> {
        let (entrant, steps) = (self.entrant.clone(), self.steps);
        let mut line = self.line.borrow_mut();
        match line.ask(&Request::Run { entrant, steps })? {
            Answer::Ran { steps, ns } => Ok(Timed {
                steps,
                elapsed: Duration::from_nanos(ns),
            }),
            other => Err(line.astray(&other)),
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        let entrant = self.entrant.clone();
        let mut line = self.line.borrow_mut();
        match line.ask(&Request::Close { entrant })? {
            Answer::Closed => Ok(()),
            other => Err(line.astray(&other)),
        }
    }
}

/// The pipes to a child.
struct Line {
    child: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
    printed: Arc<Mutex<VecDeque<String>>>,
    printing: JoinHandle<()>,
}

impl Line {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Failure(format!("{program}: {error}")))?;
        let (sender, answers) = channel();
        let stdout = child.stdout.take().expect("a piped output");
        // The thread ends with the child's output.
        thread::spawn(move || lines(stdout, |line| drop(sender.send(line))));
        let printed = Arc::<Mutex<VecDeque<String>>>::default();
        let kept = Arc::clone(&printed);
        let stderr = child.stderr.take().expect("a piped error output");
        let printing = thread::spawn(move || {
            lines(stderr, |line| {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back(line);
                if kept.len() > LINES {
                    kept.pop_front();
                }
            });
        });
        Ok(Self {
            requests: child.stdin.take(),
            child,
            answers,
            printed,
            printing,
        })
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        let mut line = serde_json::to_vec(request).map_err(|error| Failure(error.to_string()))?;
        line.push(b'\n');
        let sent = self.requests.as_mut().map(|pipe| pipe.write_all(&line));
        match sent {
            Some(Ok(())) => match self.hear()? {
                Answer::Failed(why) => {
                    // What the child printed was written before, and may not be read yet.
                    thread::sleep(SETTLING);
                    Err(self.failure(&why))
                }
                answer => Ok(answer),
            },
            Some(Err(_)) | None => Err(self.death()),
        }
    }

    /// Waits for an answer. What was printed before the child took its output is passed over.
    fn hear(&mut self) -> Result<Answer, Failure> {
        let end = Instant::now() + PATIENCE;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            match self.answers.recv_timeout(rest) {
                Ok(line) => {
                    if let Ok(answer) = serde_json::from_str(&line) {
                        return Ok(answer);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.requests = None;
                    // The child may have ended just now, so an error does not matter.
                    let _ = self.child.kill();
                    return Err(self.failure(&format!("no answer for {} s", PATIENCE.as_secs())));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.death()),
            }
        }
    }

    fn death(&mut self) -> Failure {
        self.requests = None;
        let status = self.child.wait();
        // The child's last words may still be on the way, and a process that it started may hold
        // the pipe open.
        wait_until(Duration::from_millis(500), || self.printing.is_finished());
        match status {
            Ok(status) => self.failure(&format!("its process ended: {status}")),
            Err(error) => self.failure(&format!("its process: {error}")),
        }
    }

    fn astray(&mut self, answer: &Answer) -> Failure {
        self.failure(&format!("an answer to another question: {answer:?}"))
    }

    /// Returns a failure with what the child printed last.
    fn failure(&mut self, why: &str) -> Failure {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<String> = printed.drain(..).collect();
        let why = why.replace('\n', " ");
        match lines.is_empty() {
            true => Failure(why),
            false => Failure(format!("{why}; it printed: {}", lines.join(" / "))),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // The end of its input tells the child to end.
        self.requests = None;
        if !wait_until(ENDING, || !matches!(self.child.try_wait(), Ok(None))) {
            // The child may have ended just now, so an error does not matter.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn lines(pipe: impl Read, mut take: impl FnMut(String)) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(pipe.read_until(b'\n', &mut line), Ok(1..)) {
        take(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
}

/// Looks from time to time until something holds, and returns whether it did in time.
fn wait_until(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}
