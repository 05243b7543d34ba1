//! A lock-free table of entries by address.
//!
//! ```text
//!   bucket ─► node ─► node ─► …      next: a pointer; a mark in its lowest bit says that
//!                                    this node is removed
//! ```
//!
//! Invariants
//!
//! - #node-inserted-once: A node is inserted once, at the head of its address's bucket, by one
//!   compare-and-swap.
//! - #node-marked-once: A node is removed once, by its owner, which marks the node's own `next`.
//!   From then on no lookup finds it, and nothing is linked behind it. A call that passes a marked
//!   node on the way unlinks it by one compare-and-swap on the pointer to it. That fails if the
//!   node before was marked, too.
//! - #node-freed-unpinned: The call that unlinks a node retires it. The node is freed when every
//!   thread that was pinned at that time has unpinned. A lookup reads a node only while it is
//!   pinned.
//! - #address-unique: At most one unmarked node has a given address, because its owner marks it
//!   before it gives the address back to the system.
//!
//! The collector is the registry's own. A thread registers with it for one call. Registering
//! allocates, as inserting does. Nothing is kept in thread-local storage.
//!
//! Source: M. Michael, High performance dynamic lock-free hash tables and list-based sets, SPAA
//! 2002; T. Harris, DISC 2001 (the mark); K. Fraser, Practical lock-freedom, 2004 (epochs).

use std::ptr::NonNull;

use crossbeam_epoch::{Atomic, Collector, Guard, Owned};

use crate::sync::{Ordering, scaled};

const BUCKETS: usize = scaled(256, 2) as usize;
const MARKED: usize = 1;

/// The logarithm of a page's size. Addresses of entries are multiples of a page.
pub(super) const PAGE_SHIFT: u32 = 12;

pub(crate) struct Registry<T> {
    collector: Collector,
    buckets: Box<[Atomic<Node<T>>]>,
}

struct Node<T> {
    address: usize,
    entry: T,
    next: Atomic<Node<T>>,
}

// The two lowest bits of an entry's pointer are free for others.
const _: () = assert!(align_of::<Node<()>>() >= 4);

/// An entry's owner. Whoever has it removes the entry.
pub(crate) struct Entry<T>(NonNull<Node<T>>);

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Entry<T> {}

impl<T> Entry<T> {
    /// Returns the entry itself.
    ///
    /// # Safety
    ///
    /// - The caller owns the entry, and does not remove it as long as the reference lives.
    pub(crate) unsafe fn get<'a>(self) -> &'a T {
        // SAFETY: a node that is not removed is not freed (#node-freed-unpinned), and nobody but
        // its owner removes it (#node-marked-once).
        let node: &'a Node<T> = unsafe { self.0.as_ref() };
        &node.entry
    }

    pub(crate) fn into_pointer(self) -> NonNull<()> {
        self.0.cast()
    }

    /// Makes the owner from the pointer that [`into_pointer`](Self::into_pointer) returned.
    ///
    /// # Safety
    ///
    /// - The pointer is from [`into_pointer`](Self::into_pointer) of an entry of the same type.
    pub(crate) unsafe fn from_pointer(pointer: NonNull<()>) -> Self {
        Self(pointer.cast())
    }
}

