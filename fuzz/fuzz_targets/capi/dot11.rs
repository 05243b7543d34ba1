//! Calls the functions for 802.11 buffers on a bed.

use std::ffi::c_void;
use std::ptr;
use std::slice;

use framewell_capi::pools::*;
use framewell_capi::services::*;
use framewell_capi::types::*;

use crate::bed::Bed;
use crate::inspect;
use crate::model::{AllocModel, Live, Verdict};
use crate::pointer::Pointer;

/// Returns the bytes of a buffer that are looked at. For a long buffer these are both ends.
fn bytes(start: usize, capacity: usize) -> [&'static mut [u8]; 2] {
    let (head, tail) = if capacity > 8192 {
        (64, 64)
    } else {
        (capacity, 0)
    };
    let part = |at: usize, len| {
        // SAFETY: the buffer is out, and it is the caller's.
        unsafe { slice::from_raw_parts_mut(ptr::with_exposed_provenance_mut(at), len) }
    };
    [part(start, head), part(start + capacity - tail, tail)]
}

impl Bed {
    pub(crate) fn allocate(&mut self, len: usize, aligned: bool, null: bool) {
        let by = if aligned {
            framewell_dot11_allocate_aligned
        } else {
            framewell_dot11_allocate
        };
        if null {
            // SAFETY: the header says that NULL is answered.
            let code = unsafe { by(self.pool, len, ptr::null_mut()) };
            return assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        let mut buffer = ptr::dangling_mut();
        // SAFETY: the pool is this bed's.
        let code = unsafe { by(self.pool, len, &raw mut buffer) };
        self.allocated(code, buffer, len, if aligned { 64 } else { 16 });
    }

    pub(crate) fn ext_allocate(&mut self, len: u32, null: bool) {
        if null {
            // SAFETY: the header says that NULL is answered.
            let code = unsafe { Dot11ExtAllocateBuffer(len, ptr::null_mut()) };
            return assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        let mut buffer = ptr::dangling_mut();
        // SAFETY: the place is this call's.
        let code = unsafe { Dot11ExtAllocateBuffer(len, &raw mut buffer) };
        self.allocated(code, buffer, len as usize, 16);
    }

    fn allocated(&mut self, code: u32, buffer: *mut c_void, len: usize, align: usize) {
        let stride = AllocModel::stride_of(len, align);
        if len == 0 {
            return assert_eq!(
                (code, buffer),
                (FRAMEWELL_ERROR_INVALID_PARAMETER, ptr::null_mut())
            );
        }
        let served_by = stride.map(|stride| self.dot11.served_by(stride, align));
        if code != FRAMEWELL_SUCCESS {
            assert_eq!(
                (code, buffer),
                (FRAMEWELL_ERROR_OUTOFMEMORY, ptr::null_mut())
            );
            return match served_by {
                Some(class) => assert_eq!(class, None, "{len} is to be had"),
                None => assert!(len >= 1 << 28, "{len} is to be had"),
            };
        }
        assert!(len <= isize::MAX as usize);
        let start = buffer.expose_provenance();
        assert_eq!(start % align, 0);
        let found = inspect::found(self.pool, start).unwrap();
        assert_eq!(
            (found.start, found.kind, found.is_out),
            (buffer, FRAMEWELL_KIND_DOT11, 1)
        );
        match served_by {
            Some(Some(class)) => assert_eq!(found.capacity, class),
            Some(None) => panic!("{len} is not available"),
            None => assert!(found.capacity >= len),
        }
        self.stamp = self.stamp.wrapping_add(1);
        for part in bytes(start, found.capacity) {
            let is_zeroed = self.shape.zero || stride.is_none();
            assert!(!is_zeroed || part.iter().all(|byte| *byte == 0));
            part.fill(self.stamp);
        }
        let live = Live {
            capacity: found.capacity,
            len,
            stamp: self.stamp,
            raw: true,
        };
        self.dot11.got(start, live);
    }

    pub(crate) fn dot11_free(&mut self, pointer: Pointer) {
        let pool = self.pool;
        // SAFETY: the pool is this bed's. A buffer that was freed and handed out again is brought
        // only if the model has it as out.
        self.dot11_freed(pointer, |buffer| {
            Some(unsafe { framewell_dot11_free(pool, buffer) })
        });
    }

    pub(crate) fn ext_free(&mut self, pointer: Pointer) {
        self.dot11_freed(pointer, |buffer| {
            // SAFETY: the reason is that in `dot11_free`.
            unsafe { Dot11ExtFreeBuffer(buffer) };
            None
        });
    }

    fn dot11_freed(&mut self, pointer: Pointer, free: impl FnOnce(*mut c_void) -> Option<u32>) {
        let brought: *mut c_void = ptr::with_exposed_provenance_mut(pointer.address);
        if brought.is_null() {
            return assert_eq!(free(brought).unwrap_or(0), FRAMEWELL_SUCCESS);
        }
        match self.verdict(pointer, false) {
            Verdict::Back => {
                let Live {
                    capacity, stamp, ..
                } = self.dot11.live[&pointer.address];
                for part in bytes(pointer.address, capacity) {
                    assert!(part.iter().all(|byte| *byte == stamp));
                }
                self.dot11.freed(pointer.address);
                assert_eq!(free(brought).unwrap_or(0), FRAMEWELL_SUCCESS);
            }
            Verdict::Refused(kinds) => {
                let code = free(brought).unwrap_or(FRAMEWELL_ERROR_BUFFER_INVALID);
                assert_eq!(code, FRAMEWELL_ERROR_BUFFER_INVALID);
                self.misused(pointer.address, kinds);
            }
        }
    }
}
