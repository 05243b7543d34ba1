//! What a workload of varying lengths asks of a contestant.

/// A buffer of the length that was asked for, freed when dropped.
///
/// # Safety
///
/// - [`first`](Self::first) returns a pointer to [`length`](Self::length) bytes that the buffer owns alone and
///   that may be written until it is dropped.
pub unsafe trait VaryingBuffer: Send + 'static {
    /// Returns the first byte.
    fn first(&mut self) -> *mut u8;

    /// Returns the bytes.
    fn length(&self) -> usize;
}

/// A source of buffers of any length, used from several threads.
pub trait VaryingContestant: Sync + 'static {
    /// A buffer of the length that was asked for.
    type Buffer: VaryingBuffer;

    /// Returns the name, as shown in tables.
    fn name(&self) -> &'static str;

    /// Gets a buffer of this many bytes, at least one.
    ///
    /// # Panics
    ///
    /// If there is none: workloads stay far below the capacity of every contestant.
    fn get(&self, length: usize) -> Self::Buffer;

    /// Prepares the calling thread: workloads call it on each thread that gets or frees.
    fn enter(&self) {}
}
