//! The types and constants of the header, under its names.

#![forbid(unsafe_code)]
#![allow(non_camel_case_types, non_snake_case, reason = "the names are C's")]

use std::ffi::c_void;
use std::ptr;

use framewell::Pool;

/// What a call answers: `ERROR_SUCCESS`.
pub const FRAMEWELL_SUCCESS: u32 = 0;
/// `ERROR_OUTOFMEMORY`.
pub const FRAMEWELL_ERROR_OUTOFMEMORY: u32 = 14;
/// `ERROR_INVALID_PARAMETER`.
pub const FRAMEWELL_ERROR_INVALID_PARAMETER: u32 = 87;
/// `ERROR_BUSY`.
pub const FRAMEWELL_ERROR_BUSY: u32 = 170;
/// `ERROR_BUFFER_INVALID`.
pub const FRAMEWELL_ERROR_BUFFER_INVALID: u32 = 610;
/// `ERROR_OUT_OF_BUFFERS`.
pub const FRAMEWELL_ERROR_OUT_OF_BUFFERS: u32 = 614;
/// `ERROR_ALREADY_INITIALIZED`.
pub const FRAMEWELL_ERROR_ALREADY_INITIALIZED: u32 = 1247;
/// A member of a config cannot be served. This and the following have the bit that Windows leaves to applications.
pub const FRAMEWELL_ERROR_CONFIG: u32 = 0x2000_0001;
/// An environment variable cannot be served.
pub const FRAMEWELL_ERROR_ENVIRONMENT: u32 = 0x2000_0002;
/// The rseq front is not to be had.
pub const FRAMEWELL_ERROR_NO_RSEQ: u32 = 0x2000_0003;

/// `framewell_config.front`, and `framewell_stats.front` but for the first.
pub const FRAMEWELL_FRONT_AUTO: u32 = 0;
/// Restartable sequences.
pub const FRAMEWELL_FRONT_RSEQ: u32 = 1;
/// Compare-and-swap.
pub const FRAMEWELL_FRONT_PORTABLE: u32 = 2;

/// `framewell_config.huge_pages`.
pub const FRAMEWELL_HUGE_PAGES_AUTO: u32 = 0;
/// Explicit ones or an error.
pub const FRAMEWELL_HUGE_PAGES_EXPLICIT: u32 = 1;
/// Transparent ones where the system has them.
pub const FRAMEWELL_HUGE_PAGES_TRANSPARENT: u32 = 2;
/// Base pages.
pub const FRAMEWELL_HUGE_PAGES_OFF: u32 = 3;
/// Explicit ones where they are to be had.
pub const FRAMEWELL_HUGE_PAGES_PREFER_EXPLICIT: u32 = 4;

/// `framewell_stats.pages`.
pub const FRAMEWELL_PAGES_BASE: u32 = 0;
/// Transparent huge pages were asked for and are enabled.
pub const FRAMEWELL_PAGES_TRANSPARENT: u32 = 1;
/// Explicit huge pages.
pub const FRAMEWELL_PAGES_EXPLICIT: u32 = 2;

/// `framewell_misuse.kind`.
pub const FRAMEWELL_MISUSE_NULL: u32 = 0;
/// No memory of the pool lies there.
pub const FRAMEWELL_MISUSE_FOREIGN: u32 = 1;
/// It points into a buffer.
pub const FRAMEWELL_MISUSE_INTERIOR: u32 = 2;
/// The buffer there is not out.
pub const FRAMEWELL_MISUSE_NOT_OUT: u32 = 3;
/// The buffer there is of the other kind.
pub const FRAMEWELL_MISUSE_OTHER_KIND: u32 = 4;

/// `framewell_found.kind`.
pub const FRAMEWELL_KIND_FRAME: u32 = 0;
/// An 802.11 buffer.
pub const FRAMEWELL_KIND_DOT11: u32 = 1;

/// The bytes of a frame of the RAS functions, which never give or name more.
pub(crate) const RAS_PAYLOAD: usize = 1500;

/// A pool, opaque in C.
pub struct framewell_pool {
    pub(crate) pool: Pool,
    pub(crate) headroom: usize,
}

/// A pointer that was misused.
#[repr(C)]
pub struct framewell_misuse {
    /// The pointer.
    pub pointer: *const c_void,
    /// `FRAMEWELL_MISUSE_…`
    pub kind: u32,
}

