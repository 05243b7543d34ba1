//! Makes a kernel refuse system calls from some moment on, as under a sandbox that is entered late.

/// The threads that a filter is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The calling thread, and those that it starts.
    Caller,
    /// All threads of the process.
    Everyone,
}

/// The fences that a filter is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    /// Only those of all CPUs at once: the fence of a single CPU is granted.
    OfAllCpus,
}

/// membarrier's command for the fence of sections.
const FENCE: u32 = 1 << 7;

/// The places where a filter sees the number of the system call, and the lower halves of its first
/// arguments.
const CALL: u32 = 0;
const FIRST: u32 = 16;
const SECOND: u32 = 24;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Makes the kernel refuse membarrier with EPERM. Returns `false` if it takes no such filter.
pub(crate) fn refuse_fences(whom: Whom, which: Which) -> bool {
    let step = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    let refuse = step(RETURN, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32);
    let allow = step(RETURN, 0, libc::SECCOMP_RET_ALLOW);
    let call = |else_skip| {
        let number = libc::SYS_membarrier as u32;
        [step(LOAD, 0, CALL), step(IF_EQUAL, else_skip, number)]
    };
    let steps = match which {
        Which::All => [&call(1)[..], &[refuse, allow]].concat(),
        Which::OfAllCpus => {
            let of_all_cpus = [
                step(LOAD, 0, FIRST),
                step(IF_EQUAL, 3, FENCE),
                // These are the flags: 1 names a CPU.
                step(LOAD, 0, SECOND),
                step(IF_EQUAL, 1, 0),
            ];
            [&call(5)[..], &of_all_cpus, &[refuse, allow]].concat()
        }
    };
    install(steps, whom)
}

/// Makes the kernel refuse new threads, and processes, with EAGAIN. Returns `false` if it takes no
/// such filter.
pub(crate) fn refuse_threads(whom: Whom) -> bool {
    let step = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    let mut steps = vec![step(LOAD, 0, CALL)];
    for call in [libc::SYS_clone, libc::SYS_clone3] {
        let refused = libc::SECCOMP_RET_ERRNO | libc::EAGAIN as u32;
        steps.extend([step(IF_EQUAL, 1, call as u32), step(RETURN, 0, refused)]);
    }
    steps.push(step(RETURN, 0, libc::SECCOMP_RET_ALLOW));
    install(steps, whom)
}

fn install(mut steps: Vec<libc::sock_filter>, whom: Whom) -> bool {
    let program = libc::sock_fprog {
        len: steps.len() as u16,
        filter: steps.as_mut_ptr(),
    };
    let flags = match whom {
        Whom::Caller => 0,
        Whom::Everyone => libc::SECCOMP_FILTER_FLAG_TSYNC,
    };
    // SAFETY: the call takes numbers only. After it the process gains nothing by exec any more.
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
