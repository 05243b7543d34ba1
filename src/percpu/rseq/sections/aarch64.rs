//! The sequences for aarch64. The specification is in the module above.
//!
//! Each is one `asm!` block, as for x86-64. It has the descriptor in `__rseq_cs`, the section from
//! label 2 to label 3, and the abort (label 5, behind the signature) out of line in
//! `__rseq_failure`. A failure leaves by label 3 as well: its result is set before the section,
//! since a conditional branch does not reach far.

use std::arch::asm;

use super::real::Sections;
use super::trial::{CPU, FENCED, STARTED};
use super::{Area, COUNT, HIGH, HIGH_BULK, LOW, SHIFT, SLOT};

/// The answer of `pop` if it fails.
pub(super) const NONE: u32 = u32::MAX;

/// Emits the descriptor, the result of a failure, and the store that arms the section.
macro_rules! arm {
    ($failed:literal) => {
        concat!(
            ".pushsection __rseq_cs, \"aw\", @progbits\n",
            ".balign 32\n",
            "6: .long 0, 0\n",
            ".quad 2f, 3f - 2f, 5f\n",
            ".popsection\n",
            "mrs {area}, tpidr_el0\n",
            "add {area}, {area}, {offset}\n",
            "4: ",
            $failed,
            "\n",
            "adrp {cache}, 6b\n",
            "add {cache}, {cache}, :lo12:6b\n",
            "str {cache}, [{area}, #8]\n",
            "2:",
        )
    };
}

/// Finds the running CPU's cache by the area's `cpu_id`, which is out of range in a thread whose
/// area is not registered, and loads the cache's count.
macro_rules! cache {
    () => {
        concat!(
            "ldr {cache:w}, [{area}, #4]\n",
            "cmp {cache:w}, {cpus:w}\n",
            "b.hs 3f\n",
            "add {cache}, {caches}, {cache}, lsl #{shift}\n",
            "ldr {count:w}, [{cache}, #{count_at}]",
        )
    };
}

macro_rules! abort {
    () => {
        concat!(
            "3:\n",
            ".pushsection __rseq_failure, \"ax\", @progbits\n",
            // This is brk, so that the signature disassembles as one instruction.
            ".inst 0xd428bc00\n",
            "5: b 4b\n",
            ".popsection",
        )
    };
}

/// Copies `n` ids (1 or more) from `from` to `to`, neither more nor fewer. It copies by four, the
/// last four overlapping what was copied already. Fewer than four it copies one by one.
macro_rules! copy {
    () => {
        concat!(
            "mov {i}, #0\n",
            "lsl {t}, {n}, #2\n",
            "cmp {n}, #4\n",
            "b.lo 27f\n",
            "sub {t}, {t}, #16\n",
            "24: cmp {i}, {t}\n",
            "b.hs 25f\n",
            "ldr {x:q}, [{from}, {i}]\n",
            "str {x:q}, [{to}, {i}]\n",
            "add {i}, {i}, #16\n",
            "b 24b\n",
            "25: ldr {x:q}, [{from}, {t}]\n",
            "str {x:q}, [{to}, {t}]\n",
            "b 26f\n",
            "27: ldr {x:s}, [{from}, {i}]\n",
            "str {x:s}, [{to}, {i}]\n",
            "add {i}, {i}, #4\n",
            "cmp {i}, {t}\n",
            "b.lo 27b\n",
            "26:",
        )
    };
}

/// Pops an id of the running CPU's cache, or returns [`NONE`].
///
/// # Safety
///
/// - `at` names caches in mapped memory, one for each of its CPUs, which others write only with
///   the cache stopped and fenced.
#[inline(always)]
pub(super) unsafe fn pop(at: Sections) -> u32 {
    let id: u32;
    // SAFETY: the block touches the calling thread's own area, and the cache of the running CPU
    // (the function's bullet) at a slot below the count. `id` keeps −1 until the section can no
    // longer fail.
    unsafe {
        asm!(
            arm!("mov {id:w}, #-1"),
            cache!(),
            "ldr {bound:w}, [{cache}, #{low_at}]",
            "cmp {count:w}, {bound:w}",
            "b.ls 3f",
            "sub {count:w}, {count:w}, #1",
            "add {bound}, {cache}, #{slot_at}",
            "ldr {id:w}, [{bound}, {count}, lsl #2]",
            "str {count:w}, [{cache}, #{count_at}]",
            abort!(),
            offset = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            area = out(reg) _,
            cache = out(reg) _,
            count = out(reg) _,
            bound = out(reg) _,
            id = out(reg) id,
            shift = const SHIFT + 2,
            count_at = const 4 * COUNT,
            low_at = const 4 * LOW,
            slot_at = const 4 * SLOT,
            options(nostack),
        );
    }
    id
}

/// Pushes an id to the running CPU's cache and says whether it did.
///
/// # Safety
///
/// - As for [`pop`]; `high` of every cache is at most the number of its slots.
#[inline(always)]
pub(super) unsafe fn push(at: Sections, id: u32) -> bool {
    let done: u32;
    // SAFETY: as in `pop`; the slot that is written lies below `high`. `done` is 0 until the
    // section can no longer fail: the incremented count is not.
    unsafe {
        asm!(
            arm!("mov {done:w}, #0"),
            cache!(),
            "ldr {bound:w}, [{cache}, #{high_at}]",
            "cmp {count:w}, {bound:w}",
            "b.hs 3f",
            "add {bound}, {cache}, #{slot_at}",
            "str {id:w}, [{bound}, {count}, lsl #2]",
            "add {done:w}, {count:w}, #1",
            "str {done:w}, [{cache}, #{count_at}]",
            abort!(),
            offset = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            id = in(reg) id,
            area = out(reg) _,
            cache = out(reg) _,
            count = out(reg) _,
            bound = out(reg) _,
            done = out(reg) done,
            shift = const SHIFT + 2,
            count_at = const 4 * COUNT,
            high_at = const 4 * HIGH,
            slot_at = const 4 * SLOT,
            options(nostack),
        );
    }
    done != 0
}

