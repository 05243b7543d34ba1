//! Checks what a section must keep, on its x86-64 instructions. The head of the crate's
//! `percpu::rseq::sections` has the list.

use iced_x86::{
    FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register,
};

use super::descriptor::{Descriptor, code};
use super::section::{self, Section};

/// The signature before every abort. The kernel demands the one of libc's registration.
const SIGNATURE: u32 = 0x5305_3053;

/// The bytes of a cache before its slots.
const HEADER: u64 = 16;

/// Checks a section and counts its instructions. The error says what is wrong with it.
pub(crate) fn check(descriptor: &'static Descriptor) -> Result<usize, String> {
    let section = Section::read(descriptor)?;
    section.arming()?;
    commit(&section)?;
    flow(&section)?;
    stack(&section)?;
    abort(&section)?;
    Ok(section.code.len())
}

fn at(instruction: &Instruction, what: &str) -> String {
    format!("{what}: {instruction} at {:#x}", instruction.ip())
}

/// Checks that there is no call, no return and no system call. Every branch stays inside, or leads
/// to the end, either directly or by the failure.
fn flow(section: &Section) -> Result<(), String> {
    let descriptor = &section.descriptor;
    let starts = |ip| section.code.iter().any(|i| i.ip() == ip);
    for i in &section.code {
        match i.flow_control() {
            FlowControl::Next => {}
            FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch => {
                let target = i.near_branch_target();
                if descriptor.contains(target) && !starts(target) {
                    return Err(at(i, "a branch into an instruction"));
                }
                let inside = starts(target) || target == descriptor.end();
                if !inside && !fails(target, descriptor.end()) {
                    return Err(at(i, "a branch that leaves"));
                }
            }
            _ => return Err(at(i, "a call, return or trap")),
        }
    }
    Ok(())
}

/// Returns whether the code at an address only sets a register and joins behind the section.
fn fails(ip: u64, end: u64) -> bool {
    let sets = section::instruction(ip);
    let joins = section::instruction(sets.next_ip());
    matches!(sets.mnemonic(), Mnemonic::Mov | Mnemonic::Xor)
        && sets.op0_kind() == OpKind::Register
        && joins.flow_control() == FlowControl::UnconditionalBranch
        && joins.near_branch_target() == end
}

/// Checks that the stack is not used. Without frame pointers rbp is a register like others: a spill
/// lies below where it points to, and an id does not.
fn stack(section: &Section) -> Result<(), String> {
    let mut infos = InstructionInfoFactory::new();
    for i in &section.code {
        let info = infos.info(i);
        let mut registers = info.used_registers().iter().map(|used| used.register());
        let stack = |register: Register| matches!(register.full_register(), Register::RSP);
        let frame = info
            .used_memory()
            .iter()
            .any(|memory| memory.base() == Register::RBP && memory.displacement() as i64 <= -4);
        if registers.any(stack) || frame || i.stack_pointer_increment() != 0 {
            return Err(at(i, "a use of the stack"));
        }
    }
    Ok(())
}

/// Checks that the last instruction is the one store to the count. No store goes to the bounds, and
/// the count is loaded as wide as it is stored.
fn commit(section: &Section) -> Result<(), String> {
    let mut infos = InstructionInfoFactory::new();
    let last = section.code.last().ok_or("an empty section")?;
    let cache = last.memory_base();
    let commits = last.mnemonic() == Mnemonic::Mov
        && last.op0_kind() == OpKind::Memory
        && last.op1_kind() == OpKind::Register
        && last.op1_register().size() == 4
        && last.memory_index() == Register::None
        && last.memory_displacement64() == 0;
    if !commits {
        return Err(at(last, "the last instruction does not commit"));
    }
    let mut loaded = false;
    for i in &section.code {
        let info = infos.info(i);
        for memory in info.used_memory() {
            let writes = !matches!(memory.access(), OpAccess::Read | OpAccess::CondRead);
            let header = memory.base() == cache
                && memory.index() == Register::None
                && memory.displacement() < HEADER;
            if writes && header && i.ip() != last.ip() {
                return Err(at(i, "a store to the count or a bound before the commit"));
            }
            if !writes && header && memory.displacement() == 0 {
                loaded = true;
                if memory.memory_size().size() != 4 {
                    return Err(at(i, "a load of the count wider than its store"));
                }
            }
            if writes && memory.segment() == Register::FS {
                return Err(at(i, "a store to the thread's area"));
            }
        }
        let redefined = info.used_registers().iter().any(|used| {
            let reads = matches!(used.access(), OpAccess::Read | OpAccess::CondRead);
            used.register().full_register() == cache.full_register() && !reads
        });
        if loaded && redefined {
            return Err(at(i, "another cache after the load of the count"));
        }
    }
    if loaded {
        Ok(())
    } else {
        Err(at(last, "no load of the count that is committed"))
    }
}

/// Checks that the abort lies outside, behind the signature.
fn abort(section: &Section) -> Result<(), String> {
    let abort = section.descriptor.abort();
    if section.descriptor.contains(abort) {
        return Err("the abort lies inside".to_owned());
    }
    let bytes = code(abort - 4, 4).try_into().unwrap();
    let signature = u32::from_le_bytes(bytes);
    if signature != SIGNATURE {
        return Err(format!("the signature before the abort is {signature:#x}"));
    }
    // The signature is part of an instruction that traps, so that nothing falls into it.
    if section::instruction(abort - 7).mnemonic() != Mnemonic::Ud1 {
        return Err("the signature is not within a trap".to_owned());
    }
    Ok(())
}
