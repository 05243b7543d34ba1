//! Kernels and devices without GSO and GRO, played by a filter of system calls.
//!
//! A filter is for the thread that installs it alone, and for good. So each test has a thread.

use std::thread;

use framewell_udp::{Form, Socket};

use crate::util::{V4, assert_none_out, frames, not_run, one_merged, pattern, pool, socket};

/// A system call, and the values that some of its arguments have, by their places.
type Call<'a> = (libc::c_long, &'a [(u32, u32)]);

/// Makes the kernel refuse calls of this thread with an error. Returns `false` and says so if the
/// kernel takes no such filter.
fn refuse(calls: &[Call<'_>], error: libc::c_int) -> bool {
    const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
    let step = |code: u32, jf, k| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let mut steps = Vec::new();
    for (number, arguments) in calls {
        // The steps that are left behind a comparison, up to the next call.
        let behind = |at: usize| (2 * (arguments.len() - at) + 1) as u8;
        steps.extend([step(LOAD, 0, 0), step(IF_EQUAL, behind(0), *number as u32)]);
        for (at, (place, value)) in arguments.iter().enumerate() {
            // The lower half of the argument: a little-endian machine's.
            steps.push(step(LOAD, 0, 16 + 8 * place));
            steps.push(step(IF_EQUAL, behind(at + 1), *value));
        }
        steps.push(step(RETURN, 0, libc::SECCOMP_RET_ERRNO | error as u32));
    }
    steps.push(step(RETURN, 0, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog {
        len: steps.len() as u16,
        filter: steps.as_mut_ptr(),
    };
    // SAFETY: the call takes numbers only.
    let quiet = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(quiet, 0, "prctl");
    let (mode, at) = (libc::SECCOMP_SET_MODE_FILTER, &raw const program);
    // SAFETY: `program` names `len` valid steps, which the kernel copies.
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, at) };
    if answer != 0 {
        not_run("an older kernel: no filter of system calls can be installed");
    }
    answer == 0
}

/// Runs a test on a thread of its own.
fn apart(test: impl FnOnce() + Send + 'static) {
    thread::spawn(test).join().unwrap();
}

#[test]
fn a_kernel_that_does_not_know_of_gso_and_gro_is_given_single_packets() {
    apart(|| {
        let level = (1, libc::SOL_UDP as u32);
        let options = [libc::UDP_SEGMENT as u32, libc::UDP_GRO as u32];
        let [segment, gro] = options.map(|option| [level, (2, option)]);
        let calls = [
            (libc::SYS_setsockopt, &segment[..]),
            (libc::SYS_getsockopt, &gro[..]),
            (libc::SYS_setsockopt, &gro[..]),
        ];
        if !refuse(&calls, libc::ENOPROTOOPT) {
            return;
        }
        let pool = pool();
        let (mut server, to) = socket(Socket::builder(&pool).gro(true), V4);
        let (mut client, _) = socket(Socket::builder(&pool), V4);
        assert!(!server.gro() && !client.gso());
        assert!(server.set_gro(true).is_err() && !server.gro());
        let bytes = pattern(500, 1);
        assert_eq!(client.send_segmented(&bytes, 200, Some(to)).unwrap(), 3);
        let stats = client.stats();
        assert_eq!((stats.sent, stats.gso_batches, stats.fallbacks), (3, 0, 0));
        for expected in bytes.chunks(200) {
            let datagram = one_merged(&mut server);
            assert_eq!((&*datagram.buffer, datagram.form), (expected, Form::Whole));
        }
        drop((server, client));
        assert_none_out(&pool);
    });
}

/// Sends bursts which the kernel refuses as super-datagrams, but not one by one.
fn bursts(error: libc::c_int, fallbacks: u64, gso: bool) {
    apart(move || {
        // Four packets together are one message.
        if !refuse(&[(libc::SYS_sendmmsg, &[(2, 1)])], error) {
            return;
        }
        let pool = pool();
        let (mut server, to) = socket(Socket::builder(&pool), V4);
        let (mut client, _) = socket(Socket::builder(&pool), V4);
        for _ in 0..2 {
            let packet = |seed| (pool.copy_from(&pattern(300, seed)).unwrap(), to);
            let mut burst: Vec<_> = (0..4).map(packet).collect();
            assert_eq!(client.send_burst(&mut burst).unwrap(), 4);
            for (seed, datagram) in frames(&mut server, 4).iter().enumerate() {
                assert_eq!(*datagram.buffer, *pattern(300, seed));
            }
        }
        let stats = client.stats();
        assert_eq!(
            (stats.sent, stats.gso_batches, stats.fallbacks),
            (8, 0, fallbacks)
        );
        assert_eq!(client.gso(), gso);
        drop((server, client));
        assert_none_out(&pool);
    });
}

#[test]
fn a_device_without_checksums_is_given_single_packets_from_then_on() {
    bursts(libc::EIO, 1, false);
}

#[test]
fn a_path_that_takes_no_such_segments_is_given_single_packets_each_time() {
    bursts(libc::EMSGSIZE, 2, true);
    bursts(libc::EINVAL, 2, true);
}
