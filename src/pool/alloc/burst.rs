//! Many variable-length buffers in one call.

use arrayvec::ArrayVec;

use super::Pool;
use crate::base::batch::Batch;
use crate::base::limits::MAGAZINE;
use crate::base::part::Part;
use crate::buffer::var_buf::VarBuf;
use crate::varlen::SizeClass;

impl Pool {
    /// Adds up to `n` buffers of `len` bytes to a collection, each as from
    /// [`alloc`](Self::alloc), and returns how many.
    ///
    /// It adds fewer than `n` only if [`alloc`](Self::alloc) would be refused, which says why, or
    /// if `into` takes no more. Up to 64 buffers of a size class are taken at once. They are freed
    /// if `into` does not take them, or panics. The call enters the kernel as `alloc` does.
    ///
    /// ```
    /// # use framewell::VarBuf;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut receive: Vec<VarBuf> = Vec::with_capacity(32);
    /// assert_eq!(pool.alloc_burst(9000, 32, &mut receive), 32);
    /// assert!(receive.iter().all(|buffer| buffer.len() == 9000));
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn alloc_burst(&self, len: usize, n: usize, into: &mut impl Extend<VarBuf>) -> usize {
        let mut given = 0;
        while given < n {
            let mut run = self.alloc_run(len, n - given);
            if run.is_empty() {
                break;
            }
            let before = run.len();
            let mut drain = run.drain(..);
            into.extend(drain.by_ref());
            given += before - drain.len();
            if drain.len() > 0 {
                break;
            }
        }
        given
    }

    /// Returns 1 to `most` buffers, or none if `alloc` is refused.
    fn alloc_run(&self, len: usize, most: usize) -> ArrayVec<VarBuf, MAGAZINE> {
        let mut batch = Batch::new();
        let class = self.class_made_for(len).filter(|class| {
            let most = most.min(batch.room());
            class.lists().get_burst(most, false, &mut None, &mut batch)
        });
        let Some(class) = class else {
            return self.alloc(len).into_iter().collect();
        };
        let owner = |id| {
            // SAFETY: the id came out of the class, which holds `len`, and is in this call's hands
            // alone.
            unsafe { VarBuf::of_class(class, id, Part::first(len)) }
        };
        batch.as_slice().iter().copied().map(owner).collect()
    }

    /// Returns the class that serves a length, if the classes were made.
    fn class_made_for(&self, len: usize) -> Option<&SizeClass> {
        let class = self.engine().sizes().class_of(len.max(1))?;
        // SAFETY: the number is from the pool's sizes.
        Some(unsafe { self.engine().size_classes()?.numbered(class) })
    }
}
