//! A kernel that refuses system calls from some moment on, as under a sandbox that is entered late.

/// Whom the filter is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The calling thread, and those that it starts.
    Caller,
    /// All threads of the process.
    Everyone,
}

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Has the kernel refuse membarrier with EPERM; `false` if it takes no such filter.
pub(crate) fn refuse_fences(whom: Whom) -> bool {
    refuse(&[libc::SYS_membarrier], libc::EPERM, whom)
}

/// Has the kernel refuse new threads, and processes, with EAGAIN; `false` if it takes no such
/// filter.
pub(crate) fn refuse_threads(whom: Whom) -> bool {
    refuse(&[libc::SYS_clone, libc::SYS_clone3], libc::EAGAIN, whom)
}

fn refuse(calls: &[libc::c_long], error: libc::c_int, whom: Whom) -> bool {
    let step = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    // The number of the system call comes first in what a filter sees.
    let mut steps = vec![step(LOAD, 0, 0)];
    for call in calls {
        let refused = libc::SECCOMP_RET_ERRNO | error as u32;
        steps.extend([step(IF_EQUAL, 1, *call as u32), step(RETURN, 0, refused)]);
    }
    steps.push(step(RETURN, 0, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog {
        len: steps.len() as u16,
        filter: steps.as_mut_ptr(),
    };
    let flags = match whom {
        Whom::Caller => 0,
        Whom::Everyone => libc::SECCOMP_FILTER_FLAG_TSYNC,
    };
    // SAFETY: takes numbers only; the process gains nothing by exec any more.
    let answer = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(answer, 0, "prctl");
    // SAFETY: `program` names `len` valid steps, which the kernel copies.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const program,
        )
    };
    answer == 0
}
