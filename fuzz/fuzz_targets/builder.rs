//! Builds pools from any settings. The builder answers with a pool or an error, never with a panic,
//! and a pool that it builds works.

#![no_main]

use arbitrary::{Result, Unstructured};
use framewell::{Front, HugePages, OutOfBuffers, Pool};
use libfuzzer_sys::fuzz_target;

/// Returns a number that is often reasonable, often close to a limit, and sometimes any.
fn number(bytes: &mut Unstructured, limit: usize) -> Result<usize> {
    Ok(match bytes.int_in_range(0..=5)? {
        0 => bytes.int_in_range(0..=3)?,
        1 => limit.wrapping_add_signed(bytes.int_in_range(-2..=2)?),
        2 => bytes.arbitrary()?,
        3 => 1 << bytes.int_in_range(0..=usize::BITS - 1)?,
        _ => bytes.int_in_range(0..=limit.min(10_000))?,
    })
}

fn pool(bytes: &mut Unstructured) -> Result<Option<Pool>> {
    let mut builder = Pool::builder().huge_pages(*bytes.choose(&[
        HugePages::Auto,
        HugePages::Transparent,
        HugePages::Off,
        HugePages::PreferExplicit,
    ])?);
    let front = [Front::Auto, Front::Portable, Front::Rseq];
    builder = builder.front(*bytes.choose(&front)?);
    builder = builder.zero_on_free(bytes.arbitrary()?);
    let (mut frames, mut stride) = (4096, None);
    let prefault = bytes.arbitrary()?;
    while !bytes.is_empty() {
        builder = match bytes.int_in_range(0..=9)? {
            0 | 1 => {
                frames = number(bytes, 1 << 26)?;
                builder.frames(frames)
            }
            2 => builder.payload(number(bytes, 65_535)?),
            3 => builder.headroom(number(bytes, 65_535)?),
            4 => builder.tailroom(number(bytes, 65_535)?),
            5 => {
                let bytes = number(bytes, 65_535)?;
                stride = Some(bytes);
                builder.stride(bytes)
            }
            6 => builder.cache_size(number(bytes, 1020)?),
            7 => builder.shards(number(bytes, 4096)?),
            8 => builder.alloc_bytes(number(bytes, 4 << 30)?),
            _ => builder.size_class(number(bytes, 256 << 10)?),
        };
    }
    // All memory of a large pool would be committed.
    let is_small = frames <= 64 && stride.is_none_or(|stride| stride <= 1 << 20);
    Ok(builder.prefault(prefault && is_small).build().ok())
}

fn exercise(pool: &Pool) {
    let most = pool.capacity().min(200);
    let frames: Vec<_> = (0..most).map(|_| pool.get(usize::MAX).unwrap()).collect();
    for frame in &frames {
        assert_eq!(frame.len(), pool.payload());
    }
    if most == pool.capacity() {
        assert_eq!(pool.get(1).unwrap_err(), OutOfBuffers);
    }
    drop(frames);
    for len in [0, 60, 2346, 65_856, 65_857] {
        let mut buffer = pool.alloc(len).unwrap();
        buffer.fill(1);
        assert_eq!(buffer.len(), len);
    }
    pool.trim();
    let stats = pool.stats();
    let alloc = stats.alloc.unwrap();
    assert_eq!((stats.free, stats.out), (pool.capacity(), 0));
    assert_eq!((alloc.out, alloc.large, alloc.chunks), (0, 0, 0));
}

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(pool)) = pool(&mut Unstructured::new(data)) {
        exercise(&pool);
    }
});
