//! io_uring by hand: a receive that goes on, into the buffers of a ring, each of which is sent back
//! from where it lies.

use std::io;
use std::mem;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use io_uring::types::{Fd, RecvMsgOut, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};

use super::super::{Account, BUFFERS, RING, Server};
use super::explain;
use super::memory::Provided;
use crate::turn::Turn;

/// What the kernel puts in front of the payload: four integers, and the address of the sender.
const HEADERS: usize = 16 + PEER;
/// The room for an address.
const PEER: usize = size_of::<libc::sockaddr_in6>();
/// The mark of the receive among the completions. Those of sends have the buffer's id.
const RECEIVE: u64 = u64::MAX;
/// The mark of the request that ends the receive.
const CANCEL: u64 = u64::MAX - 1;
/// The group of the ring of buffers.
const GROUP: u16 = 0;
/// How long what is being sent may take at the end.
const PATIENCE: Duration = Duration::from_secs(3);

/// The buffers.
pub(in super::super) struct Slab(Provided);

impl Slab {
    /// Returns buffers for datagrams of so many bytes.
    pub(in super::super) fn new(longest: usize) -> Self {
        Self(Provided::new(HEADERS + longest))
    }
}

/// The heads of what is being sent, one for each buffer.
struct Heads {
    messages: Vec<libc::msghdr>,
    parts: Vec<libc::iovec>,
}

/// An io_uring over the buffers.
struct Open<'s> {
    ring: IoUring,
    fd: Fd,
    provided: &'s mut Provided,
    /// How much room a received datagram leaves for the address.
    shape: Box<libc::msghdr>,
    heads: Heads,
    /// The buffers that are being sent.
    sending: usize,
    receiving: bool,
    dropped: u64,
}

impl<'s> Open<'s> {
    fn new(socket: &UdpSocket, provided: &'s mut Provided) -> io::Result<Self> {
        // The modes are those of framewell-uring, which does not tie a ring to a thread.
        let ring = IoUring::builder()
            .setup_coop_taskrun()
            .setup_taskrun_flag()
            .setup_submit_all()
            .setup_cqsize(RING.completions)
            .build(RING.entries)?;
        provided.clear();
        let (submitter, count) = (ring.submitter(), BUFFERS as u16);
        // SAFETY: the memory of the ring outlives this value, with which the io_uring ends.
        unsafe { submitter.register_buf_ring_with_flags(provided.address(), count, GROUP, 0) }?;
        (0..count).for_each(|id| provided.put(id));
        provided.publish();
        // SAFETY: the structure holds integers and pointers, which may be zero.
        let mut shape: libc::msghdr = unsafe { mem::zeroed() };
        shape.msg_namelen = PEER as libc::socklen_t;
        // SAFETY: the structure holds integers and pointers, which may be zero.
        let message: libc::msghdr = unsafe { mem::zeroed() };
        let part = libc::iovec {
            iov_base: std::ptr::null_mut(),
            iov_len: 0,
        };
        Ok(Self {
            ring,
            fd: Fd(socket.as_raw_fd()),
            provided,
            shape: Box::new(shape),
            heads: Heads {
                messages: vec![message; BUFFERS],
                parts: vec![part; BUFFERS],
            },
            sending: 0,
            receiving: false,
            dropped: 0,
        })
    }

    /// Puts a request into the queue.
    ///
    /// # Safety
    ///
    /// What the request points to stays as it is until the request has completed.
    unsafe fn push(&mut self, request: &squeue::Entry) -> io::Result<()> {
        loop {
            // SAFETY: the caller keeps what the request points to.
            match unsafe { self.ring.submission().push(request) } {
                Ok(()) => return Ok(()),
                Err(_) => self.ring.submit().map(drop)?,
            }
        }
    }

    fn receive(&mut self) -> io::Result<()> {
        let request = opcode::RecvMsgMulti::new(self.fd, &raw const *self.shape, GROUP).build();
        self.receiving = true;
        // SAFETY: the shape and the buffers outlive the receive, which `end` waits for.
        unsafe { self.push(&request.user_data(RECEIVE)) }
    }

