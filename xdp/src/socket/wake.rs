//! Waking the kernel, and waiting for it.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use super::Socket;
use crate::error::{Error, Step};
use crate::sys;

/// The packets that the kernel sends for one wake-up where it copies.
pub(super) const SENT_AT_ONCE: usize = 32;

/// An event to wait for.
///
/// ```
/// assert_ne!(framewell_xdp::Ready::Receive, framewell_xdp::Ready::Send);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Ready {
    /// There is a packet to receive.
    Receive,
    /// At least half of the TX ring is free.
    Send,
}

impl Socket {
    /// Waits until there is something to receive or room to send, for at most so long, and returns
    /// whether there is. It returns at once if there is already. A signal ends the wait early.
    ///
    /// Where the kernel copies, waiting also has it send what is in the TX ring. The call enters
    /// the kernel unless there is something to receive already.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if the interface is down or gone.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Ready, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// if !socket.poll(Ready::Receive, std::time::Duration::from_millis(10))? {
    ///     println!("no packet for 10 ms");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn poll(&mut self, event: Ready, timeout: Duration) -> Result<bool, Error> {
        if event == Ready::Receive && self.rings.rx.available(1) > 0 {
            return Ok(true);
        }
        let refused = |source| Error::Kernel {
            step: Step::Poll,
            source,
        };
        let events = match event {
            Ready::Receive => libc::POLLIN,
            Ready::Send => libc::POLLOUT,
        };
        let milliseconds = timeout.as_nanos().div_ceil(1_000_000);
        let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
        let came = sys::poll(self.as_raw_fd(), events, milliseconds).map_err(refused)?;
        if came & i32::from(events) != 0 {
            return Ok(true);
        }
        // A poll does not tell that the interface went down or away.
        let (error, _) =
            sys::option::<libc::c_int>(self.as_raw_fd(), libc::SOL_SOCKET, libc::SO_ERROR)
                .map_err(refused)?;
        match error {
            0 => Ok(false),
            error => Err(refused(io::Error::from_raw_os_error(error))),
        }
    }

    /// Wakes the kernel where it waits for that: for the frames in the fill ring, and for the
    /// packets in the TX ring.
    ///
    /// [`fill`](Self::fill) and [`send`](Self::send) do so themselves. It is needed if neither is
    /// called for a while, and the kernel had no room to send: what it left in the TX ring stays
    /// there until it is woken. The call enters the kernel if the kernel is to be woken.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if the interface is down or gone. That the kernel has no room is no error;
    /// it is counted in [`SocketStats::busy`](crate::SocketStats::busy).
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// while socket.stats()?.tx_lent > 0 {
    ///     socket.wake()?;
    ///     socket.complete();
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wake(&mut self) -> Result<(), Error> {
        self.wake_rx()?;
        self.wake_tx(1)
    }

    /// Has the driver look at the fill ring, if it waits for that.
    pub(crate) fn wake_rx(&mut self) -> Result<(), Error> {
        if !self.rings.fill.needs_wakeup() {
            return Ok(());
        }
        self.counts.wakeups += 1;
        let woken = sys::kick_rx(self.as_raw_fd());
        self.answered(woken).map(drop)
    }

    /// Has the kernel send what is in the TX ring, if it waits for that; at most so many times as
    /// it leaves packets there.
    pub(crate) fn wake_tx(&mut self, times: usize) -> Result<(), Error> {
        for _ in 0..times {
            if !self.rings.tx.needs_wakeup() || self.rings.tx.is_drained() {
                break;
            }
            self.counts.wakeups += 1;
            let woken = sys::kick_tx(self.as_raw_fd());
            if self.answered(woken)? {
                break;
            }
        }
        Ok(())
    }

    /// Turns the answer to a wake-up into whether the kernel did all that there was, or says that
    /// the interface is gone.
    fn answered(&mut self, woken: io::Result<()>) -> Result<bool, Error> {
        let Err(source) = woken else {
            return Ok(true);
        };
        match source.raw_os_error() {
            // It sent as many as it does at once, or has no room: it is asked again.
            Some(libc::EAGAIN | libc::EBUSY | libc::ENOBUFS | libc::EINTR) => {
                self.counts.busy += 1;
                Ok(false)
            }
            _ => Err(Error::Kernel {
                step: Step::Wake,
                source,
            }),
        }
    }
}
