//! A user who is not root, in a process of his own, with the capabilities that the documentation
//! asks for, and with one fewer. Root prepares the network.
//!
//! The process is this test binary again, which runs the same test in the namespace of the one that
//! started it. A variable of the environment says what the user lacks.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use framewell::Burst;
use framewell_xdp::{Error, Interface, Redirect, Socket, Step, Umem};

use super::net::*;

/// The user with the fewest rights (`nobody`).
const NOBODY: u32 = 65534;

/// What the documentation asks for, by name and number.
const NEEDED: [(&str, u32); 3] = [("CAP_NET_ADMIN", 12), ("CAP_NET_RAW", 13), ("CAP_BPF", 39)];

/// The memory that a user may lock where nobody has set another limit, in bytes.
const LOCKED: u64 = 8 << 20;

/// Names the capability that the user lacks, or is empty.
const LACKS: &str = "FRAMEWELL_XDP_LACKS";

/// Runs a part of a test as the user, who lacks one of the capabilities, or none.
fn as_user(test: &str, lacks: &[&str], part: impl FnOnce(&str) + Send) {
    if let Ok(lacks) = std::env::var(LACKS) {
        assert_user(&lacks);
        return part(&lacks);
    }
    isolated("another user", || {
        veth(("a", 1), ("b", 2), 1500);
        address("a", 0, 2);
        for lacks in lacks {
            start(test, lacks);
        }
    });
}

/// Runs this test as the user, and waits for the end.
#[track_caller]
fn start(test: &str, lacks: &str) {
    // By this name the user reaches the file whatever folder it is in.
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["--exact", test, "--nocapture"])
        .env(LACKS, lacks);
    let rights = rights(lacks);
    // SAFETY: what runs after the fork makes system calls only.
    unsafe { command.pre_exec(move || become_user(rights)) };
    let output = command.output().unwrap();
    let says = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && says.contains("1 passed"),
        "without {lacks:?}: {says}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Returns the capabilities of the user, a bit each.
fn rights(lacks: &str) -> u64 {
    let has = NEEDED.iter().filter(|(name, _)| *name != lacks);
    has.fold(0, |rights, (_, number)| rights | 1 << number)
}

/// Turns this process, which is root's, into one of the user. The capabilities are such that an
/// exec keeps them.
fn become_user(rights: u64) -> io::Result<()> {
    // prctl(2) takes numbers of this size.
    const ZERO: libc::c_ulong = 0;
    const ONE: libc::c_ulong = 1;
    let answer = |value: libc::c_long| match value {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    };
    let limit = libc::rlimit {
        rlim_cur: LOCKED as libc::rlim_t,
        rlim_max: LOCKED as libc::rlim_t,
    };
    // SAFETY: the limit is valid for the call.
    answer(unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit) }.into())?;
    // SAFETY: no group is named at the address.
    answer(unsafe { libc::setgroups(0, std::ptr::null()) }.into())?;
    // SAFETY: the call takes no pointer.
    answer(unsafe { libc::prctl(libc::PR_SET_KEEPCAPS, ONE, ZERO, ZERO, ZERO) }.into())?;
    // SAFETY: the call takes no pointer.
    answer(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) }.into())?;
    // SAFETY: the call takes no pointer.
    answer(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) }.into())?;
    let header = [0x2008_0522_u32, 0];
    let [low, high] = [rights as u32, (rights >> 32) as u32];
    let sets = [[low; 3], [high; 3]];
    let (header, sets) = (header.as_ptr(), sets.as_ptr());
    // SAFETY: this version reads a header of two words, and two times three words.
    answer(unsafe { libc::syscall(libc::SYS_capset, header, sets) })?;
    for number in (ZERO..64).filter(|number| rights >> number & 1 == 1) {
        let raise = libc::PR_CAP_AMBIENT_RAISE as libc::c_ulong;
        // SAFETY: the call takes no pointer.
        answer(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, number, ZERO, ZERO) }.into())?;
    }
    Ok(())
}

/// Checks that this process is the user's, and has these rights and no other.
#[track_caller]
fn assert_user(lacks: &str) {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(field("Uid:"), [NOBODY.to_string().as_str(); 4]);
    let rights = format!("{:016x}", rights(lacks));
    for set in ["CapEff:", "CapPrm:"] {
        assert_eq!(field(set), [rights.as_str()], "{set}");
    }
}

#[test]
fn a_user_with_three_capabilities_echoes() {
    const WINDOW: u64 = 64;
    let test = "user::a_user_with_three_capabilities_echoes";
    as_user(test, &[""], |_| {
        let pool = pool(1024, 2048);
        let umem = Umem::new(&pool).unwrap();
        let (mut socket, program) = bound(&umem, "b");
        let peer = udp(0);
        let mut burst: Burst<32> = Burst::new();
        let mut received = vec![0; 2048];
        for window in 0..10 {
            let numbers = window * WINDOW..(window + 1) * WINDOW;
            socket.fill(usize::MAX);
            for number in numbers.clone() {
                peer.send(&payload(number, 1000)).unwrap();
            }
            let mut turned = 0;
            until("the window is turned round", || {
                turned += reflect(&mut socket, &mut burst) as u64;
                turned >= WINDOW
            });
            for number in numbers {
                let n = peer.recv(&mut received).unwrap();
                assert_eq!(received[..n], payload(number, 1000), "packet {number}");
            }
        }
        drain(&mut socket);
        assert_balanced(&socket.stats().unwrap());
        drop((program, socket));
        assert_whole(&pool);
        // More than the user may lock is refused by its limit.
        let large = Umem::new(&super::net::pool(8192, 2048)).unwrap();
        let b = Interface::named("b").unwrap();
        let refused = Socket::builder(&large, &b, 0).bind().unwrap_err();
        assert_eq!(refused.os_error(), Some(libc::ENOBUFS), "{refused}");
    });
}

#[test]
fn a_user_is_told_which_capability_is_missing() {
    let test = "user::a_user_is_told_which_capability_is_missing";
    as_user(test, &NEEDED.map(|(name, _)| name), |lacks| {
        let umem = Umem::new(&pool(64, 2048)).unwrap();
        let b = Interface::named("b").unwrap();
        let socket = Socket::builder(&umem, &b, 0).bind();
        let program = Redirect::attach(&b);
        let refused = if lacks == "CAP_NET_RAW" {
            program.unwrap();
            let refused = socket.unwrap_err();
            let step = Step::Socket;
            let same = matches!(&refused, Error::Kernel { step: found, .. } if *found == step);
            assert!(same, "{refused}");
            refused
        } else {
            socket.unwrap();
            program.unwrap_err()
        };
        let says = refused.to_string();
        assert!(
            says.contains(&format!("the thread lacks {lacks}; run as root")),
            "{says}"
        );
    });
}
