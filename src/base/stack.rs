//! A lock-free stack of indices: the one shared structure that shards and the depot are made of.
//!
//! ```text
//!   head   | tag … | index |      a tagged word: see `tagged`
//!                      │
//!            links[index] = | weight from here down | next |   (32 + 32 bits)
//!                                                      │
//!                                 links[next] = …      ▼
//! ```
//!
//! Nodes are numbers. Their links lie in a side array that is never unmapped while the stack can be
//! reached. A thread that follows a stale link reads a stale number, never freed memory, and its
//! compare-and-swap fails. A node is in at most one of the stacks that share a side array.
//!
//! Invariants
//!
//! - #link-stable: The link word of a node that is in a stack does not change. Only the thread that
//!   owns the node writes it, before the push that makes the node reachable.
//! - #weight-sum: The weight word of a node is the sum of the weights of it and of all nodes below,
//!   so the head's is the stack's total. What lies below a node cannot change while the node is in.
//! - #head-read-modify-write: Only read-modify-writes change `head`, so each continues the release
//!   sequence of every push before it.
//! - #pop-counts: Every pop adds one to the tag. So two equal words seen by one thread mean that
//!   nothing was popped in between. If the words are "empty", nothing happened at all in between.
//! - #closed-final: Closed is final.
//!
//! The tag. A pop reads `links[head].next`, which is stale if the head was popped and pushed back
//! meanwhile (ABA). #pop-counts makes its compare-and-swap fail, unless exactly a multiple of 2^t
//! pops came between two of its instructions. Pushes need not count, because without a pop no head
//! comes back. With 65,536 frames t is 47, with 2^26 it is 37. At 200 million pops a second on one
//! shard, more than a core reaches, 2^37 pops take 11 minutes and 2^47 take 8 days. A thread would
//! have to sleep that long, and to the very pop, for its compare-and-swap to succeed wrongly. A
//! bulk pop counts once.
//!
//! Progress is lock-free: a compare-and-swap fails only because another thread's succeeded, or, in
//! the weak form, spuriously. Edges #stack-publish and #scan-sees-pop are listed in
//! docs/memory-model.md.
//!
//! Source: R. K. Treiber, Systems Programming: Coping with Parallelism, IBM RJ 5118 (1986), §2;
//! the tag is the version number of IBM System/370's compare double and swap, ibid.

#![forbid(unsafe_code)]

use std::io;

use crate::base::batch::Batch;
use crate::base::id::BufferId;
use crate::base::tagged::{Field, Tagged};
use crate::sync::{AtomicU64, Ordering, Table, Unprotected};

/// Why a push was refused. The node is still the caller's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// The stack holds its limit already.
    Full,
    /// The stack was closed.
    Closed,
}

/// The error of a push to a stack that was closed. The nodes are still the caller's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Closed;

/// The side array, which has a link word for every index.
pub(crate) struct Links {
    words: Unprotected<Table<AtomicU64>>,
}

impl Links {
    pub(crate) fn new(indices: u32) -> io::Result<Self> {
        Ok(Self {
            words: Unprotected::new(Table::reserved(indices as usize)?),
        })
    }

    /// Makes a side array of which all words are usable at once.
    pub(crate) fn whole(indices: u32) -> io::Result<Self> {
        let links = Self::new(indices)?;
        links.commit(0, indices)?;
        Ok(links)
    }

    /// Makes the words of indices `from` to `to` usable. This comes before the first of them is in
    /// a stack.
    #[inline]
    pub(crate) fn commit(&self, from: u32, to: u32) -> io::Result<()> {
        self.words.commit(from as usize, to as usize)
    }

    /// Returns the bytes that a side array for `indices` indices reserves.
    pub(crate) fn bytes_for(indices: u32) -> usize {
        indices as usize * size_of::<u64>()
    }

    #[inline(always)]
    fn read(&self, index: u32) -> Link {
        // Relaxed: the word was published by #stack-publish, which the caller's load of a head
        // acquired. If it was not, the head has changed and the caller's compare-and-swap fails
        // (#link-stable, #pop-counts).
        let word = self.words[index as usize].load(Ordering::Relaxed);
        Link {
            next: word & u64::from(u32::MAX),
            weight: (word >> 32) as u32,
        }
    }

