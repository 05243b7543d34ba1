//! Runs the suite on the front that `Front::Auto` finds.

#![cfg(not(loom))]

mod common;
mod suite;
