//! Has the other side of an AF_XDP socket write any descriptors into its rings. What comes out of
//! the socket must agree with a model.

#![no_main]

#[path = "../../xdp/tests/descriptors/calls/mod.rs"]
mod calls;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| calls::run(data));
