//! What holds on either front: the programs `auto` and `portable` run it, each on its own.

mod builder;
mod bulk;
mod burst;
mod callbacks;
mod cell;
mod contract;
mod dot11;
mod dot11_attacks;
mod dot11_properties;
mod exhaustion;
mod memory;
mod properties;
mod raw;
mod stats;
mod stress;
mod surface;
mod teardown;
mod unwinding;
