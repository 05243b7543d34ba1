#!/usr/bin/env bash
# etherparse 0.21.0 (crates.io): its two lax parsers disagree about a packet whose IPv6 extension
# headers repeat. `LaxSlicedPacket` finds the UDP header. `LaxPacketHeaders` does not find it, and
# names no error.
#
# Input:    Ethernet, IPv6, two fragment headers of whole packets (offset 0, no more to come), UDP.
# Expected: both find the UDP header, or both say why not.
# Seen:     LaxSlicedPacket: ports 1 and 2. LaxPacketHeaders: no transport header, no stop error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name finding --vcs none .
cargo add --quiet etherparse@=0.21.0
cat > src/main.rs <<'RUST'
use etherparse::{LaxPacketHeaders, LaxSlicedPacket};

fn main() {
    let mut packet = vec![2; 12];
    packet.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 24, 44, 64]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend([44, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([17, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend([0, 1, 0, 2, 0, 8, 0, 0]);
    let sliced = LaxSlicedPacket::from_ethernet(&packet).expect("long enough");
    let headers = LaxPacketHeaders::from_ethernet(&packet).expect("long enough");
    let (found, other) = (sliced.transport.is_some(), headers.transport.is_some());
    let why = &headers.stop_err;
    println!("etherparse 0.21.0: UDP by slices {found}, by headers {other}, stopped by {why:?}");
    std::process::exit(i32::from(!found || other || why.is_some()));
}
RUST
cargo run --quiet
