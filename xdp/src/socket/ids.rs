//! From the RX ring to a batch of ids, and from one to the TX ring.
//!
//! An id takes 4 bytes where an owner takes 16. The part of the frame that is the packet stands
//! beside it, as the descriptor has it.

use framewell::{BufferId, IdBatch, Span};

use super::Socket;
use crate::send_error::{SendError, SendReason, Unsendable};

impl Socket {
    /// Receives packets into a batch, as many as it has room for, and returns how many were added.
    /// It never waits.
    ///
    /// `spans[i]` is the packet in the frame of `batch.ids()[i]`: its offset in the pool's region,
    /// and its length. If the pool's headroom is
    /// [`Umem::received_headroom`](crate::Umem::received_headroom), the packet is
    /// `batch[i][..spans[i].len as usize]`. A packet of several frames is dropped and counted. The
    /// call does not enter the kernel.
    ///
    /// It costs less than [`receive`](Self::receive), and suits packets that stay together until
    /// [`send_ids`](Self::send_ids).
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool than the socket.
    ///
    /// ```no_run
    /// # use framewell::{IdBatch, Pool, Span};
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).headroom(256).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// let mut spans = [Span::default(); 32];
    /// socket.receive_ids(&mut batch, &mut spans);
    /// for (bytes, span) in batch.iter_mut().zip(&spans) {
    ///     let (to, from) = bytes[..span.len as usize][..12].split_at_mut(6);
    ///     to.swap_with_slice(from);
    /// }
    /// socket.send_ids(&mut batch, &spans)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn receive_ids<const N: usize>(
        &mut self,
        batch: &mut IdBatch<'_, N>,
        spans: &mut [Span; N],
    ) -> usize {
        let before = batch.len();
        let there = self.rings.rx.available(batch.room());
        if there == 0 {
            return 0;
        }
        let mut offsets = [0; N];
        let mut whole = before;
        for ahead in 0..there {
            if let Some(span) = self.whole(ahead) {
                offsets[whole] = span.offset;
                spans[whole] = span;
                whole += 1;
            }
        }
        self.rings.rx.release(there);
        let mut at = before;
        while at < whole {
            // SAFETY: as in `Socket::take_back`.
            match unsafe { self.lent.rx.take_back_offsets(&offsets[at..whole], batch) } {
                Ok(_) => break,
                Err(refused) => {
                    // The packets behind it move up, so that each stays beside its id.
                    self.counts.invalid += 1;
                    at += refused.taken;
                    offsets.copy_within(at + 1..whole, at);
                    spans.copy_within(at + 1..whole, at);
                    whole -= 1;
                }
            }
        }
        for (id, span) in batch.ids().iter().zip(spans.iter_mut()).skip(before) {
            self.bound(*id, span);
        }
        let received = batch.len() - before;
        self.counts.received += received as u64;
        received
    }

    /// Cuts a packet that claims to go beyond its frame.
    #[inline]
    fn bound(&mut self, id: BufferId, span: &mut Span) {
        let room = self.shape.chunk() - self.within(id, span) as u32;
        if span.len > room {
            self.counts.invalid += 1;
            span.len = room;
        }
    }

    /// Returns how far behind the first byte of a frame a packet begins.
    #[inline]
    fn within(&self, id: BufferId, span: &Span) -> u64 {
        let start = id.index() as u64 * u64::from(self.shape.chunk());
        span.offset.wrapping_sub(start)
    }

    /// Posts all packets of a batch to be sent, in order, or none of them, and returns how many. It
    /// never waits.
    ///
    /// `spans[i]` is the packet in the frame of `batch.ids()[i]`, as
    /// [`receive_ids`](Self::receive_ids) left it, or moved within the frame. If the TX ring has no
    /// room for all, the batch stays as it is. The call enters the kernel as [`send`](Self::send)
    /// does.
    ///
    /// # Errors
    ///
    /// [`SendError`] as for [`send`](Self::send), with nothing posted if a packet may not be.
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool than the socket.
    ///
    /// ```no_run
    /// # use framewell::{IdBatch, Pool, Span};
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).headroom(256).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// # let mut batch: IdBatch<32> = IdBatch::new(&pool);
    /// # let mut spans = [Span::default(); 32];
    /// socket.receive_ids(&mut batch, &mut spans);
    /// if socket.send_ids(&mut batch, &spans)? == 0 {
    ///     batch.clear(); // the TX ring has no room
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn send_ids<const N: usize>(
        &mut self,
        batch: &mut IdBatch<'_, N>,
        spans: &[Span; N],
    ) -> Result<usize, SendError> {
        let n = batch.len();
        if n == 0 || self.rings.tx.free(n) < n {
            return self.publish(0, None);
        }
        for (id, span) in batch.ids().iter().zip(spans) {
            if let Err(reason) = self.may_send_span(*id, span) {
                let reason = SendReason::Packet(reason);
                return Err(SendError { posted: 0, reason });
            }
        }
        // The batch is lent as a whole, and so in its order.
        let mut ids = [batch.ids()[0]; N];
        let posted = self.lent.tx.lend_ids(batch, &mut ids);
        for (ahead, span) in spans[..posted].iter().enumerate() {
            self.write(ahead, span, false);
        }
        self.publish(posted, None)
    }

    /// Returns whether a part of a frame may be posted as a packet.
    #[inline]
    fn may_send_span(&self, id: BufferId, span: &Span) -> Result<(), Unsendable> {
        let (within, len) = (self.within(id, span), u64::from(span.len));
        let chunk = u64::from(self.shape.chunk());
        if within > chunk || within + len > chunk {
            return Err(Unsendable::OtherFrame);
        }
        self.shape.may_send(within as usize, len as usize)
    }
}
