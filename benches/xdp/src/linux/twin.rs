//! The reflector by xdpilone, whose user keeps the free chunks in a list.

use std::num::NonZeroU32;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};

use framewell_xdp::{Interface, Redirect};
use xdpilone::xdp::XdpDesc;
use xdpilone::{DeviceQueue, IfInfo, RingRx, RingTx, Socket, SocketConfig, Umem, UmemConfig};

use super::Reflector;
use super::net::turn_round;

const CHUNK: u64 = 2048;
const CHUNKS: u64 = 4096;
const ENTRIES: u32 = 2048;

struct Twin {
    device: DeviceQueue,
    rx: RingRx,
    tx: RingTx,
    memory: NonNull<[u8]>,
    /// The chunks that nobody has.
    free: Vec<u64>,
    _umem: Umem,
}

pub(super) fn xdpilone(interface: &Interface, program: &Redirect) -> Box<dyn Reflector> {
    let memory = memory();
    let config = UmemConfig {
        fill_size: ENTRIES,
        complete_size: ENTRIES,
        frame_size: CHUNK as u32,
        headroom: 0,
        flags: 0,
    };
    // SAFETY: the memory is aligned to a page, and lives as long as the process.
    let umem = unsafe { Umem::new(config, memory) }.expect("a registration");
    let mut info = IfInfo::invalid();
    info.from_ifindex(interface.index())
        .expect("the interface is there");
    let socket = Socket::with_shared(&info, &umem).expect("a socket");
    let device = umem.fq_cq(&socket).expect("a fill and a completion ring");
    let config = SocketConfig {
        rx_size: NonZeroU32::new(ENTRIES),
        tx_size: NonZeroU32::new(ENTRIES),
        bind_flags: SocketConfig::XDP_BIND_NEED_WAKEUP | SocketConfig::XDP_BIND_COPY,
    };
    let user = umem.rx_tx(&socket, &config).expect("an RX and a TX ring");
    let (rx, tx) = (
        user.map_rx().expect("it was asked for"),
        user.map_tx().expect("as above"),
    );
    patiently(|| umem.bind(&user).is_ok());
    enter(program, rx.as_raw_fd());
    Box::new(Twin {
        device,
        rx,
        tx,
        memory,
        free: (0..CHUNKS).map(|chunk| chunk * CHUNK).collect(),
        _umem: umem,
    })
}

/// Tries until the queue is free, which it is a moment after its last socket was closed.
fn patiently(mut bind: impl FnMut() -> bool) {
    for _ in 0..200 {
        if bind() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the queue is busy");
}

/// Maps memory for all chunks, for good: the kernel may write to it for longer than the socket
/// lives.
fn memory() -> NonNull<[u8]> {
    let len = (CHUNK * CHUNKS) as usize;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: the kernel chooses the address, so nothing that exists is replaced.
    let base = unsafe { libc::mmap(ptr::null_mut(), len, access, flags, -1, 0) };
    assert_ne!(base, libc::MAP_FAILED, "memory");
    // SAFETY: the advice concerns this range, which nobody uses yet.
    unsafe { libc::madvise(base, len, libc::MADV_HUGEPAGE) };
    let base = NonNull::new(base.cast()).expect("memory is not at 0");
    NonNull::slice_from_raw_parts(base, len)
}

/// Enters a socket into place 0 of a program's map.
fn enter(program: &Redirect, socket: i32) {
    const BPF_MAP_UPDATE_ELEM: libc::c_long = 2;
    let (key, value) = (0_u32, socket as u32);
    let (key, value) = ((&raw const key) as u64, (&raw const value) as u64);
    let attributes = [program.map().as_raw_fd() as u64, key, value, 0];
    let (at, len) = (attributes.as_ptr(), size_of_val(&attributes));
    // SAFETY: key and value have four bytes each, as the map's have.
    let entered = unsafe { libc::syscall(libc::SYS_bpf, BPF_MAP_UPDATE_ELEM, at, len) };
    assert_eq!(entered, 0, "{}", std::io::Error::last_os_error());
}

impl Twin {
    /// Returns the bytes that a descriptor names.
    fn bytes(&mut self, descriptor: &XdpDesc) -> &mut [u8] {
        let first = self
            .memory
            .cast::<u8>()
            .as_ptr()
            .wrapping_add(descriptor.addr as usize);
        // SAFETY: the kernel has given the chunk back, and nobody else has it.
        unsafe { std::slice::from_raw_parts_mut(first, descriptor.len as usize) }
    }

    fn complete(&mut self) {
        let mut done = self.device.complete(ENTRIES);
        while let Some(address) = done.read() {
            self.free.push(address / CHUNK * CHUNK);
        }
        done.release();
    }

    fn fill(&mut self) {
        let mut fill = self.device.fill(self.free.len() as u32);
        let n = fill.capacity() as usize;
        fill.insert(self.free.drain(self.free.len() - n..));
        fill.commit();
    }
}

impl Reflector for Twin {
    fn round(&mut self) -> usize {
        self.complete();
        self.fill();
        let mut packets = [XdpDesc {
            addr: 0,
            len: 0,
            options: 0,
        }; 32];
        let mut n = 0;
        let mut received = self.rx.receive(32);
        while let Some(descriptor) = received.read() {
            packets[n] = descriptor;
            n += 1;
        }
        received.release();
        drop(received);
        if n == 0 {
            let mut wait = libc::pollfd {
                fd: self.rx.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: there is one `pollfd`.
            unsafe { libc::poll(&mut wait, 1, 1) };
            return 0;
        }
        for descriptor in &packets[..n] {
            assert!(
                turn_round(self.bytes(descriptor)),
                "a packet that the sender has not sent"
            );
        }
        let mut send = self.tx.transmit(n as u32);
        let posted = send.insert(packets[..n].iter().copied());
        send.commit();
        drop(send);
        assert_eq!(posted as usize, n, "the TX ring has room");
        if self.tx.needs_wakeup() {
            self.tx.wake();
        }
        n
    }
}
