//! Calls the functions that ask something of a bed's pool.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr;

use framewell_capi::borrowers::framewell_borrower_lent;
use framewell_capi::inspect::*;
use framewell_capi::services::*;
use framewell_capi::text::framewell_strerror;
use framewell_capi::types::*;

use crate::bed::Bed;
use crate::pointer::Pointer;

const MARK: u8 = 0x55;

pub(crate) fn stats(pool: *mut framewell_pool) -> framewell_stats {
    let mut stats = MaybeUninit::<framewell_stats>::zeroed();
    // SAFETY: the size is the first member, and the struct is this function's.
    unsafe {
        stats
            .as_mut_ptr()
            .cast::<usize>()
            .write(size_of::<framewell_stats>())
    };
    // SAFETY: the pool is a bed's, and the struct has its size.
    let code = unsafe { framewell_pool_stats(pool, stats.as_mut_ptr()) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    // SAFETY: zeros are a value of every member.
    unsafe { stats.assume_init() }
}

/// Returns what a pool finds at an address.
pub(crate) fn found(pool: *mut framewell_pool, address: usize) -> Option<framewell_found> {
    let mut found = framewell_found {
        start: ptr::dangling_mut(),
        capacity: usize::MAX,
        kind: u32::MAX,
        is_out: u32::MAX,
        is_lent: u32::MAX,
        reserved: 0,
    };
    // SAFETY: the pool is a bed's, and the struct is this function's.
    let code = unsafe { framewell_find(pool, ptr::without_provenance(address), &raw mut found) };
    if code != FRAMEWELL_SUCCESS {
        assert_eq!(code, FRAMEWELL_ERROR_BUFFER_INVALID);
        assert_eq!((found.capacity, found.kind), (usize::MAX, u32::MAX));
        return None;
    }
    Some(found)
}

pub(crate) fn strerror(code: u32) {
    // The code is often one of the header.
    let code = if code % 4 > 0 { code % 1300 } else { code };
    // SAFETY: the header says that the text is never NULL, and is constant.
    let text = unsafe { CStr::from_ptr(framewell_strerror(code)) };
    assert!(!text.is_empty());
}

/// Calls every function that asks something of a pool, with none.
pub(crate) fn without_pool() {
    let none = ptr::null_mut();
    let mut found = MaybeUninit::uninit();
    // SAFETY: the header says that a NULL pool is answered.
    let find = unsafe { framewell_find(none, ptr::null(), found.as_mut_ptr()) };
    // SAFETY: the header says that a NULL pool is answered.
    let trim = unsafe { framewell_pool_trim(none, ptr::null_mut()) };
    // SAFETY: the header says that a NULL pool is answered.
    let stats = unsafe { framewell_pool_stats(none, ptr::null_mut()) };
    assert_eq!([find, trim, stats], [FRAMEWELL_ERROR_INVALID_PARAMETER; 3]);
    // SAFETY: the header says that a NULL pool is answered.
    assert_eq!(
        unsafe { framewell_pool_stats_text(none, ptr::null_mut(), 0) },
        0
    );
}

impl Bed {
    pub(crate) fn find(&mut self, pointer: Pointer, null: bool) {
        let Pointer {
            address,
            is_foreign,
        } = pointer;
        if null {
            let to = ptr::null_mut();
            // SAFETY: the header says that NULL is answered.
            let code = unsafe { framewell_find(self.pool, ptr::without_provenance(address), to) };
            return assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        let found = found(self.pool, address);
        let (base, len) = self.region();
        if address.wrapping_sub(base) < len {
            let found = found.unwrap();
            let first = address - (address - base) % self.first.stride;
            let payload = first + self.shape.headroom;
            let is_out = self.frames.contains_key(&payload);
            assert_eq!(found.is_lent, self.lent.contains_key(&payload).into());
            let offset = if is_out { self.shape.headroom } else { 0 };
            let start = (found.start.addr(), found.capacity);
            assert_eq!(start, (first + offset, self.first.stride - offset));
            assert_eq!(
                (found.kind, found.is_out),
                (FRAMEWELL_KIND_FRAME, is_out.into())
            );
        } else if let Some((start, live)) = self.dot11.around(address) {
            let found = found.unwrap();
            assert_eq!((found.start.addr(), found.capacity), (start, live.capacity));
            assert_eq!((found.kind, found.is_out), (FRAMEWELL_KIND_DOT11, 1));
        } else if let Some(found) = found {
            assert!(!is_foreign);
            assert_eq!((found.kind, found.is_out), (FRAMEWELL_KIND_DOT11, 0));
        }
    }

    pub(crate) fn ras_query(&mut self, pointer: Pointer, null: bool) {
        let mut capacity = u32::MAX;
        let to = if null {
            ptr::null_mut()
        } else {
            &raw mut capacity
        };
        // SAFETY: the place is NULL or this call's.
        let code = unsafe { framewell_ras_query(ptr::without_provenance(pointer.address), to) };
        let expected = match self.frames.contains_key(&pointer.address) {
            true => (FRAMEWELL_SUCCESS, 1500),
            false => (FRAMEWELL_ERROR_BUFFER_INVALID, 0),
        };
        assert_eq!(
            (code, capacity),
            if null {
                (expected.0, u32::MAX)
            } else {
                expected
            }
        );
    }

    pub(crate) fn trim(&mut self, null: bool) {
        let before = stats(self.pool).dot11_chunks;
        let mut trimmed = framewell_trimmed {
            chunks: 0,
            bytes: 0,
            pinned: 0,
        };
        let to = if null {
            ptr::null_mut()
        } else {
            &raw mut trimmed
        };
        // SAFETY: the place is NULL or this call's.
        let code = unsafe { framewell_pool_trim(self.pool, to) };
        assert_eq!(code, FRAMEWELL_SUCCESS);
        let pinned = self.dot11.chunks().len();
        assert_eq!(stats(self.pool).dot11_chunks, pinned);
        if !null {
            assert_eq!((trimmed.chunks, trimmed.pinned), (before - pinned, pinned));
        }
    }

    /// Checks that a struct of any size is not written beyond its end, nor beyond what this version
    /// knows.
    pub(crate) fn stats_of_size(&mut self, size: usize) {
        let known = size_of::<framewell_stats>();
        let words = size.div_ceil(size_of::<usize>()).max(1);
        let mut of = vec![usize::from_ne_bytes([MARK; size_of::<usize>()]); words];
        of[0] = size;
        // SAFETY: the struct has the size that it says, and at least that member.
        let code = unsafe { framewell_pool_stats(self.pool, of.as_mut_ptr().cast()) };
        let written = if size < known {
            assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
            1
        } else {
            assert_eq!((code, of[1]), (FRAMEWELL_SUCCESS, self.shape.frames));
            known / size_of::<usize>()
        };
        let rest = of[written..].iter().flat_map(|word| word.to_ne_bytes());
        assert!(rest.into_iter().all(|byte| byte == MARK));
    }

    pub(crate) fn stats_text(&mut self, size: usize) {
        let mut text = vec![MARK; size];
        let to = if size == 0 {
            ptr::null_mut()
        } else {
            text.as_mut_ptr()
        };
        // SAFETY: there is room for `size` bytes.
        let len = unsafe { framewell_pool_stats_text(self.pool, to.cast(), size) };
        assert!(len > 0);
        if size > 0 {
            let cut = CStr::from_bytes_until_nul(&text).unwrap().to_str().unwrap();
            // A character that is cut has at most 4 bytes.
            assert!((len.min(size - 1).saturating_sub(3)..=len.min(size - 1)).contains(&cut.len()));
            assert!(text[cut.len() + 1..].iter().all(|byte| *byte == MARK));
        }
    }

    /// Checks that everything the statistics say agrees with the model.
    pub(crate) fn check(&self) {
        let stats = stats(self.pool);
        let out = self.frames.len() + self.lent.len();
        assert_eq!((stats.capacity, stats.out), (self.shape.frames, out));
        assert_eq!((stats.borrowers, stats.lent), (1, self.lent.len()));
        // SAFETY: the borrower is this bed's.
        let lent = unsafe { framewell_borrower_lent(self.borrower) };
        assert_eq!(lent, self.lent.len());
        assert_eq!(stats.free, self.shape.frames - out);
        assert_eq!(
            (stats.payload, stats.headroom),
            (self.shape.payload, self.shape.headroom)
        );
        assert_eq!(
            stats.stride,
            stats.headroom + stats.payload + stats.tailroom
        );
        assert_eq!(stats.misuses, self.misuses);
        assert_eq!(stats.refusals, self.refusals);
        let large = self
            .dot11
            .live
            .values()
            .filter(|live| live.capacity > crate::model::LARGEST);
        let bytes: Vec<_> = large.map(|live| live.capacity).collect();
        assert_eq!(stats.dot11_out, self.dot11.live.len());
        assert_eq!(
            (stats.dot11_large, stats.dot11_large_bytes),
            (bytes.len(), bytes.iter().sum())
        );
        let chunks = self.dot11.chunks().len();
        assert!((chunks..=self.shape.budget).contains(&stats.dot11_chunks));
        assert!(self.shape.front == FRAMEWELL_FRONT_AUTO || stats.front == self.shape.front);
    }
}
