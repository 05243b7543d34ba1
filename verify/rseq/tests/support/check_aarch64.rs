//! Checks what a section must keep, on its aarch64 instructions. The head of the crate's
//! `percpu::rseq::sections` has the list.
//!
//! All instructions are words, and the sections are made of few forms. An instruction of no such
//! form is a fault, so calls, returns, traps, system registers and exclusive accesses need no names
//! here.

use super::descriptor::{Descriptor, code};

/// The signature before every abort. The kernel demands the one of libc's registration.
const SIGNATURE: u32 = 0xd428_bc00;

/// The bytes of a cache before its slots.
const HEADER: u32 = 16;

/// The number of the stack pointer where it is a base. In other places it is the zero register.
const SP: u32 = 31;

/// What an instruction does, as far as the rules ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// It sets a register from registers or numbers, and from the stack pointer if the base is 31.
    Sets {
        to: u32,
        base: u32,
    },
    /// It compares.
    Compares,
    /// It loads 32 bits at a base and an offset.
    LoadsWord {
        to: u32,
        base: u32,
        offset: u32,
    },
    StoresWord {
        base: u32,
        offset: u32,
    },
    /// It loads up to 128 bits at a base and an index, to a vector register or another.
    LoadsSlots {
        base: u32,
        to: Option<u32>,
    },
    StoresSlots {
        base: u32,
    },
    /// It branches to an address, always or if a condition holds.
    Branches {
        to: u64,
    },
}

#[derive(Clone, Copy)]
struct Instruction {
    ip: u64,
    word: u32,
    kind: Kind,
}

fn word(ip: u64) -> u32 {
    u32::from_le_bytes(code(ip, 4).try_into().unwrap())
}

/// Returns `bits` bits of a word from `at` on.
fn field(word: u32, at: u32, bits: u32) -> u32 {
    word >> at & ((1 << bits) - 1)
}

/// Returns the target of a branch whose offset, in words, has `bits` bits from `at` on.
fn target(ip: u64, word: u32, at: u32, bits: u32) -> u64 {
    let offset = (field(word, at, bits) << (32 - bits)) as i32 >> (32 - bits);
    ip.wrapping_add_signed(i64::from(offset) * 4)
}

fn decode(ip: u64) -> Option<Kind> {
    let word = word(ip);
    let (to, base, offset) = (field(word, 0, 5), field(word, 5, 5), field(word, 10, 12));
    let is = |mask: u32, value: u32| word & mask == value;
    // The topmost bit makes the instruction one of 64 bits. Both widths match.
    let wide = |mask: u32, value: u32| is(mask & !(1 << 31), value & !(1 << 31));
    let kind = if is(0xFFC0_0000, 0xB940_0000) {
        let offset = 4 * offset;
        Kind::LoadsWord { to, base, offset } // ldr w, [x, #]
    } else if is(0xFFC0_0000, 0xB900_0000) {
        let offset = 4 * offset;
        Kind::StoresWord { base, offset } // str w, [x, #]
    } else if is(0xFFFF_FC00, 0x889F_FC00) {
        Kind::StoresWord { base, offset: 0 } // stlr w, [x]
    } else if is(0xFFE0_0C00, 0xB860_0800) {
        let to = Some(to);
        Kind::LoadsSlots { base, to } // ldr w, [x, x]
    } else if is(0xFFE0_0C00, 0xB820_0800) {
        Kind::StoresSlots { base } // str w, [x, x]
    } else if is(0xFFE0_0C00, 0x3CE0_0800) || is(0xFFE0_0C00, 0xBC60_0800) {
        Kind::LoadsSlots { base, to: None } // ldr q and s, [x, x]
    } else if is(0xFFE0_0C00, 0x3CA0_0800) || is(0xFFE0_0C00, 0xBC20_0800) {
        Kind::StoresSlots { base } // str q and s, [x, x]
    } else if wide(0xFF20_001F, 0x6B00_001F) || wide(0xFF80_001F, 0x7100_001F) {
        Kind::Compares // cmp with a register and with a number
    } else if wide(0xFF20_0000, 0x0B00_0000) || wide(0xFF20_0000, 0x4B00_0000) {
        Kind::Sets { to, base: 0 } // add, sub with a register; 31 is zero there
    } else if wide(0xFF80_0000, 0x1100_0000) || wide(0xFF80_0000, 0x5100_0000) {
        Kind::Sets { to, base } // add, sub with a number; 31 is the stack pointer there
    } else if wide(0xFFE0_FFE0, 0x2A00_03E0)
        || wide(0xFF80_0000, 0x5280_0000)
        || wide(0xFF80_0000, 0x1280_0000)
        || wide(0xFFE0_0C00, 0x1A80_0000)
        || is(0xFFC0_0000, 0xD340_0000)
    {
        Kind::Sets { to, base: 0 } // mov of a register, movz, movn; csel; lsl, lsr by a number
    } else if is(0xFF00_0010, 0x5400_0000) {
        let to = target(ip, word, 5, 19);
        Kind::Branches { to } // b.cond
    } else if is(0xFC00_0000, 0x1400_0000) {
        let to = target(ip, word, 0, 26);
        Kind::Branches { to } // b
    } else {
        return None;
    };
    Some(kind)
}