    #[inline(always)]
    fn write(&self, index: u32, link: Link) {
        let word = u64::from(link.weight) << 32 | link.next;
        // Relaxed: the node is the caller's alone; its push publishes the word (#stack-publish).
        self.words[index as usize].store(word, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy)]
struct Link {
    next: Field,
    weight: u32,
}

/// The stack: the head word, and which of its bits are the index.
pub(crate) struct Stack {
    head: AtomicU64,
    tagged: Unprotected<Tagged>,
}

impl Stack {
    /// Makes an empty stack for nodes below `indices`.
    pub(crate) fn new(indices: u32) -> Self {
        let tagged = Tagged::new(indices);
        Self {
            head: AtomicU64::new(tagged.empty()),
            tagged: Unprotected::new(tagged),
        }
    }

    /// Returns the node that a head word names.
    #[inline(always)]
    fn top(&self, word: u64) -> Option<u32> {
        self.tagged.index(self.tagged.field(word))
    }

    /// Returns the total weight under a head word, or under a link's field (#weight-sum).
    #[inline(always)]
    fn weight_under(&self, links: &Links, word: u64) -> u32 {
        self.top(word).map_or(0, |top| links.read(top).weight)
    }

    /// Pushes a node, unless the stack holds `limit` or more.
    #[inline(always)]
    pub(crate) fn push(
        &self,
        links: &Links,
        node: u32,
        weight: u32,
        limit: u32,
    ) -> Result<(), Refused> {
        // Acquire: pairs with #stack-publish; the head's link word is read for its weight.
        let mut word = self.head.load(Ordering::Acquire);
        loop {
            if self.tagged.field(word) == self.tagged.closed() {
                return Err(Refused::Closed);
            }
            let below = self.weight_under(links, word);
            if below >= limit {
                return Err(Refused::Full);
            }
            let link = Link {
                next: self.tagged.field(word),
                weight: below + weight,
            };
            links.write(node, link);
            let new = self.tagged.pushed(word, node.into());
            // Release (#stack-publish): pairs with the Acquire loads of the head. It publishes the
            // link word and all that the caller wrote to what the node names. Acquire on failure:
            // pairs with #stack-publish, as above.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Pushes nodes of weight 1 at once. The first of them comes to lie on top.
    pub(crate) fn push_bulk(&self, links: &Links, nodes: &[BufferId]) -> Result<(), Closed> {
        let Some(first) = nodes.first() else {
            return Ok(());
        };
        // Acquire: pairs with #stack-publish, as in `push`.
        let mut word = self.head.load(Ordering::Acquire);
        loop {
            if self.tagged.field(word) == self.tagged.closed() {
                return Err(Closed);
            }
            let mut link = Link {
                next: self.tagged.field(word),
                weight: self.weight_under(links, word),
            };
            for node in nodes.iter().rev() {
                link.weight += 1;
                links.write(node.0, link);
                link.next = node.0.into();
            }
            let new = self.tagged.pushed(word, first.0.into());
            // Release (#stack-publish) and Acquire: as in `push`.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Pops the top node.
    #[inline(always)]
    pub(crate) fn pop(&self, links: &Links) -> Option<u32> {
        self.pop_with(links, |_| ()).map(|(top, ())| top)
    }

    /// Pops the top node with its weight.
    pub(crate) fn pop_with_weight(&self, links: &Links) -> Option<(u32, u32)> {
        self.pop_with(links, |link| {
            link.weight
                .wrapping_sub(self.weight_under(links, link.next))
        })
    }

    /// Pops the top node. Returns it with what `peek` makes of its link before the pop. After the
    /// pop other threads may own what lay below.
    #[inline(always)]
    fn pop_with<T>(&self, links: &Links, peek: impl Fn(Link) -> T) -> Option<(u32, T)> {
        // Acquire: pairs with #stack-publish; the link word and what the node names are read after
        // it.
        let mut word = self.head.load(Ordering::Acquire);
        loop {
            let top = self.top(word)?;
            let link = links.read(top);
            let seen = peek(link);
            let new = self.tagged.popped(word, link.next);
            // Release (#scan-sees-pop): pairs with the Acquire in `pops` and `pops_if_empty`. A
            // scan that reads this pop's word reads no older word of a place that this thread
            // pushed to before. Acquire on failure: pairs with #stack-publish, as above. On success
            // the word is the one that was acquired.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return Some((top, seen)),
                Err(now) => word = now,
            }
        }
    }

    /// Pops up to `most` nodes at once and appends them to `batch`, the top first.
    pub(crate) fn pop_burst(&self, links: &Links, most: usize, batch: &mut Batch) {
        self.pop_burst_if(links, most, batch, || true);
    }

    /// Does what [`pop_burst`](Self::pop_burst) does, if `holds` says so at a moment since which
    /// nothing was popped.
    pub(crate) fn pop_burst_if(
        &self,
        links: &Links,
        most: usize,
        batch: &mut Batch,
        holds: impl Fn() -> bool,
    ) {
        let start = batch.len();
        let most = most.min(batch.room());
        // Acquire: pairs with #stack-publish, as in `pop_with`.
        let mut word = self.head.load(Ordering::Acquire);
        loop {
            let mut next = self.tagged.field(word);
            for _ in 0..most {
                let Some(node) = self.tagged.index(next) else {
                    break;
                };
                batch.push(BufferId(node));
                next = links.read(node).next;
            }
            if batch.len() == start || !holds() {
                batch.truncate(start);
                return;
            }
            let new = self.tagged.popped(word, next);
            // Release (#scan-sees-pop), Acquire: as in `pop_with`.
            match self
                .head
                .compare_exchange_weak(word, new, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return,
                Err(now) => {
                    batch.truncate(start);
                    word = now;
                }
            }
        }
    }

    /// Pops all nodes if they weigh `weight` together, and `holds` says so at a moment since which
    /// nothing was popped. Returns `false` if not, or if another call was faster.
    pub(crate) fn pop_all_if(&self, links: &Links, weight: u32, holds: impl Fn() -> bool) -> bool {
        // Acquire: pairs with #stack-publish, as in `pop_with`, of every push
        // (#head-read-modify-write).
        let word = self.head.load(Ordering::Acquire);
        if self.weight_under(links, word) != weight || !holds() {
            return false;
        }
        // Release (#scan-sees-pop): as in `pop_with`. Relaxed on failure: nothing is concluded.
        self.head
            .compare_exchange(
                word,
                self.tagged.emptied(word),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Returns the number of pops so far, and whether something is here.
    pub(crate) fn pops(&self) -> (u64, bool) {
        // Acquire: pairs with #scan-sees-pop, see `class::exhaustion`, and with #stack-publish.
        let word = self.head.load(Ordering::Acquire);
        (self.tagged.tag(word), self.top(word).is_some())
    }

    /// Returns the total weight of what is here. The number is stale as soon as it is read.
    pub(crate) fn weight(&self, links: &Links) -> u32 {
        // Relaxed: the number alone is used, and only as a hint or when nobody else is at work.
        self.weight_under(links, self.head.load(Ordering::Relaxed))
    }

    /// Calls `see` with each node that seems to be here, and its weight. It takes as many steps
    /// as the weight at most.
    ///
    /// The answer is stale. While other threads push and pop, some nodes may be missed, and others
    /// shown instead.
    pub(crate) fn peek(&self, links: &Links, mut see: impl FnMut(u32, u32)) {
        // Relaxed: numbers alone are read, as a hint.
        let mut at = self.head.load(Ordering::Relaxed);
        for _ in 0..self.weight_under(links, at) {
            let Some(node) = self.top(at) else {
                return;
            };
            let link = links.read(node);
            let below = self.weight_under(links, link.next);
            see(node, link.weight.wrapping_sub(below));
            at = link.next;
        }
    }

    /// Returns the number of pops so far if the stack is empty now, else `None`.
    pub(crate) fn pops_if_empty(&self) -> Option<u64> {
        // Acquire: pairs with #scan-sees-pop; see `class::exhaustion`.
        let word = self.head.load(Ordering::Acquire);
        (self.top(word).is_none()).then(|| self.tagged.tag(word))
    }

    /// Closes the stack for good and returns the total weight that was in it.
    pub(crate) fn close(&self, links: &Links) -> u32 {
        // Acquire: pairs with #stack-publish; the links are read, and the thread that destroys the
        // pool comes after the pushes. Nothing is published: a push that finds the stack closed
        // counts itself.
        let word = self.head.swap(self.tagged.closed(), Ordering::Acquire);
        self.weight_under(links, word)
    }
}
