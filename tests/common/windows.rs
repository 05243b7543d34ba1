//! The process as Windows shows it: its processors, and what it has reserved and committed.

use std::ffi::c_void;
use std::iter;
use std::mem::MaybeUninit;

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_FREE, MEM_PRIVATE, MEMORY_BASIC_INFORMATION, VirtualQuery,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentThread, GetProcessAffinityMask, SetThreadAffinityMask,
};

/// The bytes that a mapping with guards reserves around its range: for the alignment, and a page at
/// either end.
const AROUND: usize = (2 << 20) + 2 * 4096;

/// Returns the processors of the process's affinity mask, which are of one group.
pub(crate) fn cpus() -> Vec<usize> {
    let (mut mask, mut system) = (0, 0);
    // SAFETY: the pseudo handle is this process's.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: the call writes to the two masks.
    let answer = unsafe { GetProcessAffinityMask(process, &mut mask, &mut system) };
    assert_ne!(answer, 0, "GetProcessAffinityMask");
    let has = |cpu: &u32| mask >> cpu & 1 == 1;
    (0..usize::BITS)
        .filter(has)
        .map(|cpu| cpu as usize)
        .collect()
}

/// Lets the calling thread run on these processors only.
pub(crate) fn spread(cpus: &[usize]) {
    let mask = cpus.iter().fold(0, |mask, cpu| mask | 1 << cpu);
    // SAFETY: the pseudo handle is the calling thread's.
    let thread = unsafe { GetCurrentThread() };
    // SAFETY: the call needs no more than a thread.
    let before = unsafe { SetThreadAffinityMask(thread, mask) };
    assert_ne!(before, 0, "the processors {cpus:?} are there");
}

/// Returns the range of like pages around an address.
fn at(address: usize) -> Option<MEMORY_BASIC_INFORMATION> {
    let mut region = MaybeUninit::uninit();
    let size = size_of::<MEMORY_BASIC_INFORMATION>();
    let address = std::ptr::without_provenance::<c_void>(address);
    // SAFETY: the call looks the address up, and writes no more than `size` bytes to the answer.
    let written = unsafe { VirtualQuery(address, region.as_mut_ptr(), size) };
    // SAFETY: the call has written it as a whole.
    (written == size).then(|| unsafe { region.assume_init() })
}

/// Returns all of the process's private memory.
fn private() -> impl Iterator<Item = MEMORY_BASIC_INFORMATION> {
    let next = |region: &MEMORY_BASIC_INFORMATION| {
        at(region.BaseAddress.addr().checked_add(region.RegionSize)?)
    };
    iter::successors(at(0), next)
        .filter(|region| region.State != MEM_FREE && region.Type == MEM_PRIVATE)
}

fn bytes_committed(regions: impl Iterator<Item = MEMORY_BASIC_INFORMATION>) -> usize {
    regions
        .filter(|region| region.State == MEM_COMMIT)
        .map(|region| region.RegionSize)
        .sum()
}

/// Returns the private bytes that the process has committed, which Windows counts against the
/// limit.
pub(crate) fn committed() -> usize {
    bytes_committed(private())
}

/// Returns the bytes committed in the reservation that holds an address, and `None` if there is
/// none.
pub(crate) fn committed_at(address: usize) -> Option<usize> {
    let held = at(address).filter(|region| region.State != MEM_FREE)?;
    let same = |region: &MEMORY_BASIC_INFORMATION| region.AllocationBase == held.AllocationBase;
    Some(bytes_committed(private().filter(same)))
}

/// Returns how many reservations are as large as one with guards for this many bytes.
pub(crate) fn mappings_of(bytes: usize) -> usize {
    let regions: Vec<_> = private().collect();
    regions
        .chunk_by(|a, b| a.AllocationBase == b.AllocationBase)
        .filter(|one| one.iter().map(|region| region.RegionSize).sum::<usize>() == bytes + AROUND)
        .count()
}
