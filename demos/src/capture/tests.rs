//! Tests of the capture reader: whole, damaged and hostile files.

use super::*;
use std::path::PathBuf;

mod capinfos;
mod features;
mod made;

use made::Classic;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(name)
}

/// Returns a classic pcap of these packets, whole.
fn pcap(link: u32, packets: &[&[u8]]) -> Vec<u8> {
    Classic::new(link).file(0, packets)
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
        "holds no packet; record at least one"
    );
    assert_eq!(
        message(&pcap(127, &[b"radiotap"])),
        "holds no packet to work on: 1 packet left out, of link type 127 (802.11 with radiotap), \
         not Ethernet; the scanner reads these"
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
        "holds no packet to work on: 1 packet left out, of link type 1 (Ethernet), not 802.11; \
         record in monitor mode"
    );
}

/// The headers of monitor mode other than radiotap: each stands before the same frame, and each is
/// cut.
#[test]
fn prism_avs_and_ppi_headers_are_taken_off() {
    let frame = b"an 802.11 frame, as far as this reader knows";
    let mut prism = [0x44, 0, 0, 0, 144, 0, 0, 0].to_vec();
    prism.resize(144, 0);
    let mut turned = prism.clone();
    turned[..4].reverse();
    turned[4..8].reverse();
    let mut avs = [0x80, 0x21, 0x10, 0x01, 0, 0, 0, 64].to_vec();
    avs.resize(64, 0);
    let ppi = |link: u8, fields: &[u8]| {
        let length = 8 + fields.len() as u8;
        [&[0, 0, length, 0, link, 0, 0, 0], fields].concat()
    };
    let common = |flags| {
        let mut fields = [0xee, 0xee, 1, 0, 7, 2, 0, 20, 0].to_vec();
        fields.extend([0; 8]);
        fields.push(flags);
        fields.resize(9 + 20, 0);
        fields
    };
    for (link, header, fcs) in [
        (119, prism.clone(), None),
        (119, turned, None),
        (119, avs.clone(), None),
        (163, avs, None),
        (192, ppi(105, &[]), None),
        (192, ppi(105, &common(1)), Some(4)),
        (192, ppi(105, &common(0)), Some(0)),
        (192, ppi(127, &common(0)[..15]), None),
    ] {
        let packet = [&header, &frame[..]].concat();
        let file = Classic::new(link).file(3, &[&packet, &header[..7], &packet]);
        let capture = Capture::parse(&file, &WIFI).expect("frames");
        assert_eq!((capture.len(), capture.headless), (2, 1), "{link}");
        assert_eq!(capture.packet(1), frame, "{link}");
        let meta = capture.meta(0);
        assert_eq!((meta.original, meta.fcs), (frame.len() + 3, fcs), "{link}");
        let remark = "1 packet left out, whose header before the frame is damaged or cut";
        assert_eq!(capture.remarks(), [remark]);
    }
    let ethernet = Classic::new(192).file(0, &[&[&ppi(1, &[]), &frame[..]].concat()]);
    let refused = Capture::parse(&ethernet, &WIFI)
        .expect_err("no frame")
        .to_string();
    assert!(
        refused.contains("link type 1 (Ethernet), not 802.11"),
        "{refused}"
    );
    let broken = Classic::new(119).file(0, &[&frame[..]]);
    let refused = Capture::parse(&broken, &WIFI)
        .expect_err("no frame")
        .to_string();
    assert!(
        refused.contains("whose header before the frame"),
        "{refused}"
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

#[test]
fn every_feature_is_read_or_named() {
    for (index, feature) in features::all().iter().enumerate() {
        let name = feature.name;
        let capture = Capture::scan(&feature.file, &ETHERNET).expect("a capture");
        let counts = (capture.len(), capture.read());
        assert_eq!(counts, feature.packets, "{index} {name}: {capture:?}");
        let remarks = capture.remarks().join("; ");
        assert!(
            remarks.contains(feature.remark),
            "{index} {name}: {remarks}"
        );
        assert_eq!(
            remarks.is_empty(),
            feature.remark.is_empty(),
            "{index} {name}: {remarks}"
        );
        let parsed = Capture::parse(&feature.file, &ETHERNET);
        if let (0, Err(error)) = (capture.len(), parsed) {
            assert!(
                error.to_string().contains(feature.remark),
                "{index} {name}: {error}"
            );
        }
    }
}

/// The snap length alone tells how much of a packet a Simple Packet Block holds.
#[test]
fn a_simple_block_brings_no_padding() {
    for big in [made::Big(false), made::Big(true)] {
        let mut ng = made::Ng::new(big);
        ng.interface(105, 14, &[]);
        ng.simple(60, features::SECOND);
        let capture = Capture::parse(&ng.file, &WIFI).expect("a frame");
        assert_eq!(capture.packet(0), features::SECOND);
        assert_eq!(capture.meta(0).original, 60);
    }
}

/// A file with as many kinds as it has blocks asks for no more words than another.
#[test]
fn many_kinds_are_counted_and_not_listed() {
    let mut ng = made::Ng::new(made::Big(false));
    for kind in 1000..1100_u16 {
        ng.interface(kind, 0, &[]);
        ng.enhanced(u32::from(kind) - 1000, 1, 3, b"any", &[]);
        ng.block(kind.into(), &[]);
    }
    let capture = Capture::scan(&ng.file, &ETHERNET).expect("a capture");
    assert_eq!((capture.read(), capture.blocks.total()), (100, 100));
    let remarks = capture.remarks();
    assert_eq!(remarks.len(), 2 * 17, "{remarks:?}");
    let others = "84 packets left out, of yet other link types".to_owned();
    assert!(remarks.contains(&others), "{remarks:?}");
}

/// Bytes are changed and ends are cut at random: there is never a panic, and never more than the
/// file holds.
#[test]
fn hostile_files_never_panic() {
    let ng = std::fs::read(shipped("mixed.pcapng")).expect("readable");
    let classic = pcap(1, &[b"some packet", &[7; 300], b"another"]);
    let mut files: Vec<Vec<u8>> = features::all().into_iter().map(|made| made.file).collect();
    let wrapped = [119, 163, 192].map(|link| pcap(link, &[&[0; 200], &[7; 40]]));
    files.extend([ng, classic]);
    files.extend(wrapped);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for round in 0..20_000 {
        let whole = &files[round % files.len()];
        let mut file = whole[..random() % (whole.len() + 1)].to_vec();
        for _ in 0..random() % 8 {
            if !file.is_empty() {
                // Most changes lie in the first kilobyte, where the heads are.
                let at = random() % file.len().min(1 << (random() % 16));
                file[at] = random() as u8;
            }
        }
        let wanted = if round % 2 == 0 { &ETHERNET } else { &WIFI };
        if let Ok(capture) = Capture::parse(&file, wanted) {
            let total: usize = capture.packets().map(<[u8]>::len).sum();
            assert!(total <= file.len());
        }
    }
}
