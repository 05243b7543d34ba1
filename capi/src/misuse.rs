//! Reports misuses to a function of C, and turns them into codes.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use framewell::{Misuse, MisuseKind, OnMisuse};

use crate::types::*;

/// Returns the code of a call that was refused a loan or a reference.
pub(crate) fn code(misuse: &Misuse) -> u32 {
    match misuse.kind {
        MisuseKind::BeyondRoom { .. } | MisuseKind::PastEnd { .. } => {
            FRAMEWELL_ERROR_BUFFER_TOO_SMALL
        }
        _ => FRAMEWELL_ERROR_BUFFER_INVALID,
    }
}

/// Returns what C is told of a misuse.
fn told(misuse: &Misuse) -> framewell_misuse {
    let mut told = framewell_misuse {
        pointer: ptr::without_provenance(misuse.address),
        kind: FRAMEWELL_MISUSE_NOT_OUT,
        borrower: 0,
        headroom: 0,
        len: 0,
        room: 0,
    };
    told.kind = match misuse.kind {
        MisuseKind::Null => FRAMEWELL_MISUSE_NULL,
        MisuseKind::Foreign => FRAMEWELL_MISUSE_FOREIGN,
        MisuseKind::Interior => FRAMEWELL_MISUSE_INTERIOR,
        MisuseKind::OtherKind => FRAMEWELL_MISUSE_OTHER_KIND,
        MisuseKind::Lent => FRAMEWELL_MISUSE_LENT,
        MisuseKind::NotLent => FRAMEWELL_MISUSE_NOT_LENT,
        MisuseKind::Shared => FRAMEWELL_MISUSE_SHARED,
        MisuseKind::NotShared => FRAMEWELL_MISUSE_NOT_SHARED,
        MisuseKind::PastEnd { len, left } => {
            (told.len, told.room) = (len, left);
            FRAMEWELL_MISUSE_PAST_END
        }
        MisuseKind::LentToOther { borrower } => {
            told.borrower = borrower;
            FRAMEWELL_MISUSE_LENT_TO_OTHER
        }
        MisuseKind::BeyondRoom {
            headroom,
            len,
            room,
        } => {
            (told.headroom, told.len, told.room) = (headroom, len, room);
            FRAMEWELL_MISUSE_BEYOND_ROOM
        }
        _ => FRAMEWELL_MISUSE_NOT_OUT,
    };
    told
}

/// A function of C, and the context that it is called with.
struct Report {
    call: unsafe extern "C-unwind" fn(*const framewell_misuse, *mut c_void),
    context: *mut c_void,
}

// SAFETY: the header says that the function is called on whatever thread misuses a pointer, so the
// caller has provided for that.
unsafe impl Send for Report {}
// SAFETY: the reason for Send holds for Sync too: the header says that several threads call it at
// the same time.
unsafe impl Sync for Report {}

impl Report {
    fn report(&self, misuse: &Misuse) {
        let told = told(misuse);
        // SAFETY: this is a function as the header describes it, and the misuse lives as long as
        // the call.
        unsafe { (self.call)(&raw const told, self.context) };
    }
}

pub(crate) fn reporting(
    call: unsafe extern "C-unwind" fn(*const framewell_misuse, *mut c_void),
    context: *mut c_void,
) -> OnMisuse {
    let report = Report { call, context };
    OnMisuse::Call(Arc::new(move |misuse| report.report(misuse)))
}
