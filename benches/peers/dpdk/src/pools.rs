//! Both pools of DPDK as contestants.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;
use std::slice;

use arrayvec::ArrayVec;
use framewell_bench::entrant::{Entrant, Frames};
use framewell_bench::work::Threads;
use framewell_bench::{Buffer, Contestant, Kind, Workload};

use crate::{eal, sys};

/// The functions of a pool.
///
/// # Safety
///
/// - What `get` and `get_bulk` give is not null and belongs to the caller alone until it is put
///   back, on any thread that has entered. `first` returns the first of its bytes, which are 1500
///   at least.
/// - `get_bulk` returns 0 only if it has filled the table.
pub(crate) unsafe trait Functions: Send + Sync + 'static {
    const NAME: &'static str;

    fn get() -> *mut c_void;

    /// # Safety
    ///
    /// - `item` came from this pool, and nobody uses it any more.
    unsafe fn put(item: *mut c_void);

    /// # Safety
    ///
    /// - The table has room for `count` items.
    unsafe fn get_bulk(table: *mut *mut c_void, count: u32) -> i32;

    /// # Safety
    ///
    /// - The table has `count` items, and the bullet of `put` holds for each.
    unsafe fn put_bulk(table: *const *mut c_void, count: u32);

    /// # Safety
    ///
    /// - The caller has `item` from this pool.
    unsafe fn first(item: NonNull<c_void>) -> *mut u8;
}

pub(crate) struct Objects;

// SAFETY: this is the contract of `rte_mempool`, whose elements have as many bytes as `eal::start`
// says.
unsafe impl Functions for Objects {
    const NAME: &'static str = "DPDK mempool";

    #[inline(always)]
    fn get() -> *mut c_void {
        // SAFETY: the pool was made before there was a contestant (`eal::start`).
        unsafe { sys::framewell_dpdk_object_get() }
    }

    #[inline(always)]
    unsafe fn put(item: *mut c_void) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { sys::framewell_dpdk_object_put(item) };
    }

    #[inline(always)]
    unsafe fn get_bulk(table: *mut *mut c_void, count: u32) -> i32 {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { sys::framewell_dpdk_object_get_bulk(table, count) }
    }

    #[inline(always)]
    unsafe fn put_bulk(table: *const *mut c_void, count: u32) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { sys::framewell_dpdk_object_put_bulk(table, count) };
    }

    #[inline(always)]
    unsafe fn first(item: NonNull<c_void>) -> *mut u8 {
        item.as_ptr().cast()
    }
}

pub(crate) struct Packets;

/// The start of DPDK's `rte_mbuf`. The shim does not compile if it differs.
#[repr(C)]
struct Mbuf {
    start: *mut u8,
    io_address: u64,
    headroom: u16,
}

// SAFETY: this is the contract of `rte_pktmbuf`, whose buffers have 2048 bytes after the headroom.
unsafe impl Functions for Packets {
    const NAME: &'static str = "DPDK pktmbuf";

    #[inline(always)]
    fn get() -> *mut c_void {
        // SAFETY: the pool was made before there was a contestant (`eal::start`).
        unsafe { sys::framewell_dpdk_packet_get() }
    }

    #[inline(always)]
    unsafe fn put(item: *mut c_void) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { sys::framewell_dpdk_packet_put(item) };
    }

    #[inline(always)]
    unsafe fn get_bulk(table: *mut *mut c_void, count: u32) -> i32 {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { sys::framewell_dpdk_packet_get_bulk(table, count) }
    }

    #[inline(always)]
    unsafe fn put_bulk(table: *const *mut c_void, count: u32) {
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { sys::framewell_dpdk_packet_put_bulk(table, count) };
    }

    #[inline(always)]
    unsafe fn first(item: NonNull<c_void>) -> *mut u8 {
        // SAFETY: an item of this pool is an `rte_mbuf`, and nobody else has it (the function's
        // bullet).
        let mbuf = unsafe { item.cast::<Mbuf>().as_ref() };
        // SAFETY: the headroom is within the buffer.
        unsafe { mbuf.start.add(mbuf.headroom.into()) }
    }
}

/// A pool as a contestant.
pub(crate) struct Pool<F>(PhantomData<F>);

