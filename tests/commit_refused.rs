//! Tests what pools do when the system refuses to commit because the process has reached its limit.
//!
//! The limit is that of a job. Where jobs do not limit memory (Wine), it is the one that the
//! process was started with.

#![cfg(all(not(loom), windows))]

mod common;

use std::hint::black_box;
use std::{iter, mem, ptr};

use common::windows::committed;
use common::{assert_distinct, not_run};
use framewell::{OutOfBuffers, OutOfMemory, Pool, Refusal};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_PROCESS_MEMORY,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

const FRAMES: usize = 1 << 20;
const LIMIT: usize = 256 << 20;

/// Lets this process commit `bytes` more than it has committed.
fn limit_commit(bytes: usize) {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    limits.ProcessMemoryLimit = committed() + bytes;
    // SAFETY: the job has no name, and is for this process alone.
    let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
    let at = ptr::from_ref(&limits).cast();
    let size = size_of_val(&limits) as u32;
    // SAFETY: the limits have the kind and the size that the arguments say.
    let set = unsafe { SetInformationJobObject(job, JobObjectExtendedLimitInformation, at, size) };
    assert_ne!(set, 0, "SetInformationJobObject");
    // SAFETY: the pseudo handle is that of this process.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: both handles are valid.
    let assigned = unsafe { AssignProcessToJobObject(job, process) };
    assert_ne!(assigned, 0, "AssignProcessToJobObject");
}

#[track_caller]
fn assert_refused_by_the_system(answer: Result<(), OutOfMemory>) {
    let refusal = answer.unwrap_err().refusal;
    assert!(
        matches!(refusal, Refusal::System { code: Some(_), .. }),
        "{refusal:?}"
    );
}

// This test is alone in its file, so that nothing else allocates beside it.
#[test]
fn refused_commit_is_an_ordinary_answer_and_loses_nothing() {
    limit_commit(LIMIT);
    let pool = Pool::builder().frames(FRAMES).alloc_bytes(64 << 20);
    let pool = pool.build().unwrap();
    let mut held = Vec::with_capacity(FRAMES);
    let mut again = Vec::with_capacity(FRAMES);
    // The checks allocate too. The cushion keeps memory for them, so that the calls find nothing
    // left.
    let cushion = black_box(vec![1_u8; 16 << 20]);

    held.extend(iter::from_fn(|| pool.get(60).ok()));
    let refused = pool.get(60).map(mem::drop);
    let chunk = pool.alloc(2000).map(mem::drop);
    let large = pool.alloc(16 << 20).map(mem::drop);
    // Frames are freed at the limit, without memory for more magazines, and got once more.
    let freed = held.len() / 2;
    held.truncate(held.len() - freed);
    again.extend(iter::from_fn(|| pool.get(60).ok()));
    drop(cushion);

    let stats = pool.stats();
    if stats.uncarved == 0 {
        let why = "nothing limits what this process commits";
        assert_ne!(
            std::env::var("FRAMEWELL_STRICT").as_deref(),
            Ok("1"),
            "{why}"
        );
        return not_run(why);
    }
    assert_eq!(refused, Err(OutOfBuffers));
    assert_refused_by_the_system(chunk);
    assert_refused_by_the_system(large);
    assert_eq!(again.len(), freed);
    assert_eq!((stats.out, stats.refusals), (FRAMES - stats.uncarved, 3));
    held.append(&mut again);
    assert_distinct(&held, FRAMES - stats.uncarved);
    for frame in &mut held {
        frame.fill(1);
    }
    // When there is memory again, everything works again.
    drop(held);
    assert_eq!(pool.stats().free, FRAMES);
    assert!(pool.alloc(2000).is_ok());
    drop(pool);
    let pool = Pool::builder().frames(FRAMES).build().unwrap();
    let frames: Vec<_> = (0..1000).map(|_| pool.get(60).unwrap()).collect();
    assert_eq!(pool.stats().out, frames.len());
}
