//! Chooses the pointers that are brought.

use arbitrary::{Result, Unstructured};

use crate::bed::Bed;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pointer {
    pub(crate) address: usize,
    /// Whether it is certain that no memory of the pool lies there.
    pub(crate) is_foreign: bool,
}

impl Pointer {
    pub(crate) fn known(address: usize) -> Self {
        Self {
            address,
            is_foreign: false,
        }
    }

    fn foreign(address: usize) -> Self {
        Self {
            address,
            is_foreign: true,
        }
    }
}

fn pick<T: Copy>(
    from: impl ExactSizeIterator<Item = T>,
    bytes: &mut Unstructured,
) -> Result<Option<T>> {
    let (at, mut from) = (usize::from(bytes.arbitrary::<u8>()?), from);
    Ok(at.checked_rem(from.len()).and_then(|at| from.nth(at)))
}

/// Returns a frame that is out, or NULL.
pub(crate) fn frame(bed: &Bed, bytes: &mut Unstructured) -> Result<Pointer> {
    let frame = pick(bed.frames.keys(), bytes)?;
    Ok(Pointer::known(frame.copied().unwrap_or(0)))
}

/// Returns an address in a frame that is lent, or NULL.
pub(crate) fn lent(bed: &Bed, bytes: &mut Unstructured) -> Result<Pointer> {
    let Some(start) = pick(bed.lent.keys(), bytes)? else {
        return Ok(Pointer::known(0));
    };
    let offset = bytes.int_in_range(0..=bed.first.stride - 1)?;
    Ok(Pointer::known(start - bed.shape.headroom + offset))
}

/// Returns an 802.11 buffer that is out, or NULL.
pub(crate) fn buffer(bed: &Bed, bytes: &mut Unstructured) -> Result<Pointer> {
    let buffer = pick(bed.dot11.live.keys(), bytes)?;
    Ok(Pointer::known(buffer.copied().unwrap_or(0)))
}

/// Returns any pointer at all: of the pool, of the other one, of neither.
pub(crate) fn any(bed: &Bed, other: &Bed, bytes: &mut Unstructured) -> Result<Pointer> {
    // The pointer is often a buffer's first byte, or close to it.
    let most = *bytes.choose(&[0, 0, 1, 16, 70, 70_000])?;
    let offset = bytes.int_in_range(0..=most)?;
    let (base, len) = bed.region();
    let near = |address: usize| Pointer::known(address.wrapping_add(offset));
    Ok(match bytes.int_in_range(0..=14)? {
        0 => Pointer::known(0),
        1 => near(frame(bed, bytes)?.address),
        2 => near(buffer(bed, bytes)?.address),
        // The pointer is one past the payload, which may be another frame's first byte.
        3 => near(frame(bed, bytes)?.address + bed.shape.payload),
        4 => match pick(bed.dot11.live.iter(), bytes)? {
            Some((start, live)) => Pointer::known(start + live.capacity),
            None => Pointer::known(0),
        },
        5 => near(pick(bed.past.iter(), bytes)?.copied().unwrap_or(base)),
        6 => near(pick(bed.dot11.past.iter(), bytes)?.map_or(base, |past| past.start)),
        7 => Pointer::known(base + offset % len),
        8 => Pointer::known(*bytes.choose(&[base - 1, base + len, base + len + 1])?),
        9 => match frame(other, bytes)?.address {
            0 => Pointer::foreign(other.region().0),
            start => Pointer::foreign(start),
        },
        10 => match buffer(other, bytes)?.address {
            0 => Pointer::foreign(other.region().0),
            start => Pointer::foreign(start),
        },
        // These are the handle, and what it points to.
        11 => Pointer::foreign(bed.pool.addr() + offset % 16),
        // SAFETY: a handle is at least a pointer long.
        12 => Pointer::known(unsafe { bed.pool.cast::<usize>().read() } + offset),
        13 => Pointer::foreign((&raw const most).addr()),
        _ => Pointer::known(bytes.arbitrary::<usize>()? & !*bytes.choose(&[0, 15, 4095])?),
    })
}