/// What is called with it. What unwinds out of it ends the process where it would enter C.
pub type framewell_on_misuse =
    Option<unsafe extern "C-unwind" fn(misuse: *const framewell_misuse, context: *mut c_void)>;

/// What a pool shall be.
#[repr(C)]
pub struct framewell_config {
    /// The bytes of the struct as the caller knows it.
    pub struct_size: usize,
    /// As [`PoolBuilder::frames`](framewell::PoolBuilder::frames); so are the others.
    pub frames: usize,
    /// Bytes.
    pub payload: usize,
    /// Bytes.
    pub headroom: usize,
    /// Bytes.
    pub tailroom: usize,
    /// Bytes; 0: chosen.
    pub stride: usize,
    /// Frames; 0: chosen.
    pub cache_size: usize,
    /// 0: chosen.
    pub shards: usize,
    /// `FRAMEWELL_FRONT_…`
    pub front: u32,
    /// `FRAMEWELL_HUGE_PAGES_…`
    pub huge_pages: u32,
    /// 0 or 1.
    pub prefault: u32,
    /// 0 or 1.
    pub zero_on_free: u32,
    /// Bytes.
    pub dot11_bytes: usize,
    /// `size_class_count` sizes, or NULL for none.
    pub size_classes: *const usize,
    /// How many.
    pub size_class_count: usize,
    /// NULL: none.
    pub on_misuse: framewell_on_misuse,
    /// Handed to it.
    pub on_misuse_context: *mut c_void,
    /// 0 or 1.
    pub abort_on_misuse: u32,
}

/// `FRAMEWELL_CONFIG_DEFAULTS`.
impl Default for framewell_config {
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            frames: 4096,
            payload: RAS_PAYLOAD,
            headroom: 128,
            tailroom: 0,
            stride: 0,
            cache_size: 0,
            shards: 0,
            front: FRAMEWELL_FRONT_AUTO,
            huge_pages: FRAMEWELL_HUGE_PAGES_AUTO,
            prefault: 0,
            zero_on_free: 0,
            dot11_bytes: 0,
            size_classes: ptr::null(),
            size_class_count: 0,
            on_misuse: None,
            on_misuse_context: ptr::null_mut(),
            abort_on_misuse: 0,
        }
    }
}

/// What a pool knows of an address.
#[repr(C)]
pub struct framewell_found {
    /// Where the buffer was handed out.
    pub start: *mut c_void,
    /// Bytes from there on.
    pub capacity: usize,
    /// `FRAMEWELL_KIND_…`
    pub kind: u32,
    /// 0 or 1.
    pub is_out: u32,
}

/// What a trim has done.
#[repr(C)]
pub struct framewell_trimmed {
    /// Chunks taken back.
    pub chunks: usize,
    /// Bytes returned to the system.
    pub bytes: usize,
    /// Chunks that stay.
    pub pinned: usize,
}

/// A pool seen from outside.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct framewell_stats {
    /// The bytes of the struct as the caller knows it.
    pub struct_size: usize,
    /// Frames.
    pub capacity: usize,
    /// Frames at rest.
    pub free: usize,
    /// Frames that are out.
    pub out: usize,
    /// Bytes of a frame.
    pub payload: usize,
    /// Bytes before it.
    pub headroom: usize,
    /// Bytes behind it.
    pub tailroom: usize,
    /// Bytes from frame to frame.
    pub stride: usize,
    /// Where the frames lie.
    pub base: *mut c_void,
    /// Calls refused.
    pub refusals: u64,
    /// Pointers refused.
    pub misuses: u64,
    /// Bytes beside the frames.
    pub metadata: usize,
    /// 802.11 buffers that are out.
    pub dot11_out: usize,
    /// Of them above the largest class.
    pub dot11_large: usize,
    /// Bytes of those.
    pub dot11_large_bytes: usize,
    /// Chunks of size classes.
    pub dot11_chunks: usize,
    /// `FRAMEWELL_FRONT_…`
    pub front: u32,
    /// `FRAMEWELL_PAGES_…`
    pub pages: u32,
}

/// The head of a host's table.
#[repr(C)]
pub struct framewell_dot11ext_apis {
    /// The first member.
    pub Dot11ExtAllocateBuffer:
        unsafe extern "system" fn(byte_count: u32, buffer: *mut *mut c_void) -> u32,
    /// The second member.
    pub Dot11ExtFreeBuffer: unsafe extern "system" fn(memory: *mut c_void),
}
