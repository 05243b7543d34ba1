//! Rings against the kernel, over loopback and in network namespaces of their own. Each fault is
//! accounted to the last buffer.
//!
//! A process without the rights for a test says that it was not run. With `FRAMEWELL_STRICT=1` that
//! is a failure.

#![cfg(all(
    target_os = "linux",
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64",
        target_arch = "loongarch64",
        target_arch = "powerpc64"
    )
))]

mod faults;
mod net;
mod random;
mod receive;
mod refusals;
mod send;
mod streams;
mod teardown;
