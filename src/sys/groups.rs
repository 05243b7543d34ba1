//! The processors of a Windows machine: groups of up to 64, numbered from 0 in each.
//!
//! Source: GetCurrentProcessorNumberEx, processthreadsapi.h.

use windows_sys::Win32::System::Kernel::PROCESSOR_NUMBER;
use windows_sys::Win32::System::Threading::{
    GetActiveProcessorCount, GetActiveProcessorGroupCount, GetCurrentProcessorNumberEx,
};

/// How many groups there are, and how many processors the largest has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Groups {
    groups: u32,
    each: u32,
}

impl Groups {
    pub(crate) fn count() -> Self {
        // SAFETY: it has no preconditions.
        let groups = unsafe { GetActiveProcessorGroupCount() };
        // SAFETY: as above; a number that is no group's has 0 processors.
        let processors = |group| unsafe { GetActiveProcessorCount(group) };
        Self {
            groups: u32::from(groups).max(1),
            each: (0..groups).map(processors).max().unwrap_or(0).max(1),
        }
    }

    /// The numbers of all processors are below this; where the groups differ in size, some are nobody's.
    pub(crate) fn processors(self) -> u32 {
        self.groups * self.each
    }

    /// The number of the processor that the caller (most likely) runs on.
    #[inline]
    pub(crate) fn current(self) -> u32 {
        let mut number = PROCESSOR_NUMBER {
            Group: 0,
            Number: 0,
            Reserved: 0,
        };
        // SAFETY: it writes to the number alone.
        unsafe { GetCurrentProcessorNumberEx(&mut number) };
        u32::from(number.Group) * self.each + u32::from(number.Number)
    }
}
