//! Reads sections as they are in this process, as instructions of x86-64.

use std::ptr;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

use super::descriptor::{Descriptor, code};

/// A critical section, and what belongs to it.
pub(crate) struct Section {
    /// The descriptor's address.
    at: u64,
    pub(crate) descriptor: Descriptor,
    /// The address at which an aborted section starts over.
    pub(crate) back: u64,
    pub(crate) code: Vec<Instruction>,
}

/// Returns the instruction at an address.
pub(crate) fn instruction(at: u64) -> Instruction {
    Decoder::with_ip(64, code(at, 15), at, DecoderOptions::NONE).decode()
}

/// Returns the instructions from `start` to `end`, which follow one another.
fn instructions(start: u64, end: u64) -> Result<Vec<Instruction>, String> {
    let mut decoded = Vec::new();
    let mut at = start;
    while at < end {
        let next = instruction(at);
        if next.is_invalid() {
            return Err(format!("no instruction at {at:#x}"));
        }
        at = next.next_ip();
        decoded.push(next);
    }
    if at == end {
        Ok(decoded)
    } else {
        Err("the section ends within an instruction".to_owned())
    }
}

impl Section {
    /// Disassembles what a descriptor names.
    pub(crate) fn read(descriptor: &'static Descriptor) -> Result<Self, String> {
        if !descriptor.is_plain() {
            return Err(format!("version or flags of {descriptor:x?}"));
        }
        let code = instructions(descriptor.start(), descriptor.end())?;
        let back = instruction(descriptor.abort());
        if back.flow_control() != FlowControl::UnconditionalBranch {
            return Err("the abort does not jump back".to_owned());
        }
        Ok(Self {
            at: ptr::from_ref(descriptor).addr() as u64,
            descriptor: *descriptor,
            back: back.near_branch_target(),
            code,
        })
    }

    /// Returns the two instructions at which an aborted section starts over. They lie directly
    /// before its start, load the descriptor's address and store it.
    pub(crate) fn arming(&self) -> Result<[Instruction; 2], String> {
        let descriptor = &self.descriptor;
        let load = instruction(self.back);
        let store = instruction(load.next_ip());
        let loads = load.mnemonic() == Mnemonic::Lea
            && load.is_ip_rel_memory_operand()
            && load.ip_rel_memory_address() == self.at;
        if !loads {
            return Err(
                "the abort does not lead to the load of the descriptor's address".to_owned(),
            );
        }
        let arms = store.mnemonic() == Mnemonic::Mov
            && store.op0_kind() == OpKind::Memory
            && store.segment_prefix() == Register::FS
            && store.memory_displacement64() == 8
            && store.op1_register() == load.op0_register();
        if !arms || store.next_ip() != descriptor.start() {
            return Err(
                "the store that arms is not the last instruction before the start".to_owned(),
            );
        }
        Ok([load, store])
    }

    /// Returns the instructions that begin another round of a loop, with the loop's last
    /// instruction.
    pub(crate) fn loops(&self) -> impl Iterator<Item = (u64, u64)> {
        self.code
            .iter()
            .filter(|i| i.flow_control() == FlowControl::ConditionalBranch)
            .filter(|i| i.near_branch_target() < i.ip())
            .map(|i| (i.near_branch_target(), i.ip()))
    }
}
