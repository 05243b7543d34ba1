//! Lends what is out of a bed's pool, and takes it back.

use std::ffi::c_void;
use std::ptr;

use framewell::MisuseKind;
use framewell_capi::borrowers::*;
use framewell_capi::loans::*;
use framewell_capi::types::*;

use crate::bed::Bed;
use crate::model::Verdict;
use crate::pointer::Pointer;

/// Makes the borrower of a bed.
pub(crate) fn borrower(pool: *mut framewell_pool) -> *mut framewell_borrower {
    let mut made = ptr::dangling_mut();
    // SAFETY: the pool is a bed's, and the place and the name are this function's.
    let code = unsafe { framewell_borrower_create(pool, c"fuzz".as_ptr(), &raw mut made) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    made
}

/// Calls every function that takes a borrower, with none.
pub(crate) fn without_borrower(n: usize) {
    let none = ptr::null_mut();
    let (mut out, mut outs) = (ptr::dangling_mut(), [ptr::dangling_mut(); 4]);
    let (offsets, lens, mut done) = ([0; 4], [0; 4], 99);
    // The array is this function's, and NULL is what the header says it is.
    let to = outs.as_mut_ptr();
    let codes = [
        // SAFETY: the header says that a NULL borrower is answered; the rest is this function's.
        unsafe { framewell_borrower_lend(none, out) },
        // SAFETY: as above.
        unsafe { framewell_borrower_lend_dot11(none, out) },
        // SAFETY: as above.
        unsafe { framewell_borrower_take_back(none, out, n, &raw mut out) },
        // SAFETY: as above.
        unsafe { framewell_borrower_take_back_offset(none, 0, n, &raw mut out) },
        // SAFETY: as above.
        unsafe { framewell_borrower_take_back_dot11(none, out, n, &raw mut out) },
        // SAFETY: as above.
        unsafe { framewell_borrower_lend_frames(none, to, n, ptr::null_mut(), &raw mut done) },
        // SAFETY: as above.
        unsafe {
            framewell_borrower_take_back_frames(none, to, lens.as_ptr(), n, to, &raw mut done)
        },
        // SAFETY: as above.
        unsafe {
            framewell_borrower_take_back_offsets(none, offsets.as_ptr(), n, to, &raw mut done)
        },
        // SAFETY: as above.
        unsafe { framewell_borrower_take_back_spans(none, ptr::null(), n, to, &raw mut done) },
        // SAFETY: as above.
        unsafe { framewell_pool_reclaim(ptr::null_mut(), n as u64, &raw mut done) },
    ];
    assert_eq!(codes, [FRAMEWELL_ERROR_INVALID_PARAMETER; 10]);
    assert_eq!((out, done), (ptr::null_mut(), 0));
    // SAFETY: as above.
    assert_eq!(unsafe { framewell_borrower_lent(none) }, 0);
    // SAFETY: as above.
    assert_eq!(unsafe { framewell_borrower_reclaim(none) }, 0);
    // SAFETY: as above.
    assert_eq!(unsafe { framewell_borrower_number(none) }, u64::MAX);
    // SAFETY: as above.
    unsafe { framewell_borrower_destroy(none) };
}

/// What must come of a frame that is to be taken back.
enum Loan {
    /// The frame comes back that has its payload here.
    Back(usize),
    /// The call is refused with this code, and reported as one of these kinds.
    Refused(u32, &'static [MisuseKind]),
}

/// A view that is larger than its frame.
const BEYOND: &[MisuseKind] = &[MisuseKind::BeyondRoom {
    headroom: 0,
    len: 0,
    room: 0,
}];

impl Bed {
    fn offset(&self, address: usize) -> u64 {
        address.wrapping_sub(self.region().0) as u64
    }

    /// Returns what must come of the return of `len` bytes from an address.
    fn loan(&self, pointer: Pointer, len: usize, by_offset: bool) -> Loan {
        let (base, region) = self.region();
        let within = pointer.address.wrapping_sub(base);
        if within >= region {
            return match self.verdict(pointer, true) {
                Verdict::Refused(kinds) if !by_offset => {
                    Loan::Refused(FRAMEWELL_ERROR_BUFFER_INVALID, kinds)
                }
                _ => Loan::Refused(FRAMEWELL_ERROR_BUFFER_INVALID, &[MisuseKind::Foreign]),
            };
        }
        let offset = within % self.first.stride;
        let start = pointer.address - offset + self.shape.headroom;
        if !self.lent.contains_key(&start) {
            return Loan::Refused(FRAMEWELL_ERROR_BUFFER_INVALID, &[MisuseKind::NotLent]);
        }
        if len > self.first.stride - offset {
            return Loan::Refused(FRAMEWELL_ERROR_BUFFER_TOO_SMALL, BEYOND);
        }
        Loan::Back(start)
    }

    pub(crate) fn lend(&mut self, pointer: Pointer) {
        let brought = ptr::with_exposed_provenance_mut(pointer.address);
        let verdict = self.verdict(pointer, true);
        // SAFETY: the borrower is this bed's. A frame that was freed and handed out again is
        // brought only if the model has it as out.
        let code = unsafe { framewell_borrower_lend(self.borrower, brought) };
        self.was_lent(pointer, verdict, code);
    }

    fn was_lent(&mut self, pointer: Pointer, verdict: Verdict, code: u32) {
        match verdict {
            Verdict::Back => {
                assert_eq!(code, FRAMEWELL_SUCCESS);
                let stamp = self.frames.remove(&pointer.address).unwrap();
                self.lent.insert(pointer.address, stamp);
            }
            Verdict::Refused(kinds) => {
                assert_eq!(code, FRAMEWELL_ERROR_BUFFER_INVALID);
                self.misused(pointer.address, kinds);
            }
        }
    }

    pub(crate) fn lend_frames(&mut self, pointers: &[Pointer]) {
        let brought: Vec<*mut c_void> = pointers
            .iter()
            .map(|pointer| ptr::with_exposed_provenance_mut(pointer.address))
            .collect();
        let (mut offsets, mut lent) = (vec![u64::MAX; brought.len()], usize::MAX);
        // SAFETY: the arrays have this many entries; the rest is as in `lend`.
        let code = unsafe {
            framewell_borrower_lend_frames(
                self.borrower,
                brought.as_ptr(),
                brought.len(),
                offsets.as_mut_ptr(),
                &raw mut lent,
            )
        };
        for (pointer, offset) in pointers[..lent].iter().zip(&offsets) {
            assert_eq!(*offset, self.offset(pointer.address));
            self.was_lent(*pointer, self.verdict(*pointer, true), FRAMEWELL_SUCCESS);
        }
        assert!(offsets[lent..].iter().all(|offset| *offset == u64::MAX));
        match pointers.get(lent) {
            Some(refused) => self.was_lent(*refused, self.verdict(*refused, true), code),
            None => assert_eq!(code, FRAMEWELL_SUCCESS),
        }
        assert_eq!(code == FRAMEWELL_SUCCESS, lent == pointers.len());
    }

    pub(crate) fn take_back(&mut self, pointer: Pointer, len: usize, by_offset: bool) {
        let loan = self.loan(pointer, len, by_offset);
        let brought: *mut c_void = ptr::with_exposed_provenance_mut(pointer.address);
        let mut frame = ptr::dangling_mut();
        let code = if by_offset {
            let offset = self.offset(pointer.address);
            // SAFETY: the borrower is this bed's, and one thread brings its frames.
            unsafe {
                framewell_borrower_take_back_offset(self.borrower, offset, len, &raw mut frame)
            }
        } else {
            // SAFETY: as above.
            unsafe { framewell_borrower_take_back(self.borrower, brought, len, &raw mut frame) }
        };
        match loan {
            Loan::Back(start) => {
                assert_eq!((code, frame), (FRAMEWELL_SUCCESS, brought));
                self.back_at_payload(start, frame);
            }
            Loan::Refused(expected, kinds) => {
                assert_eq!((code, frame), (expected, ptr::null_mut()));
                self.misused(pointer.address, kinds);
            }
        }
    }

    /// Notes that a frame came back, after another round that brings it back at its payload: the
    /// model knows frames by that address.
    fn back_at_payload(&mut self, start: usize, frame: *mut c_void) {
        let mut back = frame;
        if frame.addr() != start {
            // SAFETY: the frame is out at this address.
            let code = unsafe { framewell_borrower_lend(self.borrower, frame) };
            assert_eq!(code, FRAMEWELL_SUCCESS);
            let start = ptr::with_exposed_provenance_mut(start);
            // SAFETY: it was lent just now.
            let code =
                unsafe { framewell_borrower_take_back(self.borrower, start, 0, &raw mut back) };
            assert_eq!((code, back), (FRAMEWELL_SUCCESS, start));
        }
        let stamp = self.lent.remove(&start).unwrap();
        self.frames.insert(start, stamp);
    }

    pub(crate) fn take_back_offsets(&mut self, pointers: &[Pointer]) {
        let brought: Vec<u64> = pointers.iter().map(|p| self.offset(p.address)).collect();
        let n = brought.len();
        let (mut frames, mut taken) = (vec![ptr::dangling_mut(); n], usize::MAX);
        let to = frames.as_mut_ptr();
        // SAFETY: the arrays have this many entries, and one thread brings the bed's frames.
        let code = unsafe {
            framewell_borrower_take_back_offsets(
                self.borrower,
                brought.as_ptr(),
                n,
                to,
                &raw mut taken,
            )
        };
        for (pointer, frame) in pointers[..taken].iter().zip(&frames) {
            match self.loan(*pointer, 0, true) {
                Loan::Back(start) if start == frame.addr() => self.back_at_payload(start, *frame),
                _ => panic!("{pointer:?} came back as {frame:p}"),
            }
        }
        assert!(frames[taken..].iter().all(|f| *f == ptr::dangling_mut()));
        match pointers
            .get(taken)
            .map(|pointer| self.loan(*pointer, 0, true))
        {
            Some(Loan::Refused(expected, kinds)) => {
                assert_eq!(code, expected);
                self.misused(pointers[taken].address, kinds);
            }
            Some(Loan::Back(start)) => panic!("{start:#x} is lent"),
            None => assert_eq!(code, FRAMEWELL_SUCCESS),
        }
    }

    /// Lends a variable-length buffer, and takes it back.
    pub(crate) fn dot11_round(&mut self, pointer: Pointer, len: usize) {
        let brought: *mut c_void = ptr::with_exposed_provenance_mut(pointer.address);
        let verdict = match pointer.address {
            0 => Verdict::Refused(&[MisuseKind::Null]),
            _ => self.verdict(pointer, false),
        };
        // SAFETY: the reason is that in `lend`.
        let code = unsafe { framewell_borrower_lend_dot11(self.borrower, brought) };
        if let Verdict::Refused(kinds) = verdict {
            assert_eq!(code, FRAMEWELL_ERROR_BUFFER_INVALID);
            return self.misused(pointer.address, kinds);
        }
        assert_eq!(code, FRAMEWELL_SUCCESS);
        let capacity = self.dot11.live[&pointer.address].capacity;
        let borrower = self.borrower;
        let back = |len| {
            let mut back = ptr::dangling_mut();
            // SAFETY: the reason is that in `take_back`.
            let code = unsafe {
                framewell_borrower_take_back_dot11(borrower, brought, len, &raw mut back)
            };
            (code, back)
        };
        if len > capacity {
            let refused = (FRAMEWELL_ERROR_BUFFER_TOO_SMALL, ptr::null_mut());
            assert_eq!(back(len), refused);
            self.misused(pointer.address, BEYOND);
        }
        assert_eq!(back(len.min(capacity)), (FRAMEWELL_SUCCESS, brought));
    }

    /// Reclaims what is lent: by the borrower, or by its number once it is destroyed.
    pub(crate) fn reclaim(&mut self, by_number: bool) {
        let lent = self.lent.len();
        self.past.extend(self.lent.keys());
        self.lent.clear();
        if !by_number {
            // SAFETY: nobody touches what is lent, and no other call uses the borrower.
            let reclaimed = unsafe { framewell_borrower_reclaim(self.borrower) };
            return assert_eq!(reclaimed, lent);
        }
        // SAFETY: the borrower is this bed's.
        let number = unsafe { framewell_borrower_number(self.borrower) };
        // SAFETY: no other call uses the borrower.
        unsafe { framewell_borrower_destroy(self.borrower) };
        let mut reclaimed = usize::MAX;
        // SAFETY: nobody touches what was lent.
        let code = unsafe { framewell_pool_reclaim(self.pool, number, &raw mut reclaimed) };
        let expected = match lent {
            0 => FRAMEWELL_ERROR_INVALID_PARAMETER,
            _ => FRAMEWELL_SUCCESS,
        };
        assert_eq!((code, reclaimed), (expected, lent));
        self.borrower = borrower(self.pool);
    }
}
