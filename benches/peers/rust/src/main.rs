//! The pools of fixed buffers that other crates offer, and buffers from the global allocator.

mod owned;
mod pooled;

use std::process::ExitCode;

use bytes::BytesMut;
use framewell_bench::entrant::{Both, Entrant, Frames};

use owned::{Fresh, Reserved, Zeroed};
use pooled::{Objects, Queue, Slab, Statics};

fn entrants() -> Vec<&'static dyn Entrant> {
    static ZEROED: Both<Fresh<Zeroed>> = Both(Fresh::new());
    static RESERVED: Both<Fresh<Reserved>> = Both(Fresh::new());
    static BYTES_MUT: Both<Fresh<BytesMut>> = Both(Fresh::new());
    let pools: [&'static dyn Entrant; 4] = [
        Box::leak(Box::new(Frames(Queue::new()))),
        Box::leak(Box::new(Frames(Statics::new()))),
        Box::leak(Box::new(Frames(Objects::new()))),
        Box::leak(Box::new(Frames(Slab::new()))),
    ];
    let mut all = pools.to_vec();
    let owned: [&'static dyn Entrant; 3] = [&ZEROED, &RESERVED, &BYTES_MUT];
    all.extend(owned);
    all
}

fn main() -> ExitCode {
    framewell_bench::serve_with(|| Ok(entrants()))
}
