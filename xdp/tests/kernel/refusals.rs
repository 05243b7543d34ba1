//! What is refused, by the crate or by the kernel, and what is said about it.

use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::time::Duration;

use framewell::{Burst, IdBatch, Span};
use framewell_xdp::{
    Attach, Error, Interface, Mode, Redirect, SendReason, Socket, Step, Umem, Unsendable,
};

use super::net::*;

#[test]
fn what_the_kernel_refuses_is_said_with_its_remedy() {
    isolated("refusals", || {
        let umem = Umem::new(&pool(64, 2048)).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let b = Interface::named("b").unwrap();
        let refused = Socket::builder(&umem, &b, 5).bind().unwrap_err();
        assert_eq!(refused.os_error(), Some(libc::EINVAL));
        let says = refused.to_string();
        assert!(
            says.starts_with("binding to queue 5 of b was refused"),
            "{says}"
        );
        assert!(says.contains("has no queue 5"), "{says}");

        let first = Socket::builder(&umem, &b, 0).bind().unwrap();
        let second = Socket::builder(&umem, &b, 0).patience(Duration::ZERO);
        let refused = second.bind().unwrap_err();
        assert_eq!(refused.os_error(), Some(libc::EBUSY));
        assert!(
            refused.to_string().contains("another socket has the queue"),
            "{refused}"
        );
        drop(first);
        // Its queue is free a moment later, for which `bind` waits.
        drop(Socket::builder(&umem, &b, 0).bind().unwrap());

        let zero_copy = Socket::builder(&umem, &b, 0).mode(Mode::ZeroCopy);
        let refused = zero_copy.bind().unwrap_err();
        assert_eq!(refused.os_error(), Some(libc::EOPNOTSUPP));
        assert!(
            refused
                .to_string()
                .contains("ask for Mode::Auto or Mode::Copy"),
            "{refused}"
        );

        let program = Redirect::builder(&b).queues(1).attach().unwrap();
        let refused = Redirect::attach(&b).unwrap_err();
        assert!(
            refused.to_string().contains("another program is attached"),
            "{refused}"
        );
        let socket = Socket::builder(&umem, &b, 0).bind().unwrap();
        program.enter(&socket).unwrap();
        drop(program);
        drop(
            Redirect::builder(&b)
                .place(Attach::Generic)
                .attach()
                .unwrap(),
        );

        ip("link del dev b");
        let refused = Socket::builder(&umem, &b, 0).bind().unwrap_err();
        assert_eq!(refused.os_error(), Some(libc::ENODEV));
        assert!(
            refused.to_string().contains("the interface is gone"),
            "{refused}"
        );
        assert!(matches!(
            Interface::named("b"),
            Err(Error::Interface { .. })
        ));
    });
}

#[test]
fn what_may_not_be_sent_stays_in_the_burst() {
    isolated("refusals", || {
        let pool = pool(64, 2048);
        let umem = Umem::builder(&pool).tx_metadata(16).build().unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let interface = Interface::named("b").unwrap();
        let mut socket = Socket::builder(&umem, &interface, 0).bind().unwrap();
        let other = super::net::pool(8, 2048);
        let mut long = pool.get(1792).unwrap();
        long.push(256).unwrap();
        let mut near = pool.get(60).unwrap();
        near.push(250).unwrap();
        let (len, limit) = (2048, 2032);
        let (headroom, needed) = (6, 16);
        let cases = [
            (pool.get(0).unwrap(), Unsendable::Empty),
            (long, Unsendable::TooLong { len, limit }),
            (near, Unsendable::Metadata { headroom, needed }),
            (other.get(60).unwrap(), Unsendable::OtherPool),
        ];
        for (frame, reason) in cases {
            let id = frame.id();
            let mut burst: Burst<8> = Burst::new();
            burst.push(pool.copy_from(&[1; 60]).unwrap()).unwrap();
            burst.push(frame).unwrap();
            burst.push(pool.copy_from(&[2; 60]).unwrap()).unwrap();
            let refused = socket.send(&mut burst).unwrap_err();
            assert_eq!(refused.posted, 1);
            let same = matches!(&refused.reason, SendReason::Packet(found) if *found == reason);
            assert!(same, "{refused}");
            assert_eq!((burst.len(), burst[0].id()), (2, id));
        }
        drain(&mut socket);
        let stats = socket.stats().unwrap();
        assert_eq!((stats.posted, stats.completed), (4, 4));
        assert_balanced(&stats);
        drop(socket);
        assert_whole(&pool);
    });
}

#[test]
fn a_part_of_another_frame_is_not_sent_with_an_id() {
    isolated("refusals", || {
        let pool = pool(64, 2112);
        let umem = Umem::new(&pool).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let interface = Interface::named("b").unwrap();
        let mut socket = Socket::builder(&umem, &interface, 0).bind().unwrap();
        let mut batch: IdBatch<'_, 2> = IdBatch::new(&pool);
        batch.get_bulk(2).unwrap();
        let starts = [0, 1].map(|at| batch.ids()[at].index() as u64 * 2112);
        let span = |offset, len| Span { offset, len };
        let good = span(starts[0], 60);
        let cases = [
            (span(starts[0], 60), Unsendable::OtherFrame),
            (span(starts[1].wrapping_sub(1), 60), Unsendable::OtherFrame),
            (span(starts[1] + 2112, 1), Unsendable::OtherFrame),
            (span(starts[1] + 2053, 60), Unsendable::OtherFrame),
            (span(u64::MAX, u32::MAX), Unsendable::OtherFrame),
            (span(starts[1] + 2112, 0), Unsendable::Empty),
        ];
        for (bad, reason) in cases {
            let refused = socket.send_ids(&mut batch, &[good, bad]).unwrap_err();
            let same = matches!(&refused.reason, SendReason::Packet(found) if *found == reason);
            assert!(
                same && refused.posted == 0 && batch.len() == 2,
                "{bad:?}: {refused}"
            );
        }
        let last = span(starts[1] + 2052, 60);
        assert_eq!(socket.send_ids(&mut batch, &[good, last]).unwrap(), 2);
        drain(&mut socket);
        assert_balanced(&socket.stats().unwrap());
        drop(batch);
        drop(socket);
        assert_whole(&pool);
    });
}

