//! From the kernel into buffers.

#![forbid(unsafe_code)]

use std::io;
use std::net::UdpSocket;
use std::ops::DerefMut;

use framewell::{Frame, VarBuf};

use super::Socket;
use crate::datagram::{Datagram, Form};
use crate::sys::{Arrival, Inbox, MESSAGES};

impl Socket {
    /// Receives up to `n` datagrams into frames, appends them, and returns how many came: at least
    /// one, if `n` is not 0, and at most [`BURST`](Self::BURST). Outside of Linux it is one.
    ///
    /// A frame takes as many bytes as the pool's payload has. A longer datagram is cut
    /// ([`Form::Cut`]), and so is what the kernel has merged, if GRO is on: `sent_len` says how
    /// long it was. If the pool has fewer frames than asked for, the burst is shorter, and what is
    /// left waits in the kernel.
    ///
    /// The call enters the kernel. On a blocking socket it waits for the first datagram.
    ///
    /// # Errors
    ///
    /// - [`OutOfBuffers`](framewell::OutOfBuffers) in an error of the kind
    ///   [`OutOfMemory`](io::ErrorKind::OutOfMemory), if the pool has no frame. Nothing was
    ///   received.
    /// - [`WouldBlock`](io::ErrorKind::WouldBlock), if nothing is there and the socket is
    ///   non-blocking.
    /// - Another error that was pending on the socket. The kernel tells of it before it hands out
    ///   datagrams; none of these is lost.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::Socket;
    /// # let pool = Pool::builder().build()?;
    /// let mut socket = Socket::bind("127.0.0.1:0", &pool)?;
    /// socket.as_std().send_to(b"packet", socket.as_std().local_addr()?)?;
    /// let mut received = Vec::new();
    /// assert_eq!(socket.recv_burst(&mut received, 32)?, 1);
    /// assert_eq!(*received[0].buffer, *b"packet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_burst(&mut self, into: &mut Vec<Datagram<Frame>>, n: usize) -> io::Result<usize> {
        let n = n.min(MESSAGES);
        if n == 0 {
            return Ok(0);
        }
        into.reserve(n);
        let missing = n.saturating_sub(self.frames.len());
        if missing > 0 && self.pool.get_burst(&mut self.frames, missing) < missing {
            self.stats.no_buffers += 1;
            if self.frames.is_empty() {
                return Err(framewell::OutOfBuffers.into());
            }
        }
        let stale = self.stale;
        let received = fill(
            &self.io,
            &mut self.inbox,
            &mut self.stale,
            &mut self.frames,
            n,
        )?;
        let tells = !(stale && self.stale);
        for at in 0..received {
            let mut frame = self.frames.pop().expect("it was filled");
            let arrival = self.arrival(at, frame.len());
            let len = arrival.sent_len.min(frame.len());
            frame.trim(len).expect("it is not more");
            into.push(self.datagram(frame, arrival, tells));
        }
        Ok(received)
    }

    /// Receives up to `n` times into buffers for merged datagrams
    /// ([`Pool::alloc_merged`](framewell::Pool::alloc_merged)), appends them, and returns how many
    /// came, as [`recv_burst`](Self::recv_burst) does.
    ///
    /// With GRO on, a buffer may hold up to 128 datagrams of one peer: [`Datagram::segments`]
    /// splits it. No datagram is cut, unless the kernel merges more than
    /// [`Pool::MERGED`](framewell::Pool::MERGED) bytes. Each buffer that is kept for the next call
    /// takes 64 KiB: ask for a few at once.
    ///
    /// The call enters the kernel, and waits, as `recv_burst` does.
    ///
    /// # Errors
    ///
    /// - [`OutOfMemory`](framewell::OutOfMemory) in an error of the kind
    ///   [`OutOfMemory`](io::ErrorKind::OutOfMemory), if the pool has no buffer. Nothing was
    ///   received.
    /// - Those of `recv_burst` otherwise.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_udp::{Form, Socket};
    /// # let pool = Pool::builder().build()?;
    /// let mut socket = Socket::builder(&pool).gro(true).bind("127.0.0.1:0")?;
    /// socket.as_std().send_to(b"packet", socket.as_std().local_addr()?)?;
    /// let mut received = Vec::new();
    /// assert_eq!(socket.recv_merged(&mut received, 8)?, 1);
    /// assert_eq!(received[0].form, Form::Whole);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_merged(&mut self, into: &mut Vec<Datagram<VarBuf>>, n: usize) -> io::Result<usize> {
        let n = n.min(MESSAGES);
        if n == 0 {
            return Ok(0);
        }
        into.reserve(n);
        while self.merged.len() < n {
            match self.pool.alloc_merged() {
                Ok(buffer) => self.merged.push(buffer),
                Err(refused) => {
                    self.stats.no_buffers += 1;
                    if self.merged.is_empty() {
                        return Err(refused.into());
                    }
                    break;
                }
            }
        }
        let stale = self.stale;
        let received = fill(
            &self.io,
            &mut self.inbox,
            &mut self.stale,
            &mut self.merged,
            n,
        )?;
        let tells = !(stale && self.stale);
        for at in 0..received {
            let mut buffer = self.merged.pop().expect("it was filled");
            let arrival = self.arrival(at, buffer.len());
            let len = arrival.sent_len.min(buffer.len());
            buffer.trim(len).expect("it is not more");
            into.push(self.datagram(buffer, arrival, tells));
        }
        Ok(received)
    }

    /// Returns what arrived in a room of so many bytes.
    fn arrival(&self, at: usize, room: usize) -> Arrival {
        let mut arrival = self.inbox.arrival(at);
        // The kernel's flag says so too.
        arrival.cut |= arrival.sent_len > room;
        arrival
    }

    /// Counts what arrived, and makes a datagram of it.
    fn datagram<B>(&mut self, buffer: B, arrival: Arrival, tells: bool) -> Datagram<B> {
        let form = Form::of(&arrival, tells);
        self.stats.received += 1;
        self.stats.cut += u64::from(arrival.cut);
        self.stats.control_cut += u64::from(arrival.control_cut);
        if let Form::Merged { segment } = form {
            self.stats.merged += 1;
            self.stats.segments += arrival.sent_len.div_ceil(segment) as u64;
        }
        Datagram {
            buffer,
            peer: arrival.peer,
            sent_len: arrival.sent_len,
            form,
        }
    }
}

/// Has the kernel fill up to `n` buffers, the last one first, and returns how many it filled.
///
/// A stale queue is looked at without waiting. When nothing is there, it is stale no more.
fn fill<B: DerefMut<Target = [u8]>>(
    io: &UdpSocket,
    inbox: &mut Inbox,
    stale: &mut bool,
    buffers: &mut [B],
    n: usize,
) -> io::Result<usize> {
    let mut receive = |wait| {
        let rooms = buffers.iter_mut().rev().take(n);
        inbox.receive(io, rooms.map(|buffer| &mut **buffer), wait)
    };
    if *stale {
        match receive(false) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => *stale = false,
            received => return received,
        }
    }
    receive(true)
}
