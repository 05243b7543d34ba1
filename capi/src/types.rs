//! The types and constants of the header, under its names.

#![forbid(unsafe_code)]
#![allow(non_camel_case_types, non_snake_case, reason = "the names are C's")]

use std::ffi::c_void;
use std::ptr;

use framewell::{Borrower, Pool};

/// `ERROR_SUCCESS`: the call succeeded.
pub const FRAMEWELL_SUCCESS: u32 = 0;
/// `ERROR_OUTOFMEMORY`: the budget is used up, or the system refused memory.
pub const FRAMEWELL_ERROR_OUTOFMEMORY: u32 = 14;
/// `ERROR_INVALID_PARAMETER`: an argument is NULL, or no value that the call allows.
pub const FRAMEWELL_ERROR_INVALID_PARAMETER: u32 = 87;
/// `ERROR_BUSY`: buffers of the pool are out.
pub const FRAMEWELL_ERROR_BUSY: u32 = 170;
/// `ERROR_BUFFER_TOO_SMALL`: the view does not lie in the buffer that comes back.
pub const FRAMEWELL_ERROR_BUFFER_TOO_SMALL: u32 = 603;
/// `ERROR_BUFFER_INVALID`: the pointer is no buffer of this kind that is out.
pub const FRAMEWELL_ERROR_BUFFER_INVALID: u32 = 610;
/// `ERROR_OUT_OF_BUFFERS`: no frame is free anywhere.
pub const FRAMEWELL_ERROR_OUT_OF_BUFFERS: u32 = 614;
/// `ERROR_ALREADY_INITIALIZED`: the shared pool exists already.
pub const FRAMEWELL_ERROR_ALREADY_INITIALIZED: u32 = 1247;
/// A member of a config cannot be served. This code and the following ones have the bit that
/// Windows leaves to applications.
pub const FRAMEWELL_ERROR_CONFIG: u32 = 0x2000_0001;
/// An environment variable has a value that cannot be served.
pub const FRAMEWELL_ERROR_ENVIRONMENT: u32 = 0x2000_0002;
/// The rseq front was demanded and is not available.
pub const FRAMEWELL_ERROR_NO_RSEQ: u32 = 0x2000_0003;
/// The pool has as many borrowers as it can have.
pub const FRAMEWELL_ERROR_BORROWERS: u32 = 0x2000_0004;
/// The buffer has as many references as it can have.
pub const FRAMEWELL_ERROR_REFERENCES: u32 = 0x2000_0005;

/// A value of `framewell_config.front`: the front is chosen.
pub const FRAMEWELL_FRONT_AUTO: u32 = 0;
/// A value of `framewell_config.front` and `framewell_stats.front`: restartable sequences.
pub const FRAMEWELL_FRONT_RSEQ: u32 = 1;
/// A value of `framewell_config.front` and `framewell_stats.front`: compare-and-swap.
pub const FRAMEWELL_FRONT_PORTABLE: u32 = 2;

/// A value of `framewell_config.huge_pages`: transparent huge pages under the frames if available.
pub const FRAMEWELL_HUGE_PAGES_AUTO: u32 = 0;
/// A value of `framewell_config.huge_pages`: explicit huge pages, or an error.
pub const FRAMEWELL_HUGE_PAGES_EXPLICIT: u32 = 1;
/// A value of `framewell_config.huge_pages`: transparent huge pages if available.
pub const FRAMEWELL_HUGE_PAGES_TRANSPARENT: u32 = 2;
/// A value of `framewell_config.huge_pages`: base pages.
pub const FRAMEWELL_HUGE_PAGES_OFF: u32 = 3;
/// A value of `framewell_config.huge_pages`: explicit huge pages if available.
pub const FRAMEWELL_HUGE_PAGES_PREFER_EXPLICIT: u32 = 4;

/// A value of `framewell_stats.pages`: base pages.
pub const FRAMEWELL_PAGES_BASE: u32 = 0;
/// A value of `framewell_stats.pages`: transparent huge pages were asked for and are enabled.
pub const FRAMEWELL_PAGES_TRANSPARENT: u32 = 1;
/// A value of `framewell_stats.pages`: explicit huge pages.
pub const FRAMEWELL_PAGES_EXPLICIT: u32 = 2;

