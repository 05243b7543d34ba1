//! The pools of fixed buffers that other crates offer, and buffers from the global allocator.

mod owned;
mod pooled;
mod shared;

use std::process::ExitCode;

use bytes::BytesMut;
use framewell_bench::Kind;
use framewell_bench::entrant::{Apart, Both, Entrant, Frames};
use framewell_bench::work::sharing;

use owned::{Fresh, Reserved, Zeroed};
use pooled::{Objects, Queue, Slab, Statics};
use shared::{Arcs, ByHand, Frozen, Sliced, Table};

static SHARED: [Apart; 4] = [
    Apart::new(
        "Arc<[u8]>",
        &[
            (Kind::Sharing4, || sharing::four(&Arcs)),
            (Kind::Sharing4Across, || sharing::four_across(&Arcs)),
        ],
        None,
    ),
    Apart::new(
        "BytesMut, frozen",
        &[
            (Kind::Sharing4, || sharing::four(&Frozen)),
            (Kind::Sharing4Across, || sharing::four_across(&Frozen)),
            (Kind::Sharing44, || sharing::slices(&Frozen)),
            (Kind::Sharing44Across, || sharing::slices_across(&Frozen)),
        ],
        None,
    ),
    Apart::new(
        "Bytes, sliced",
        &[
            (Kind::Sharing44, || sharing::slices(&Sliced)),
            (Kind::Sharing44Across, || sharing::slices_across(&Sliced)),
        ],
        None,
    ),
    Apart::new(
        "counts by hand",
        &[
            (Kind::Sharing4, || sharing::four(table())),
            (Kind::Sharing4Across, || sharing::four_across(table())),
        ],
        None,
    ),
];

/// Returns a table that stays for the program's life.
fn table() -> &'static Table {
    Box::leak(Box::new(Table(Box::leak(Box::new(ByHand::new())))))
}

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
    all.extend(SHARED.iter().map(|entrant| entrant as &dyn Entrant));
    all
}

fn main() -> ExitCode {
    framewell_bench::serve_with(|| Ok(entrants()))
}
