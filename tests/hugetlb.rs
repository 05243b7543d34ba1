//! Tests explicit huge pages that the host has set aside, and the dangers of them: a control group
//! that does not let the process have them, and a forked child that has no reservation of its own.

#![cfg(all(not(loom), target_os = "linux"))]

mod common;

use std::env;
use std::path::Path;

use common::hugetlb::{Group, HUGE, Reserved, alone, free, pages};
use common::{assert_whole, child, lacking, take_all};
use framewell::{BuildError, HugePages, Limit, PageKind, Pool};

/// The variable that names the control group which the child is to be in.
const GROUP: &str = "FRAMEWELL_TEST_GROUP";
const PAGES: usize = 4;

/// Writes every frame, and checks what it wrote.
fn use_all(pool: &Pool) {
    let mut frames = take_all(pool);
    assert_eq!(frames.len(), PAGES * HUGE / 4096);
    frames.iter_mut().for_each(|frame| frame.fill(0x5a));
    assert!(
        frames
            .iter()
            .all(|frame| frame.iter().all(|byte| *byte == 0x5a))
    );
    drop(frames);
    assert_whole(pool);
}

#[test]
fn control_group_without_huge_pages_costs_the_pages_and_no_more() {
    let _alone = alone();
    // The kernel counts the pages that a reservation sets aside in any group, and counts their use
    // in this one.
    let reserved = Reserved::more(PAGES);
    let group = reserved.and_then(|reserved| Ok((reserved, Group::without_huge_pages()?)));
    match group {
        Ok((_reserved, group)) => child::passes("in_the_control_group", &[(GROUP, group.path())]),
        Err(why) => lacking(&format!("a control group without huge pages: {why}")),
    }
}

#[test]
#[ignore = "run by control_group_without_huge_pages_costs_the_pages_and_no_more, in that group"]
fn in_the_control_group() {
    let Some(group) = env::var_os(GROUP) else {
        return;
    };
    Group::join(Path::new(&group));
    for wish in [HugePages::Auto, HugePages::PreferExplicit] {
        let pool = pages(PAGES).huge_pages(wish).build().unwrap();
        use_all(&pool);
        assert_ne!(pool.stats().pages, PageKind::Explicit);
    }
    let before = free();
    let refused = pages(PAGES).huge_pages(HugePages::Explicit).build();
    let is_of_pages = matches!(
        refused,
        Err(BuildError::Map { limit: Some(Limit::HugePages { free }), .. }) if free >= PAGES
    );
    assert!(is_of_pages, "{refused:?}");
    assert_eq!(free(), before, "nothing is kept of what was refused");
}

#[test]
fn forked_child_may_read_the_frames_of_a_default_pool() {
    let _alone = alone();
    child::alone(
        "forked_child_may_read_the_frames_of_a_default_pool",
        forks_and_reads,
    );
}

fn forks_and_reads() {
    let _reserved = match Reserved::more(PAGES) {
        Ok(reserved) => reserved,
        Err(why) => return lacking(&format!("huge pages set aside by the host: {why}")),
    };
    let pool = pages(PAGES).build().unwrap();
    let mut frames = take_all(&pool);
    frames.iter_mut().for_each(|frame| frame.fill(1));

    let mut pipe = [0; 2];
    // SAFETY: there is room for the two ends.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    // SAFETY: the child only reads memory, and ends.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        let mut byte = 0_u8;
        // SAFETY: there is room for the byte.
        let read = unsafe { libc::read(pipe[0], (&raw mut byte).cast(), 1) };
        let is_as_before = frames
            .iter()
            .all(|frame| frame.iter().all(|byte| *byte == 1));
        // SAFETY: the call ends the child, without what the parent's exit would do.
        unsafe { libc::_exit(i32::from(read != 1 || !is_as_before)) };
    }
    // The parent needs a copy of each page now.
    frames.iter_mut().for_each(|frame| frame.fill(2));
    // SAFETY: one byte is there.
    let written = unsafe { libc::write(pipe[1], [0_u8].as_ptr().cast(), 1) };
    assert_eq!(written, 1);
    let mut status = 0;
    // SAFETY: `status` has room for the answer.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0, "the child has read what it had (7: SIGBUS)");
    assert_ne!(pool.stats().pages, PageKind::Explicit);
}
