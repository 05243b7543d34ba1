#!/usr/bin/env bash
# libwifi 0.5.0 (crates.io): `parse_frame(frame, false)` says of a frame that it has no check
# sequence, and still leaves its last four bytes out.
#
# Input:    a whole beacon without a check sequence: a header, fixed fields, and two elements: the
#           SSID "lab", and the DS parameter set (3 bytes) with channel 11, which is the last.
# Expected: SSID "lab", channel 11, as tshark shows.
# Seen:     SSID "lab", no channel. With the four bytes of the check sequence behind it, and `true`,
#           the channel is there. Every last element of at most four bytes is lost in this way.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name finding --vcs none .
cargo add --quiet libwifi@=0.5.0 crc32fast@=1.5.0
cat > src/main.rs <<'RUST'
use libwifi::Frame;

fn channel(frame: &[u8], fcs: bool) -> Option<u8> {
    match libwifi::parse_frame(frame, fcs).expect("the frame is whole") {
        Frame::Beacon(beacon) => {
            assert_eq!(beacon.station_info.ssid.as_deref(), Some("lab"));
            beacon.station_info.ds_parameter_set
        }
        other => panic!("no beacon: {other:?}"),
    }
}

fn main() {
    let mut beacon = vec![0x80, 0, 0, 0];
    beacon.extend([0xff; 6]);
    beacon.extend([2, 0, 0, 0, 0, 1]);
    beacon.extend([2, 0, 0, 0, 0, 1]);
    beacon.extend([0; 2]);
    beacon.extend([0; 8]);
    beacon.extend([100, 0, 1, 0]);
    beacon.extend([0, 3, b'l', b'a', b'b']);
    beacon.extend([3, 1, 11]);
    let without = channel(&beacon, false);
    let fcs = crc32fast::hash(&beacon).to_le_bytes();
    beacon.extend(fcs);
    let with = channel(&beacon, true);
    println!("libwifi 0.5.0: channel without a check sequence {without:?}, with one {with:?}");
    std::process::exit(i32::from((without, with) != (None, Some(11))));
}
RUST
cargo run --quiet
