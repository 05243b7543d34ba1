//! The sequences for x86-64. The specification is in the module above.
//!
//! Each is one `asm!` block. It has the descriptor of the section in `__rseq_cs`, and the section
//! itself from label 2 to label 3. Out of line, in `__rseq_failure`, it has the abort (label 5,
//! behind the signature that the kernel demands) and the failure (label 7). An aborted section
//! starts over at label 4: the descriptor's address was kept in a register that the section uses,
//! so it is loaded again.

use std::arch::asm;

use super::real::Sections;
use super::trial::{CPU, FENCED, STARTED};
use super::{Area, COUNT, HIGH, HIGH_BULK, LOW, SHIFT, SLOT};

/// The answer of `pop` if it fails.
pub(super) const NONE: u32 = u32::MAX;

/// Emits the descriptor, and the store that arms the section.
macro_rules! arm {
    () => {
        concat!(
            ".pushsection __rseq_cs, \"aw\", @progbits\n",
            ".balign 32\n",
            "6: .long 0, 0\n",
            ".quad 2f, 3f - 2f, 5f\n",
            ".popsection\n",
            "4: lea {cache}, [rip + 6b]\n",
            "mov qword ptr fs:[{area} + 8], {cache}\n",
            "2:",
        )
    };
}

/// Finds the running CPU's cache by the area's `cpu_id`, which is out of range in a thread whose
/// area is not registered, and loads the cache's count.
macro_rules! cache {
    () => {
        concat!(
            "mov {cache:e}, dword ptr fs:[{area} + 4]\n",
            "cmp {cache:e}, {cpus:e}\n",
            "jae 7f\n",
            "shl {cache}, {shift}\n",
            "add {cache}, {caches}\n",
            "mov {count:e}, dword ptr [{cache} + {count_at}]",
        )
    };
}

/// Emits the abort and the failure. The failure leaves 0 or −1 in a register, and joins behind the
/// section.
macro_rules! abort {
    ($failed:literal) => {
        concat!(
            "3:\n",
            ".pushsection __rseq_failure, \"ax\", @progbits\n",
            // This is ud1, so that the signature disassembles as one instruction.
            ".byte 0x0f, 0xb9, 0x3d\n",
            ".long 0x53053053\n",
            "5: jmp 4b\n",
            "7: ",
            $failed,
            "\n",
            "jmp 3b\n",
            ".popsection",
        )
    };
}

