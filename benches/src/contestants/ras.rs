//! The RAS functions of the C library: frames are bare pointers, and each free is checked.

use std::ptr;

use framewell_capi::services::{RasFreeBuffer, RasGetBuffer};
use framewell_capi::shared::framewell_init;
use framewell_capi::types::{
    FRAMEWELL_ERROR_ALREADY_INITIALIZED, FRAMEWELL_SUCCESS, framewell_config,
};

use crate::contestant::{BYTES, Buffer, Contestant};

/// The pool of 16,384 frames that the C library shares.
pub struct Ras(());

impl Ras {
    /// Makes the shared pool, once in a process.
    ///
    /// # Panics
    ///
    /// If its memory (30 MiB) cannot be reserved.
    #[must_use]
    pub fn new() -> Self {
        let config = framewell_config {
            frames: 16_384,
            payload: BYTES,
            ..framewell_config::default()
        };
        // SAFETY: the pointer is to a config, and there is no room for a message.
        let code = unsafe { framewell_init(&raw const config, ptr::null_mut(), 0) };
        let made = [FRAMEWELL_SUCCESS, FRAMEWELL_ERROR_ALREADY_INITIALIZED].contains(&code);
        assert!(made, "a pool of 16,384 frames: {code}");
        Self(())
    }
}

impl Default for Ras {
    fn default() -> Self {
        Self::new()
    }
}

/// A frame, as C has it.
pub struct RasBuffer(*mut u8);

// SAFETY: a frame may be used and freed on any thread.
unsafe impl Send for RasBuffer {}

// SAFETY: `get` returned a frame of BYTES, which belongs to the buffer alone.
unsafe impl Buffer for RasBuffer {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.0
    }
}

impl Drop for RasBuffer {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the frame is out, and nobody uses it any more.
        let code = unsafe { RasFreeBuffer(self.0) };
        assert_eq!(code, FRAMEWELL_SUCCESS, "the frame was out");
    }
}

impl Contestant for Ras {
    type Buffer = RasBuffer;

    const BOUNDED: bool = true;

    fn name(&self) -> &'static str {
        "framewell, RAS"
    }

    #[inline]
    fn get(&self) -> RasBuffer {
        self.try_get().expect("a frame")
    }

    #[inline]
    fn try_get(&self) -> Option<RasBuffer> {
        let mut buffer = ptr::null_mut();
        let mut size = BYTES as u32;
        // SAFETY: these are two places of the types that it writes.
        let code = unsafe { RasGetBuffer(&raw mut buffer, &raw mut size) };
        (code == FRAMEWELL_SUCCESS).then(|| RasBuffer(buffer))
    }
}
