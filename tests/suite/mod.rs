//! The tests that hold on either front. The programs `auto` and `portable` run them, each on its
//! own front.

mod borrower;
mod borrower_properties;
mod builder;
mod burst;
mod callbacks;
mod cell;
mod contract;
mod dot11;
mod dot11_attacks;
mod dot11_properties;
mod exhaustion;
mod id_batch;
mod memory;
mod properties;
mod raw;
mod stats;
mod stress;
mod surface;
mod teardown;
mod unwinding;
