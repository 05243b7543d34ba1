//! A pool of the C library beside what the model says is out.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr;
use std::slice;
use std::thread;

use framewell::MisuseKind;
use framewell_capi::borrowers::*;
use framewell_capi::pools::*;
use framewell_capi::services::*;
use framewell_capi::types::*;

use crate::create;
use crate::model::{AllocModel, CHUNK, Verdict};
use crate::pointer::Pointer;

type Kept = (Shape, *mut framewell_pool, &'static Told);

thread_local! {
    /// The pools of earlier inputs, with nothing out. They are never dropped, so that no leak is
    /// reported when the thread ends.
    static KEPT: RefCell<ManuallyDrop<Vec<Kept>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// The settings that a pool is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub(crate) frames: usize,
    pub(crate) payload: usize,
    pub(crate) headroom: usize,
    /// The budget in chunks.
    pub(crate) budget: usize,
    pub(crate) cache: usize,
    pub(crate) front: u32,
    pub(crate) zero: bool,
}

impl Shape {
    /// Returns the config with these settings. Misuse is reported to `told`.
    pub(crate) fn config(&self, told: &Told) -> framewell_config {
        framewell_config {
            struct_size: size_of::<framewell_config>(),
            frames: self.frames,
            payload: self.payload,
            headroom: self.headroom,
            tailroom: 0,
            stride: 0,
            cache_size: self.cache,
            shards: 0,
            front: self.front,
            huge_pages: FRAMEWELL_HUGE_PAGES_AUTO,
            prefault: 0,
            zero_on_free: self.zero.into(),
            dot11_bytes: self.budget * CHUNK,
            size_classes: ptr::null(),
            size_class_count: 0,
            on_misuse: Some(note),
            on_misuse_context: ptr::from_ref(told).cast_mut().cast(),
            abort_on_misuse: 0,
        }
    }
}

/// What a pool has reported.
#[derive(Default)]
pub(crate) struct Told {
    times: Cell<u64>,
    last: Cell<Option<(usize, u32)>>,
    pub(crate) pool: Cell<usize>,
}

unsafe extern "C-unwind" fn note(misuse: *const framewell_misuse, context: *mut c_void) {
    // SAFETY: this is the config's context, which the bed keeps as long as the pool.
    let told = unsafe { &*context.cast::<Told>() };
    // SAFETY: the header says that the misuse lives as long as the call.
    let misuse = unsafe { &*misuse };
    told.times.set(told.times.get() + 1);
    told.last.set(Some((misuse.pointer.addr(), misuse.kind)));
    // The report may call the pool.
    let pool = ptr::with_exposed_provenance_mut(told.pool.get());
    let found = crate::inspect::found(pool, misuse.pointer.addr());
    assert!(misuse.kind != FRAMEWELL_MISUSE_INTERIOR || found.is_some());
}

pub(crate) struct Bed {
    pub(crate) shape: Shape,
    pub(crate) pool: *mut framewell_pool,
    pub(crate) borrower: *mut framewell_borrower,
    pub(crate) is_shared: bool,
    /// The statistics as they were before the first call.
    pub(crate) first: framewell_stats,
    /// The frames that are out, by address, and the byte that all of their bytes hold.
    pub(crate) frames: BTreeMap<usize, u8>,
    /// The frames that are lent, likewise.
    pub(crate) lent: BTreeMap<usize, u8>,
    /// The frames that were freed.
    pub(crate) past: Vec<usize>,
    pub(crate) dot11: AllocModel,
    pub(crate) misuses: u64,
    pub(crate) refusals: u64,
    pub(crate) stamp: u8,
    told: &'static Told,
    times: u64,
}

impl Bed {
    pub(crate) fn new(shape: Shape) -> Self {
        let kept = KEPT.with_borrow_mut(|kept| {
            let at = kept.iter().position(|(of, ..)| *of == shape)?;
            Some(kept.swap_remove(at))
        });
        if let Some((_, pool, told)) = kept {
            return Self::with(shape, pool, told, false);
        }
        let told: &'static Told = Box::leak(Box::default());
        let pool = create::pool(&shape.config(told));
        told.pool.set(pool.expose_provenance());
        Self::with(shape, pool, told, false)
    }

    /// Returns the pool of the process, as the last input left it: with nothing out.
    pub(crate) fn shared() -> Self {
        let (pool, told) = create::shared();
        Self::with(create::SHARED, pool, told, true)
    }

    fn with(shape: Shape, pool: *mut framewell_pool, told: &'static Told, is_shared: bool) -> Self {
        let first = crate::inspect::stats(pool);
        assert_eq!((first.out, first.dot11_out), (0, 0));
        Self {
            shape,
            pool,
            borrower: crate::lent::borrower(pool),
            is_shared,
            first,
            frames: BTreeMap::new(),
            lent: BTreeMap::new(),
            past: Vec::new(),
            dot11: AllocModel::new(shape.budget),
            misuses: first.misuses,
            refusals: first.refusals,
            stamp: 0,
            times: told.times.get(),
            told,
        }
    }

    pub(crate) fn free_frames(&self) -> usize {
        self.shape.frames - self.frames.len() - self.lent.len()
    }

    pub(crate) fn region(&self) -> (usize, usize) {
        (
            self.first.base.addr(),
            self.first.stride * self.shape.frames,
        )
    }

    /// Returns what the pool must say to an address that is brought as a frame or as an 802.11
    /// buffer.
    pub(crate) fn verdict(&self, pointer: Pointer, as_frame: bool) -> Verdict {
        use MisuseKind::{Foreign, Interior, Lent, NotRaw, Null, OtherKind};
        let address = pointer.address;
        let (base, len) = self.region();
        if address == 0 {
            return Verdict::Refused(&[Null]);
        }
        if address.wrapping_sub(base) < len {
            if !as_frame {
                return Verdict::Refused(&[OtherKind]);
            }
            let first = base + (address - base) / self.first.stride * self.first.stride;
            let start = first + self.shape.headroom;
            return match self.frames.contains_key(&start) {
                true if start == address => Verdict::Back,
                true => Verdict::Refused(&[Interior]),
                false if self.lent.contains_key(&start) => Verdict::Refused(&[Lent]),
                false => Verdict::Refused(&[NotRaw]),
            };
        }
        match self.dot11.verdict(address, as_frame) {
            // Nobody knows whether the address lies in a chunk that nobody uses.
            Verdict::Refused([Foreign]) if !pointer.is_foreign => {
                Verdict::Refused(&[Foreign, NotRaw, OtherKind])
            }
            verdict => verdict,
        }
    }

    /// Checks that a misuse was counted, and reported as one of these kinds.
    pub(crate) fn misused(&mut self, address: usize, kinds: &[MisuseKind]) {
        self.misuses += 1;
        self.times += 1;
        assert_eq!(self.told.times.get(), self.times);
        let (pointer, kind) = self.told.last.get().unwrap();
        assert_eq!(pointer, address);
        let number = |kind: &MisuseKind| match kind {
            MisuseKind::Null => FRAMEWELL_MISUSE_NULL,
            MisuseKind::Foreign => FRAMEWELL_MISUSE_FOREIGN,
            MisuseKind::Interior => FRAMEWELL_MISUSE_INTERIOR,
            MisuseKind::NotRaw => FRAMEWELL_MISUSE_NOT_OUT,
            MisuseKind::Lent => FRAMEWELL_MISUSE_LENT,
            MisuseKind::NotLent => FRAMEWELL_MISUSE_NOT_LENT,
            MisuseKind::BeyondRoom { .. } => FRAMEWELL_MISUSE_BEYOND_ROOM,
            _ => FRAMEWELL_MISUSE_OTHER_KIND,
        };
        assert!(
            kinds.iter().any(|allowed| number(allowed) == kind),
            "{address:#x} is {kind}, not {kinds:?}"
        );
    }

    /// Returns all bytes of a frame that is out, its headroom and tailroom included.
    fn bytes(&self, start: usize) -> &'static mut [u8] {
        let first = ptr::with_exposed_provenance_mut(start - self.shape.headroom);
        // SAFETY: the header says that payload, headroom and tailroom of a frame that is out are
        // its owner's.
        unsafe { slice::from_raw_parts_mut(first, self.first.stride) }
    }

    pub(crate) fn got(&mut self, frame: *mut c_void) {
        let start = frame.expose_provenance();
        let (base, len) = self.region();
        assert!(start.wrapping_sub(base) < len);
        assert_eq!((start - base) % self.first.stride, self.shape.headroom);
        self.stamp = self.stamp.wrapping_add(1);
        assert!(
            self.frames.insert(start, self.stamp).is_none(),
            "{start:#x} is out"
        );
        let bytes = self.bytes(start);
        assert!(!self.shape.zero || bytes.iter().all(|byte| *byte == 0));
        bytes.fill(self.stamp);
    }

    /// Notes that the frame at an address is about to be freed.
    fn gives(&mut self, start: usize) {
        let stamp = self.frames.remove(&start).unwrap();
        assert!(self.bytes(start).iter().all(|byte| *byte == stamp));
        self.past.push(start);
    }

    pub(crate) fn get(&mut self, null: bool) {
        if null {
            // SAFETY: the header says that NULL is answered.
            let code = unsafe { framewell_get(self.pool, ptr::null_mut()) };
            return assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        let mut frame = ptr::dangling_mut();
        // SAFETY: the pool is this bed's.
        let code = unsafe { framewell_get(self.pool, &raw mut frame) };
        self.answered(code, frame);
    }

    fn answered(&mut self, code: u32, frame: *mut c_void) {
        if self.free_frames() > 0 {
            assert_eq!(code, FRAMEWELL_SUCCESS);
            return self.got(frame);
        }
        assert_eq!(
            (code, frame),
            (FRAMEWELL_ERROR_OUT_OF_BUFFERS, ptr::null_mut())
        );
        self.refusals += 1;
    }

    pub(crate) fn ras_get(&mut self, wanted: u32, nulls: u32) {
        let (mut frame, mut size) = (ptr::dangling_mut(), wanted);
        let to = if nulls & 1 == 0 || nulls > 7 {
            &raw mut frame
        } else {
            ptr::null_mut()
        };
        let at = if nulls & 2 == 0 || nulls > 7 {
            &raw mut size
        } else {
            ptr::null_mut()
        };
        // SAFETY: the pointers are NULL or this call's.
        let code = unsafe { RasGetBuffer(to, at) };
        if to.is_null() || at.is_null() {
            assert_eq!((code, size), (FRAMEWELL_ERROR_BUFFER_INVALID, wanted));
            return assert!(to.is_null() || frame.is_null());
        }
        let expected = if code == FRAMEWELL_SUCCESS {
            1500
        } else {
            wanted
        };
        assert_eq!(size, expected);
        self.answered(code, frame.cast());
    }

    pub(crate) fn free(&mut self, pointer: Pointer) {
        let pool = self.pool;
        // SAFETY: the pool is this bed's. A frame that was freed and handed out again is brought
        // only if the model has it as out.
        self.freed(pointer, |frame| unsafe { framewell_free(pool, frame) });
    }

    pub(crate) fn ras_free(&mut self, pointer: Pointer) {
        // SAFETY: the reason is that in `free`.
        self.freed(pointer, |frame| unsafe { RasFreeBuffer(frame.cast()) });
    }

    pub(crate) fn free_elsewhere(&mut self, pointer: Pointer) {
        let pool = self.pool.expose_provenance();
        self.freed(pointer, |frame| {
            let frame = frame.expose_provenance();
            let free = move || {
                let pool = ptr::with_exposed_provenance_mut(pool);
                // SAFETY: the reason is that in `free`.
                unsafe { framewell_free(pool, ptr::with_exposed_provenance_mut(frame)) }
            };
            thread::spawn(free).join().unwrap()
        });
    }

    fn freed(&mut self, pointer: Pointer, free: impl FnOnce(*mut c_void) -> u32) {
        let brought = ptr::with_exposed_provenance_mut(pointer.address);
        match self.verdict(pointer, true) {
            Verdict::Back => {
                self.gives(pointer.address);
                assert_eq!(free(brought), FRAMEWELL_SUCCESS);
            }
            Verdict::Refused(kinds) => {
                assert_eq!(free(brought), FRAMEWELL_ERROR_BUFFER_INVALID);
                self.misused(pointer.address, kinds);
            }
        }
    }

    pub(crate) fn get_burst(&mut self, n: usize, null: bool) {
        if null {
            // SAFETY: the header says that NULL is answered.
            return assert_eq!(
                unsafe { framewell_get_burst(self.pool, ptr::null_mut(), n) },
                0
            );
        }
        let mut frames = vec![ptr::dangling_mut(); n];
        // SAFETY: there is room for n.
        let got = unsafe { framewell_get_burst(self.pool, frames.as_mut_ptr(), n) };
        assert_eq!(got, n.min(self.free_frames()));
        // By the header a burst counts as refused that finds no frame when it looks, and it looks
        // for 64 at a time.
        self.refusals += u64::from(got < n && got % 64 == 0);
        let (got, rest) = frames.split_at(got);
        assert!(rest.iter().all(|frame| *frame == ptr::dangling_mut()));
        got.iter().for_each(|frame| self.got(*frame));
    }

    pub(crate) fn get_bulk(&mut self, n: usize, null: bool) {
        if null {
            // SAFETY: the header says that NULL is answered.
            let code = unsafe { framewell_get_bulk(self.pool, ptr::null_mut(), n) };
            let expected = if n == 0 {
                0
            } else {
                FRAMEWELL_ERROR_INVALID_PARAMETER
            };
            return assert_eq!(code, expected);
        }
        let mut frames = vec![ptr::dangling_mut(); n];
        // SAFETY: there is room for n.
        let code = unsafe { framewell_get_bulk(self.pool, frames.as_mut_ptr(), n) };
        if n <= self.free_frames() {
            assert_eq!(code, FRAMEWELL_SUCCESS);
            return frames.iter().for_each(|frame| self.got(*frame));
        }
        assert_eq!(code, FRAMEWELL_ERROR_OUT_OF_BUFFERS);
        self.refusals += 1;
    }

    pub(crate) fn free_bulk(&mut self, pointers: &[Pointer], count: bool) {
        let (mut refused, mut last) = (0, None);
        for pointer in pointers {
            match self.verdict(*pointer, true) {
                Verdict::Back => self.gives(pointer.address),
                Verdict::Refused(kinds) => {
                    refused += 1;
                    last = Some((pointer.address, kinds));
                }
            }
        }
        let frames: Vec<*mut c_void> = pointers
            .iter()
            .map(|pointer| ptr::with_exposed_provenance_mut(pointer.address))
            .collect();
        let mut counted = usize::MAX;
        let to = if count {
            &raw mut counted
        } else {
            ptr::null_mut()
        };
        // SAFETY: there are this many pointers, and the place for the count is NULL or this call's.
        let code = unsafe { framewell_free_bulk(self.pool, frames.as_ptr(), frames.len(), to) };
        assert!(!count || counted == refused);
        let Some((address, kinds)) = last else {
            return assert_eq!(code, FRAMEWELL_SUCCESS);
        };
        assert_eq!(code, FRAMEWELL_ERROR_BUFFER_INVALID);
        self.misuses += refused as u64 - 1;
        self.times += refused as u64 - 1;
        self.misused(address, kinds);
    }

    pub(crate) fn destroy(&mut self) {
        // SAFETY: nobody else uses the pool.
        let code = unsafe { framewell_pool_destroy(self.pool) };
        if self.is_shared {
            return assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        // The pool has a borrower.
        assert_eq!(code, FRAMEWELL_ERROR_BUSY);
        if !(self.frames.is_empty() && self.lent.is_empty() && self.dot11.live.is_empty()) {
            return;
        }
        // SAFETY: nobody else uses the borrower.
        unsafe { framewell_borrower_destroy(self.borrower) };
        // SAFETY: as above.
        let code = unsafe { framewell_pool_destroy(self.pool) };
        assert_eq!(code, FRAMEWELL_SUCCESS);
        let next = Self::new(self.shape);
        self.end();
        *self = next;
    }

    /// Ends the reports to this bed.
    fn end(&self) {
        // SAFETY: `new` leaked it from a box, and the pool that reported to it is gone.
        drop(unsafe { Box::from_raw(ptr::from_ref(self.told).cast_mut()) });
    }

    /// Frees everything that is out.
    pub(crate) fn finish(mut self) {
        self.reclaim(false);
        let frames: Vec<_> = self.frames.keys().copied().map(Pointer::known).collect();
        self.free_bulk(&frames, true);
        let buffers: Vec<_> = self.dot11.live.keys().copied().collect();
        buffers
            .into_iter()
            .for_each(|start| self.dot11_free(Pointer::known(start)));
        self.check();
        self.trim(false);
        self.check();
        // SAFETY: nobody else uses the borrower.
        unsafe { framewell_borrower_destroy(self.borrower) };
        if !self.is_shared {
            KEPT.with_borrow_mut(|kept| kept.push((self.shape, self.pool, self.told)));
        }
    }
}
