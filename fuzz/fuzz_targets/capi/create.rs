//! Makes pools: the shared one, those of the beds, and those of hostile configs.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use framewell_capi::pools::*;
use framewell_capi::shared::*;
use framewell_capi::types::*;

use crate::bed::{Shape, Told};
use crate::inspect;
use crate::model::CHUNK;

/// The settings that the shared pool is made with.
pub(crate) const SHARED: Shape = Shape {
    frames: 100,
    payload: 1500,
    headroom: 128,
    budget: 2,
    cache: 0,
    front: FRAMEWELL_FRONT_AUTO,
    zero: false,
};

/// The place that the shared pool reports to.
static TOLD: OnceLock<usize> = OnceLock::new();

pub(crate) fn init() {
    let told: &'static Told = Box::leak(Box::default());
    let config = SHARED.config(told);
    // SAFETY: the config is valid, and there is no room for a message.
    let code = unsafe { framewell_init(&raw const config, ptr::null_mut(), 0) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    told.pool.set(handle().expose_provenance());
    TOLD.set(ptr::from_ref(told).expose_provenance()).unwrap();
}

fn handle() -> *mut framewell_pool {
    let mut pool = ptr::null_mut();
    // SAFETY: the place is this function's.
    let code = unsafe { framewell_shared_pool(&raw mut pool) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    pool
}

pub(crate) fn shared() -> (*mut framewell_pool, &'static Told) {
    let told = ptr::with_exposed_provenance(*TOLD.get().unwrap());
    // SAFETY: `init` leaked it.
    (handle(), unsafe { &*told })
}

pub(crate) fn pool(config: &framewell_config) -> *mut framewell_pool {
    let mut pool = ptr::null_mut();
    // SAFETY: the config is valid, and there is no room for a message.
    let code = unsafe { framewell_pool_create(config, &raw mut pool, ptr::null_mut(), 0) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    pool
}

/// Returns a number that is mostly the usual one, and sometimes small, close to a limit, or any.
fn number(bytes: &mut Unstructured, usual: usize, limit: usize) -> Result<usize> {
    Ok(match bytes.int_in_range(0..=15)? {
        0 => bytes.int_in_range(0..=3)?,
        1 => limit.wrapping_add_signed(bytes.int_in_range(-2..=2)?),
        2 => bytes.arbitrary()?,
        3 => bytes.int_in_range(0..=limit.min(10_000))?,
        _ => usual,
    })
}

fn small(bytes: &mut Unstructured, limit: u32) -> Result<u32> {
    Ok(match bytes.int_in_range(0..=20)? {
        0 => bytes.arbitrary()?,
        _ => bytes.int_in_range(0..=limit)?,
    })
}

unsafe extern "C-unwind" fn ignore(_: *const framewell_misuse, _: *mut c_void) {}

fn config(bytes: &mut Unstructured, classes: &[usize]) -> Result<framewell_config> {
    let size = size_of::<framewell_config>();
    let mut config = framewell_config {
        struct_size: *bytes.choose(&[
            size,
            size,
            size,
            size,
            size,
            size,
            0,
            8,
            size - 8,
            size + 8,
            usize::MAX,
        ])?,
        frames: number(bytes, 10, 1 << 26)?,
        payload: number(bytes, 100, 65_535)?,
        headroom: number(bytes, 30, 65_535)?,
        tailroom: number(bytes, 0, 65_535)?,
        stride: number(bytes, 0, 65_535)?,
        cache_size: number(bytes, 0, 1020)?,
        shards: number(bytes, 0, 4096)?,
        front: small(bytes, 2)?,
        huge_pages: small(bytes, 4)?,
        prefault: small(bytes, 1)?,
        zero_on_free: small(bytes, 1)?,
        dot11_bytes: number(bytes, CHUNK, 4 << 30)?,
        size_classes: classes.as_ptr(),
        size_class_count: classes.len(),
        on_misuse: bytes.arbitrary::<bool>()?.then_some(ignore as _),
        on_misuse_context: ptr::null_mut(),
        abort_on_misuse: u32::from(bytes.int_in_range(0..=7)? == 0),
    };
    // All memory of a large pool would be committed.
    if config.frames > 64 || config.stride > 1 << 20 {
        config.prefault = config.prefault.saturating_mul(2);
    }
    if bytes.int_in_range(0..=20)? == 0 {
        config.size_classes = ptr::null();
        config.size_class_count = number(bytes, 0, 128)?;
    }
    Ok(config)
}

/// Returns whether the header allows every member. It also returns `false` where the pool would not
/// fit the address space.
fn is_allowed(config: &framewell_config, classes: &[usize]) -> bool {
    let parts = [config.payload, config.headroom, config.tailroom];
    let room = parts
        .iter()
        .fold(0, |sum: usize, part| sum.saturating_add(*part));
    let stride = if config.stride == 0 {
        (room.div_ceil(64) | 1).saturating_mul(64)
    } else {
        config.stride
    };
    let switches = [config.prefault, config.zero_on_free, config.abort_on_misuse];
    let classes = if config.size_classes.is_null() {
        &[]
    } else {
        classes
    };
    config.struct_size == size_of::<framewell_config>()
        && (1..=1 << 26).contains(&config.frames)
        && config.payload > 0
        && room <= 65_535
        && stride >= room
        && config
            .frames
            .checked_mul(stride)
            .is_some_and(|bytes| bytes <= isize::MAX as usize)
        && config.cache_size <= 1020
        && config.shards <= 4096
        && config.front <= 2
        && config.huge_pages <= 4
        && switches.iter().all(|switch| *switch <= 1)
        && config.dot11_bytes <= 4 << 30
        && classes.iter().all(|size| (1..=256 << 10).contains(size))
        && (!config.size_classes.is_null() || config.size_class_count == 0)
        && (config.on_misuse.is_none() || config.abort_on_misuse == 0)
}

/// Room for a message of `size` bytes, and some bytes behind it.
struct Message {
    bytes: Vec<u8>,
    size: usize,
}

const MARK: u8 = 0x55;

impl Message {
    fn new(bytes: &mut Unstructured) -> Result<Self> {
        let size = bytes.int_in_range(0..=200)?;
        // Often nothing lies behind it except what the sanitizer guards.
        let bytes = vec![MARK; size + if bytes.arbitrary()? { 0 } else { 300 }];
        Ok(Self { bytes, size })
    }

    fn at(&mut self) -> *mut c_char {
        self.bytes.as_mut_ptr().cast()
    }

    /// Checks that a sentence ends within the room, or that nothing was written.
    fn check(&self, written: bool) {
        let end = self.bytes[..self.size].iter().position(|byte| *byte == 0);
        assert_eq!(end.is_some(), written && self.size > 0);
        let rest = end.map_or(0, |end| end + 1);
        assert!(self.bytes[rest..].iter().all(|byte| *byte == MARK));
        if let Some(end) = end {
            let text = CStr::from_bytes_with_nul(&self.bytes[..=end])
                .unwrap()
                .to_str()
                .unwrap();
            assert!(!text.is_empty() || self.size < 5);
        }
    }
}

pub(crate) fn hostile(bytes: &mut Unstructured) -> Result<()> {
    let mut classes = Vec::new();
    if bytes.int_in_range(0..=3)? == 0 {
        for _ in 0..bytes.int_in_range(0..=60)? {
            classes.push(number(bytes, 5000, 256 << 10)?);
        }
    }
    let config = config(bytes, &classes)?;
    let mut message = Message::new(bytes)?;
    let (mut pool, nulls) = (ptr::dangling_mut(), bytes.int_in_range(0..=20)?);
    let from = if nulls == 0 {
        ptr::null()
    } else {
        &raw const config
    };
    let to = if nulls == 1 {
        ptr::null_mut()
    } else {
        &raw mut pool
    };
    let at = if nulls == 2 {
        ptr::null_mut()
    } else {
        message.at()
    };
    // SAFETY: the pointers are NULL or this function's.
    let code = unsafe { framewell_pool_create(from, to, at, message.size) };
    message.check(!at.is_null() && code != FRAMEWELL_SUCCESS);
    let front = if config.front == FRAMEWELL_FRONT_RSEQ {
        FRAMEWELL_ERROR_NO_RSEQ
    } else {
        0
    };
    if from.is_null() || to.is_null() {
        assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
    } else if !is_allowed(&config, &classes) {
        // The front is looked for before the layout is.
        assert!(
            code == FRAMEWELL_ERROR_CONFIG || front > 0 && code == front,
            "{code:#x}"
        );
    } else {
        assert!(
            code == 0 || code == FRAMEWELL_ERROR_OUTOFMEMORY || code == front,
            "{code:#x}"
        );
    }
    if code == FRAMEWELL_SUCCESS {
        exercise(pool, &config);
    } else {
        assert!(to.is_null() || pool.is_null());
    }
    Ok(())
}

/// Checks that the pool works, and that it goes when nothing is out.
fn exercise(pool: *mut framewell_pool, config: &framewell_config) {
    let mut frames = [ptr::null_mut(); 20];
    // SAFETY: there is room for 20 frames.
    let got = unsafe { framewell_get_burst(pool, frames.as_mut_ptr(), frames.len()) };
    assert_eq!(got, config.frames.min(frames.len()));
    let stats = inspect::stats(pool);
    let found = inspect::found(pool, frames[0].addr()).unwrap();
    assert_eq!(found.capacity, stats.payload + stats.tailroom);
    assert!(stats.tailroom >= config.tailroom);
    for frame in &frames[..got] {
        // SAFETY: the header says that all of the payload can be used.
        unsafe { frame.cast::<u8>().write_bytes(1, config.payload) };
    }
    let mut buffer = ptr::null_mut();
    // SAFETY: the place is this function's.
    let code = unsafe { framewell_dot11_allocate(pool, 65_857, &raw mut buffer) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    // SAFETY: `got` frames were handed out.
    let code = unsafe { framewell_free_bulk(pool, frames.as_ptr(), got, ptr::null_mut()) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    // SAFETY: nobody else uses the pool.
    assert_eq!(
        unsafe { framewell_pool_destroy(pool) },
        FRAMEWELL_ERROR_BUSY
    );
    // SAFETY: the buffer is out.
    assert_eq!(
        unsafe { framewell_dot11_free(pool, buffer) },
        FRAMEWELL_SUCCESS
    );
    // SAFETY: nobody else uses the pool.
    assert_eq!(unsafe { framewell_pool_destroy(pool) }, FRAMEWELL_SUCCESS);
}

/// Checks that the shared pool is made once, whatever the config is.
pub(crate) fn init_again(bytes: &mut Unstructured) -> Result<()> {
    let config = config(bytes, &[])?;
    let from = if bytes.arbitrary()? {
        &raw const config
    } else {
        ptr::null()
    };
    let mut message = Message::new(bytes)?;
    // SAFETY: the pointers are NULL or this function's.
    let code = unsafe { framewell_init(from, message.at(), message.size) };
    assert_eq!(code, FRAMEWELL_ERROR_ALREADY_INITIALIZED);
    message.check(true);
    Ok(())
}
