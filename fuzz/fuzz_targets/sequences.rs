//! Makes any sequence of allocations, frees, trims and raw calls on two pools, with hostile
//! pointers and sizes, on either front. It must agree with the model of
//! `tests/suite/alloc_properties.rs`.

#![no_main]

#[path = "../../tests/common/alloc/mod.rs"]
mod alloc;

use alloc::{Call, Pointer, Run, Shape};
use arbitrary::{Result, Unstructured};
use framewell::{Front, Pool};
use libfuzzer_sys::fuzz_target;

fn shape(bytes: &mut Unstructured) -> Result<Shape> {
    Ok(Shape {
        frames: bytes.int_in_range(1..=20)?,
        budget: bytes.int_in_range(1..=4)?,
        shards: bytes.int_in_range(1..=4)?,
        cache: bytes.int_in_range(1..=11)?,
        zero: bytes.arbitrary()?,
    })
}

/// Returns any length except those that the system could serve and the model would have to fill.
fn len(bytes: &mut Unstructured) -> Result<usize> {
    Ok(match bytes.int_in_range(0..=9)? {
        0..=3 => bytes.int_in_range(0..=5000)?,
        4..=7 => bytes.int_in_range(5000..=65_856)?,
        8 => bytes.int_in_range(65_536..=(3 << 20))?,
        _ => bytes.int_in_range((1 << (usize::BITS - 3))..=usize::MAX)?,
    })
}

fn pointer(bytes: &mut Unstructured) -> Result<Pointer> {
    let at = usize::from(bytes.arbitrary::<u8>()?);
    // The offset is often 0, or close to it.
    let offset = |bytes: &mut Unstructured| -> Result<usize> {
        let most = *bytes.choose(&[0, 64, 70_000])?;
        bytes.int_in_range(0..=most)
    };
    Ok(match bytes.int_in_range(0..=6)? {
        0 => Pointer::Null,
        1 => Pointer::Stranger,
        2 => Pointer::Live(at, offset(bytes)?),
        3 => Pointer::Past(at, offset(bytes)?),
        4 => Pointer::Frames(bytes.int_in_range(0..=40_000)?),
        5 => Pointer::Other,
        _ => Pointer::Wild(bytes.arbitrary()?),
    })
}

fn call(bytes: &mut Unstructured) -> Result<Call> {
    let kind = bytes.int_in_range(0..=20)?;
    let mut at = || bytes.arbitrary::<u8>().map(usize::from);
    Ok(match kind {
        0 | 1 => Call::Free(at()?),
        2 => Call::FreeMany(at()?),
        3 => Call::IntoRaw(at()?),
        4 => Call::FromRaw(at()?),
        5 => Call::DropFrame(at()?),
        6 => Call::FrameIntoRaw(at()?, at()?),
        7 => Call::FrameFromRaw(at()?),
        8 => Call::DropPool(at()?),
        9 => Call::Write(at()?, 0x5a),
        10 => Call::ClonePool,
        20 => Call::FreeElsewhere(at()?),
        11 => Call::Trim,
        12 => Call::Resize(at()?, len(bytes)?),
        13 => Call::Get(bytes.arbitrary()?),
        14 | 15 => Call::AllocateMany {
            n: at()? % 64,
            len: bytes.int_in_range(0..=65_856)?,
        },
        16 | 17 => Call::Misuse {
            pointer: pointer(bytes)?,
            as_frame: bytes.arbitrary()?,
        },
        _ => Call::Allocate {
            aligned: bytes.arbitrary()?,
            len: len(bytes)?,
        },
    })
}

fn run(bytes: &mut Unstructured) -> Result<()> {
    let front = if bytes.arbitrary()? {
        Front::Auto
    } else {
        Front::Portable
    };
    let builder = || Pool::builder().front(front);
    let pools_first = bytes.arbitrary()?;
    let mut runs = [
        Run::new(builder(), shape(bytes)?),
        Run::new(builder(), shape(bytes)?),
    ];
    // The calls are few enough for thousands of inputs a second.
    for _ in 0..100 {
        if bytes.is_empty() {
            break;
        }
        let which = usize::from(bytes.arbitrary::<bool>()?);
        let call = call(bytes)?;
        let other = runs[1 - which].address(bytes.len());
        runs[which].call(call, other);
    }
    runs.into_iter().for_each(|run| run.finish(pools_first));
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    // An input that ends too early says nothing.
    let _ = run(&mut Unstructured::new(data));
});