/// Checks a section and counts its instructions. The error says what is wrong with it.
pub(crate) fn check(descriptor: &'static Descriptor) -> Result<usize, String> {
    if !descriptor.is_plain() {
        return Err(format!("version or flags of {descriptor:x?}"));
    }
    let area = arming(descriptor)?;
    let mut section = Vec::new();
    for ip in (descriptor.start()..descriptor.end()).step_by(4) {
        let word = word(ip);
        let kind = decode(ip).ok_or(format!("not for a section: {word:#010x} at {ip:#x}"))?;
        section.push(Instruction { ip, word, kind });
    }
    commit(&section, area)?;
    flow(&section, descriptor)?;
    abort(descriptor)?;
    Ok(section.len())
}

fn at(i: &Instruction, what: &str) -> String {
    format!("{what}: {:#010x} at {:#x}", i.word, i.ip)
}

/// Checks where the abort leads: to the result of a failure, the address of the descriptor and the
/// store that arms, directly before the start. Returns the register that holds the address of the
/// thread's area.
fn arming(descriptor: &'static Descriptor) -> Result<u32, String> {
    let Some(Kind::Branches { to: back }) = decode(descriptor.abort()) else {
        return Err("the abort does not jump back".to_owned());
    };
    let page = word(back + 4);
    let low = word(back + 8);
    let register = field(page, 0, 5);
    // adrp adds a page relative to its own one, in 21 bits, and add adds the rest.
    let pages = (field(page, 5, 19) << 2 | field(page, 29, 2)) << 11;
    let pages = i64::from(pages as i32 >> 11);
    let address = ((back + 4) & !0xfff).wrapping_add_signed(pages * 4096);
    let address = address + u64::from(field(low, 10, 12));
    let loads = page & 0x9F00_0000 == 0x9000_0000
        && low & 0xFFC0_0000 == 0x9100_0000
        && (field(low, 0, 5), field(low, 5, 5)) == (register, register)
        && address == std::ptr::from_ref(descriptor).addr() as u64;
    if !matches!(decode(back), Some(Kind::Sets { .. })) || !loads {
        return Err("the abort does not lead to the load of the descriptor's address".to_owned());
    }
    // The store is str x, [x, #8].
    let store = word(back + 12);
    let arms = store & 0xFFC0_0000 == 0xF900_0000
        && field(store, 10, 12) == 1
        && field(store, 0, 5) == register;
    if arms && back + 16 == descriptor.start() {
        Ok(field(store, 5, 5))
    } else {
        Err("the store that arms is not the last instruction before the start".to_owned())
    }
}

/// Checks that the last instruction is the one store to the count. No store goes to the bounds or
/// the thread's area, and the stack is not used.
fn commit(section: &[Instruction], area: u32) -> Result<(), String> {
    let last = section.last().ok_or("an empty section")?;
    let Kind::StoresWord {
        base: cache,
        offset: 0,
    } = last.kind
    else {
        return Err(at(last, "the last instruction does not commit"));
    };
    let mut loaded = false;
    for i in section {
        let (sets, base) = match i.kind {
            Kind::Sets { to, base } => (Some(to), Some(base)),
            Kind::LoadsWord { to, base, offset } => {
                loaded |= base == cache && offset == 0;
                (Some(to), Some(base))
            }
            Kind::LoadsSlots { base, to } => (to, Some(base)),
            Kind::StoresWord { base, offset } => {
                if base == cache && offset < HEADER && i.ip != last.ip {
                    return Err(at(i, "a store to the count or a bound before the commit"));
                }
                (None, Some(base))
            }
            Kind::StoresSlots { base } => (None, Some(base)),
            Kind::Compares | Kind::Branches { .. } => (None, None),
        };
        if base == Some(SP) {
            return Err(at(i, "a use of the stack"));
        }
        let stores = matches!(i.kind, Kind::StoresWord { .. } | Kind::StoresSlots { .. });
        if stores && base == Some(area) {
            return Err(at(i, "a store to the thread's area"));
        }
        let loads = matches!(i.kind, Kind::LoadsWord { base, offset: 0, .. } if base == cache);
        if loaded && sets == Some(cache) && !loads {
            return Err(at(i, "another cache after the load of the count"));
        }
    }
    if loaded {
        Ok(())
    } else {
        Err(at(last, "no load of the count that is committed"))
    }
}

/// Checks that every branch stays inside, or leads to the end.
fn flow(section: &[Instruction], descriptor: &Descriptor) -> Result<(), String> {
    for i in section {
        if let Kind::Branches { to } = i.kind {
            if !descriptor.contains(to) && to != descriptor.end() {
                return Err(at(i, "a branch that leaves"));
            }
        }
    }
    Ok(())
}

/// Checks that the abort lies outside, behind the signature.
fn abort(descriptor: &Descriptor) -> Result<(), String> {
    let abort = descriptor.abort();
    if descriptor.contains(abort) {
        return Err("the abort lies inside".to_owned());
    }
    let signature = word(abort - 4);
    if signature != SIGNATURE {
        return Err(format!("the signature before the abort is {signature:#x}"));
    }
    Ok(())
}
