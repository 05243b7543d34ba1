//! The processors of a Windows machine. They form groups of up to 64, and are numbered from 0 in
//! each.
//!
//! Source: GetCurrentProcessorNumberEx, processthreadsapi.h.

use windows_sys::Win32::System::Kernel::PROCESSOR_NUMBER;
use windows_sys::Win32::System::Threading::{
    GetActiveProcessorCount, GetActiveProcessorGroupCount, GetCurrentProcessorNumberEx,
};

/// The number of groups, and the number of processors of the largest group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Groups {
    groups: u32,
    each: u32,
}

impl Groups {
    pub(crate) fn count() -> Self {
        // SAFETY: the call has no preconditions.
        let groups = unsafe { GetActiveProcessorGroupCount() };
        // SAFETY: as above; a number that is no group's has 0 processors.
        let processors = |group| unsafe { GetActiveProcessorCount(group) };
        Self {
            groups: u32::from(groups).max(1),
            each: (0..groups).map(processors).max().unwrap_or(0).max(1),
        }
    }

    /// Returns a number that the numbers of all processors are below. If the groups differ in size,
    /// some numbers are nobody's.
    pub(crate) fn processors(self) -> u32 {
        self.groups * self.each
    }

    /// Returns the number of the processor that the caller most likely runs on.
    #[inline]
    pub(crate) fn current(self) -> u32 {
        let mut number = PROCESSOR_NUMBER {
            Group: 0,
            Number: 0,
            Reserved: 0,
        };
        // SAFETY: the call writes to `number` alone.
        unsafe { GetCurrentProcessorNumberEx(&mut number) };
        u32::from(number.Group) * self.each + u32::from(number.Number)
    }
}