#[test]
fn a_program_takes_no_socket_of_another_interface() {
    isolated("refusals", || {
        let umem = Umem::new(&pool(64, 2048)).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let [a, b] = ["a", "b"].map(|name| Interface::named(name).unwrap());
        let socket = Socket::builder(&umem, &a, 0).bind().unwrap();
        let refused = Redirect::attach(&b).unwrap().enter(&socket).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a program on b gives no packets to a socket on a; attach one to a"
        );
    });
}

#[test]
fn a_socket_is_entered_into_a_map_of_sockets_only() {
    isolated("refusals", || {
        let umem = Umem::new(&pool(64, 2048)).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let b = Interface::named("b").unwrap();
        let socket = Socket::builder(&umem, &b, 0).bind().unwrap();
        // BPF_MAP_CREATE of an array, whose values are longer than a descriptor.
        let attributes = [2_u32, 4, 4096, 8];
        let (at, len) = (attributes.as_ptr(), size_of_val(&attributes));
        // SAFETY: the attributes are valid for the length given.
        let map = unsafe { libc::syscall(libc::SYS_bpf, 0, at, len) };
        assert!(map >= 0, "{}", std::io::Error::last_os_error());
        // SAFETY: the descriptor was made just now.
        let map = unsafe { OwnedFd::from_raw_fd(map as i32) };
        let refused = socket.enter_into(map.as_fd(), 0).unwrap_err();
        assert!(
            refused.to_string().contains("BPF_MAP_TYPE_XSKMAP"),
            "{refused}"
        );
        let program = Redirect::builder(&b).queues(4).attach().unwrap();
        socket.enter_into(program.map(), 3).unwrap();
        let refused = socket.enter_into(program.map(), 4).unwrap_err();
        assert!(
            refused.to_string().contains("the map has no place 4"),
            "{refused}"
        );
    });
}

/// Takes all capabilities from this thread that `stays` does not name.
fn keep(stays: impl Fn(usize) -> bool) {
    let mut header = [0x2008_0522_u32, 0];
    let mut sets = [[0_u32; 3]; 2];
    // SAFETY: this version reads a header of two words, and writes two times three words.
    unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), sets.as_mut_ptr()) };
    for number in (0..64).filter(|number| !stays(*number)) {
        sets[number / 32][0] &= !(1 << (number % 32));
    }
    // SAFETY: as above; it only reads.
    let set = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    assert_eq!(set, 0);
}

#[test]
fn a_missing_capability_is_named() {
    const IPC_LOCK: usize = 14;
    const NET_ADMIN: usize = 12;
    const NET_RAW: usize = 13;
    const BPF: usize = 39;
    isolated("capabilities", || {
        let umem = Umem::new(&pool(64, 2048)).unwrap();
        veth(("a", 1), ("b", 2), 1500);
        let b = Interface::named("b").unwrap();
        // Three are enough. The fourth keeps this out of the account of locked memory, which all
        // processes of the user have in common.
        keep(|number| [NET_ADMIN, NET_RAW, BPF, IPC_LOCK].contains(&number));
        let socket = Socket::builder(&umem, &b, 0).bind().unwrap();
        Redirect::attach(&b).unwrap().enter(&socket).unwrap();
        keep(|number| [NET_ADMIN, NET_RAW, IPC_LOCK].contains(&number));
        let says = Redirect::attach(&b).unwrap_err().to_string();
        assert!(says.contains("the thread lacks CAP_BPF;"), "{says}");
        keep(|_| false);
        let says = Redirect::attach(&b).unwrap_err().to_string();
        assert!(
            says.contains("the thread lacks CAP_NET_ADMIN and CAP_BPF;"),
            "{says}"
        );
        let refused = Socket::builder(&umem, &b, 0).bind().unwrap_err();
        assert!(matches!(
            refused,
            Error::Kernel {
                step: Step::Socket,
                ..
            }
        ));
        let says = refused.to_string();
        assert!(says.contains("the thread lacks CAP_NET_RAW;"), "{says}");
    });
}

#[test]
fn a_limit_of_locked_memory_is_named() {
    const IPC_LOCK: usize = 14;
    isolated("locked memory", || {
        // The limit holds for those without the capability, of which there is only this thread.
        keep(|number| number != IPC_LOCK);
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: there is room for the limit.
        unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &mut limit) };
        limit.rlim_cur = 1 << 20;
        // SAFETY: the limit is valid for the call.
        if unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit) } != 0 {
            return lacking("a limit of locked memory");
        }
        veth(("a", 1), ("b", 2), 1500);
        let b = Interface::named("b").unwrap();
        let large = Umem::new(&pool(1024, 2048)).unwrap();
        let refused = Socket::builder(&large, &b, 0).bind().unwrap_err();
        assert_eq!(refused.os_error(), Some(libc::ENOBUFS));
        assert!(refused.to_string().contains("`ulimit -l`"), "{refused}");
        // The account is the user's. What another process has in it is soon given back.
        let small = Umem::new(&pool(64, 2048)).unwrap();
        until("a small one is taken", || {
            Socket::builder(&small, &b, 0).bind().is_ok()
        });
    });
}
