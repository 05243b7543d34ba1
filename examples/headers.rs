//! Header push and pull: a tunnel wraps a packet in outer headers and unwraps it again.
//!
//! It shows that headers go into a frame's headroom: the packet's own bytes never move. It also
//! shows what happens when the headroom is used up: the frame stays as it is, and the error says
//! how much was asked for and how much was left.
//!
//! ```sh
//! cargo run --example headers
//! ```

use std::error::Error;

use framewell::{Frame, Pool};

/// The lengths of the headers that a VXLAN tunnel over IPv4 adds, the innermost first.
const OUTER: [(&str, usize); 4] = [("VXLAN", 8), ("UDP", 8), ("IPv4", 20), ("Ethernet", 14)];
/// The UDP port that VXLAN has at IANA.
const VXLAN_PORT: u16 = 4789;

fn show(what: &str, packet: &Frame) {
    let (before, len, after) = (packet.headroom(), packet.len(), packet.tailroom());
    println!("{what:<24} {before:>4} before, {len:>4} bytes, {after:>4} after");
}

/// Writes all the outer headers in front of the packet.
fn wrap(packet: &mut Frame) -> Result<(), Box<dyn Error>> {
    for (name, len) in OUTER {
        let inner = u16::try_from(packet.len())?;
        let header = packet.push(len)?;
        header.fill(0); // the headroom holds what was last written there
        match name {
            "VXLAN" => header[0] = 0x08, // the network identifier is valid
            "UDP" => {
                header[2..4].copy_from_slice(&VXLAN_PORT.to_be_bytes());
                header[4..6].copy_from_slice(&(inner + 8).to_be_bytes());
            }
            "IPv4" => {
                header[0] = 0x45;
                header[2..4].copy_from_slice(&(inner + 20).to_be_bytes());
            }
            _ => header[12..14].copy_from_slice(&[0x08, 0x00]), // IPv4 follows
        }
        show(&format!("pushed {name}"), packet);
    }
    Ok(())
}

/// Takes the outer headers off again, the outermost first.
fn unwrap(packet: &mut Frame) -> Result<(), Box<dyn Error>> {
    for (name, len) in OUTER.iter().rev() {
        packet.pull(*len)?;
        show(&format!("pulled {name}"), packet);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().build()?;
    let inner = [0x5a; 98];
    let mut packet = pool.copy_from(&inner)?;
    show("a packet", &packet);
    let first_byte = packet.as_ptr();

    wrap(&mut packet)?;
    unwrap(&mut packet)?;
    assert_eq!((packet.as_ptr(), &packet[..]), (first_byte, &inner[..]));
    println!("the packet is whole, and did not move");

    // A check sequence at the end goes into the tailroom.
    packet.put(4)?.copy_from_slice(&[0xde, 0xad, 0xbe, 0xef]);
    show("put a check sequence", &packet);
    let refused = packet
        .push(200)
        .expect_err("there are 128 bytes of headroom");
    println!("a push of 200 bytes: {refused}");
    Ok(())
}
