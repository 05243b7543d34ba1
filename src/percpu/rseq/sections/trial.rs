//! The trial, which finds out whether the kernel aborts sections at all. It is made once a process,
//! before the first pool relies on it.
//!
//! A kernel, an emulator or a sandbox that registers areas and does not abort would give a frame
//! two owners, and nothing else would tell. (Linux from 6.19 on, until it was mended in 7.0.14 and
//! 7.1, is such a kernel on aarch64.) So a section waits, and a second thread, the helper, fences
//! its CPU:
//!
//! ```text
//!   caller: a section                       helper: a thread for the time of the trial
//!     n = n + 1, started = n
//!     waits until fenced >= n                 sees started = n
//!       aborted: starts over, as n + 1  ◄──   fences (#cpu-fence) that CPU, or all, in turn
//!       not aborted: sees fenced = n    ◄──   fenced = n
//!                                             sees another number: the section was aborted
//!     sees fenced = ENOUGH              ◄──   when that was so often enough
//! ```
//!
//! A section that sees its own number in `fenced` began before a fence that is over, and was not
//! aborted: that is a verdict, at once. The opposite takes several fences, since something else can
//! abort a section just then. The helper keeps off the caller's CPU, and counts what is aborted
//! promptly: a section that was preempted when the fence came starts over later, by its preemption.
//! Where there is one CPU alone, or so much to do that the two threads do not run at the same time,
//! what is aborted late has to do. It does not if the kernel is of a release that may not abort
//! sections.
//!
//! The trial is bounded. A helper that does not come in time, or cannot be started, means that the
//! kernel was not seen to abort, and so no sequences. Nobody waits for another's trial: a child
//! that is forked meanwhile makes its own. Signals wait until the trial is over: a handler would
//! run amid it, perhaps on the helper's small stack.

use std::array;
use std::hint;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::{SLOT, isa};
use crate::sync::{AtomicU32, Ordering};
use crate::sys::{Affinity, Area, Blocked, NoRseq};

/// The number of fences that have to abort the section: half of them fence its CPU, half of them
/// all CPUs.
const FENCES: u32 = 4;

/// The number of turns in one wait: about half a millisecond.
const TURNS: u32 = 1 << 20;

/// The caller gives up after so much time, if it has waited so often too: the helper will not come.
/// A caller that has a CPU to itself waits so often in half of that time. Where the machine is
/// emulated, or has much else to do, the caller is as slow as the helper, and takes longer.
const PATIENCE: Duration = Duration::from_secs(2);
const WAITS: u32 = 2000;

/// After this time the caller gives up, however seldom it has waited.
const LIMIT: Duration = Duration::from_secs(20);

/// A section that a fence aborts has started over within this time.
const PROMPT: Duration = Duration::from_micros(200);

/// The length of the helper's naps, when it looks in vain. Awake it preempts a section that waits
/// on the same CPU.
const NAP: Duration = Duration::from_micros(50);

/// The size of the helper's stack, in bytes.
const STACK: usize = 64 << 10;

/// The memory that the two threads share.
struct Shared {
    /// The words are laid out as a cache: the count is that of the waits that came to their end.
    words: [AtomicU32; FENCED + 1],
    /// This is 1 when the caller has its verdict.
    over: AtomicU32,
}

/// The index of the word that names the CPU on which the section runs.
pub(super) const CPU: usize = SLOT;
/// The index of the word with the section's number.
pub(super) const STARTED: usize = SLOT + 1;
/// The index of the word with the last number that was fenced, or with one of the two values below.
pub(super) const FENCED: usize = SLOT + 2;

/// This value says that fences have aborted the section often enough.
const ENOUGH: u32 = u32::MAX;
/// This value says that the kernel has refused a fence.
const REFUSED: u32 = u32::MAX - 1;

type Verdict = Result<(), NoRseq>;

/// The verdicts that a trial can end with, the worst last.
const VERDICTS: [Verdict; 4] = [
    Ok(()),
    Err(NoRseq::Fence),
    Err(NoRseq::Untested),
    Err(NoRseq::Unaborted),
];

/// A bit for each verdict of this process, by its place in `VERDICTS`. Of several trials at the
/// same time the worst counts.
static VERDICT: AtomicU32 = AtomicU32::new(0);

/// Returns whether the kernel aborts sections, by a trial if this process has made none yet. A
/// trial enters the kernel and starts a thread. The thread has ended when the call returns, unless
/// it did not come in time.
pub(crate) fn try_out(area: Area) -> Verdict {
    // Relaxed, here and below: a number by itself.
    let mut known = VERDICT.load(Ordering::Relaxed);
    if known == 0 {
        let verdict = run(area);
        let place = VERDICTS.iter().position(|known| *known == verdict);
        let own = 1 << place.expect("there are no other verdicts");
        known = VERDICT.fetch_or(own, Ordering::Relaxed) | own;
    }
    VERDICTS[known.ilog2() as usize]
}

