//! Transfers over whole and lossy wires, and a device whose frames are all queued.

use std::process::Command;
use std::sync::mpsc::channel;

use framewell::Pool;
use framewell_smoltcp::{FrameDevice, Options, transfer};
use smoltcp::phy::{Device, RxToken, TxToken};
use smoltcp::time::Instant;

fn all_is_right(options: Options) {
    let outcome = transfer(&options).unwrap();
    assert_eq!(outcome.faults, [""; 0], "{}", outcome.summary);
}

#[test]
fn a_stream_arrives_whole() {
    all_is_right(Options {
        bytes: 1_000_000,
        frames: 256,
        drop: 0,
    });
}

#[test]
fn a_stream_arrives_whole_though_packets_are_lost() {
    for drop in [3, 7, 100] {
        all_is_right(Options {
            bytes: 300_000,
            frames: 256,
            drop,
        });
    }
}

#[test]
fn one_frame_beside_those_of_the_devices_carries_a_stream() {
    all_is_right(Options {
        bytes: 100_000,
        frames: 3,
        drop: 0,
    });
}

#[test]
fn a_device_whose_frames_are_all_queued_receives_and_answers() {
    let pool = Pool::builder().frames(8).build().unwrap();
    let (peer, from) = channel();
    let (to, sent) = channel();
    let mut device = FrameDevice::new(pool.clone(), from, to);
    for number in 0..7 {
        peer.send(pool.copy_from(&[number; 20]).unwrap()).unwrap();
    }
    assert!(device.transmit(Instant::ZERO).is_none(), "no frame is free");
    // Each answer waits in a queue, so that none comes back to the pool.
    for number in 0..7 {
        let (packet, answer) = device.receive(Instant::ZERO).unwrap();
        packet.consume(|bytes| {
            assert_eq!(bytes, [number; 20]);
            answer.consume(40, |to| to.fill(number));
        });
        assert!(device.transmit(Instant::ZERO).is_none());
    }
    assert!(device.receive(Instant::ZERO).is_none());
    for number in 0..7 {
        assert_eq!(*sent.try_recv().unwrap(), [number; 40]);
    }
    assert!(device.transmit(Instant::ZERO).is_some());
    drop((device, peer));
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn tokens_that_are_dropped_give_their_frames_back() {
    let pool = Pool::builder().frames(8).build().unwrap();
    let (peer, from) = channel();
    let (to, sent) = channel();
    let mut device = FrameDevice::new(pool.clone(), from, to);
    assert_eq!(pool.stats().out, 1, "the device has one for itself");
    drop(device.transmit(Instant::ZERO));
    assert_eq!(pool.stats().out, 1);
    peer.send(pool.copy_from(b"packet").unwrap()).unwrap();
    drop(device.receive(Instant::ZERO));
    assert_eq!(pool.stats().out, 1);
    assert!(sent.try_recv().is_err());
    drop(device);
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn the_program_ends_with_the_status_that_it_promises() {
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_framewell-smoltcp");
        Command::new(program)
            .args(arguments)
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(run(&["--bytes", "1000"]), Some(0));
    assert_eq!(
        run(&["--bytes", "1000", "--frames", "2"]),
        Some(1),
        "both are the devices' own"
    );
    assert_eq!(run(&["--unknown"]), Some(2));
}
