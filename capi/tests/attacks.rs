//! Tests hostile input and hostile moments that the C library once handled badly, or could.

#![cfg(target_os = "linux")]

use std::cell::Cell;
use std::env;
use std::ffi::{CStr, c_void};
use std::fs::File;
use std::hint::black_box;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::panic;
use std::process::{Command, ExitStatus, Stdio};
use std::ptr;
use std::slice;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use framewell::{OnMisuse, Pool};
use framewell_capi::inspect::*;
use framewell_capi::pools::*;
use framewell_capi::services::*;
use framewell_capi::shared::*;
use framewell_capi::types::*;

fn config() -> framewell_config {
    framewell_config {
        struct_size: size_of::<framewell_config>(),
        frames: 10,
        payload: 100,
        headroom: 28,
        tailroom: 0,
        stride: 0,
        cache_size: 0,
        shards: 0,
        front: FRAMEWELL_FRONT_AUTO,
        huge_pages: FRAMEWELL_HUGE_PAGES_OFF,
        prefault: 0,
        zero_on_free: 0,
        dot11_bytes: 1 << 20,
        size_classes: ptr::null(),
        size_class_count: 0,
        on_misuse: None,
        on_misuse_context: ptr::null_mut(),
        abort_on_misuse: 0,
    }
}

