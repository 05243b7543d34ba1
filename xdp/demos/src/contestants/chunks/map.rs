//! A place in a map of sockets, for a socket that framewell-xdp knows nothing of.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

/// The part of `union bpf_attr` that is about an element of a map.
#[repr(C)]
struct Element {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// `BPF_MAP_UPDATE_ELEM`.
const UPDATE: libc::c_int = 2;

/// Enters a socket into the place of a queue.
pub(super) fn enter(map: BorrowedFd<'_>, queue: u32, socket: RawFd) -> Result<(), String> {
    let value = socket as u32;
    let element = Element {
        map: map.as_raw_fd() as u32,
        padding: 0,
        key: (&raw const queue).expose_provenance() as u64,
        value: (&raw const value).expose_provenance() as u64,
        flags: 0,
    };
    let (at, len) = (&raw const element, size_of::<Element>());
    // SAFETY: a map of sockets has keys and values of four bytes, which the kernel reads here.
    match unsafe { libc::syscall(libc::SYS_bpf, UPDATE, at, len) } {
        0 => Ok(()),
        _ => Err(format!(
            "entering queue {queue} into the map of sockets: {}",
            io::Error::last_os_error()
        )),
    }
}
