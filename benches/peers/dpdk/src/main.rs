//! The memory pools of DPDK: `rte_mempool`, which gives bare pointers, and `rte_pktmbuf`, whose
//! buffers have a header.
//!
//! ```text
//!   main ─► pages: 2 MiB pages from the kernel, given back at the end
//!        ─► eal: DPDK started on the main thread; other threads registered, each with a cache
//!        ─► pools: both as contestants ─► serve
//!        ─► shared: packets with several references
//! ```
//!
//! Single gets and puts pay for a call into the shim, as with a `malloc`. A C program has them
//! inlined. A packet that is shared on one thread is one call from its get to its last free.

mod eal;
mod pages;
mod pools;
mod shared;
mod sys;

use std::env;
use std::process::ExitCode;

use framewell_bench::entrant::Entrant;

use pages::Pages;
use pools::OBJECTS;
use shared::{AT_ONCE, PACKETS};

fn main() -> ExitCode {
    if env::args().nth(1).as_deref() == Some(pages::KEEPER) {
        return pages::keep();
    }
    // The pages stay until the process ends, which is longer than DPDK uses them.
    let mut pages = None;
    framewell_bench::serve_with(|| {
        pages = Some(Pages::borrow_from_kernel()?);
        eal::start()?;
        let entrants: [&'static dyn Entrant; 3] = [&OBJECTS, &PACKETS, &AT_ONCE];
        Ok(entrants.to_vec())
    })
}
