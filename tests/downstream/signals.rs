//! A storm of signals, and what its handler sees. The kernel moves an interrupted sequence to its
//! abort handler before it runs the handler of the signal.

use std::cell::Cell;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// What the calling thread is doing.
#[derive(Clone, Copy)]
pub enum Doing {
    Other,
    Singles,
    Bursts,
}

thread_local!(static DOING: Cell<Doing> = const { Cell::new(Doing::Other) });

pub fn doing(what: Doing) {
    DOING.set(what);
}

/// A section's descriptor, as the kernel reads it.
#[repr(C, align(32))]
struct Section {
    version: u32,
    flags: u32,
    start: u64,
    length: u64,
    abort: u64,
}

unsafe extern "C" {
    // These are the linker's names for the ends of the output section.
    #[link_name = "__start___rseq_cs"]
    static FIRST: Section;
    #[link_name = "__stop___rseq_cs"]
    static END: Section;
}

/// Returns the descriptors of all sections in the program.
fn sections() -> &'static [Section] {
    let (first, end) = (&raw const FIRST, &raw const END);
    let count = (end.addr() - first.addr()) / size_of::<Section>();
    // SAFETY: the linker lays the descriptors out without gaps, each on a multiple of its size.
    unsafe { std::slice::from_raw_parts(first, count) }
}

/// The number of signals. The next four count the signals that found a thread at an abort handler
/// while it got or freed one frame, while it got or freed several, at another time, and those that
/// found it in the middle of a section.
static SIGNALS: AtomicU64 = AtomicU64::new(0);
static SINGLES: AtomicU64 = AtomicU64::new(0);
static BURSTS: AtomicU64 = AtomicU64::new(0);
static OTHERS: AtomicU64 = AtomicU64::new(0);
static INSIDE: AtomicU64 = AtomicU64::new(0);
/// The sections that were aborted.
static ABORTED: [AtomicU8; 4096] = [const { AtomicU8::new(0) }; 4096];

#[cfg(target_arch = "x86_64")]
fn pc(context: &libc::ucontext_t) -> u64 {
    context.uc_mcontext.gregs[libc::REG_RIP as usize] as u64
}

#[cfg(target_arch = "aarch64")]
fn pc(context: &libc::ucontext_t) -> u64 {
    context.uc_mcontext.pc
}

extern "C" fn handle(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a ucontext_t to a handler installed with SA_SIGINFO.
    let at = pc(unsafe { &*context.cast::<libc::ucontext_t>() });
    SIGNALS.fetch_add(1, Relaxed);
    for (number, section) in sections().iter().enumerate() {
        if at == section.abort {
            match DOING.get() {
                Doing::Singles => &SINGLES,
                Doing::Bursts => &BURSTS,
                Doing::Other => &OTHERS,
            }
            .fetch_add(1, Relaxed);
            ABORTED[number % ABORTED.len()].store(1, Relaxed);
        }
        if at.wrapping_sub(section.start) < section.length {
            INSIDE.fetch_add(1, Relaxed);
        }
    }
}

fn aborted() -> usize {
    let aborted = |section: &&AtomicU8| section.load(Relaxed) != 0;
    ABORTED.iter().filter(aborted).count()
}

/// Returns whether the storm has hit sections of each kind, and often.
pub fn enough() -> bool {
    let both = SINGLES.load(Relaxed) >= 50 && BURSTS.load(Relaxed) >= 50;
    both && aborted() >= 4 && SIGNALS.load(Relaxed) >= 500
}

/// Prints the figures of the storm.
pub fn print() {
    println!("sections {}", sections().len());
    println!("sections.aborted {}", aborted());
    println!("signals {}", SIGNALS.load(Relaxed));
    println!("aborts.singles {}", SINGLES.load(Relaxed));
    println!("aborts.bursts {}", BURSTS.load(Relaxed));
    println!("aborts.others {}", OTHERS.load(Relaxed));
    println!("inside {}", INSIDE.load(Relaxed));
}

fn mask(how: libc::c_int) {
    // SAFETY: an all-zero sigset_t is room for a set.
    let mut set: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: `set` is a sigset_t.
    unsafe { libc::sigemptyset(&mut set) };
    // SAFETY: `set` is a sigset_t, and the signal exists.
    unsafe { libc::sigaddset(&mut set, libc::SIGALRM) };
    // SAFETY: `set` is a set, and the old one is not asked for.
    let answer = unsafe { libc::pthread_sigmask(how, &set, ptr::null_mut()) };
    assert_eq!(answer, 0, "pthread_sigmask");
}

/// Installs the handler, and keeps the calling thread and those that it starts from taking signals.
pub fn install() {
    assert!(
        sections()
            .iter()
            .all(|section| section.version == 0 && section.flags == 0)
    );
    // SAFETY: an all-zero sigaction is the default one.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handle as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the handler only touches atomics and a constant thread-local.
    let answer = unsafe { libc::sigaction(libc::SIGALRM, &action, ptr::null_mut()) };
    assert_eq!(answer, 0, "sigaction");
    mask(libc::SIG_BLOCK);
}

/// Lets the calling thread take signals.
pub fn take() {
    mask(libc::SIG_UNBLOCK);
}

/// Begins or ends the storm, which is a signal every 50 µs.
pub fn storm(on: bool) {
    let every = libc::timeval {
        tv_sec: 0,
        tv_usec: if on { 50 } else { 0 },
    };
    let timer = libc::itimerval {
        it_interval: every,
        it_value: every,
    };
    // SAFETY: `timer` is an itimerval, and the old one is not asked for.
    let answer = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut()) };
    assert_eq!(answer, 0, "setitimer");
}

/// Returns the CPUs of the calling thread's affinity mask.
pub fn cpus() -> Vec<usize> {
    // SAFETY: an all-zero cpu_set_t is the empty set.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: `set` is a cpu_set_t of the size given.
    let answer = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) };
    assert_eq!(answer, 0, "sched_getaffinity");
    (0..libc::CPU_SETSIZE as usize)
        // SAFETY: CPU_ISSET checks its bounds.
        .filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) })
        .collect()
}

/// Moves the calling thread to a CPU.
pub fn pin(cpu: usize) {
    // SAFETY: an all-zero cpu_set_t is the empty set.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: CPU_SET checks its bounds.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: `set` is a cpu_set_t of the size given.
    let answer = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) };
    assert_eq!(answer, 0, "CPU {cpu} is in the mask");
}
