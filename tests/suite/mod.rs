//! The tests that hold on either front. The programs `auto` and `portable` run them, each on its
//! own front.

mod af_xdp;
mod alloc;
mod alloc_attacks;
mod alloc_properties;
mod borrower;
mod borrower_attacks;
mod borrower_properties;
mod borrower_raw;
mod borrower_shared;
mod buf_view_properties;
mod buf_views;
mod builder;
mod burst;
mod callbacks;
mod cell;
mod chain;
mod chain_attacks;
mod chain_properties;
mod contract;
mod exhaustion;
mod id_batch;
mod memory;
mod properties;
mod raw;
mod region;
mod shared;
mod shared_attacks;
mod shared_properties;
mod stats;
mod stress;
mod surface;
mod teardown;
mod unwinding;
mod views;
#[cfg(feature = "bytes")]
mod with_bytes;
