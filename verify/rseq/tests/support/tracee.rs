//! A child process whose first thread is stopped and resumed at will. The other threads run on
//! untraced.
//!
//! The child is a fork, so its code lies where ours does. The first thread comes to a stop of its
//! own with [`rest`].

use std::cell::Cell;
use std::io;
use std::mem::{self, offset_of};
use std::process;
use std::ptr;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A child under ptrace, which is killed when this is dropped.
pub(crate) struct Tracee {
    pid: libc::pid_t,
    gone: Cell<bool>,
    watchdog: Option<(Sender<()>, JoinHandle<()>)>,
}

/// How the thread came to a stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// A signal stopped it: a breakpoint, a step, a rest, or one that is to be delivered.
    Signal(libc::c_int),
    /// It is gone: it has exited, or it was killed.
    Gone(libc::c_int),
}

/// Comes to a stop, in a child that is traced.
#[inline(always)]
pub(crate) fn rest() {
    // SAFETY: the trap stops the traced thread, whose tracer resumes it behind it.
    unsafe { std::arch::asm!("int3", options(nostack)) };
}

impl Tracee {
    /// Forks a child that runs `body` from its first rest on. Returns `Err` if tracing is not
    /// allowed. The child is killed if the tracer does not hear of it for `patience`.
    pub(crate) fn fork(patience: Duration, body: impl FnOnce()) -> Result<Self, String> {
        let tracer = process::id();
        // SAFETY: the child only runs `body` and exits. The tests fork one at a time, and no other
        // thread holds a lock that the child needs (libc keeps its own in order).
        let pid = unsafe { libc::fork() };
        match pid {
            0 => child(tracer, body),
            -1 => Err(format!("fork: {}", io::Error::last_os_error())),
            _ => Self::attach(pid, patience),
        }
    }

    fn attach(pid: libc::pid_t, patience: Duration) -> Result<Self, String> {
        let tracee = Self {
            pid,
            gone: Cell::new(false),
            watchdog: Some(watch(pid, patience)),
        };
        match tracee.wait() {
            Event::Signal(libc::SIGSTOP) => {}
            event => return Err(format!("ptrace is not permitted ({event:?})")),
        }
        // Register 0 is set to any address, enabled, and disabled again.
        for (number, value) in [(0, tracee.ip()), (7, 1), (7, 0)] {
            tracee
                .try_request(
                    libc::PTRACE_POKEUSER,
                    debug_register(number),
                    value as usize,
                )
                .map_err(|error| format!("no hardware breakpoints ({error})"))?;
        }
        Ok(tracee)
    }

    pub(crate) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    fn try_request(&self, request: libc::c_uint, at: usize, data: usize) -> io::Result<()> {
        // SAFETY: the requests only read or write the tracee, or write what `registers` points to.
        let answer = unsafe {
            libc::ptrace(
                request,
                self.pid,
                ptr::without_provenance_mut::<libc::c_void>(at),
                ptr::with_exposed_provenance_mut::<libc::c_void>(data),
            )
        };
        match answer {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn request(&self, request: libc::c_uint, at: usize, data: usize) {
        if let Err(error) = self.try_request(request, at, data) {
            // The watchdog has killed the child meanwhile, and the next wait says so.
            let killed = error.raw_os_error() == Some(libc::ESRCH);
            assert!(killed, "ptrace {request}: {error}");
        }
    }

    fn wait(&self) -> Event {
        let mut status = 0;
        // SAFETY: `status` is writable.
        let answer = unsafe { libc::waitpid(self.pid, &mut status, libc::__WALL) };
        assert_eq!(answer, self.pid, "{}", io::Error::last_os_error());
        if let Some((alive, _)) = &self.watchdog {
            let _ = alive.send(());
        }
        if libc::WIFSTOPPED(status) {
            Event::Signal(libc::WSTOPSIG(status))
        } else {
            self.gone.set(true);
            Event::Gone(status)
        }
    }

    /// Resumes the thread, with a signal delivered or 0, up to its next stop.
    pub(crate) fn resume(&self, signal: libc::c_int) -> Event {
        self.request(libc::PTRACE_CONT, 0, signal as usize);
        self.wait()
    }

    /// Makes the thread execute one instruction.
    pub(crate) fn step(&self) -> Event {
        self.request(libc::PTRACE_SINGLESTEP, 0, 0);
        self.wait()
    }

    pub(crate) fn registers(&self) -> libc::user_regs_struct {
        // SAFETY: this is a structure of numbers.
        let mut registers: libc::user_regs_struct = unsafe { mem::zeroed() };
        let at = (&raw mut registers).expose_provenance();
        self.request(libc::PTRACE_GETREGS, 0, at);
        registers
    }

    /// Returns the address at which the thread goes on.
    pub(crate) fn ip(&self) -> u64 {
        self.registers().rip
    }

    pub(super) fn set_debug_register(&self, number: usize, value: u64) {
        let at = debug_register(number);
        self.request(libc::PTRACE_POKEUSER, at, value as usize);
    }

    /// Moves the thread to a CPU.
    pub(crate) fn migrate(&self, cpu: usize) {
        // SAFETY: all zeros is the empty set.
        let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
        // SAFETY: CPU_SET checks its bounds.
        unsafe { libc::CPU_SET(cpu, &mut set) };
        // SAFETY: `set` is a cpu_set_t of the size given.
        let answer = unsafe { libc::sched_setaffinity(self.pid, size_of_val(&set), &set) };
        assert!(
            answer == 0 || self.gone.get(),
            "{}",
            io::Error::last_os_error()
        );
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        if !self.gone.get() {
            // SAFETY: this is our own child, which was not waited for yet.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
            while !self.gone.get() {
                self.wait();
            }
        }
        if let Some((alive, watchdog)) = self.watchdog.take() {
            drop(alive);
            let _ = watchdog.join();
        }
    }
}

fn debug_register(number: usize) -> usize {
    offset_of!(libc::user, u_debugreg) + 8 * number
}

/// Kills the child if nothing is heard for `patience`. The tracer's wait then ends.
fn watch(pid: libc::pid_t, patience: Duration) -> (Sender<()>, JoinHandle<()>) {
    let (alive, signs) = mpsc::channel();
    let watchdog = thread::spawn(move || {
        loop {
            match signs.recv_timeout(patience) {
                Ok(()) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    // SAFETY: the tracer waits for the child before it drops the other end.
                    unsafe { libc::kill(pid, libc::SIGKILL) };
                    return;
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    });
    (alive, watchdog)
}

fn child(tracer: u32, body: impl FnOnce()) -> ! {
    // SAFETY: the call takes numbers only.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: the call takes numbers only.
    let traced = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
    // SAFETY: the call takes nothing.
    let parent = unsafe { libc::getppid() };
    if traced != 0 || parent != tracer as libc::pid_t {
        // SAFETY: the call ends the child without the parent's exit handlers.
        unsafe { libc::_exit(1) };
    }
    // SAFETY: this is a stop that the tracer waits for.
    unsafe { libc::raise(libc::SIGSTOP) };
    body();
    // SAFETY: the call ends the child without the parent's exit handlers.
    unsafe { libc::_exit(0) };
}
