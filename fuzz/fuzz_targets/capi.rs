//! Makes any sequence of calls of the C library on two pools and the shared one, with hostile
//! pointers, sizes and configs. Each call answers with the code that the header says, and leaves
//! what the model says.

#![no_main]

#[path = "capi/bed.rs"]
mod bed;
#[path = "capi/create.rs"]
mod create;
#[path = "capi/dot11.rs"]
mod dot11;
#[path = "capi/inspect.rs"]
mod inspect;
#[path = "capi/lent.rs"]
mod lent;
#[allow(
    dead_code,
    reason = "what the Rust interface alone shows is checked elsewhere"
)]
#[path = "../../tests/common/alloc/model.rs"]
mod model;
#[path = "capi/pointer.rs"]
mod pointer;

use std::ptr;

use arbitrary::{Result, Unstructured};
use bed::{Bed, Shape};
use framewell_capi::pools::*;
use framewell_capi::types::*;
use libfuzzer_sys::fuzz_target;
use pointer::Pointer;

/// The shapes of the pools. They are few, so that most inputs find their pools made;
/// `create::hostile` makes others.
const SHAPES: [Shape; 6] = [
    shape(150, 100, 28, 2, 0, FRAMEWELL_FRONT_AUTO, false),
    shape(64, 200, 0, 1, 70, FRAMEWELL_FRONT_PORTABLE, false),
    shape(130, 1, 70, 3, 8, FRAMEWELL_FRONT_AUTO, true),
    shape(1, 1500, 128, 1, 0, FRAMEWELL_FRONT_AUTO, false),
    shape(128, 60, 4, 1, 1, FRAMEWELL_FRONT_PORTABLE, true),
    shape(20, 64, 64, 2, 3, FRAMEWELL_FRONT_AUTO, false),
];

const fn shape(
    frames: usize,
    payload: usize,
    headroom: usize,
    budget: usize,
    cache: usize,
    front: u32,
    zero: bool,
) -> Shape {
    Shape {
        frames,
        payload,
        headroom,
        budget,
        cache,
        front,
        zero,
    }
}

/// Returns any length except those that the system could serve and the model would have to
/// remember.
fn len(bytes: &mut Unstructured) -> Result<usize> {
    Ok(match bytes.int_in_range(0..=9)? {
        0..=3 => bytes.int_in_range(0..=5000)?,
        4..=6 => bytes.int_in_range(5000..=65_856)?,
        7 => bytes.int_in_range(65_536..=(3 << 20))?,
        8 => usize::MAX - bytes.int_in_range(0..=70_000)?,
        _ => bytes.int_in_range((1 << (usize::BITS - 3))..=usize::MAX)?,
    })
}

/// Returns a number of frames that is often about as large as the number that are free.
fn how_many(bed: &Bed, bytes: &mut Unstructured) -> Result<usize> {
    Ok(match bytes.int_in_range(0..=2)? {
        0 => (bed.free_frames() + bytes.int_in_range(0..=2)?).saturating_sub(1),
        _ => bytes.int_in_range(0..=200)?,
    })
}

/// Returns many pointers, most of which `mostly` chooses.
fn many(
    bed: &Bed,
    other: &Bed,
    mostly: fn(&Bed, &mut Unstructured) -> Result<Pointer>,
    bytes: &mut Unstructured,
) -> Result<Vec<Pointer>> {
    let mut pointers = Vec::new();
    for _ in 0..bytes.int_in_range(0..=100)? {
        pointers.push(match bytes.int_in_range(0..=7)? {
            0 => pointer::any(bed, other, bytes)?,
            _ => mostly(bed, bytes)?,
        });
    }
    Ok(pointers)
}

/// Lends, or takes back.
fn loan(bed: &mut Bed, other: &Bed, bytes: &mut Unstructured) -> Result<()> {
    match bytes.int_in_range(0..=11)? {
        0 | 1 => bed.lend(pointer::frame(bed, bytes)?),
        2 => bed.lend(pointer::any(bed, other, bytes)?),
        3 => bed.lend_frames(&many(bed, other, pointer::frame, bytes)?),
        4 | 5 => bed.take_back(
            pointer::lent(bed, bytes)?,
            bytes.int_in_range(0..=2000)?,
            bytes.arbitrary()?,
        ),
        6 => bed.take_back(
            pointer::any(bed, other, bytes)?,
            bytes.int_in_range(0..=2000)?,
            bytes.arbitrary()?,
        ),
        7 => bed.take_back_offsets(&many(bed, other, pointer::lent, bytes)?),
        8 => bed.dot11_round(pointer::buffer(bed, bytes)?, len(bytes)?),
        9 => bed.dot11_round(pointer::any(bed, other, bytes)?, len(bytes)?),
        10 => bed.reclaim(bytes.arbitrary()?),
        // A free does not bring back what is lent.
        _ => bed.free(pointer::lent(bed, bytes)?),
    }
    Ok(())
}

