//! The rounds: groups are filled, receives armed again, entries submitted, completions awaited.

use std::time::{Duration, Instant};

use io_uring::types::Timespec;

use super::Ring;
use crate::core::{Core, Operation};
use crate::error::Error;
use crate::event::Event;

/// How long a wait lasts at most while a receive has no buffers. Nothing tells when another thread
/// gives some back to the pool.
const SLICE: Duration = Duration::from_millis(2);

impl Ring {
    /// Fills the groups, arms receives again, and has the kernel work on the submission queue.
    ///
    /// The call enters the kernel if there is something for it to do.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if the kernel refuses to work on the queue.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::{Message, Ring};
    /// # let pool = Pool::builder().build()?;
    /// # let mut ring = Ring::builder(&pool).build()?;
    /// # let udp = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// # let socket = ring.attach(&udp)?;
    /// ring.send(socket, Message::new(pool.copy_from(b"packet")?).to(udp.local_addr()?))?;
    /// ring.submit()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit(&mut self) -> Result<(), Error> {
        self.core.prepare()?;
        if self.core.has_work() {
            self.core.enter(0, None)?;
        }
        Ok(())
    }

    /// Does what [`submit`](Self::submit) does, and waits until there are `n` completions, or for
    /// so long. `None` is without a limit.
    ///
    /// It may return earlier, when a signal comes. Not every completion makes an event: one that
    /// tells that a receive has to be armed again does not. So call it in a loop.
    ///
    /// While a receive has no buffers because the pool is dry, the wait looks every 2 ms whether
    /// there are some.
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if the kernel refuses to work on the queue.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// ring.wait(1, Some(Duration::from_millis(1)))?;
    /// assert!(ring.next_event().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(&mut self, n: usize, timeout: Option<Duration>) -> Result<(), Error> {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            self.core.prepare()?;
            let n = n.min(self.core.uring.params().cq_entries() as usize);
            let ready = self.core.completions() + self.core.events.len();
            if ready >= n {
                if self.core.has_work() {
                    self.core.enter(0, None)?;
                }
                return Ok(());
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let starved = !self.core.again.is_empty();
            let slice = match left {
                Some(left) if starved => Some(left.min(SLICE)),
                None if starved => Some(SLICE),
                left => left,
            };
            let want = n - self.core.events.len();
            self.core.enter(want, slice.map(Timespec::from))?;
            // Only a slice of the wait is over.
            if !(starved && slice != left && self.core.completions() == 0) {
                return Ok(());
            }
        }
    }

    /// Returns the next event, or `None` if nothing has happened.
    ///
    /// The call does not enter the kernel. Take all events before the next wait.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// while let Some(event) = ring.next_event() {
    ///     println!("{event:?}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.core.events.pop_front() {
                return Some(event);
            }
            let completion = self.core.next_completion()?;
            if let Some(event) = self.core.complete(&completion) {
                return Some(event);
            }
        }
    }
}

impl Core {
    /// Fills the groups, and arms those receives again that can go on.
    fn prepare(&mut self) -> Result<(), Error> {
        self.fill();
        self.arm_again()
    }

    /// Gives the groups buffers for their vacant places.
    fn fill(&mut self) {
        for group in &mut self.groups {
            let vacant = group.table.vacant();
            if vacant == 0 {
                continue;
            }
            let filled = group.fill(&self.rx);
            self.counts.filled += filled as u64;
            self.counts.dry += u64::from(filled < vacant);
        }
    }

    /// Arms the receives again whose groups have buffers.
    fn arm_again(&mut self) -> Result<(), Error> {
        let mut at = 0;
        while let Some(place) = self.again.get(at).copied() {
            let Some(Operation::Receive(state)) = self.operations.get(place) else {
                self.again.swap_remove(at);
                continue;
            };
            let group = state
                .how
                .group()
                .and_then(|group| self.groups.get(usize::from(group)));
            if group.is_some_and(|group| group.table.occupied() == 0) {
                at += 1;
                continue;
            }
            match self.arm(place) {
                Ok(()) => self.counts.rearmed += 1,
                // The completions that have to be taken first are there.
                Err(Error::Busy) => break,
                Err(error) => return Err(error),
            }
            self.again.swap_remove(at);
        }
        Ok(())
    }

    /// Returns whether the kernel has something to do that nobody but this process can tell it.
    fn has_work(&mut self) -> bool {
        let queue = self.uring.submission();
        !queue.is_empty() || queue.cq_overflow() || queue.taskrun()
    }
}
