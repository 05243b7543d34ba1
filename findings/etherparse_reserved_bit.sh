#!/usr/bin/env bash
# etherparse 0.21.0 (crates.io): `Ipv4Header` drops the reserved bit of the flags without a word. So
# it calls a right checksum over that bit wrong, and the header that it writes back is another one.
#
# Input:    an IPv4 header with the reserved bit (0x80 of byte 6) set, and the checksum over it.
# Expected: `calc_header_checksum` gives that checksum, and `to_bytes` gives those bytes; or the
#           parser returns an error.
# Seen:     it parses; the checksum differs by 0x8000, and so does byte 6.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name finding --vcs none .
cargo add --quiet etherparse@=0.21.0
cat > src/main.rs <<'RUST'
use etherparse::Ipv4Header;
use etherparse::checksum::Sum16BitWords;

fn main() {
    let mut bytes = [
        0x45, 0, 0, 20, 0, 1, 0x80, 0, 64, 59, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1,
    ];
    let sum = Sum16BitWords::new().add_slice(&bytes).ones_complement().to_ne_bytes();
    bytes[10..12].copy_from_slice(&sum);
    let (header, _) = Ipv4Header::from_slice(&bytes).expect("valid");
    let (due, found) = (header.header_checksum, header.calc_header_checksum());
    let written = header.to_bytes()[6];
    println!("etherparse 0.21.0: checksum {due:#06x}, computed {found:#06x}");
    println!("byte 6 is 0x80, written {written:#04x}");
    std::process::exit(i32::from(found == due || written == 0x80));
}
RUST
cargo run --quiet
