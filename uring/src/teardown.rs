//! The end of a ring: the order in which buffers may be taken back.
//!
//! The kernel writes to the buffers of a receive until its last completion, also after the ring's
//! descriptor is closed while the ring is mapped. It reads those of a message without a copy until
//! the notification, which comes by the ring alone. So the order is:
//!
//! 1. All that can be cancelled is cancelled.
//! 2. Completions and notifications are awaited, for a limited time.
//! 3. Once no receive is with the kernel, what the groups have is taken back (#done-when-empty).
//! 4. Once no send is with the kernel either, the ring is unmapped and its descriptor closed.
//!
//! What is not done in time is kept here, with its ring open, until a later call finds it done. A
//! ring that a forked child drops is not touched: the child has no part in it.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use io_uring::types::Timespec;
use io_uring::{opcode, types};

use crate::core::{Core, NOBODY, Operation};

/// How long a ring that is dropped waits.
pub(crate) const PATIENCE: Duration = Duration::from_millis(200);

/// What rings have left that the kernel is not done with.
static REMAINS: Mutex<Vec<Core>> = Mutex::new(Vec::new());

/// Takes back what rings that are closed have left, as far as the kernel is done with it, and
/// returns how many buffers are free again.
///
/// A ring that is dropped takes back all its buffers itself, unless the kernel is not done with a
/// message for so long: then its buffers stay lent ([`Pool::stats`](framewell::Pool::stats) names
/// them). Building a ring calls this too.
///
/// The call enters the kernel if there is something left. It does not wait, not even for another
/// thread's call: then it returns 0.
///
/// ```
/// assert_eq!(framewell_uring::collect(), 0);
/// ```
pub fn collect() -> usize {
    // Where somebody else takes them just now, they are not waited for. In a forked child, whose
    // parent was in this call, that would be for ever.
    let Ok(mut all) = REMAINS.try_lock() else {
        return 0;
    };
    let remains = mem::take(&mut *all);
    drop(all);
    let mut freed = 0;
    for mut core in remains {
        if !core.is_ours() {
            mem::forget(core);
            continue;
        }
        let before = core.lent();
        match core.shut(Duration::ZERO) {
            true => freed += before,
            false => {
                freed += before.saturating_sub(core.lent());
                lock().push(core);
            }
        }
    }
    freed
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Core>> {
    REMAINS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes a ring, and returns how many buffers stay lent.
pub(crate) fn close(mut core: Core, patience: Duration) -> usize {
    if !core.is_ours() {
        // The ring is not mapped in this process, which is a forked child.
        mem::forget(core);
        return 0;
    }
    core.drop_events();
    core.note_the_end();
    if core.shut(patience) {
        return 0;
    }
    let lent = core.lent();
    lock().push(core);
    lent
}

impl Core {
    fn lent(&self) -> usize {
        self.rx.lent() + self.tx.lent()
    }

    /// Notes for all receives that they end, whatever ends them.
    fn note_the_end(&mut self) {
        for place in mem::take(&mut self.again) {
            self.end(place, crate::event::Ending::Cancelled);
        }
        let mut places = Vec::new();
        for (place, _) in self.operations.iter() {
            places.push(place);
        }
        for place in &places {
            if let Some(Operation::Receive(receive)) = self.operations.get_mut(*place) {
                receive.cancelled = true;
            }
        }
    }

    /// Asks the kernel to cancel all, unless it was asked. A submission queue that is full takes
    /// the request later: `shut` asks again.
    fn ask_to_cancel(&mut self) {
        if !self.cancelled {
            let all = opcode::AsyncCancel2::new(types::CancelBuilder::any().all()).build();
            // SAFETY: the entry names no memory.
            self.cancelled = unsafe { self.push(&all.user_data(NOBODY)) }.is_ok();
        }
    }

    /// Waits until the kernel is done, and takes back what it is done with. It returns whether that
    /// is all. Then no operation is left, and the ring may be closed.
    fn shut(&mut self, patience: Duration) -> bool {
        let end = Instant::now().checked_add(patience);
        let done = loop {
            while let Some(completion) = self.next_completion() {
                drop(self.complete(&completion));
                self.drop_events();
            }
            let (receives, sends) = self.with_kernel();
            if receives + sends == 0 {
                break true;
            }
            self.ask_to_cancel();
            let left = end.map_or(Duration::MAX, |end| {
                end.saturating_duration_since(Instant::now())
            });
            let (want, slice) = match left {
                Duration::ZERO => (0, None),
                left => (1, Some(Timespec::from(left))),
            };
            let entered = self.enter(want, slice);
            if self.completions() == 0 && (left.is_zero() || entered.is_err()) {
                break false;
            }
        };
        if self.with_kernel().0 == 0 {
            self.take_back_groups();
        }
        done
    }

    /// Takes back what the groups have.
    fn take_back_groups(&mut self) {
        self.groups.clear();
        // SAFETY: no receive is with the kernel (the caller has looked), and none can be armed any
        // more. So nobody writes to the buffers of the groups (#done-when-empty).
        unsafe { self.rx.reclaim() };
    }
}
