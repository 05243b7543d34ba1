//! Tests of child processes: those of the program, and one that does everything wrong.

use std::env;
use std::io;
use std::process::{Command, abort};

use framewell_bench::entrant::Entrant;
use framewell_bench::memory::Memory;
use framewell_bench::remote::{Failure, Opened, Remote};
use framewell_bench::rounds::{Match, Player};
use framewell_bench::{Kind, Timed, Workload, serve};

fn home(entrant: &str) -> Result<Remote, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framewell-bench"));
    Remote::start(command.args(["serve", entrant]))
}

fn opened(remote: &Remote, entrant: &str, kind: Kind) -> Opened {
    let opened = remote.open(entrant, kind).expect("a workload");
    opened.expect("it takes part")
}

#[test]
fn child_says_who_is_there_and_runs_what_it_says() {
    let remote = home("framewell").expect("a child");
    let [framewell] = remote.entrants() else {
        panic!("one entrant: {:?}", remote.entrants());
    };
    assert_eq!(framewell.title, "framewell");
    assert_eq!(framewell.kinds.len(), Kind::every().count());
    for kind in [Kind::Pair, Kind::Dot11Mix, Kind::Window] {
        let mut open = opened(&remote, "framewell", kind);
        let timed = open.slice().expect("a slice");
        assert!(timed.steps >= 512 && timed.ns() > 0.0, "{timed:?}");
        open.end().expect("buffers that kept their content");
        assert!(open.slice().is_err(), "nothing is open");
    }
}

#[test]
fn child_is_weighed_if_it_takes_part() {
    let memory = home("malloc").and_then(|remote| remote.memory("malloc", 20_000));
    let memory = memory.expect("a child").expect("a malloc has the mix");
    assert!(memory.ratio() > 0.5, "{memory:?}");
    let none = home("framewell, RAS").and_then(|remote| remote.memory("framewell, RAS", 1));
    assert_eq!(none, Ok(None));
}

#[test]
fn unknown_names_are_told() {
    let missing = home("nobody").err().expect("nobody is there");
    assert_eq!(missing.to_string(), "nobody is named \"nobody\"");
    let remote = home("plain array").expect("a child");
    assert!(matches!(remote.open("plain array", Kind::Pair), Ok(None)));
}

/// An entrant with a fault, named for what goes wrong.
enum Faulty {
    Panics,
    Dies,
    Prints,
    Unreal,
}

impl Entrant for Faulty {
    fn title(&self) -> &'static str {
        match self {
            Self::Panics => "panics",
            Self::Dies => "dies",
            Self::Prints => "prints",
            Self::Unreal => "unreal",
        }
    }

    fn takes(&self, _: Kind) -> bool {
        true
    }

    fn check(&self) {
        assert!(!matches!(self, Self::Unreal), "two buffers overlap");
    }

    fn workload(&'static self, _: Kind) -> Option<Box<dyn Workload>> {
        Some(Box::new(Slices {
            of: self,
            before: 0,
        }))
    }

    fn memory(&'static self, _: u64, _: usize) -> Option<io::Result<Memory>> {
        Some(Err(io::Error::other("no scales")))
    }
}

/// A workload that works while the steps of a slice are found out, and for a slice with its
/// warm-up.
struct Slices {
    of: &'static Faulty,
    before: u32,
}

impl Workload for Slices {
    fn run(&mut self, steps: u64) -> Timed {
        self.before += 1;
        if self.before > 10 {
            match self.of {
                Faulty::Panics => panic!("a buffer was lost"),
                Faulty::Dies => {
                    eprintln!("corrupted double-linked list");
                    abort();
                }
                Faulty::Prints | Faulty::Unreal => println!("{{\"failed\":\"printed\"}}"),
            }
        }
        Timed {
            steps,
            elapsed: std::time::Duration::from_millis(1),
        }
    }
}

#[test]
#[ignore = "the child process of the tests below"]
fn child() {
    serve(&[
        &Faulty::Panics,
        &Faulty::Dies,
        &Faulty::Prints,
        &Faulty::Unreal,
    ]);
}

fn faulty() -> Remote {
    let mut command = Command::new(env::current_exe().expect("this program"));
    let arguments = ["child", "--exact", "--ignored", "--nocapture"];
    Remote::start(command.args(arguments)).expect("a child")
}

#[test]
fn what_is_printed_does_not_disturb_the_answers() {
    let mut open = opened(&faulty(), "prints", Kind::Pair);
    for _ in 0..3 {
        assert_eq!(open.slice().expect("a slice").ns(), 1e6 / 512.0);
    }
}

#[test]
fn who_fails_is_told_why_and_has_no_figures() {
    let remotes = [faulty(), faulty(), faulty()];
    let open = |(remote, name): (&Remote, _)| -> Box<dyn Player> {
        Box::new(opened(remote, name, Kind::Pair))
    };
    let names = ["panics", "dies", "prints"];
    let mut game = Match::new(Kind::Pair, remotes.iter().zip(names).map(open).collect());
    game.round(None);
    assert!(game.failures().is_empty(), "{:?}", game.failures());
    assert!(names.iter().all(|name| game.ns(name, None).is_some()));
    for _ in 0..3 {
        game.round(None);
    }
    game.end();
    let [(second, died), (first, panicked)] = game.failures() else {
        panic!("two failures: {:?}", game.failures());
    };
    assert_eq!((first.as_str(), second.as_str()), ("panics", "dies"));
    let panicked = panicked.to_string();
    assert!(panicked.starts_with("a buffer was lost"), "{panicked}");
    let died = died.to_string();
    assert!(died.starts_with("its process ended: signal: 6"), "{died}");
    assert!(died.contains("corrupted double-linked list"), "{died}");
    let figures = names.map(|name| game.ns(name, None).map(|ns| ns.samples));
    assert_eq!(figures, [None, None, Some(4)]);
}

#[test]
fn buffers_that_are_not_real_are_not_timed_and_failed_weighing_is_told() {
    let remote = faulty();
    for _ in 0..2 {
        let refused = remote.open("unreal", Kind::Pair).err().expect("a failure");
        assert!(refused.to_string().starts_with("two buffers overlap"));
    }
    let unweighed = remote.memory("prints", 1).expect_err("a failure");
    // What the earlier failures have printed may follow, if it was late.
    assert!(
        unweighed.to_string().starts_with("no scales"),
        "{unweighed}"
    );
}
