//! Frames at the sockets of Tokio.
//!
//! A frame is taken when there is something to receive. So no frame waits with a socket, which
//! `recv_buf_from(…).await` would have it do.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use framewell::{Chain, Frame, OutOfBuffers, Pool};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};

/// Receives a datagram into a frame: all its room is one chunk. What does not fit is cut off.
pub async fn receive(socket: &UdpSocket, pool: &Pool) -> io::Result<(Frame, SocketAddr)> {
    loop {
        socket.readable().await?;
        let mut frame = pool.get(0).map_err(refused)?;
        match socket.try_recv_buf_from(&mut frame) {
            Ok((_, sender)) => return Ok((frame, sender)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads what a stream has, at most a frame; `None` at its end.
pub async fn read(stream: &TcpStream, pool: &Pool) -> io::Result<Option<Frame>> {
    loop {
        stream.readable().await?;
        let mut frame = pool.get(0).map_err(refused)?;
        match stream.try_read_buf(&mut frame) {
            Ok(read) => return Ok((read > 0).then_some(frame)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes a packet of one or several frames, by vectored writes, and frees each that is written.
pub async fn write(stream: &mut TcpStream, mut packet: Chain) -> io::Result<()> {
    stream.write_all_buf(&mut packet).await
}

fn refused(_: OutOfBuffers) -> io::Error {
    io::Error::new(ErrorKind::OutOfMemory, "no frame is free")
}
