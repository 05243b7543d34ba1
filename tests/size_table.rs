//! Compares the table of size classes in docs/variable-length.md with what a pool does.

#![cfg(not(loom))]

mod common;

use std::path::Path;
use std::{fs, iter};

use common::builder;
use framewell::Pool;

const CHUNK: usize = 1 << 20;

/// The lengths that a class was chosen for, and what has these lengths.
const CHOSEN: [(usize, &str); 7] = [
    (32, "a BlockAck with its check sequence"),
    (1500, "a packet of Ethernet"),
    (
        2346,
        "the longest MSDU (2304) with header, cipher, check sequence",
    ),
    (3839, "the A-MSDU of 802.11n"),
    (7935, "the longer A-MSDU of 802.11n"),
    (11_454, "the longest MPDU of 802.11ac"),
    (
        65_773,
        "a receiver of merged packets, with headroom and tailroom",
    ),
];

const HEAD: &str = "\
| size | lengths | waste of the worst | best for | waste there | buffers a chunk | tail of the chunk |
|---:|---:|---:|---|---:|---:|---:|
";

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole as f64)
}

/// Returns how many buffers of a length a pool of one chunk has. They are free again afterwards.
fn buffers_a_chunk(pool: &Pool, len: usize) -> usize {
    let all: Vec<_> = iter::from_fn(|| pool.alloc(len).ok()).collect();
    all.len()
}

fn row(pool: &Pool, least: usize, size: usize) -> String {
    let chosen = CHOSEN.iter().find(|(len, _)| (least..=size).contains(len));
    let (best, there) = chosen.map_or(("–".into(), "–".into()), |(len, what)| {
        (format!("{len}: {what}"), percent(size - len, size))
    });
    let buffers = buffers_a_chunk(pool, size);
    let tail = CHUNK - buffers * size;
    format!(
        "| {size} | {least} … {size} | {} | {best} | {there} | {buffers} | {} |\n",
        percent(size - least, size),
        percent(tail, CHUNK),
    )
}

fn table() -> String {
    let pool = builder().alloc_bytes(CHUNK).build().unwrap();
    let mut table = HEAD.to_string();
    let mut least = 1;
    loop {
        let buffer = pool.alloc(least).unwrap();
        if pool.stats().alloc.unwrap().large > 0 {
            return table;
        }
        let size = buffer.capacity();
        drop(buffer);
        table += &row(&pool, least, size);
        least = size + 1;
    }
}

#[test]
fn the_documented_size_classes_are_those_of_a_pool() {
    let documented = include_str!("../docs/variable-length.md");
    let start = documented.find("| size |").expect("a table");
    let len = documented[start..].find("\n\n").expect("its end") + 1;
    let (before, after) = (&documented[..start], &documented[start + len..]);
    let expected = format!("{before}{}{after}", table());
    if documented != expected {
        let renewed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("variable-length.md");
        fs::write(&renewed, expected).unwrap();
        panic!(
            "the size classes are others than docs/variable-length.md says; renew it: cp {} docs/variable-length.md",
            renewed.display()
        );
    }
}
