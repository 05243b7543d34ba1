//! Tests of a pool that need more than its public surface.

mod commit_refused;
