//! From the pool to the fill ring, and from the completion ring to the pool.

use framewell::{Borrower, IdBatch};

use super::Socket;
use crate::ring::{Consumer, Producer};
use crate::shape::Shape;
use crate::stats::Counts;

/// The frames that go from the pool or to it in one step.
const BATCH: usize = 64;

impl Socket {
    /// Gives the kernel up to `n` frames of the pool to receive into, and returns how many. It
    /// stops when the fill ring is full or the pool is dry, and never waits.
    ///
    /// While the kernel has no frame it drops what comes in. So call this in each round, with
    /// `usize::MAX` to fill the ring. When a pool that was dry has frames again, the next call has
    /// the socket receive again.
    ///
    /// The call enters the kernel as [`Pool::get`](framewell::Pool::get) does, and if the driver
    /// waits to be woken. What the kernel answers to that, [`wake`](Self::wake) tells.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// socket.fill(512);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fill(&mut self, n: usize) -> usize {
        let mut filled = 0;
        let mut batch: IdBatch<'_, BATCH> = IdBatch::new(self.umem.pool());
        loop {
            let free = self.rings.fill.free((n - filled).min(BATCH));
            if free == 0 {
                break;
            }
            if batch.get_burst(free) == 0 {
                self.counts.dry += 1;
                break;
            }
            filled += post(&mut self.rings.fill, &self.lent.rx, &self.shape, &mut batch);
        }
        drop(batch);
        self.filled(filled);
        filled
    }

    /// Gives the kernel frames of a batch to receive into, and returns how many. The others stay in
    /// the batch: the fill ring has no room for them.
    ///
    /// With [`complete_into`](Self::complete_into) it has frames go around without their pool. It
    /// enters the kernel if the driver waits to be woken.
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool than the socket.
    ///
    /// ```no_run
    /// # use framewell::{IdBatch, Pool};
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// let mut batch: IdBatch<64> = IdBatch::new(&pool);
    /// socket.complete_into(&mut batch);
    /// socket.fill_from(&mut batch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fill_from<const N: usize>(&mut self, batch: &mut IdBatch<'_, N>) -> usize {
        let filled = post(&mut self.rings.fill, &self.lent.rx, &self.shape, batch);
        self.filled(filled);
        filled
    }

    fn filled(&mut self, n: usize) {
        self.counts.filled += n as u64;
        // Also if nothing was posted: a driver that ran out of frames may have gone to sleep after
        // the last call had posted some. What is wrong with the interface, the next wake-up tells.
        let _ = self.wake_rx();
    }

    /// Returns frames that the kernel is done with to the pool, and returns how many. It never
    /// waits.
    ///
    /// Call it in each round: the kernel sends nothing while the completion ring is full. The call
    /// does not enter the kernel, except as dropping a frame does.
    ///
    /// ```no_run
    /// # use framewell::Pool;
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// let free_again = socket.complete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn complete(&mut self) -> usize {
        let mut completed = 0;
        loop {
            let mut batch: IdBatch<'_, BATCH> = IdBatch::new(self.umem.pool());
            let (ring, lent) = (&mut self.rings.completion, &self.lent.tx);
            match take_completed(ring, lent, &self.shape, &mut self.counts, &mut batch) {
                0 => return completed,
                n => completed += n,
            }
        }
    }

    /// Appends frames that the kernel is done with to a batch, as many as it has room for, and
    /// returns how many. It never waits, and does not enter the kernel.
    ///
    /// # Panics
    ///
    /// The call panics if the batch is of another pool than the socket.
    ///
    /// ```no_run
    /// # use framewell::{IdBatch, Pool};
    /// # use framewell_xdp::{Interface, Socket, Umem};
    /// # let pool = Pool::builder().stride(2048).build()?;
    /// # let umem = Umem::new(&pool)?;
    /// # let mut socket = Socket::builder(&umem, &Interface::named("eth0")?, 0).bind()?;
    /// let mut batch: IdBatch<64> = IdBatch::new(&pool);
    /// println!("{} frames are free again", socket.complete_into(&mut batch));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn complete_into<const N: usize>(&mut self, batch: &mut IdBatch<'_, N>) -> usize {
        let (ring, lent) = (&mut self.rings.completion, &self.lent.tx);
        take_completed(ring, lent, &self.shape, &mut self.counts, batch)
    }
}

/// Takes frames back that came by the completion ring, as many as the batch has room for, and
/// returns how many.
fn take_completed<const N: usize>(
    ring: &mut Consumer<u64>,
    lent: &Borrower,
    shape: &Shape,
    counts: &mut Counts,
    batch: &mut IdBatch<'_, N>,
) -> usize {
    let before = batch.len();
    let there = ring.available(batch.room());
    let mut offsets = [0; N];
    let mut known = 0;
    for ahead in 0..there {
        match shape.offset_of(ring.read(ahead)) {
            Some(offset) => {
                offsets[known] = offset;
                known += 1;
            }
            None => counts.invalid += 1,
        }
    }
    ring.release(there);
    let mut offsets = &offsets[..known];
    while !offsets.is_empty() {
        // SAFETY: the kernel has given the frames back by the completion ring, and reads them no
        // more. An entry is read once, by this thread.
        match unsafe { lent.take_back_offsets(offsets, batch) } {
            Ok(_) => break,
            Err(refused) => {
                counts.invalid += 1;
                offsets = &offsets[refused.taken + 1..];
            }
        }
    }
    let completed = batch.len() - before;
    counts.completed += completed as u64;
    completed
}

/// Lends frames of a batch, posts them to the fill ring, and returns how many.
fn post<const N: usize>(
    fill: &mut Producer<u64>,
    lent: &Borrower,
    shape: &Shape,
    batch: &mut IdBatch<'_, N>,
) -> usize {
    let free = fill.free(batch.len());
    let mut offsets = [0; N];
    let n = lent.lend_offsets(batch, &mut offsets[..free]);
    for (ahead, offset) in offsets[..n].iter().enumerate() {
        debug_assert!(shape.may_fill(*offset), "{offset} is no frame");
        fill.write(ahead, *offset);
    }
    if n > 0 {
        fill.publish(n);
    }
    n
}
