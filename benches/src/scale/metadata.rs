//! The memory that a pool needs beside the payload: the tables about frames, and what is resident
//! when all frames are used.

use std::fmt;

use comfy_table::{Table, presets};
use framewell::{FrontKind, Pool};
use serde::Serialize;

use crate::contestant::BYTES;
use crate::contestants::Framewell;
use crate::memory::resident;

/// The tables of a pool.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Metadata {
    /// The number of frames of the pool.
    pub frames: usize,
    /// The bytes that are reserved for tables, including the caches of the CPUs.
    pub bytes: usize,
    /// The number of caches. There is one for each CPU that the machine can have; the portable
    /// front has none.
    pub caches: usize,
}

/// The bytes of a CPU's cache and gate, which are committed when that CPU first uses the pool.
const FIXED: usize = 4096 + 64;

impl Metadata {
    /// Returns the bytes per frame, without those that are fixed for a CPU.
    #[must_use]
    pub fn a_frame(&self) -> f64 {
        (self.bytes - self.fixed()) as f64 / self.frames as f64
    }

    /// Returns the bytes that do not grow with the frames.
    #[must_use]
    pub fn fixed(&self) -> usize {
        self.caches * FIXED
    }
}

pub(super) fn of_sizes(most: usize) -> Vec<Metadata> {
    let sizes = std::iter::successors(Some(1 << 10), |frames| Some(frames * 4));
    let of = |frames| {
        let stats = Framewell::of("", frames).stats();
        Metadata {
            frames,
            bytes: stats.metadata,
            caches: match stats.front {
                FrontKind::Rseq => stats.per_cpu.len(),
                _ => 0,
            },
        }
    };
    sizes.take_while(|frames| *frames <= most).map(of).collect()
}

pub(super) fn table(metadata: &[Metadata]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header(["frames", "tables, bytes", "a frame", "fixed, bytes", "CPUs"]);
    for of in metadata {
        table.add_row([
            of.frames.to_string(),
            of.bytes.to_string(),
            format!("{:.2}", of.a_frame()),
            of.fixed().to_string(),
            of.caches.to_string(),
        ]);
    }
    format!("metadata\n{table}")
}

/// The resident memory when every byte of every frame was written, and all frames are out.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Payload {
    /// The number of frames of the pool.
    pub frames: usize,
    /// The bytes of their payload.
    pub payload: usize,
    /// The bytes from the first frame to the end of the last: headroom and tailroom included.
    pub frames_whole: usize,
    /// The resident bytes of the process beyond what it had before.
    pub resident: usize,
    /// The resident bytes when all frames were freed again, so that the tables were used, too.
    pub freed: usize,
}

impl Payload {
    /// Returns the bytes of tables that are resident when all frames were used and freed.
    #[must_use]
    pub fn tables(&self) -> usize {
        self.freed.saturating_sub(self.frames_whole)
    }
}

/// The number of frames of the pool that is weighed.
const WEIGHED: usize = 1 << 15;

impl Payload {
    /// Weighs a pool by what the whole process has resident; `None` if the system does not report
    /// it.
    #[must_use]
    pub fn weigh() -> Option<Self> {
        let mut frames = Vec::with_capacity(WEIGHED);
        let own = WEIGHED * size_of::<framewell::Frame>();
        let before = resident().ok()?;
        let pool = Pool::builder().frames(WEIGHED).build().ok()?;
        for _ in 0..WEIGHED {
            let mut frame = pool.get(BYTES).ok()?;
            frame.fill(1);
            frames.push(frame);
        }
        let used = resident().ok()?;
        frames.clear();
        let freed = resident().ok()?;
        let region = pool.region();
        Some(Self {
            frames: WEIGHED,
            payload: WEIGHED * BYTES,
            frames_whole: WEIGHED * region.stride(),
            resident: used.saturating_sub(before + own),
            freed: freed.saturating_sub(before + own),
        })
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |bytes: usize| bytes as f64 / self.payload as f64;
        write!(
            f,
            "{} frames, all written: {} bytes resident, {:.3} times the payload ({:.3} with headroom and tailroom alone); \
             of tables, when all were freed again, {:.2} bytes a frame",
            self.frames,
            self.resident,
            times(self.resident),
            times(self.frames_whole),
            self.tables() as f64 / self.frames as f64,
        )
    }
}