/// Makes a call on a pool. `other` is another pool.
fn call(bed: &mut Bed, other: &Bed, bytes: &mut Unstructured) -> Result<()> {
    match bytes.int_in_range(0..=29)? {
        0 | 1 => bed.get(bytes.int_in_range(0..=20)? == 0),
        2 => bed.free(pointer::frame(bed, bytes)?),
        3 => bed.free(pointer::any(bed, other, bytes)?),
        4 | 5 => bed.get_burst(how_many(bed, bytes)?, bytes.int_in_range(0..=20)? == 0),
        6 | 7 => bed.get_bulk(how_many(bed, bytes)?, bytes.int_in_range(0..=20)? == 0),
        8 | 9 => bed.free_bulk(
            &many(bed, other, pointer::frame, bytes)?,
            bytes.arbitrary()?,
        ),
        10..=12 => bed.allocate(
            len(bytes)?,
            bytes.arbitrary()?,
            bytes.int_in_range(0..=20)? == 0,
        ),
        13 => bed.dot11_free(pointer::buffer(bed, bytes)?),
        14 => bed.dot11_free(pointer::any(bed, other, bytes)?),
        15 | 16 => bed.find(
            pointer::any(bed, other, bytes)?,
            bytes.int_in_range(0..=20)? == 0,
        ),
        17 => bed.trim(bytes.arbitrary()?),
        18 => bed.stats_of_size(bytes.int_in_range(0..=400)?),
        19 => bed.stats_text(bytes.int_in_range(0..=3000)?),
        20 => bed.destroy(),
        21 => create::hostile(bytes)?,
        22 => without_pool(bytes.int_in_range(0..=3)?),
        23..=28 => loan(bed, other, bytes)?,
        _ => bed.free_elsewhere(pointer::frame(bed, bytes)?),
    }
    Ok(())
}

/// Makes a call of the four services, or of a function that belongs to them.
fn service(bed: &mut Bed, other: &Bed, bytes: &mut Unstructured) -> Result<()> {
    match bytes.int_in_range(0..=14)? {
        0..=2 => bed.ras_get(bytes.arbitrary()?, bytes.int_in_range(0..=60)?),
        3 => bed.ras_free(pointer::frame(bed, bytes)?),
        4 => bed.ras_free(pointer::any(bed, other, bytes)?),
        5 | 6 => bed.ext_allocate(len(bytes)? as u32, bytes.int_in_range(0..=20)? == 0),
        7 => bed.ext_free(pointer::buffer(bed, bytes)?),
        8 => bed.ext_free(pointer::any(bed, other, bytes)?),
        9 => bed.ras_query(pointer::frame(bed, bytes)?, bytes.arbitrary()?),
        10 => bed.ras_query(pointer::any(bed, other, bytes)?, bytes.arbitrary()?),
        11 => create::init_again(bytes)?,
        12 => inspect::strerror(bytes.arbitrary()?),
        _ => call(bed, other, bytes)?,
    }
    Ok(())
}

/// Calls every function that takes a pool, with none.
fn without_pool(n: usize) {
    let none = ptr::null_mut();
    let mut out = ptr::dangling_mut();
    let mut outs = [ptr::dangling_mut(); 4];
    let mut refused = 99;
    let codes = [
        // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
        // function's.
        unsafe { framewell_get(none, &raw mut out) },
        // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
        // function's.
        unsafe { framewell_free(none, (&raw mut out).cast()) },
        // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
        // function's.
        unsafe { framewell_get_bulk(none, outs.as_mut_ptr(), n) },
        // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
        // function's.
        unsafe { framewell_free_bulk(none, outs.as_ptr(), n, &raw mut refused) },
        // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
        // function's.
        unsafe { framewell_dot11_allocate(none, n, outs.as_mut_ptr()) },
        // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
        // function's.
        unsafe { framewell_dot11_free(none, (&raw mut out).cast()) },
    ];
    assert_eq!(codes, [FRAMEWELL_ERROR_INVALID_PARAMETER; 6]);
    assert!(out.is_null() && outs[0].is_null());
    assert_eq!(refused, n);
    // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
    // function's.
    assert_eq!(
        unsafe { framewell_get_burst(none, outs.as_mut_ptr(), n) },
        0
    );
    // SAFETY: the header says that a NULL pool is answered, and the out pointers are this
    // function's.
    assert_eq!(unsafe { framewell_pool_destroy(none) }, FRAMEWELL_SUCCESS);
    inspect::without_pool();
    lent::without_borrower(n);
}

fn run(bytes: &mut Unstructured) -> Result<()> {
    let (one, another) = (*bytes.choose(&SHAPES)?, *bytes.choose(&SHAPES)?);
    let mut beds = [Bed::shared(), Bed::new(one), Bed::new(another)];
    // The calls are few enough for many inputs a second.
    let mut made = Ok(());
    for _ in 0..100 {
        if bytes.is_empty() || made.is_err() {
            break;
        }
        made = step(&mut beds, bytes);
    }
    beds.into_iter().for_each(Bed::finish);
    made
}

fn step(beds: &mut [Bed; 3], bytes: &mut Unstructured) -> Result<()> {
    let which = bytes.int_in_range(0..=2)?;
    let another = (which + bytes.int_in_range(1..=2)?) % 3;
    let [bed, other] = beds.get_disjoint_mut([which, another]).unwrap();
    let done = if which == 0 {
        service(bed, other, bytes)
    } else {
        call(bed, other, bytes)
    };
    bed.check();
    done
}

fuzz_target!(
    init: create::init(),
    |data: &[u8]| {
        // An input that ends too early says nothing.
        let _ = run(&mut Unstructured::new(data));
    }
);
