//! UDP receive and echo: `recvmmsg` writes datagrams into frames, and `sendmmsg` returns them.
//!
//! It shows one system call for a burst of packets, a frame for each packet, and no copy between
//! receiving and sending; `linux.rs` has the two calls. The program is its own client, on the
//! loopback device, and ends by itself.
//!
//! ```sh
//! cargo run --release --example udp_echo
//! ```

use std::error::Error;

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn Error>> {
    use std::net::UdpSocket;
    use std::time::Duration;

    const ROUNDS: usize = 50;
    const PACKETS: usize = 20;

    let pool = framewell::Pool::builder().frames(256).build()?;
    let server = UdpSocket::bind("127.0.0.1:0")?;
    let client = UdpSocket::bind("127.0.0.1:0")?;
    client.connect(server.local_addr()?)?;
    for socket in [&server, &client] {
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    }

    let (mut echoed, mut calls, mut right) = (0, 0, 0);
    for round in 0..ROUNDS {
        let numbers = round * PACKETS..(round + 1) * PACKETS;
        for number in numbers.clone() {
            client.send(&number.to_be_bytes())?;
        }
        while echoed < numbers.end {
            echoed += linux::echo(&server, &pool)?;
            calls += 1;
        }
        for number in numbers {
            let mut answer = [0; 2048];
            let len = client.recv(&mut answer)?;
            right += usize::from(answer[..len] == number.to_be_bytes());
        }
    }
    println!("echoed {echoed} datagrams in {calls} bursts; {right} came back as they were sent");
    println!("{} frames are out", pool.stats().out);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() -> Result<(), Box<dyn Error>> {
    Err("this program needs recvmmsg and sendmmsg as Linux has them".into())
}
