//! Sections as they are in this process: the descriptors in `__rseq_cs`, and the instructions that they name.

use std::ptr;
use std::slice;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// What the kernel reads: `struct rseq_cs` of rseq(2).
#[repr(C, align(32))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descriptor {
    version: u32,
    flags: u32,
    start: u64,
    length: u64,
    abort: u64,
}

unsafe extern "C" {
    // The linker's names for the two ends of the section.
    #[link_name = "__start___rseq_cs"]
    static FIRST: Descriptor;
    #[link_name = "__stop___rseq_cs"]
    static END: Descriptor;
}

/// A critical section, and what belongs to it.
pub(crate) struct Section {
    /// The descriptor's address.
    at: u64,
    pub(crate) descriptor: Descriptor,
    /// Where an aborted section starts over.
    pub(crate) back: u64,
    pub(crate) code: Vec<Instruction>,
}

/// The descriptors of all sections in this binary, relocated.
pub(crate) fn descriptors() -> &'static [Descriptor] {
    let first = &raw const FIRST;
    let end = &raw const END;
    let length = (end.addr() - first.addr()) / size_of::<Descriptor>();
    // SAFETY: the linker's symbols bound `__rseq_cs`, which consists of descriptors that nothing writes to after
    // relocation.
    unsafe { slice::from_raw_parts(first, length) }
}

impl Descriptor {
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn end(&self) -> u64 {
        self.start + self.length
    }

    pub(crate) fn abort(&self) -> u64 {
        self.abort
    }

    pub(crate) fn contains(&self, ip: u64) -> bool {
        (self.start..self.end()).contains(&ip)
    }
}

/// The section of a function that has one: the first that starts behind its entry.
pub(crate) fn of_function(entry: usize) -> &'static Descriptor {
    descriptors()
        .iter()
        .filter(|descriptor| descriptor.start >= entry as u64)
        .min_by_key(|descriptor| descriptor.start)
        .expect("the function has a section")
}

/// The bytes of this process's code at an address.
pub(crate) fn code(at: u64, length: usize) -> &'static [u8] {
    let at = ptr::with_exposed_provenance(at as usize);
    // SAFETY: callers name addresses in this binary's text, which is mapped and never written.
    unsafe { slice::from_raw_parts(at, length) }
}

/// The instruction at an address.
pub(crate) fn instruction(at: u64) -> Instruction {
    Decoder::with_ip(64, code(at, 15), at, DecoderOptions::NONE).decode()
}

/// Instructions one behind the other, from `start` to `end`.
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
        if (descriptor.version, descriptor.flags) != (0, 0) {
            return Err(format!("version or flags of {descriptor:x?}"));
        }
        let code = instructions(descriptor.start, descriptor.end())?;
        let back = instruction(descriptor.abort);
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

    /// The two instructions at which an aborted section starts over, directly before its start: they load the
    /// descriptor's address and store it.
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
        if !arms || store.next_ip() != descriptor.start {
            return Err(
                "the store that arms is not the last instruction before the start".to_owned(),
            );
        }
        Ok([load, store])
    }

    /// The instructions that begin another round of a loop, with their last.
    pub(crate) fn loops(&self) -> impl Iterator<Item = (u64, u64)> {
        self.code
            .iter()
            .filter(|i| i.flow_control() == FlowControl::ConditionalBranch)
            .filter(|i| i.near_branch_target() < i.ip())
            .map(|i| (i.near_branch_target(), i.ip()))
    }
}
