#!/usr/bin/env bash
# pcap-parser 0.17.0 (crates.io): the time offset of an interface (if_tsoffset) is read as
# little-endian, whichever byte order the section has.
#
# Input:    an Interface Description Block with an if_tsoffset of 3600 seconds, once little-endian
#           and once big-endian.
# Expected: 3600 from both, as Wireshark reads it.
# Seen:     3600, and 1156862154280796160 (0x100e000000000000). Every time in the section is wrong
#           by that much.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name finding --vcs none .
cargo add --quiet pcap-parser@=0.17.0
cat > src/main.rs <<'RUST'
use pcap_parser::pcapng::{
    parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le,
};

fn main() {
    let mut le = Vec::new();
    for word in [1_u32, 36, 1, 0, 14 | 8 << 16, 3600, 0, 0, 36] {
        le.extend(word.to_le_bytes());
    }
    let mut be = Vec::new();
    for word in [1_u32, 36, 1 << 16, 0, 14 << 16 | 8, 0, 3600, 0, 36] {
        be.extend(word.to_be_bytes());
    }
    let little = parse_interfacedescriptionblock_le(&le).expect("valid").1.if_tsoffset;
    let big = parse_interfacedescriptionblock_be(&be).expect("valid").1.if_tsoffset;
    println!("pcap-parser 0.17.0: little-endian {little} s, big-endian {big} s");
    std::process::exit(i32::from((little, big) != (3600, 3600_i64.swap_bytes())));
}
RUST
cargo run --quiet
