#!/usr/bin/env bash
# pcap-parser 0.17.0 (crates.io): a Simple Packet Block that was cut to the interface's snap length
# gives its padding as bytes of the packet, and `truncated` says the opposite of what it is.
#
# Input:    a Simple Packet Block of an interface with snap length 5, whose packet had 60 bytes on
#           the wire: 5 bytes and 3 of padding; and a block with a whole packet of 8 bytes.
# Expected: 5 bytes, truncated; 8 bytes, not truncated.
# Seen:     8 bytes, not truncated; 8 bytes, truncated. The block's parser is not told the snap
#           length.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name finding --vcs none .
cargo add --quiet pcap-parser@=0.17.0
cat > src/main.rs <<'RUST'
use pcap_parser::pcapng::parse_simplepacketblock_le;
use pcap_parser::traits::PcapNGPacketBlock;

fn read(original: u32, data: [u8; 8]) -> (usize, bool) {
    let mut block = Vec::new();
    for word in [3, 24, original] {
        block.extend(word.to_le_bytes());
    }
    block.extend(data);
    block.extend(24_u32.to_le_bytes());
    let (_, packet) = parse_simplepacketblock_le(&block).expect("valid");
    (packet.packet_data().len(), packet.truncated())
}

fn main() {
    let cut = read(60, [1, 2, 3, 4, 5, 0, 0, 0]);
    let whole = read(8, [1, 2, 3, 4, 5, 6, 7, 8]);
    println!("pcap-parser 0.17.0: (bytes, truncated): a cut packet {cut:?}, a whole one {whole:?}");
    std::process::exit(i32::from((cut, whole) != ((8, false), (8, true))));
}
RUST
cargo run --quiet