fn create(config: &framewell_config) -> *mut framewell_pool {
    let mut pool = ptr::null_mut();
    // SAFETY: the config and the place are valid, and there is no room for a message.
    let code = unsafe { framewell_pool_create(config, &raw mut pool, ptr::null_mut(), 0) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    pool
}

fn destroy(pool: *mut framewell_pool) -> u32 {
    // SAFETY: every test has its pool for itself.
    unsafe { framewell_pool_destroy(pool) }
}

fn get(pool: *mut framewell_pool) -> *mut c_void {
    let mut frame = ptr::null_mut();
    // SAFETY: the pool and the place are valid.
    let code = unsafe { framewell_get(pool, &raw mut frame) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    frame
}

fn free(pool: *mut framewell_pool, frame: *mut c_void) -> u32 {
    // SAFETY: no test frees a frame that somebody else has.
    unsafe { framewell_free(pool, frame) }
}

fn stats(pool: *mut framewell_pool) -> framewell_stats {
    let mut stats = MaybeUninit::<framewell_stats>::zeroed();
    let size = stats.as_mut_ptr().cast::<usize>();
    // SAFETY: the size is the struct's first member.
    unsafe { size.write(size_of::<framewell_stats>()) };
    // SAFETY: the pool is valid, and so is a struct of the size that it says.
    let code = unsafe { framewell_pool_stats(pool, stats.as_mut_ptr()) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    // SAFETY: zeros are a value of every member.
    unsafe { stats.assume_init() }
}

#[test]
fn large_buffer_that_is_out_keeps_its_pool() {
    let pool = create(&config());
    for len in [100, 65_857, 3 << 20] {
        let mut buffer = ptr::null_mut();
        // SAFETY: the pool and the place are valid.
        let code = unsafe { framewell_dot11_allocate(pool, len, &raw mut buffer) };
        assert_eq!(code, FRAMEWELL_SUCCESS);
        assert_eq!(stats(pool).dot11_out, 1, "of {len} bytes");
        assert_eq!(destroy(pool), FRAMEWELL_ERROR_BUSY, "with {len} bytes out");
        // SAFETY: the buffer was handed out above.
        let code = unsafe { framewell_dot11_free(pool, buffer) };
        assert_eq!(code, FRAMEWELL_SUCCESS);
    }
    assert_eq!(destroy(pool), FRAMEWELL_SUCCESS);
}

#[test]
fn message_is_written_where_there_is_no_place_for_the_pool() {
    let mut message = [0x55_u8; 200];
    let (to, size) = (message.as_mut_ptr().cast(), message.len());
    // SAFETY: the config is valid, there is no place, and there is room for the message.
    let code = unsafe { framewell_pool_create(&config(), ptr::null_mut(), to, size) };
    assert_eq!(code, FRAMEWELL_ERROR_INVALID_PARAMETER);
    let message = CStr::from_bytes_until_nul(&message).unwrap();
    assert_eq!(message, c"the place for the pool is NULL");
}

#[test]
fn tailroom_is_what_can_be_used_and_is_zeroed() {
    let pool = create(&framewell_config {
        frames: 1,
        stride: 1 << 20,
        zero_on_free: 1,
        ..config()
    });
    let stats = stats(pool);
    let room = stats.headroom + stats.payload + stats.tailroom;
    for round in 0..2 {
        let frame = get(pool);
        let mut found = MaybeUninit::<framewell_found>::uninit();
        // SAFETY: the pool and the place are valid.
        let code = unsafe { framewell_find(pool, frame, found.as_mut_ptr()) };
        assert_eq!(code, FRAMEWELL_SUCCESS);
        // SAFETY: the call succeeded, so it was written.
        let found = unsafe { found.assume_init() };
        assert_eq!(found.capacity, stats.payload + stats.tailroom);
        let first = frame.cast::<u8>().wrapping_sub(stats.headroom);
        // SAFETY: the header says that headroom, payload and tailroom are the owner's.
        let bytes = unsafe { slice::from_raw_parts_mut(first, room) };
        assert!(bytes.iter().all(|byte| *byte == 0), "in round {round}");
        bytes.fill(0xa5);
        assert_eq!(free(pool, frame), FRAMEWELL_SUCCESS);
    }
    assert_eq!(destroy(pool), FRAMEWELL_SUCCESS);
}

#[test]
fn more_size_classes_than_there_can_be_are_not_read() {
    let one = 5000_usize;
    for size_class_count in [129, usize::MAX / 8, usize::MAX] {
        let config = framewell_config {
            size_classes: &raw const one,
            size_class_count,
            ..config()
        };
        let (mut pool, mut message) = (ptr::dangling_mut(), [0_u8; 200]);
        let (to, size) = (message.as_mut_ptr().cast(), message.len());
        // SAFETY: the config and the place are valid, and there is room for the message.
        let code = unsafe { framewell_pool_create(&config, &raw mut pool, to, size) };
        assert_eq!(code, FRAMEWELL_ERROR_CONFIG);
        assert!(pool.is_null());
        let message = CStr::from_bytes_until_nul(&message).unwrap();
        let value = format!("framewell_config.size_class_count {size_class_count} exceeds");
        assert!(message.to_str().unwrap().starts_with(&value), "{message:?}");
    }
}

/// What a report of misuse uses to call the pool.
struct Reenter {
    pool: Cell<*mut framewell_pool>,
    calls: Cell<usize>,
}

unsafe extern "C-unwind" fn reenter(_misuse: *const framewell_misuse, context: *mut c_void) {
    // SAFETY: this is the config's context, which outlives the pool.
    let own = unsafe { &*context.cast::<Reenter>() };
    let pool = own.pool.get();
    own.calls.set(own.calls.get() + 1);
    if own.calls.get() % 3 != 0 {
        // A misuse in the report is reported again.
        assert_eq!(free(pool, ptr::null_mut()), FRAMEWELL_ERROR_BUFFER_INVALID);
        return;
    }
    let frame = get(pool);
    assert_eq!(free(pool, frame), FRAMEWELL_SUCCESS);
    for len in [100, 70_000] {
        let mut buffer = ptr::null_mut();
        // SAFETY: the pool and the place are valid.
        let code = unsafe { framewell_dot11_allocate(pool, len, &raw mut buffer) };
        assert_eq!(code, FRAMEWELL_SUCCESS);
        // SAFETY: the buffer was handed out just now.
        let code = unsafe { framewell_dot11_free(pool, buffer) };
        assert_eq!(code, FRAMEWELL_SUCCESS);
    }
    // SAFETY: the pool is valid.
    let code = unsafe { framewell_pool_trim(pool, ptr::null_mut()) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
}

#[test]
fn report_of_misuse_may_call_the_pool() {
    let own = Reenter {
        pool: Cell::new(ptr::null_mut()),
        calls: Cell::new(0),
    };
    let pool = create(&framewell_config {
        on_misuse: Some(reenter),
        on_misuse_context: ptr::from_ref(&own).cast_mut().cast(),
        ..config()
    });
    own.pool.set(pool);
    let frames = [get(pool), pool.cast(), get(pool), ptr::null_mut()];
    let mut refused = 0;
    // SAFETY: the array has four pointers.
    let code = unsafe { framewell_free_bulk(pool, frames.as_ptr(), 4, &raw mut refused) };
    assert_eq!((code, refused), (FRAMEWELL_ERROR_BUFFER_INVALID, 2));
    // SAFETY: no 802.11 buffer starts there.
    let code = unsafe { framewell_dot11_free(pool, frames[0]) };
    assert_eq!(code, FRAMEWELL_ERROR_BUFFER_INVALID);
    assert_eq!(own.calls.get(), 9);
    assert_eq!((stats(pool).misuses, stats(pool).out), (9, 0));
    assert_eq!(destroy(pool), FRAMEWELL_SUCCESS);
}

/// The variable by which a test knows that it runs in a process that it has started, and for what.
const INSIDE: &str = "FRAMEWELL_TEST_INSIDE";

/// Returns what the process that a test runs in was started for.
fn inside() -> Option<u64> {
    let what = env::var(INSIDE).ok()?;
    Some(what.parse().unwrap())
}

/// Returns a process of its own for a test of this file. It has no shared pool yet.
fn process_of(test: &str, what: u64) -> Command {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    child.env(INSIDE, what.to_string()).stdout(Stdio::null());
    child
}

fn run(test: &str, what: u64, stderr: Stdio) -> ExitStatus {
    process_of(test, what).stderr(stderr).status().unwrap()
}

fn ras_get() -> (u32, usize) {
    let (mut frame, mut size) = (ptr::null_mut(), 0);
    // SAFETY: both places are valid.
    let code = unsafe { RasGetBuffer(&raw mut frame, &raw mut size) };
    (code, frame.addr())
}

const THREADS: usize = 16;

/// Returns a frame, and whether this call made the pool.
fn first_use(at: usize) -> (usize, bool) {
    let code = if at % 4 == 0 {
        // SAFETY: there is no config, and no room for a message.
        unsafe { framewell_init(ptr::null(), ptr::null_mut(), 0) }
    } else {
        FRAMEWELL_ERROR_ALREADY_INITIALIZED
    };
    let (got, frame) = ras_get();
    assert_eq!(got, FRAMEWELL_SUCCESS);
    match code {
        FRAMEWELL_SUCCESS => (frame, true),
        FRAMEWELL_ERROR_ALREADY_INITIALIZED => (frame, false),
        code => panic!("{code}"),
    }
}

fn race_first_uses() {
    let barrier = &Barrier::new(THREADS);
    let mut raced: Vec<_> = thread::scope(|scope| {
        let race = |at| {
            scope.spawn(move || {
                barrier.wait();
                first_use(at)
            })
        };
        let racers: Vec<_> = (0..THREADS).map(race).collect();
        let results = racers.into_iter().map(|racer| racer.join().unwrap());
        results.collect()
    });
    assert!(raced.iter().filter(|(_, made)| *made).count() <= 1);
    let mut pool = ptr::null_mut();
    // SAFETY: the place is valid.
    let code = unsafe { framewell_shared_pool(&raw mut pool) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    assert_eq!(stats(pool).out, THREADS);
    raced.sort_unstable();
    raced.dedup_by_key(|(frame, _)| *frame);
    assert_eq!(raced.len(), THREADS);
}

#[test]
fn racing_first_uses_make_one_pool() {
    if inside().is_some() {
        return race_first_uses();
    }
    for round in 0..10 {
        let ended = run("racing_first_uses_make_one_pool", round, Stdio::inherit());
        assert!(ended.success(), "{ended}");
    }
}

/// The number of frames, which take more than 100 MB. What a pool has beside them is little, and
/// prefaulting them takes a while.
const MANY_FRAMES: usize = 1 << 16;

/// Lets this process map `bytes` more than it has mapped.
fn limit_address_space(bytes: u64) {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    // SAFETY: the call only returns a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    let limit = pages * page + bytes;
    let limits = libc::rlimit {
        rlim_cur: limit,
        rlim_max: limit,
    };
    // SAFETY: the limits are valid for the call.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limits) };
    assert_eq!(set, 0);
}

fn race_with_room_for_one_pool() {
    const RACERS: usize = 4;
    let barrier = &Barrier::new(RACERS + 1);
    thread::scope(|scope| {
        let race = |_| {
            scope.spawn(move || {
                // The thread gets its part of the heap before the limit is set.
                drop(black_box(vec![0_u8; 100]));
                barrier.wait();
                barrier.wait();
                ras_get().0
            })
        };
        let racers: Vec<_> = (0..RACERS).map(race).collect();
        barrier.wait();
        limit_address_space(160 << 20);
        barrier.wait();
        for racer in racers {
            assert_eq!(racer.join().unwrap(), FRAMEWELL_SUCCESS);
        }
    });
}

#[test]
fn first_uses_are_not_refused_the_memory_that_one_of_them_has_in_hand() {
    const THIS: &str = "first_uses_are_not_refused_the_memory_that_one_of_them_has_in_hand";
    if inside().is_some() {
        return race_with_room_for_one_pool();
    }
    for round in 0..4 {
        let mut child = process_of(THIS, round);
        child.env("FRAMEWELL_FRAMES", MANY_FRAMES.to_string());
        child.env("FRAMEWELL_PREFAULT", "1");
        // The other front would try the kernel first, on threads that take room.
        child.env("FRAMEWELL_FRONT", "portable");
        child.env("FRAMEWELL_HUGE_PAGES", "off");
        child.env("FRAMEWELL_DOT11_BYTES", (1 << 20).to_string());
        let ended = child.status().unwrap();
        assert!(ended.success(), "round {round}: {ended}");
    }
}

/// Returns how a forked child ends that checks whether `holds` is true.
fn in_a_forked_child(holds: impl FnOnce() -> bool) -> ExitStatus {
    // SAFETY: the child only runs what is tested, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // A child that waits for a thread that it does not have is ended by the alarm.
        // SAFETY: no memory is passed.
        unsafe { libc::alarm(20) };
        let code = if holds() { 0 } else { 1 };
        // SAFETY: no memory is passed here either.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: this is a child of this process, and the place for its status is valid.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    ExitStatus::from_raw(status)
}

/// Forks while another thread makes the shared pool.
fn fork_amid_first_use(delay: Duration) {
    let barrier = Arc::new(Barrier::new(2));
    let there = barrier.clone();
    let maker = thread::spawn(move || {
        there.wait();
        ras_get()
    });
    barrier.wait();
    thread::sleep(delay);
    let ended = in_a_forked_child(|| ras_get().0 == FRAMEWELL_SUCCESS);
    assert!(ended.success(), "forked after {delay:?}: {ended}");
    assert_eq!(maker.join().unwrap().0, FRAMEWELL_SUCCESS);
}

#[test]
fn child_forked_amid_the_first_use_is_served() {
    if let Some(micros) = inside() {
        return fork_amid_first_use(Duration::from_micros(micros));
    }
    // The later the fork, the more of the pool is made.
    for at in 0..30 {
        let test = "child_forked_amid_the_first_use_is_served";
        let ended = run(test, 100 * at, Stdio::inherit());
        assert!(ended.success(), "{ended}");
    }
}

#[test]
fn misuse_aborts_where_nothing_can_be_said() {
    if inside().is_some() {
        let pool = Pool::builder().frames(1).on_misuse(OnMisuse::Abort);
        let pool = pool.build().unwrap();
        // SAFETY: NULL stands for no frame.
        let free = || unsafe { pool.from_raw(ptr::null_mut()) }.is_ok();
        let _gone_on = panic::catch_unwind(panic::AssertUnwindSafe(free));
        return;
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let ended = run("misuse_aborts_where_nothing_can_be_said", 0, full.into());
    assert_eq!(ended.signal(), Some(libc::SIGABRT), "{ended}");
}

/// Forks while another thread owns the lock of the standard error. The child inherits the lock
/// without its owner.
fn fork_amid_a_message(holds: impl FnOnce() -> bool) -> ExitStatus {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _locked = io::stderr().lock();
            barrier.wait();
            barrier.wait();
        });
        barrier.wait();
        let ended = in_a_forked_child(holds);
        barrier.wait();
        ended
    })
}

#[test]
fn misuse_aborts_a_child_forked_amid_a_message() {
    let pool = Pool::builder().frames(1).on_misuse(OnMisuse::Abort);
    let pool = pool.build().unwrap();
    // SAFETY: NULL stands for no frame.
    let ended = fork_amid_a_message(|| unsafe { pool.from_raw(ptr::null_mut()) }.is_ok());
    assert_eq!(ended.signal(), Some(libc::SIGABRT), "{ended}");
}

#[test]
fn child_forked_amid_a_message_is_told_why_there_is_no_shared_pool() {
    const TEST: &str = "child_forked_amid_a_message_is_told_why_there_is_no_shared_pool";
    if inside().is_some() {
        let ended = fork_amid_a_message(|| ras_get().0 == FRAMEWELL_ERROR_OUT_OF_BUFFERS);
        assert!(ended.success(), "{ended}");
        return;
    }
    let mut process = process_of(TEST, 0);
    let ended = process.env("FRAMEWELL_FRAMES", "none").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{}: {said}", ended.status);
    assert!(
        said.contains("framewell: ") && said.contains("FRAMEWELL_FRAMES"),
        "{said}"
    );
}

unsafe extern "C-unwind" fn throw(_misuse: *const framewell_misuse, _context: *mut c_void) {
    panic!("out of a report");
}

#[test]
fn what_unwinds_out_of_a_report_ends_the_process() {
    if inside().is_some() {
        let pool = create(&framewell_config {
            on_misuse: Some(throw),
            ..config()
        });
        let free = || free(pool, ptr::null_mut());
        let _gone_on = panic::catch_unwind(panic::AssertUnwindSafe(free));
        return;
    }
    let test = "what_unwinds_out_of_a_report_ends_the_process";
    let ended = run(test, 0, Stdio::null());
    assert_eq!(ended.signal(), Some(libc::SIGABRT), "{ended}");
}