/// Makes a trial and returns its verdict.
pub(crate) fn run(area: Area) -> Verdict {
    let _blocked = Blocked::all();
    let shared = Arc::new(Shared {
        words: array::from_fn(|_| AtomicU32::new(0)),
        over: AtomicU32::new(0),
    });
    let help = {
        let shared = shared.clone();
        move || fence_sections(area, &shared)
    };
    let thread = thread::Builder::new().name("framewell trial".into());
    let Ok(helper) = thread.stack_size(STACK).spawn(help) else {
        return Err(NoRseq::Untested);
    };
    let verdict = wait(area, &shared.words);
    // Relaxed: the number alone is used.
    shared.over.store(1, Ordering::Relaxed);
    // A helper that has not come in time may not come soon. It ends by itself.
    if verdict != Err(NoRseq::Untested) || helper.is_finished() {
        let _ = helper.join();
    }
    verdict
}

/// Waits in sections until there is a verdict, and returns it.
fn wait(area: Area, words: &[AtomicU32]) -> Verdict {
    let began = Instant::now();
    let mut number = 0;
    for waits in 1.. {
        let at = words.as_ptr().cast_mut().cast();
        // SAFETY: the words are atomics, as many as `trial` has places for, and outlive the call.
        let came_to_its_end = unsafe { isa::wait(area, at, TURNS, &mut number) };
        // Relaxed: the number alone is used.
        match words[FENCED].load(Ordering::Relaxed) {
            ENOUGH => return Ok(()),
            REFUSED => return Err(NoRseq::Fence),
            _ if !came_to_its_end => return Err(NoRseq::Unaborted),
            _ if is_enough(waits, began.elapsed()) => break,
            _ => {}
        }
    }
    Err(NoRseq::Untested)
}

/// Returns whether the caller has waited for the helper long enough.
fn is_enough(waits: u32, time: Duration) -> bool {
    waits >= WAITS && time > PATIENCE || time > LIMIT
}

/// Fences each section that begins, until enough of them were aborted, or the kernel refuses.
fn fence_sections(area: Area, shared: &Shared) {
    let words = &shared.words;
    // Relaxed: a fence (#cpu-fence), if there was one, comes before in the kernel's order.
    let tell = |number| words[FENCED].store(number, Ordering::Relaxed);
    let mut pace = Pace::new(area);
    // No section has the number 0.
    let (mut last, mut aborted) = (0, 0);
    // Relaxed: the number alone is used.
    while shared.over.load(Ordering::Relaxed) == 0 {
        // Acquire: pairs with the section's store; its CPU was written before.
        let number = words[STARTED].load(Ordering::Acquire);
        if number == last {
            pace.look_again();
            continue;
        }
        aborted += u32::from(last != 0 && pace.counts());
        if aborted == FENCES {
            return tell(ENOUGH);
        }
        last = number;
        // Relaxed: published with the number.
        let cpu = words[CPU].load(Ordering::Relaxed);
        pace.keep_off(cpu);
        let all = aborted % 2 == 1;
        if !area.fence((!all).then_some(cpu)) {
            return tell(REFUSED);
        }
        tell(number);
        pace.fenced = Instant::now();
    }
}

/// The helper's CPU, and how long the helper takes.
struct Pace {
    affinity: Affinity,
    /// The CPU that the helper keeps off, if it has another.
    off: Option<u32>,
    is_elsewhere: bool,
    is_suspect: bool,
    began: Instant,
    fenced: Instant,
}

impl Pace {
    fn new(area: Area) -> Self {
        let now = Instant::now();
        Self {
            affinity: Affinity::here(),
            off: None,
            is_elsewhere: false,
            is_suspect: area.is_suspect(),
            began: now,
            fenced: now,
        }
    }

    fn keep_off(&mut self, cpu: u32) {
        if self.off != Some(cpu) {
            self.off = Some(cpu);
            self.is_elsewhere = self.affinity.apply_without(cpu);
        }
    }

    /// Returns whether it counts that the section has started over since the fence.
    fn counts(&self) -> bool {
        let lenient = !self.is_elsewhere || self.began.elapsed() > PATIENCE / 2;
        self.fenced.elapsed() < PROMPT || (lenient && !self.is_suspect)
    }

    fn look_again(&self) {
        if self.fenced.elapsed() < PROMPT {
            hint::spin_loop();
        } else {
            thread::sleep(NAP);
        }
    }
}
