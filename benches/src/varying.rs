//! The traits that a workload of varying lengths uses.

/// A buffer of the length that was asked for, which is freed when it is dropped.
///
/// # Safety
///
/// - [`first`](Self::first) returns a pointer to [`length`](Self::length) bytes. The buffer alone
///   owns them, and they may be written until it is dropped.
pub unsafe trait VaryingBuffer: Send + 'static {
    /// Returns the first byte.
    fn first(&mut self) -> *mut u8;

    /// Returns the number of bytes.
    fn length(&self) -> usize;
}

/// A source of buffers of any length that several threads use.
pub trait VaryingContestant: Sync + 'static {
    /// A buffer of the length that was asked for.
    type Buffer: VaryingBuffer;

    /// Returns the name, as shown in tables.
    fn name(&self) -> &'static str;

    /// Gets a buffer of this many bytes, at least one.
    ///
    /// # Panics
    ///
    /// If there is no buffer. Workloads stay far below the capacity of every contestant.
    fn get(&self, length: usize) -> Self::Buffer;

    /// Prepares the calling thread. Workloads call it on each thread that gets or frees.
    fn enter(&self) {}
}
