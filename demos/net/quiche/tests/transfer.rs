//! Transfers with many and with few frames, and what quiche does with the buffers.

use std::process::Command;

use framewell::Pool;
use framewell_quiche::{FrameBuf, Options, transfer};
use quiche::BufSplit;

fn all_is_right(options: Options) {
    let outcome = transfer(&options).unwrap();
    assert_eq!(outcome.faults, [""; 0], "{}", outcome.summary);
}

#[test]
fn a_stream_and_datagrams_arrive_whole() {
    all_is_right(Options {
        bytes: 2_000_000,
        frames: 4096,
    });
}

#[test]
fn frames_that_wait_for_acknowledgements_leave_room_for_these() {
    all_is_right(Options {
        bytes: 300_000,
        frames: 8,
    });
}

#[test]
fn an_empty_stream_ends() {
    all_is_right(Options {
        bytes: 0,
        frames: 8,
    });
}

#[test]
fn a_split_frame_is_not_copied() {
    let pool = Pool::builder().frames(8).build().unwrap();
    let packet = pool.copy_from(b"headerpayload").unwrap().share();
    let payload = packet[6..].as_ptr();
    let mut front = FrameBuf::Frame(packet);
    let rest = front.split_at(6);
    assert_eq!(
        (front.as_ref(), rest.as_ref()),
        (&b"header"[..], &b"payload"[..])
    );
    assert_eq!((rest.as_ref().as_ptr(), pool.stats().out), (payload, 1));
    drop((front, rest));
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn a_prefix_goes_before_a_frame_that_nobody_else_reads() {
    let pool = Pool::builder().frames(8).headroom(4).build().unwrap();
    let mut buf = FrameBuf::Frame(pool.copy_from(b"payload").unwrap().share());
    let same = buf.clone();
    assert!(!buf.try_add_prefix(b"ab"), "another reads it");
    drop(same);
    assert!(buf.try_add_prefix(b"ab"));
    assert!(!buf.try_add_prefix(b"too long"));
    assert_eq!(buf.as_ref(), b"abpayload");

    let mut heap = FrameBuf::from(b"payload".to_vec());
    assert!(!heap.try_add_prefix(b"ab"));
    assert_eq!(heap.as_ref(), b"payload");
    drop(buf);
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn the_program_ends_with_the_status_that_it_promises() {
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_framewell-quiche");
        Command::new(program)
            .args(arguments)
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(run(&["--bytes", "200000"]), Some(0));
    assert_eq!(run(&["--unknown"]), Some(2));
}