/// Pops up to `most` ids of the running CPU's cache and returns how many.
///
/// # Safety
///
/// - As for [`pop`]; `to` has room for `most` ids, 1 or more.
#[inline(always)]
pub(super) unsafe fn pop_burst(at: Sections, to: *mut u32, most: usize) -> usize {
    let n: usize;
    // SAFETY: as in `pop`; at most `most` ids are written to `to`, and an aborted section's are
    // written over. `n` is 0 until the section can no longer fail.
    unsafe {
        asm!(
            arm!("mov {n}, #0"),
            cache!(),
            "ldr {t:w}, [{cache}, #{low_at}]",
            "cmp {count:w}, {t:w}",
            "b.ls 3f",
            "cmp {most}, {count}",
            "csel {n}, {most}, {count}, lo",
            "sub {count}, {count}, {n}",
            "add {from}, {cache}, #{slot_at}",
            "add {from}, {from}, {count}, lsl #2",
            copy!(),
            "str {count:w}, [{cache}, #{count_at}]",
            abort!(),
            offset = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            most = in(reg) most,
            to = in(reg) to,
            area = out(reg) _,
            cache = out(reg) _,
            count = out(reg) _,
            n = out(reg) n,
            from = out(reg) _,
            i = out(reg) _,
            t = out(reg) _,
            x = out(vreg) _,
            shift = const SHIFT + 2,
            count_at = const 4 * COUNT,
            low_at = const 4 * LOW,
            slot_at = const 4 * SLOT,
            options(nostack),
        );
    }
    n
}

/// Pushes `n` ids to the running CPU's cache, all or none, and says whether it did.
///
/// # Safety
///
/// - As for [`push`], with `high_bulk`; `from` points to `n` ids, 1 or more.
#[inline(always)]
pub(super) unsafe fn push_bulk(at: Sections, from: *const u32, n: usize) -> bool {
    let done: u32;
    // SAFETY: as in `push`; exactly `n` ids are read from `from`.
    unsafe {
        asm!(
            arm!("mov {done:w}, #0"),
            cache!(),
            "ldr {t:w}, [{cache}, #{high_at}]",
            "add {end}, {count}, {n}",
            "cmp {end}, {t}",
            "b.hi 3f",
            "add {to}, {cache}, #{slot_at}",
            "add {to}, {to}, {count}, lsl #2",
            copy!(),
            "mov {done:w}, #1",
            "str {end:w}, [{cache}, #{count_at}]",
            abort!(),
            offset = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            n = in(reg) n,
            from = in(reg) from,
            area = out(reg) _,
            cache = out(reg) _,
            count = out(reg) _,
            end = out(reg) _,
            to = out(reg) _,
            i = out(reg) _,
            t = out(reg) _,
            x = out(vreg) _,
            done = out(reg) done,
            shift = const SHIFT + 2,
            count_at = const 4 * COUNT,
            high_at = const 4 * HIGH_BULK,
            slot_at = const 4 * SLOT,
            options(nostack),
        );
    }
    done != 0
}

/// Waits in a section. The section adds one to `number`, says that a section of that number runs
/// and on which CPU, and waits until the number is fenced. An aborted section starts over, and so
/// has the next number. Returns `false` if the section was fenced, `true` after `turns` turns.
///
/// # Safety
///
/// - `words` is valid for what `trial` lays out there, which others write only as atomics.
pub(super) unsafe fn wait(area: Area, words: *mut u32, turns: u32, number: &mut u32) -> bool {
    let done: u32;
    // SAFETY: the block touches the calling thread's own area, and the words (the function's
    // bullet). The number and the turns keep what an aborted section has made of them: turns below
    // 1 are the last. The store of the number is a release: the CPU comes before it.
    unsafe {
        asm!(
            arm!("mov {done:w}, #0"),
            "add {number:w}, {number:w}, #1",
            "ldr {cache:w}, [{area}, #4]",
            "str {cache:w}, [{words}, #{cpu_at}]",
            "add {cache}, {words}, #{started_at}",
            "stlr {number:w}, [{cache}]",
            "21: ldr {cache:w}, [{words}, #{fenced_at}]",
            "cmp {cache:w}, {number:w}",
            "b.hs 3f",
            "sub {turns:w}, {turns:w}, #1",
            "cmp {turns:w}, #0",
            "b.gt 21b",
            "ldr {done:w}, [{words}, #{count_at}]",
            "add {done:w}, {done:w}, #1",
            "str {done:w}, [{words}, #{count_at}]",
            abort!(),
            offset = in(reg) area.offset(),
            words = in(reg) words,
            turns = inout(reg) turns => _,
            number = inout(reg) *number,
            area = out(reg) _,
            cache = out(reg) _,
            done = out(reg) done,
            count_at = const 4 * COUNT,
            cpu_at = const 4 * CPU,
            started_at = const 4 * STARTED,
            fenced_at = const 4 * FENCED,
            options(nostack),
        );
    }
    done != 0
}
