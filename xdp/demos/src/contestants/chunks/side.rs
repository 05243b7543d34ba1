//! One socket of xdpilone, with its four rings.

use std::ffi::CString;
use std::fmt;
use std::num::NonZeroU32;
use std::os::fd::RawFd;
use std::thread;
use std::time::{Duration, Instant};

use framewell_xdp::{Interface, Redirect};
use xdpilone::xdp::XdpDesc;
use xdpilone::{DeviceQueue, Errno, IfInfo, RingRx, RingTx, Socket, SocketConfig, Umem, User};

use super::super::frames::attach;
use super::super::{Account, PATIENCE, Port, RING};
use super::map;

/// The chunks that come back at once.
const BATCH: usize = 64;
/// The packets that the kernel sends for one wake-up.
const SENT_AT_ONCE: usize = 32;

/// A socket on a queue.
pub(super) struct Side {
    program: Redirect,
    device: DeviceQueue,
    rx: RingRx,
    tx: RingTx,
    /// What was received and is not sent yet.
    pub(super) waiting: Vec<XdpDesc>,
    /// How much of it has been worked on.
    pub(super) worked: usize,
    filled: u64,
    received: u64,
    posted: u64,
    completed: u64,
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side").finish_non_exhaustive()
    }
}

impl Side {
    /// Opens a socket, and gives the kernel chunks to receive into. The first socket is that of the
    /// registration.
    pub(super) fn open(
        umem: &Umem,
        port: &Port,
        first: bool,
        several: bool,
        free: &mut Vec<u64>,
    ) -> Result<Self, String> {
        let refused = |error: Errno| format!("a socket on {}: {error}", port.interface);
        let name = CString::new(port.interface.as_str()).map_err(|error| error.to_string())?;
        let mut info = IfInfo::invalid();
        info.from_name(&name).map_err(refused)?;
        info.set_queue(port.queue);
        let (socket, bind_flags) = match first {
            true => (Socket::with_shared(&info, umem), flags(several)),
            // The others have the flags of the first one, and may ask for none.
            false => (Socket::new(&info), 0),
        };
        let socket = socket.map_err(refused)?;
        let device = umem.fq_cq(&socket).map_err(refused)?;
        let config = SocketConfig {
            rx_size: NonZeroU32::new(RING),
            tx_size: NonZeroU32::new(RING),
            bind_flags,
        };
        let user = umem.rx_tx(&socket, &config).map_err(refused)?;
        let rx = user.map_rx().map_err(refused)?;
        let tx = user.map_tx().map_err(refused)?;
        bind(umem, &user).map_err(refused)?;
        let interface = Interface::named(&port.interface).map_err(|error| error.to_string())?;
        let program = attach(&interface, several).map_err(|error| error.to_string())?;
        let mut side = Self {
            program,
            device,
            rx,
            tx,
            waiting: Vec::with_capacity(RING as usize),
            worked: 0,
            filled: 0,
            received: 0,
            posted: 0,
            completed: 0,
        };
        side.fill(free);
        map::enter(side.program.map(), port.queue, side.descriptor())?;
        Ok(side)
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.device.as_raw_fd()
    }

    /// Gives the kernel free chunks to receive into.
    pub(super) fn fill(&mut self, free: &mut Vec<u64>) {
        if !free.is_empty() {
            let mut writer = self.device.fill(free.len() as u32);
            let left = free.len() - writer.capacity() as usize;
            self.filled += u64::from(writer.insert(free.drain(left..)));
            writer.commit();
        }
        if self.device.needs_wakeup() {
            self.device.wake();
        }
    }

    /// Takes over the descriptors of what was received, up to so many.
    pub(super) fn receive(&mut self, most: usize) {
        if most > 0 {
            let before = self.waiting.len();
            let mut reader = self.rx.receive(most as u32);
            self.waiting.extend(&mut reader);
            reader.release();
            self.received += (self.waiting.len() - before) as u64;
        }
    }

    /// Posts the first `n` descriptors of a list, or as many as there is room for, has the kernel
    /// send them, and returns how many were posted.
    pub(super) fn send(&mut self, list: &mut Vec<XdpDesc>, n: usize) -> usize {
        let mut posted = 0;
        if n > 0 {
            let mut writer = self.tx.transmit(n as u32);
            posted = writer.capacity() as usize;
            writer.insert(list.drain(..posted));
            writer.commit();
            self.posted += posted as u64;
        }
        self.wake(1 + posted / SENT_AT_ONCE);
        posted
    }

    fn wake(&mut self, times: usize) {
        for _ in 0..times {
            if self.tx.pending() == 0 || !self.tx.needs_wakeup() {
                break;
            }
            self.tx.wake();
        }
    }

    /// Takes back the chunks that the kernel is done with. The mask is that of the bytes in a
    /// chunk.
    pub(super) fn complete(&mut self, free: &mut Vec<u64>, mask: u64) {
        loop {
            let before = free.len();
            let mut reader = self.device.complete(BATCH as u32);
            free.extend((&mut reader).map(|address| address & !mask));
            reader.release();
            let completed = free.len() - before;
            self.completed += completed as u64;
            if completed < BATCH {
                break;
            }
        }
    }

    /// Waits until the kernel is done with all that was posted to be sent, for a bounded time.
    pub(super) fn drain(&mut self, free: &mut Vec<u64>, mask: u64) {
        let start = Instant::now();
        loop {
            self.wake(1);
            self.complete(free, mask);
            if self.completed == self.posted || start.elapsed() > PATIENCE {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Adds the counts to an account.
    pub(super) fn add_to(&self, account: &mut Account) -> Result<(), String> {
        let kernel = self.device.statistics_v2();
        let kernel = kernel.map_err(|error| error.to_string())?;
        account.received += self.received;
        account.posted += self.posted;
        account.completed += self.completed;
        account.dropped += kernel.rx_dropped + kernel.rx_ring_full;
        account.dropped += kernel.rx_invalid_descs + kernel.tx_invalid_descs;
        Ok(())
    }

    /// Returns how many chunks were posted and have not come back.
    pub(super) fn with_kernel(&self) -> usize {
        (self.filled - self.received + self.posted - self.completed) as usize
    }
}

fn flags(several: bool) -> u16 {
    let several = if several { libc::XDP_USE_SG } else { 0 };
    SocketConfig::XDP_BIND_NEED_WAKEUP | several
}

/// Binds a socket. The kernel takes a moment to let go of the one before.
fn bind(umem: &Umem, user: &User) -> Result<(), Errno> {
    let start = Instant::now();
    loop {
        match umem.bind(user) {
            Err(error) if error.get_raw() == libc::EBUSY && start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(5));
            }
            bound => return bound,
        }
    }
}