impl<T: Send + Sync + 'static> Registry<T> {
    pub(crate) fn new() -> Self {
        Self {
            collector: Collector::new(),
            buckets: (0..BUCKETS).map(|_| Atomic::null()).collect(),
        }
    }

    fn bucket(&self, address: usize) -> &Atomic<Node<T>> {
        &self.buckets[(address >> PAGE_SHIFT) % BUCKETS]
    }

    /// Adds an entry, which lookups find by its address from now on.
    pub(crate) fn insert(&self, address: usize, entry: T) -> Entry<T> {
        let handle = self.collector.register();
        let guard = &handle.pin();
        let head = self.bucket(address);
        let mut node = Owned::new(Node {
            address,
            entry,
            next: Atomic::null(),
        })
        .into_shared(guard);
        // SAFETY: the node was made just now, and nobody else knows it.
        let inserted = NonNull::from(unsafe { node.deref_mut() });
        loop {
            // Relaxed: the compare-and-swap compares the pointer, and nothing follows it.
            let first = head.load(Ordering::Relaxed, guard);
            // SAFETY: as above; the node is not linked yet.
            let next = unsafe { &node.deref().next };
            // Relaxed: the compare-and-swap publishes it.
            next.store(first, Ordering::Relaxed);
            // Release (#registry-link): pairs with the Acquire loads in `walk`, and publishes the
            // node. Relaxed on failure: the next round loads again.
            if head
                .compare_exchange(first, node, Ordering::Release, Ordering::Relaxed, guard)
                .is_ok()
            {
                return Entry(inserted);
            }
        }
    }

    /// Removes an entry. From now on no lookup finds it, and it is freed when no call looks at it
    /// any more.
    ///
    /// # Safety
    ///
    /// - The caller owns the entry, and gives it up.
    pub(crate) unsafe fn remove(&self, entry: Entry<T>) {
        let handle = self.collector.register();
        let guard = handle.pin();
        // SAFETY: the caller owns the entry, so the node is there, and this thread is pinned from
        // now on.
        let node = unsafe { entry.0.as_ref() };
        let address = node.address;
        // AcqRel (#registry-link): pairs with the Acquire loads in `walk`. For the call that
        // unlinks the entry, what was done with it comes before its removal.
        let before = node.next.fetch_or(MARKED, Ordering::AcqRel, &guard);
        debug_assert_eq!(before.tag(), 0, "an entry is removed once");
        self.walk(self.bucket(address), &guard, |_| false);
        // Without the flush, up to 64 nodes would wait for other calls to come.
        guard.flush();
    }

    /// Calls `peek` with the entry at an address, which cannot go meanwhile, and returns its
    /// answer.
    pub(crate) fn at<R>(&self, address: usize, peek: impl FnOnce(Entry<T>, &T) -> R) -> Option<R> {
        let handle = self.collector.register();
        let guard = &handle.pin();
        let node = self.walk(self.bucket(address), guard, |node| node.address == address)?;
        Some(peek(Entry(NonNull::from(node)), &node.entry))
    }

    /// Calls `peek` with some entry that `is_it` accepts, and returns its answer. The entry cannot
    /// go meanwhile. It looks at all entries, so it is not for the fast path.
    pub(crate) fn at_any<R>(
        &self,
        is_it: impl Fn(usize, &T) -> bool,
        peek: impl FnOnce(Entry<T>, &T) -> R,
    ) -> Option<R> {
        let handle = self.collector.register();
        let guard = &handle.pin();
        let is_it = |node: &Node<T>| is_it(node.address, &node.entry);
        let mut buckets = self.buckets.iter();
        let node = buckets.find_map(|bucket| self.walk(bucket, guard, is_it))?;
        Some(peek(Entry(NonNull::from(node)), &node.entry))
    }

    /// Returns the first answer that `peek` gives to an entry. It looks at all entries, so it is
    /// not for the fast path.
    pub(crate) fn find<R>(&self, peek: impl Fn(usize, &T) -> Option<R>) -> Option<R> {
        let handle = self.collector.register();
        let guard = &handle.pin();
        self.buckets.iter().find_map(|bucket| {
            let found = self.walk(bucket, guard, |node| {
                peek(node.address, &node.entry).is_some()
            })?;
            peek(found.address, &found.entry)
        })
    }

    /// Returns the first node of a bucket that is not removed and that `is_it` accepts. Unlinks the
    /// removed nodes on the way.
    fn walk<'g>(
        &self,
        head: &Atomic<Node<T>>,
        guard: &'g Guard,
        is_it: impl Fn(&Node<T>) -> bool,
    ) -> Option<&'g Node<T>> {
        'again: loop {
            let mut link = head;
            // Acquire (#registry-link): pairs with the Release that linked the node; the node's
            // fields are read afterwards.
            let mut at = link.load(Ordering::Acquire, guard);
            loop {
                // SAFETY: the pointer is null, or names a node that was linked while this thread
                // was pinned, so that it is not freed (#node-freed-unpinned).
                let node = unsafe { at.as_ref() }?;
                // Acquire (#registry-link): as above.
                let next = node.next.load(Ordering::Acquire, guard);
                if next.tag() == 0 {
                    if is_it(node) {
                        return Some(node);
                    }
                    // The reference lives as long as the guard, as `node` does.
                    link = &node.next;
                    at = next;
                    continue;
                }
                let next = next.with_tag(0);
                // AcqRel (#registry-link): pairs with the Acquire loads above, and hands on what
                // linked `next`. Relaxed on failure: the node before was marked, or another thread
                // has unlinked this one, so the walk begins again.
                if link
                    .compare_exchange(at, next, Ordering::AcqRel, Ordering::Relaxed, guard)
                    .is_err()
                {
                    continue 'again;
                }
                // SAFETY: this thread alone has unlinked the node (#node-freed-unpinned), from the
                // one place that linked it (#node-inserted-once).
                unsafe { guard.defer_destroy(at) };
                at = next;
            }
        }
    }
}

impl<T> Drop for Registry<T> {
    fn drop(&mut self) {
        // Relaxed, for the loads below: nobody else can reach the registry any more.
        // SAFETY: as above.
        let guard = unsafe { crossbeam_epoch::unprotected() };
        for bucket in &self.buckets {
            let mut at = bucket.load(Ordering::Relaxed, guard);
            while !at.is_null() {
                // SAFETY: the node is linked, so it was not retired (#node-freed-unpinned), and it
                // is this call's alone.
                let node = unsafe { at.into_owned() };
                at = node.next.load(Ordering::Relaxed, guard).with_tag(0);
            }
        }
    }
}