/// A value of `framewell_misuse.kind`: the pointer is NULL.
pub const FRAMEWELL_MISUSE_NULL: u32 = 0;
/// A value of `framewell_misuse.kind`: no memory of the pool lies there.
pub const FRAMEWELL_MISUSE_FOREIGN: u32 = 1;
/// A value of `framewell_misuse.kind`: the pointer points into a buffer.
pub const FRAMEWELL_MISUSE_INTERIOR: u32 = 2;
/// A value of `framewell_misuse.kind`: the buffer there is not out.
pub const FRAMEWELL_MISUSE_NOT_OUT: u32 = 3;
/// A value of `framewell_misuse.kind`: the buffer there is of the other kind.
pub const FRAMEWELL_MISUSE_OTHER_KIND: u32 = 4;
/// A value of `framewell_misuse.kind`: the buffer there is lent to a borrower.
pub const FRAMEWELL_MISUSE_LENT: u32 = 5;
/// A value of `framewell_misuse.kind`: the buffer that was to come back is not lent.
pub const FRAMEWELL_MISUSE_NOT_LENT: u32 = 6;
/// A value of `framewell_misuse.kind`: the buffer that was to come back is lent to another
/// borrower.
pub const FRAMEWELL_MISUSE_LENT_TO_OTHER: u32 = 7;
/// A value of `framewell_misuse.kind`: the view does not lie in the buffer.
pub const FRAMEWELL_MISUSE_BEYOND_ROOM: u32 = 8;
/// A value of `framewell_misuse.kind`: the buffer there is shared, and has no exclusive owner.
pub const FRAMEWELL_MISUSE_SHARED: u32 = 9;
/// A value of `framewell_misuse.kind`: the buffer there is not shared.
pub const FRAMEWELL_MISUSE_NOT_SHARED: u32 = 10;
/// A value of `framewell_misuse.kind`: the bytes do not end in the buffer where they begin.
pub const FRAMEWELL_MISUSE_PAST_END: u32 = 11;

/// A value of `framewell_found.kind`: a frame.
pub const FRAMEWELL_KIND_FRAME: u32 = 0;
/// A value of `framewell_found.kind`: an 802.11 buffer.
pub const FRAMEWELL_KIND_DOT11: u32 = 1;

/// The bytes of a frame of the RAS functions, which never give or name more.
pub(crate) const RAS_PAYLOAD: usize = 1500;

/// A pool, which is opaque in C.
pub struct framewell_pool {
    pub(crate) pool: Pool,
    pub(crate) headroom: usize,
}

/// A borrower, which is opaque in C.
pub struct framewell_borrower {
    pub(crate) borrower: Borrower,
}

/// A pointer or a loan that was misused.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct framewell_misuse {
    /// The pointer, or the address of the data that was to come back.
    pub pointer: *const c_void,
    /// The kind of the misuse: `FRAMEWELL_MISUSE_…`.
    pub kind: u32,
    /// The number of the other borrower, with `FRAMEWELL_MISUSE_LENT_TO_OTHER`.
    pub borrower: u32,
    /// The bytes of the frame before the data, with `FRAMEWELL_MISUSE_BEYOND_ROOM`.
    pub headroom: usize,
    /// The bytes of the data, with `FRAMEWELL_MISUSE_BEYOND_ROOM`.
    pub len: usize,
    /// The bytes of the buffer, with `FRAMEWELL_MISUSE_BEYOND_ROOM`.
    pub room: usize,
}

/// A part of a pool's region, in the form of Linux's `struct xdp_desc`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct framewell_span {
    /// The bytes from the region's base to the data.
    pub offset: u64,
    /// The bytes of the data.
    pub len: u32,
    /// The ring's options, which this library ignores.
    pub options: u32,
}

/// The memory range of a pool's frames.
#[repr(C)]
pub struct framewell_region {
    /// The size of the struct in bytes as the caller knows it.
    pub struct_size: usize,
    /// The address of frame 0.
    pub base: *mut c_void,
    /// The bytes from one frame to the next.
    pub stride: usize,
    /// The bytes of all frames.
    pub len: usize,
}

/// A function that is called with a misuse. A panic that leaves it ends the process where it would
/// enter C.
pub type framewell_on_misuse =
    Option<unsafe extern "C-unwind" fn(misuse: *const framewell_misuse, context: *mut c_void)>;

