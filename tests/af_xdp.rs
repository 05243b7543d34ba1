//! Tests that the kernel takes the pools that are laid out for AF_XDP as a UMEM, and that it
//! refuses what the builder refuses.

#![cfg(all(not(loom), target_os = "linux"))]

mod common;

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use common::linux::{limit, resident_at};
use common::{child, lacking, not_run};
use framewell::{HugePages, Pool, PoolBuilder, Region, XdpChunks};

const MIB: usize = 1 << 20;

/// Returns a socket of AF_XDP, or says why there is none on this machine.
fn socket(what: &str) -> Option<OwnedFd> {
    // SAFETY: socket has no preconditions.
    let fd = unsafe { libc::socket(libc::AF_XDP, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
    if fd >= 0 {
        // SAFETY: the descriptor was opened just now, and nobody else has it.
        return Some(unsafe { OwnedFd::from_raw_fd(fd) });
    }
    let why = io::Error::last_os_error();
    match why.raw_os_error() {
        Some(libc::EAFNOSUPPORT) => not_run(&format!("{what}: the kernel has no AF_XDP")),
        _ => lacking(&format!("{what}: {why}; it takes CAP_NET_RAW")),
    }
    None
}

/// The registration of a region as it is.
fn of(region: Region) -> libc::xdp_umem_reg {
    let layout = region.af_xdp().expect("it is laid out for AF_XDP");
    libc::xdp_umem_reg {
        addr: region.base().as_ptr().addr() as u64,
        len: region.len() as u64,
        chunk_size: layout.chunk_size,
        headroom: layout.headroom,
        flags: layout.flags(),
        tx_metadata_len: 0,
    }
}

/// Registers a range with the socket, which takes one.
fn register(socket: &OwnedFd, umem: &libc::xdp_umem_reg) -> io::Result<()> {
    // SAFETY: the option's value lies in `umem`, which has the size given. The kernel pins the
    // range until the socket is closed, and writes to it only once a ring is filled.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_XDP,
            libc::XDP_UMEM_REG,
            (&raw const *umem).cast(),
            size_of::<libc::xdp_umem_reg>() as libc::socklen_t,
        )
    };
    match answer {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn builder(frames: usize, chunks: XdpChunks) -> PoolBuilder {
    Pool::builder().frames(frames).af_xdp(chunks)
}

/// Returns every kind of pool that the builder lays out: each chunk that it chooses or may be asked
/// for, with the smallest and the largest headroom, and one frame, some, and several huge pages.
fn accepted() -> Vec<(String, PoolBuilder)> {
    let mut shapes = vec![(XdpChunks::Aligned, 2048), (XdpChunks::Aligned, 4096)];
    let odd = [2049, 3000, 4095];
    let unaligned = (2048..=4096).step_by(64).chain(odd);
    shapes.extend(unaligned.map(|chunk| (XdpChunks::Unaligned, chunk)));
    let mut pools = Vec::new();
    for (chunks, chunk) in shapes {
        for headroom in [256, 320, chunk - 448] {
            for frames in [1, 9, 1500] {
                let name = format!("{chunks:?} {chunk}, headroom {headroom}, {frames} frames");
                let builder = builder(frames, chunks).stride(chunk).headroom(headroom);
                pools.push((name, builder));
            }
        }
    }
    pools
}

#[test]
fn kernel_takes_every_layout_that_the_builder_takes() {
    for (name, builder) in accepted() {
        let Some(socket) = socket("registration of a pool with AF_XDP") else {
            return;
        };
        let pool = builder.build().unwrap();
        let taken = register(&socket, &of(pool.region()));
        assert!(taken.is_ok(), "{name}: {taken:?}");
    }
}

#[test]
fn kernel_takes_what_the_builder_chooses() {
    for chunks in [XdpChunks::Aligned, XdpChunks::Unaligned] {
        for payload in [1, 1514, 1792, 1793, 3072, 3776, 3777, 3840] {
            let Some(socket) = socket("registration of a pool with AF_XDP") else {
                return;
            };
            let pool = builder(100, chunks).payload(payload).build().unwrap();
            let umem = of(pool.region());
            let taken = register(&socket, &umem);
            assert!(taken.is_ok(), "{payload}, {}: {taken:?}", umem.chunk_size);
        }
    }
}

#[test]
fn kernel_refuses_what_the_builder_refuses() {
    use XdpChunks::{Aligned, Unaligned};
    // One page is the most that a kernel takes, and it may be larger than the builder's limit.
    let page = common::linux::page();
    let pool = Pool::builder().frames(2).stride(MIB).build().unwrap();
    for (chunks, chunk, headroom) in [
        (Aligned, 1728, 256),
        (Aligned, 2112, 256),
        (Aligned, 4095, 256),
        (Aligned, 2 * page, 256),
        (Aligned, 2048, 2048),
        (Unaligned, 1728, 256),
        (Unaligned, 2047, 256),
        (Unaligned, page + 64, 256),
        (Unaligned, 2112, 2112),
    ] {
        let Some(socket) = socket("registration of a range with AF_XDP") else {
            return;
        };
        let builder = builder(2, chunks).stride(chunk).headroom(headroom);
        let refused = builder.build().expect_err("the builder refuses");
        let umem = libc::xdp_umem_reg {
            addr: pool.region().base().as_ptr().addr() as u64,
            len: pool.region().len() as u64,
            chunk_size: chunk as u32,
            headroom: headroom as u32 - 256,
            flags: match chunks {
                Aligned => 0,
                _ => libc::XDP_UMEM_UNALIGNED_CHUNK_FLAG,
            },
            tx_metadata_len: 0,
        };
        let answer = register(&socket, &umem).expect_err("the kernel refuses");
        assert_eq!(answer.raw_os_error(), Some(libc::EINVAL), "{refused}");
    }
}

#[test]
fn flags_are_the_kernels() {
    let pool = builder(1, XdpChunks::Unaligned).build().unwrap();
    let flags = pool.region().af_xdp().unwrap().flags();
    assert_eq!(flags, libc::XDP_UMEM_UNALIGNED_CHUNK_FLAG);
}

#[test]
fn registration_makes_the_whole_region_resident() {
    let Some(socket) = socket("what a registration with AF_XDP pins") else {
        return;
    };
    let pool = builder(1000, XdpChunks::Aligned).huge_pages(HugePages::Off);
    let pool = pool.build().unwrap();
    let base = pool.region().base().addr().get();
    assert_eq!(resident_at(base), 0);
    register(&socket, &of(pool.region())).unwrap();
    assert!(resident_at(base) >= pool.region().len());
}

#[test]
fn registration_counts_all_of_the_region_as_locked() {
    let name = "registration_counts_all_of_the_region_as_locked";
    child::alone(name, || {
        let what = "what a registration with AF_XDP counts as locked";
        let (Some(large), Some(small)) = (socket(what), socket(what)) else {
            return;
        };
        // SAFETY: geteuid has no preconditions.
        if unsafe { libc::geteuid() } != 0 {
            return lacking(&format!("{what}: not root, who may become another user"));
        }
        let pool = |bytes| builder(bytes / 2048, XdpChunks::Aligned).build().unwrap();
        let (of_4_mib, of_1_mib) = (pool(4 * MIB), pool(MIB));
        limit(libc::RLIMIT_MEMLOCK, 2 * MIB);
        // The kernel limits only processes without CAP_IPC_LOCK.
        // SAFETY: setuid has no preconditions.
        assert_eq!(unsafe { libc::setuid(65_534) }, 0);
        let refused = register(&large, &of(of_4_mib.region())).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::ENOBUFS), "{refused}");
        register(&small, &of(of_1_mib.region())).unwrap();
    });
}