    /// Submits what is in the queue, waits for a completion for 10 milliseconds at most, and deals
    /// with all there are. It returns how many datagrams came.
    fn round(&mut self) -> io::Result<usize> {
        let limit = Timespec::new().nsec(10_000_000);
        let wait = SubmitArgs::new().timespec(&limit);
        if let Err(error) = self.ring.submitter().submit_with_args(1, &wait) {
            match error.raw_os_error() {
                Some(libc::ETIME | libc::EINTR | libc::EBUSY) => {}
                _ => return Err(error),
            }
        }
        let mut came = 0;
        while let Some(done) = { self.ring.completion().next() } {
            match done.user_data() {
                RECEIVE => came += self.received(&done)?,
                CANCEL => {}
                id => {
                    self.sending -= 1;
                    self.dropped += u64::from(done.result() < 0);
                    self.provided.put(id as u16);
                }
            }
        }
        self.provided.publish();
        Ok(came)
    }

    /// Has a datagram sent back, and the receive begin again if it is over. It returns how many
    /// datagrams came.
    fn received(&mut self, done: &cqueue::Entry) -> io::Result<usize> {
        self.receiving = cqueue::more(done.flags());
        let Some(id) = cqueue::buffer_select(done.flags()) else {
            return match -done.result() {
                libc::ENOBUFS | libc::ECANCELED => Ok(0),
                error => Err(io::Error::from_raw_os_error(error)),
            };
        };
        // SAFETY: the kernel has taken the buffer out of the ring.
        let bytes = unsafe { self.provided.bytes(id) };
        let Ok(datagram) = RecvMsgOut::parse(bytes, &self.shape) else {
            self.dropped += 1;
            self.provided.put(id);
            return Ok(1);
        };
        let payload = done.result().max(0) as usize - HEADERS;
        let payload = &datagram.payload_data()[..payload.min(datagram.payload_data().len())];
        let at = usize::from(id);
        let (part, message) = (&mut self.heads.parts[at], &mut self.heads.messages[at]);
        part.iov_base = payload.as_ptr().cast_mut().cast();
        part.iov_len = payload.len();
        message.msg_name = datagram.name_data().as_ptr().cast_mut().cast();
        message.msg_namelen = datagram.incoming_name_len();
        message.msg_iov = part;
        message.msg_iovlen = 1;
        let request = opcode::SendMsg::new(self.fd, message).build();
        self.sending += 1;
        // SAFETY: the head and the buffer belong to this id, which is not provided again before
        // the request has completed; `end` waits for that.
        unsafe { self.push(&request.user_data(id.into())) }?;
        Ok(1)
    }

    /// Ends the receive, and waits for what is being sent. Then the kernel has no buffer.
    fn end(&mut self) -> io::Result<()> {
        let start = Instant::now();
        if self.receiving {
            let cancel = opcode::AsyncCancel::new(RECEIVE).build().user_data(CANCEL);
            // SAFETY: the request points to nothing.
            unsafe { self.push(&cancel) }?;
        }
        while self.receiving || self.sending > 0 {
            if start.elapsed() > PATIENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.round()?;
        }
        Ok(())
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            // What the kernel still uses must not be freed.
            eprintln!("io_uring does not give the buffers back: {error}");
            std::process::abort();
        }
    }
}

impl Server for Slab {
    fn name(&self) -> &'static str {
        "slab by hand"
    }

    fn serve(&mut self, socket: &UdpSocket, turn: &mut Turn<'_>) -> Result<Account, String> {
        let mut open = Open::new(socket, &mut self.0).map_err(explain)?;
        turn.opened();
        while turn.go_on() {
            if !open.receiving {
                open.receive().map_err(explain)?;
            }
            turn.came(open.round().map_err(explain)?);
        }
        turn.closing();
        open.end().map_err(explain)?;
        Ok(Account {
            out: open.sending,
            dropped: open.dropped,
            words: None,
        })
    }
}