/// The settings of a pool.
#[repr(C)]
pub struct framewell_config {
    /// The size of the struct in bytes as the caller knows it.
    pub struct_size: usize,
    /// The number of frames, as in [`PoolBuilder::frames`](framewell::PoolBuilder::frames). The
    /// other members match the builder's methods of their names.
    pub frames: usize,
    /// The payload in bytes.
    pub payload: usize,
    /// The headroom in bytes.
    pub headroom: usize,
    /// The tailroom in bytes.
    pub tailroom: usize,
    /// The stride in bytes; 0 lets the pool choose.
    pub stride: usize,
    /// The number of frames that a CPU keeps; 0 lets the pool choose.
    pub cache_size: usize,
    /// The number of shards; 0 lets the pool choose.
    pub shards: usize,
    /// The front: `FRAMEWELL_FRONT_…`.
    pub front: u32,
    /// The huge pages: `FRAMEWELL_HUGE_PAGES_…`.
    pub huge_pages: u32,
    /// Whether all memory is committed at once: 0 or 1.
    pub prefault: u32,
    /// Whether freed buffers are zeroed: 0 or 1.
    pub zero_on_free: u32,
    /// The budget of the 802.11 buffers in bytes; 0 lets the pool choose.
    pub dot11_bytes: usize,
    /// The `size_class_count` sizes, or NULL for none.
    pub size_classes: *const usize,
    /// The number of sizes in `size_classes`.
    pub size_class_count: usize,
    /// The function that misuse is reported to, or NULL for none.
    pub on_misuse: framewell_on_misuse,
    /// The context that `on_misuse` is called with.
    pub on_misuse_context: *mut c_void,
    /// Whether misuse ends the process: 0 or 1.
    pub abort_on_misuse: u32,
}

/// Returns the values of `FRAMEWELL_CONFIG_DEFAULTS`.
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

/// The answer of a pool about an address.
#[repr(C)]
pub struct framewell_found {
    /// The address at which the buffer was handed out.
    pub start: *mut c_void,
    /// The number of bytes from `start` on.
    pub capacity: usize,
    /// The kind of the buffer: `FRAMEWELL_KIND_…`.
    pub kind: u32,
    /// Whether the buffer is out: 0 or 1.
    pub is_out: u32,
    /// Whether the buffer is lent to a borrower: 0 or 1.
    pub is_lent: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// The result of a trim.
#[repr(C)]
pub struct framewell_trimmed {
    /// The number of chunks that were taken back.
    pub chunks: usize,
    /// The number of bytes that were returned to the system.
    pub bytes: usize,
    /// The number of chunks that stay.
    pub pinned: usize,
}

/// The statistics of a pool.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct framewell_stats {
    /// The size of the struct in bytes as the caller knows it.
    pub struct_size: usize,
    /// The number of frames.
    pub capacity: usize,
    /// The number of free frames.
    pub free: usize,
    /// The number of frames that are out.
    pub out: usize,
    /// The payload of a frame in bytes.
    pub payload: usize,
    /// The bytes before the payload.
    pub headroom: usize,
    /// The bytes behind the payload.
    pub tailroom: usize,
    /// The bytes from one frame to the next.
    pub stride: usize,
    /// The address at which the frames lie.
    pub base: *mut c_void,
    /// The number of calls that were refused.
    pub refusals: u64,
    /// The number of pointers that were refused.
    pub misuses: u64,
    /// The bytes of the pool beside the frames.
    pub metadata: usize,
    /// The number of 802.11 buffers that are out.
    pub dot11_out: usize,
    /// The number of them above the largest class.
    pub dot11_large: usize,
    /// The bytes of the buffers above the largest class.
    pub dot11_large_bytes: usize,
    /// The number of chunks that belong to size classes.
    pub dot11_chunks: usize,
    /// The front of the pool: `FRAMEWELL_FRONT_…`.
    pub front: u32,
    /// The pages of the frames: `FRAMEWELL_PAGES_…`.
    pub pages: u32,
    /// The number of borrowers that exist, or were destroyed with buffers lent.
    pub borrowers: usize,
    /// The number of frames and buffers that are lent.
    pub lent: usize,
}

/// The head of a host's table.
#[repr(C)]
pub struct framewell_dot11ext_apis {
    /// The function that allocates, the first member.
    pub Dot11ExtAllocateBuffer:
        unsafe extern "system" fn(byte_count: u32, buffer: *mut *mut c_void) -> u32,
    /// The function that frees, the second member.
    pub Dot11ExtFreeBuffer: unsafe extern "system" fn(memory: *mut c_void),
}
