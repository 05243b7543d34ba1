//! Kernels that refuse: old ones, by a seccomp filter; and a user who may lock little.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use framewell::Pool;
use framewell_uring::{Error, Event, GroupConfig, Message, Ring, Step};

use super::net::*;

/// Has the kernel answer a system call with an error on this thread, if its second argument is one
/// of these, or whatever it is if there are none.
fn refuse(call: libc::c_long, second: &[u32], answer: i32) {
    let statement = |code: u32, value: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k: value,
    };
    let unless_equal = |value: u32, skip: u8| libc::sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        jt: 0,
        jf: skip,
        k: value,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let answers = libc::BPF_RET | libc::BPF_K;
    let refusal = statement(answers, libc::SECCOMP_RET_ERRNO | answer as u32);
    // `struct seccomp_data`: the number of the call at 0, its second argument at 24.
    let mut program = vec![statement(load, 0)];
    let rest = if second.is_empty() {
        1
    } else {
        1 + 2 * second.len()
    };
    program.push(unless_equal(call as u32, rest as u8));
    if second.is_empty() {
        program.push(refusal);
    } else {
        program.push(statement(load, 24));
        for value in second {
            program.push(unless_equal(*value, 1));
            program.push(refusal);
        }
    }
    program.push(statement(answers, libc::SECCOMP_RET_ALLOW));
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // prctl(2) takes numbers of this size.
    const ZERO: libc::c_ulong = 0;
    const ONE: libc::c_ulong = 1;
    // SAFETY: the call takes no pointer.
    let set = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, ONE, ZERO, ZERO, ZERO) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
    let mode = libc::c_ulong::from(libc::SECCOMP_MODE_FILTER);
    // SAFETY: the filter is valid for the call, and concerns this thread alone.
    let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const filter) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
}

#[test]
fn a_kernel_without_io_uring_is_told_of() {
    for (answer, says) in [
        (libc::ENOSYS, "it needs Linux 5.19"),
        (libc::EPERM, "kernel.io_uring_disabled"),
    ] {
        on_a_thread(move || {
            refuse(libc::SYS_io_uring_setup, &[], answer);
            let pool = Pool::builder().frames(8).build().unwrap();
            let refused = Ring::builder(&pool).build().unwrap_err();
            assert_eq!(refused.os_error(), Some(answer));
            assert!(refused.to_string().contains(says), "{refused}");
            assert_whole(&pool);
        });
    }
}

#[test]
fn a_kernel_without_groups_receives_into_ones_own_buffers() {
    const PBUF_RING: u32 = 22;
    on_a_thread(|| {
        refuse(libc::SYS_io_uring_register, &[PBUF_RING], libc::EINVAL);
        let (near, far) = pair();
        let pool = Pool::builder().frames(8).build().unwrap();
        let mut ring = Ring::builder(&pool).build().unwrap();
        let refused = ring.group(GroupConfig::frames(8)).unwrap_err();
        assert!(refused.to_string().contains("need Linux 5.19"), "{refused}");
        let refused = ring
            .group(GroupConfig::bufs(8, 100).incremental())
            .unwrap_err();
        assert!(refused.to_string().contains("need Linux 6.12"), "{refused}");
        assert_eq!(pool.stats().out, 0);
        let socket = ring.attach(&near).unwrap();
        ring.recv(socket, pool.get(100).unwrap()).unwrap();
        far.send(&payload(1, 50)).unwrap();
        events(
            &mut ring,
            "a datagram",
            |_, event| matches!(event, Event::Received(received) if *received == payload(1, 50)),
        );
        close(ring, &pool);
    });
}

#[test]
fn a_kernel_without_zero_copy_sends_copies() {
    const PROBE: u32 = 8;
    on_a_thread(|| {
        // A kernel that does not tell what it can do is taken for an old one.
        refuse(libc::SYS_io_uring_register, &[PROBE], libc::EINVAL);
        let (near, far) = pair();
        let pool = Pool::builder().frames(8).build().unwrap();
        let mut ring = Ring::builder(&pool).build().unwrap();
        let socket = ring.attach(&near).unwrap();
        for parts in 1..3 {
            let mut message = Message::new(pool.copy_from(&payload(1, 50)).unwrap()).zero_copy();
            if parts == 2 {
                message = message.part(pool.copy_from(&payload(2, 50)).unwrap());
            }
            ring.send(socket, message).unwrap();
            events(&mut ring, "the copy", |_, event| {
                matches!(event, Event::Sent(sent)
                    if sent.result.as_ref().unwrap() == &(50 * parts)
                        && sent.owners.len() == parts)
            });
            assert_eq!(far.recv(&mut [0; 200]).unwrap(), 50 * parts);
        }
        assert_eq!(ring.stats().copied, 2);
        close(ring, &pool);
    });
}

/// Says in which process the test below is.
const USER: &str = "FRAMEWELL_URING_USER";

#[test]
fn a_user_who_may_lock_64_kib_is_told_so() {
    const LOCKED: u64 = 64 << 10;
    // What a user locks counts for all processes of the user, so this one has no other.
    let nobody = 1_000_000 + std::process::id();
    if std::env::var_os(USER).is_some() {
        let pool = Pool::builder().frames(1024).build().unwrap();
        let builder = Ring::builder(&pool).entries(64);
        let refused = builder.register().build().unwrap_err();
        let Error::Kernel {
            step: Step::Buffers { .. },
            ..
        } = &refused
        else {
            panic!("{refused}");
        };
        assert_eq!(refused.os_error(), Some(libc::ENOMEM));
        let says = refused.to_string();
        assert!(
            says.contains("`ulimit -l`") && says.contains("65536 bytes"),
            "{says}"
        );
        assert_whole(&pool);
        // Without the registration the ring works.
        let (near, far) = pair();
        // The one that was refused counts for a moment longer.
        let mut ring = None;
        until("a ring of 64 entries fits", || {
            ring = Ring::builder(&pool).entries(64).build().ok();
            ring.is_some()
        });
        let mut ring = ring.unwrap();
        let socket = ring.attach(&near).unwrap();
        let group = ring.group(GroupConfig::frames(256)).unwrap();
        ring.recv_multi(socket, group).unwrap();
        far.send(&payload(1, 50)).unwrap();
        events(
            &mut ring,
            "a datagram",
            |_, event| matches!(event, Event::Received(received) if *received == payload(1, 50)),
        );
        return close(ring, &pool);
    }
    let mut command = Command::new("/proc/self/exe");
    command
        .args([
            "--exact",
            "refusals::a_user_who_may_lock_64_kib_is_told_so",
            "--nocapture",
        ])
        .env(USER, "1");
    let become_nobody = move || {
        let limit = libc::rlimit {
            rlim_cur: LOCKED as libc::rlim_t,
            rlim_max: LOCKED as libc::rlim_t,
        };
        // SAFETY: the limit is valid for the call.
        if unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call takes no pointer.
        if unsafe { libc::geteuid() } != 0 {
            return Ok(());
        }
        // SAFETY: no group is named at the address.
        let groups = unsafe { libc::setgroups(0, std::ptr::null()) };
        // SAFETY: the call takes no pointer.
        let group = unsafe { libc::setresgid(nobody, nobody, nobody) };
        // SAFETY: the call takes no pointer. The capabilities go with the user.
        let user = unsafe { libc::setresuid(nobody, nobody, nobody) };
        match groups | group | user {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    // SAFETY: what runs after the fork makes system calls only.
    unsafe { command.pre_exec(become_nobody) };
    let output = command.output().unwrap();
    let says = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && says.contains("1 passed"),
        "{says}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
