//! Whether a queue is free: another socket can be bound to it.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use crate::sys;
use crate::teardown::Queue;

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// Returns whether a queue is free, or becomes free within so long. If that cannot be found out,
/// the answer is no.
pub(crate) fn is_free(queue: Queue, patience: Duration) -> bool {
    let start = Instant::now();
    loop {
        match bind(queue) {
            Ok(_closed) => return true,
            // Without its interface a queue has no driver.
            Err(error) if error.raw_os_error() == Some(libc::ENODEV) => return true,
            Err(error) if error.raw_os_error() != Some(libc::EBUSY) => return false,
            Err(_) if start.elapsed() >= patience => return false,
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// Binds a socket of two frames to the queue.
fn bind(queue: Queue) -> io::Result<OwnedFd> {
    let memory = Memory::new()?;
    let socket = sys::socket()?;
    let fd = socket.as_raw_fd();
    register(fd, &memory)?;
    let rings = [
        libc::XDP_UMEM_FILL_RING,
        libc::XDP_UMEM_COMPLETION_RING,
        libc::XDP_TX_RING,
    ];
    for ring in rings {
        sys::set_option(fd, ring, &2_u32)?;
    }
    let mut address = sys::no_address();
    address.sxdp_family = libc::AF_XDP as u16;
    address.sxdp_flags = libc::XDP_COPY;
    address.sxdp_ifindex = queue.interface;
    address.sxdp_queue_id = queue.number;
    sys::bind(fd, &address)?;
    Ok(socket)
}

fn register(fd: RawFd, memory: &Memory) -> io::Result<()> {
    let registration = libc::xdp_umem_reg {
        addr: memory.0.expose_provenance() as u64,
        len: Memory::LEN as u64,
        chunk_size: 2048,
        headroom: 0,
        flags: 0,
        tx_metadata_len: 0,
    };
    sys::set_option(fd, libc::XDP_UMEM_REG, &registration)
}

/// Two frames, which nothing is received into: the socket has no RX ring.
struct Memory(*mut libc::c_void);

impl Memory {
    const LEN: usize = 4096;

    fn new() -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: the kernel chooses the address, so nothing that exists is replaced.
        let base = unsafe { libc::mmap(ptr::null_mut(), Self::LEN, access, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(base))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the range is this value's, and the kernel has its own hold on registered pages.
        unsafe { libc::munmap(self.0, Self::LEN) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_free_when_its_socket_is_closed_or_its_interface_gone() {
        let run = || {
            // SAFETY: the call takes no pointer, and concerns this thread alone.
            if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
                let strict = std::env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
                assert!(!strict, "FRAMEWELL_STRICT=1 wants a network namespace");
                return eprintln!("not run: a queue that is free");
            }
            // The loopback interface is in each namespace.
            let queue = |interface, number| Queue { interface, number };
            let socket = bind(queue(1, 0)).unwrap();
            assert!(!is_free(queue(1, 0), PAUSE));
            drop(socket);
            assert!(is_free(queue(1, 0), Duration::from_secs(60)));
            assert!(
                is_free(queue(9999, 0), Duration::ZERO),
                "there is no such interface"
            );
            assert!(
                !is_free(queue(1, 77), Duration::ZERO),
                "it cannot be found out"
            );
        };
        thread::spawn(run).join().unwrap();
    }
}
