//! A test of what is resident of a pool. It has a process to itself, since all of the process is
//! measured.

#![cfg(target_os = "linux")]

use framewell_bench::scale::Payload;

#[test]
fn what_is_resident_is_at_least_the_payload() {
    let payload = Payload::weigh().expect("what is resident");
    assert!(payload.resident > payload.payload, "{payload}");
    assert!(payload.tables() < 40 * payload.frames, "{payload}");
}
