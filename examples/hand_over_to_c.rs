//! Hand-over to C: packets go to a driver as bare pointers and come back through its callback.
//!
//! It shows `Frame::into_raw`, which gives a frame out as a pointer, and `Pool::from_raw`, which
//! makes the owner again, with the length and the headroom that the frame had. A pointer that the
//! pool did not hand out, or that comes back twice, is refused.
//!
//! ```sh
//! cargo run --example hand_over_to_c
//! ```

use std::error::Error;
use std::ffi::c_void;
use std::ptr;

use framewell::Pool;

/// What the driver calls when it has sent a packet.
type Done = extern "C" fn(context: *mut c_void, packet: *mut u8);

/// The driver: it sends the packet, and then gives the pointer back. A real one is written in C.
extern "C" fn driver_send(packet: *mut u8, len: usize, done: Done, context: *mut c_void) {
    // SAFETY: the caller hands over `len` bytes, which nobody else uses until `done` is called.
    let bytes = unsafe { std::slice::from_raw_parts(packet, len) };
    println!(
        "the driver sends {len} bytes that begin with {:#04x}",
        bytes[0]
    );
    done(context, packet);
}

/// What the callback works on: the driver carries its address around as `context`.
struct Sent {
    pool: Pool,
    packets: usize,
    refused: usize,
}

/// Takes a packet back from the driver and frees it.
extern "C" fn packet_done(context: *mut c_void, packet: *mut u8) {
    // SAFETY: `context` is the `Sent` of `main`, which nothing else uses during the call.
    let sent = unsafe { &mut *context.cast::<Sent>() };
    // SAFETY: the driver does not use the pointer once it has called back, and nothing was handed
    // out at that address after it came back the first time.
    match unsafe { sent.pool.from_raw(packet) } {
        Ok(_frame) => sent.packets += 1, // it is an ordinary frame again, and is freed here
        Err(misuse) => {
            sent.refused += 1;
            println!("refused: {misuse}");
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().frames(64).build()?;
    let mut sent = Sent {
        pool: pool.clone(),
        packets: 0,
        refused: 0,
    };
    let context = ptr::from_mut(&mut sent).cast::<c_void>();

    for number in 0..3 {
        let packet = pool.copy_from(&[0x45 + number; 60])?;
        let len = packet.len();
        driver_send(packet.into_raw().as_ptr(), len, packet_done, context);
    }

    // What a faulty driver does: it gives one packet back twice, and a pointer of its own.
    let packet = pool.copy_from(&[0x60; 40])?.into_raw().as_ptr();
    packet_done(context, packet);
    packet_done(context, packet);
    packet_done(context, [0_u8; 60].as_mut_ptr());

    let Sent {
        packets, refused, ..
    } = sent;
    println!("{packets} packets came back, {refused} pointers were refused");
    println!("{} frames are out", pool.stats().out);
    Ok(())
}