/// An item that a pool gave.
#[repr(transparent)]
pub(crate) struct Item<F: Functions>(NonNull<c_void>, PhantomData<F>);

// SAFETY: the item is owned, and may be put back on any thread.
unsafe impl<F: Functions> Send for Item<F> {}

// SAFETY: `Functions` promises BYTES, which belong to who has the item.
unsafe impl<F: Functions> Buffer for Item<F> {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        // SAFETY: the pool gave the item.
        unsafe { F::first(self.0) }
    }
}

impl<F: Functions> Drop for Item<F> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the pool gave the item, and it is put back here alone.
        unsafe { F::put(self.0.as_ptr()) };
    }
}

/// A table of items, as DPDK's bulk calls give and take them.
struct Table<F: Functions, const N: usize>([MaybeUninit<ManuallyDrop<Item<F>>>; N]);

impl<F: Functions, const N: usize> Table<F, N> {
    #[inline(always)]
    fn get() -> Self {
        let mut table = [const { MaybeUninit::uninit() }; N];
        // SAFETY: an item is a pointer, so the table has room for so many.
        let code = unsafe { F::get_bulk(table.as_mut_ptr().cast(), N as u32) };
        assert_eq!(code, 0, "{} has so many", F::NAME);
        Self(table)
    }

    #[inline(always)]
    fn items(&mut self) -> &mut [ManuallyDrop<Item<F>>] {
        // SAFETY: `get` filled the table, with pointers that are not null (`Functions`).
        unsafe { slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), N) }
    }

    #[inline(always)]
    fn put(self) {
        // SAFETY: the items are in the table, which is used no more.
        unsafe { F::put_bulk(self.0.as_ptr().cast(), N as u32) };
    }
}

impl<F: Functions> Contestant for Pool<F> {
    type Buffer = Item<F>;

    const BOUNDED: bool = true;

    fn name(&self) -> &'static str {
        F::NAME
    }

    fn enter(&self) {
        eal::enter();
    }

    #[inline(always)]
    fn get(&self) -> Item<F> {
        self.try_get().expect("the pool has more")
    }

    #[inline(always)]
    fn try_get(&self) -> Option<Item<F>> {
        NonNull::new(F::get()).map(|item| Item(item, PhantomData))
    }

    #[inline(always)]
    fn bulk<const N: usize>(&self, mut work: impl FnMut(*mut u8)) {
        let mut table = Table::<F, N>::get();
        table.items().iter_mut().for_each(|item| work(item.first()));
        table.put();
    }

    #[inline(always)]
    fn get_bulk<const N: usize>(&self, mut sink: impl FnMut(Item<F>)) {
        let mut table = Table::<F, N>::get();
        for item in table.items() {
            // SAFETY: each item is taken once.
            sink(unsafe { ManuallyDrop::take(item) });
        }
    }

    #[inline(always)]
    fn free_bulk<const N: usize>(&self, buffers: impl Iterator<Item = Item<F>>) {
        let bare = |item: Item<F>| {
            let pointer = item.0.as_ptr();
            mem::forget(item);
            pointer
        };
        let table: ArrayVec<*mut c_void, N> = buffers.map(bare).collect();
        // SAFETY: the table has the items that were forgotten.
        unsafe { F::put_bulk(table.as_ptr(), table.len() as u32) };
    }
}

/// A pool that does not take part where there are more threads than cores: its rings are for
/// threads that are not interrupted.
pub(crate) struct OnOwnCores<F>(Frames<Pool<F>>);

impl<F: Functions> Entrant for OnOwnCores<F> {
    fn title(&self) -> &'static str {
        self.0.title()
    }

    fn takes(&self, kind: Kind) -> bool {
        kind.threads() != Threads::Many && self.0.takes(kind)
    }

    fn check(&self) {
        self.0.check();
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        self.takes(kind).then(|| self.0.workload(kind)).flatten()
    }
}

pub(crate) static OBJECTS: OnOwnCores<Objects> = OnOwnCores(Frames(Pool(PhantomData)));
pub(crate) static PACKETS: OnOwnCores<Packets> = OnOwnCores(Frames(Pool(PhantomData)));
