//! Transfers with many and with few frames.

use std::process::Command;

use framewell_quinn::{Options, transfer};

fn all_is_right(options: Options) {
    let outcome = transfer(&options).unwrap();
    assert_eq!(outcome.faults, [""; 0], "{}", outcome.summary);
}

#[test]
fn datagrams_and_streams_arrive_whole() {
    all_is_right(Options {
        packets: 500,
        bytes: 2_000_000,
        frames: 4096,
    });
}

#[test]
fn the_window_of_a_connection_bounds_its_frames() {
    all_is_right(Options {
        packets: 0,
        bytes: 1_000_000,
        frames: 160,
    });
}

#[test]
fn nothing_is_transferred() {
    all_is_right(Options {
        packets: 0,
        bytes: 0,
        frames: 160,
    });
}

#[test]
fn the_program_ends_with_the_status_that_it_promises() {
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_framewell-quinn");
        Command::new(program)
            .args(arguments)
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(run(&["--packets", "10", "--bytes", "1000"]), Some(0));
    assert_eq!(run(&["--unknown"]), Some(2));
}