/// Copies `n` ids (1 or more) from `from` to `to`, neither more nor fewer. It copies by eight and
/// by four, the last four overlapping what was copied already. Fewer than four it copies one by
/// one.
macro_rules! copy {
    () => {
        concat!(
            "xor {i:e}, {i:e}\n",
            "sub {n}, 4\n",
            "jb 22f\n",
            "cmp {n}, 4\n",
            "jb 23f\n",
            "24: movups {x}, xmmword ptr [{from} + 4*{i}]\n",
            "movups {y}, xmmword ptr [{from} + 4*{i} + 16]\n",
            "movups xmmword ptr [{to} + 4*{i}], {x}\n",
            "movups xmmword ptr [{to} + 4*{i} + 16], {y}\n",
            "add {i}, 8\n",
            "lea {t}, [{i} + 4]\n",
            "cmp {t}, {n}\n",
            "jbe 24b\n",
            "23: cmp {i}, {n}\n",
            "jae 25f\n",
            "movups {x}, xmmword ptr [{from} + 4*{i}]\n",
            "movups xmmword ptr [{to} + 4*{i}], {x}\n",
            "25: movups {x}, xmmword ptr [{from} + 4*{n}]\n",
            "movups xmmword ptr [{to} + 4*{n}], {x}\n",
            "add {n}, 4\n",
            "jmp 26f\n",
            "22: add {n}, 4\n",
            "27: mov {t:e}, dword ptr [{from} + 4*{i}]\n",
            "mov dword ptr [{to} + 4*{i}], {t:e}\n",
            "inc {i}\n",
            "cmp {i}, {n}\n",
            "jb 27b\n",
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
    // (the function's bullet) at a slot below the count.
    unsafe {
        asm!(
            arm!(),
            cache!(),
            "cmp {count:e}, dword ptr [{cache} + {low_at}]",
            "jbe 7f",
            "mov {id:e}, dword ptr [{cache} + 4*{count} + {last_at}]",
            "dec {count:e}",
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            abort!("mov {id:e}, -1"),
            area = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            cache = out(reg) _,
            count = out(reg) _,
            id = out(reg) id,
            shift = const SHIFT + 2,
            count_at = const 4 * COUNT,
            low_at = const 4 * LOW,
            last_at = const 4 * SLOT - 4,
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
    let done: u64;
    // SAFETY: as in `pop`; the slot that is written lies below `high`.
    unsafe {
        asm!(
            arm!(),
            cache!(),
            "cmp {count:e}, dword ptr [{cache} + {high_at}]",
            "jae 7f",
            "mov dword ptr [{cache} + 4*{count} + {slot_at}], {id:e}",
            "inc {count:e}",
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            abort!("xor {cache:e}, {cache:e}"),
            area = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            id = in(reg) id,
            cache = out(reg) done,
            count = out(reg) _,
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
    // written over.
    unsafe {
        asm!(
            arm!(),
            cache!(),
            "cmp {count:e}, dword ptr [{cache} + {low_at}]",
            "jbe 7f",
            "mov {n}, {most}",
            "cmp {n}, {count}",
            "cmova {n}, {count}",
            "sub {count}, {n}",
            "lea {from}, [{cache} + 4*{count} + {slot_at}]",
            copy!(),
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            abort!("xor {n:e}, {n:e}"),
            area = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            most = in(reg) most,
            to = in(reg) to,
            cache = out(reg) _,
            count = out(reg) _,
            n = out(reg) n,
            from = out(reg) _,
            i = out(reg) _,
            t = out(reg) _,
            x = out(xmm_reg) _,
            y = out(xmm_reg) _,
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
    let done: u64;
    // SAFETY: as in `push`; exactly `n` ids are read from `from`.
    unsafe {
        asm!(
            arm!(),
            cache!(),
            "lea {end}, [{count} + {ids}]",
            "mov {t:e}, dword ptr [{cache} + {high_at}]",
            "cmp {end}, {t}",
            "ja 7f",
            "lea {to}, [{cache} + 4*{count} + {slot_at}]",
            "mov {n}, {ids}",
            copy!(),
            "mov dword ptr [{cache} + {count_at}], {end:e}",
            abort!("xor {cache:e}, {cache:e}"),
            area = in(reg) at.area.offset(),
            cpus = in(reg) at.cpus,
            caches = in(reg) at.caches,
            ids = in(reg) n,
            from = in(reg) from,
            cache = out(reg) done,
            count = out(reg) _,
            end = out(reg) _,
            to = out(reg) _,
            n = out(reg) _,
            i = out(reg) _,
            t = out(reg) _,
            x = out(xmm_reg) _,
            y = out(xmm_reg) _,
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
    let done: u64;
    // SAFETY: the block touches the calling thread's own area, and the words (the function's
    // bullet). The number and the turns keep what an aborted section has made of them: turns below
    // 1 are the last.
    unsafe {
        asm!(
            arm!(),
            "inc {number:e}",
            "mov {cache:e}, dword ptr fs:[{area} + 4]",
            "mov dword ptr [{words} + {cpu_at}], {cache:e}",
            "mov dword ptr [{words} + {started_at}], {number:e}",
            "21: cmp dword ptr [{words} + {fenced_at}], {number:e}",
            "jae 7f",
            "dec {turns:e}",
            "jg 21b",
            "mov {cache:e}, dword ptr [{words} + {count_at}]",
            "inc {cache:e}",
            "mov dword ptr [{words} + {count_at}], {cache:e}",
            abort!("xor {cache:e}, {cache:e}"),
            area = in(reg) area.offset(),
            words = in(reg) words,
            turns = inout(reg) turns => _,
            number = inout(reg) *number,
            cache = out(reg) done,
            count_at = const 4 * COUNT,
            cpu_at = const 4 * CPU,
            started_at = const 4 * STARTED,
            fenced_at = const 4 * FENCED,
            options(nostack),
        );
    }
    done != 0
}
