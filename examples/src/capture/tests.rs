//! Tests of the capture reader: whole, damaged and hostile files.

use super::*;
use std::path::PathBuf;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(name)
}

/// A classic pcap of these packets, as a little-endian machine writes it.
fn pcap(link: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut file = 0xa1b2_c3d4u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535u32.to_le_bytes());
    file.extend(link.to_le_bytes());
    for packet in packets {
        file.extend([0; 8]);
        for _ in 0..2 {
            file.extend((packet.len() as u32).to_le_bytes());
        }
        file.extend(*packet);
    }
    file
}

#[test]
fn the_shipped_capture_is_whole() {
    let capture = Capture::open(&shipped("mixed.pcap")).expect("readable");
    assert_eq!(capture.len(), 4796);
    assert_eq!((capture.damage.clone(), capture.cut), (None, 0));
    let ng = Capture::open(&shipped("mixed.pcapng")).expect("readable");
    assert_eq!((ng.len(), ng.damage.clone()), (200, None));
    for (index, packet) in ng.packets().enumerate() {
        assert_eq!(packet, capture.packet(index), "{index}");
    }
}

#[test]
fn a_truncated_file_gives_its_packets_and_the_place() {
    let capture = Capture::open(&shipped("truncated.pcap")).expect("readable");
    let damage = capture.damage.as_ref().expect("damaged");
    assert_eq!((capture.len(), damage.packets_before), (20, 20));
    let text = damage.to_string();
    assert!(
        text.contains("damaged at byte") && text.contains("remain"),
        "{text}"
    );
}

#[test]
fn damage_is_placed_to_the_byte() {
    let whole = pcap(1, &[b"first packet", b"second"]);
    let second = 24 + 16 + 12;
    for len in second + 1..whole.len() {
        let capture = Capture::parse(&whole[..len], &ETHERNET).expect("one packet");
        let damage = capture.damage.expect("damaged");
        assert_eq!((damage.at, damage.packets_before), (second, 1), "{len}");
    }
    let mut huge = whole.clone();
    huge[second + 8..second + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let what = Capture::parse(&huge, &ETHERNET)
        .expect("one")
        .damage
        .expect("damaged")
        .what;
    assert_eq!(
        what,
        "a record claims 4294967295 bytes, the longest has 262144"
    );
}

#[test]
fn what_is_no_capture_says_why() {
    let message = |file: &[u8]| {
        Capture::parse(file, &ETHERNET)
            .expect_err("refused")
            .to_string()
    };
    assert!(message(b"").starts_with("the file is empty"));
    assert!(message(b"#!/bin/sh\necho hello").starts_with("begins with [23, 21, 2f, 62]"));
    assert!(message(&pcap(1, &[])[..9]).starts_with("9 bytes are shorter"));
    assert_eq!(
        message(&pcap(1, &[])),
        "holds no whole packet; record at least one"
    );
    assert_eq!(
        message(&pcap(127, &[b"radiotap"])),
        "link type 127 is not Ethernet (1); record on an Ethernet interface"
    );
    assert!(message(&[0x0a, 0x0d, 0x0d, 0x0a]).contains("damaged at byte 0"));
    let missing = Capture::open(Path::new("/nonexistent.pcap")).expect_err("missing");
    assert!(missing.to_string().starts_with("cannot be read"));
    let folder = Capture::open(Path::new("/")).expect_err("a folder");
    assert!(folder.to_string().starts_with("it is not a regular file"));
}

#[test]
fn frames_of_802_11_come_with_what_the_file_says_of_them() {
    let mut file = pcap(105 | 1 << 26 | 2 << 28, &[b"whole one", b"cut one"]);
    let second = 24 + 16 + 9;
    file[second + 12..second + 16].copy_from_slice(&1500u32.to_le_bytes());
    let capture = Capture::parse(&file, &WIFI).expect("two frames");
    let meta = |original| Meta {
        link: IEEE802_11,
        original,
        fcs: Some(4),
    };
    assert_eq!((capture.len(), capture.cut), (2, 0));
    assert_eq!((capture.meta(0), capture.meta(1)), (meta(9), meta(1500)));
    let plain = Capture::parse(&pcap(127, &[b"frame"]), &WIFI).expect("one frame");
    assert_eq!((plain.meta(0).link, plain.meta(0).fcs), (RADIOTAP, None));
    let ethernet = Capture::parse(&pcap(1, &[b"packet"]), &WIFI).expect_err("no frame");
    assert_eq!(
        ethernet.to_string(),
        "link type 1 is neither 802.11 (105) nor 802.11 with radiotap (127); record in monitor mode"
    );
}

#[test]
fn packets_cut_by_the_recorder_are_left_out_and_counted() {
    let mut file = pcap(1, &[b"whole one", b"cut one"]);
    let second = 24 + 16 + 9;
    file[second + 12..second + 16].copy_from_slice(&1500u32.to_le_bytes());
    let capture = Capture::parse(&file, &ETHERNET).expect("one packet");
    assert_eq!((capture.len(), capture.cut), (1, 1));
}

/// A classic pcap with one packet, as a big-endian machine writes it.
fn big_endian_pcap() -> Vec<u8> {
    let mut file = pcap(1, &[]);
    for field in [0..4, 4..6, 6..8, 16..20, 20..24] {
        file[field].reverse();
    }
    file.extend([0; 8]);
    file.extend([0, 0, 0, 3, 0, 0, 0, 3, 1, 2, 3]);
    file
}

/// A pcapng of one Ethernet interface with a packet of 3 bytes in a Simple Packet Block.
fn simple_pcapng() -> Vec<u8> {
    let (no_length, link, snap) = ([0xff; 8], [1, 0, 0, 0], [0; 4]);
    let section = [&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &no_length].concat();
    let mut file = Vec::new();
    for (kind, body) in [
        (u32::from_le_bytes(SECTION), section),
        (1, [link, snap].concat()),
        (3, vec![3, 0, 0, 0, 1, 2, 3, 0]),
    ] {
        let length = (12 + body.len() as u32).to_le_bytes();
        file.extend(kind.to_le_bytes());
        file.extend(length);
        file.extend(body);
        file.extend(length);
    }
    file
}

#[test]
fn big_endian_files_and_simple_blocks_read_alike() {
    for file in [big_endian_pcap(), simple_pcapng()] {
        let capture = Capture::parse(&file, &ETHERNET).expect("one packet");
        assert_eq!((capture.len(), capture.damage.clone()), (1, None));
        assert_eq!(capture.packet(0), [1, 2, 3]);
    }
}

/// Bytes changed and ends cut at random: never a panic, never more than the file holds.
#[test]
fn hostile_files_never_panic() {
    let ng = std::fs::read(shipped("mixed.pcapng")).expect("readable");
    let classic = pcap(1, &[b"some packet", &[7; 300], b"another"]);
    let files = [ng, classic, big_endian_pcap(), simple_pcapng()];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for round in 0..6000 {
        let whole = &files[round % files.len()];
        let mut file = whole[..random() % (whole.len() + 1)].to_vec();
        for _ in 0..random() % 8 {
            if !file.is_empty() {
                // Mostly in the first kilobyte, where the heads are.
                let at = random() % file.len().min(1 << (random() % 16));
                file[at] = random() as u8;
            }
        }
        if let Ok(capture) = Capture::parse(&file, &ETHERNET) {
            let total: usize = capture.packets().map(<[u8]>::len).sum();
            assert!(total <= file.len());
        }
    }
}
