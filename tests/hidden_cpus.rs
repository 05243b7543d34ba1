//! Tests the CPUs of a process which the system does not tell how many there are. `/sys`, and in
//! some tests `/proc`, are hidden from it, as in a sandbox, and it may run on one CPU only.

#![cfg(all(not(loom), target_os = "linux", target_env = "gnu"))]

mod common;

use std::env;
use std::ffi::CStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

use common::{assert_whole, cpus, lacking, pin, take_all};
use framewell::{Front, Pool};

/// The variable that says in a process of its own which CPUs it runs on, one after the other, and
/// whether each has a cache: `0=true,1=false`.
const CPUS: &str = "FRAMEWELL_TEST_CPUS";

/// Gives the calling process mounts of its own, and there puts an empty folder in the place of this
/// one.
fn hide(folder: &CStr) -> io::Result<()> {
    let checked = |answer| match answer {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    };
    // SAFETY: unshare has no preconditions, and the process has one thread.
    checked(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let private = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the path is a C string, and the kernel does not look at the others.
    checked(unsafe {
        libc::mount(
            ptr::null(),
            c"/".as_ptr(),
            ptr::null(),
            private,
            ptr::null(),
        )
    })?;
    let empty = c"tmpfs".as_ptr();
    // SAFETY: all three are C strings, and there are no options.
    checked(unsafe { libc::mount(empty, folder.as_ptr(), empty, 0, ptr::null()) })
}

/// Runs `child` in a process that does not see these folders. It is bound to the first of these
/// CPUs when it makes a pool, and to each of them when it uses it.
fn run_without(folders: &'static [&'static CStr], on: &[(usize, bool)]) {
    let names: Vec<_> = on.iter().map(|(cpu, has)| format!("{cpu}={has}")).collect();
    let first = on[0].0;
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env_remove("FRAMEWELL_FRONT")
        .env(CPUS, names.join(","));
    let prepare = move || {
        pin(first);
        folders.iter().try_for_each(|folder| hide(folder))
    };
    // SAFETY: `prepare` makes system calls, and at most it allocates, in a process whose other
    // threads do not allocate at that time.
    unsafe { child.pre_exec(prepare) };
    let ended = match child.output() {
        Ok(ended) => ended,
        Err(refused) => return lacking(&format!("{folders:?} hidden: {refused}")),
    };
    let text = String::from_utf8_lossy(&ended.stdout);
    let error = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{folders:?}: {text}\n{error}");
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by the others, in processes of their own"]
fn child() {
    let Some(on) = env::var_os(CPUS) else {
        return;
    };
    let pool = Pool::builder().frames(400).front(Front::Rseq);
    let pool = pool.build().unwrap();
    for named in on.to_str().unwrap().split(',') {
        let (cpu, has_cache) = named.split_once('=').unwrap();
        let cpu: usize = cpu.parse().unwrap();
        pin(cpu);
        let before = pool.stats().uncached;
        drop(take_all(&pool));
        let stats = pool.stats();
        let resting = stats.per_cpu.get(cpu);
        assert_eq!(stats.out, 0, "{stats}");
        if has_cache == "true" {
            assert!(resting.is_some_and(|ids| *ids > 0), "CPU {cpu}: {stats}");
            assert_eq!(stats.uncached, before, "{stats}");
        } else {
            assert_eq!(resting, None, "CPU {cpu}: {stats}");
            assert!(stats.uncached > before, "{stats}");
            assert!(stats.to_string().contains("\nuncached "), "{stats}");
        }
        assert_whole(&pool);
    }
}

/// Returns the first CPU, and one with a higher number.
fn two_cpus() -> Option<[usize; 2]> {
    if !common::has_rseq("the caches of a process that is told little") {
        return None;
    }
    let cpus = cpus();
    let two = cpus.first().zip(cpus.get(1)).map(|(a, b)| [*a, *b]);
    if two.is_none() {
        lacking("a second CPU");
    }
    two
}

#[test]
fn cpu_that_a_process_is_bound_to_has_a_cache_where_sys_is_hidden() {
    if let Some([_, second]) = two_cpus() {
        run_without(&[c"/sys"], &[(second, true)]);
    }
}

#[test]
fn cpu_that_a_process_is_bound_to_has_a_cache_where_proc_is_hidden_as_well() {
    if let Some([_, second]) = two_cpus() {
        run_without(&[c"/sys", c"/proc"], &[(second, true)]);
    }
}

#[test]
fn all_cpus_have_caches_where_proc_tells_of_them() {
    if let Some([first, second]) = two_cpus() {
        run_without(&[c"/sys"], &[(first, true), (second, true)]);
    }
}

#[test]
fn calls_on_a_cpu_without_a_cache_are_counted() {
    if let Some([first, second]) = two_cpus() {
        run_without(&[c"/sys", c"/proc"], &[(first, true), (second, false)]);
    }
}
