//! The reflectors by framewell-xdp.

use std::time::Duration;

use framewell::{Burst, IdBatch, Pool, Span, XdpChunks};
use framewell_xdp::{Interface, Mode, Ready, Redirect, Socket, Umem};

use super::Reflector;
use super::net::turn_round;

fn bound(interface: &Interface, program: &Redirect) -> (Pool, Socket) {
    let builder = Pool::builder().frames(4096).af_xdp(XdpChunks::Aligned);
    let pool = builder.build().expect("a pool");
    let umem = Umem::new(&pool).expect("frames of 2048 bytes");
    let builder = Socket::builder(&umem, interface, 0).mode(Mode::Copy);
    let socket = builder.bind().expect("a socket");
    program.enter(&socket).expect("a place in the map");
    (pool, socket)
}

/// Packets as owners.
struct Frames {
    socket: Socket,
    burst: Burst<32>,
}

pub(super) fn frames(interface: &Interface, program: &Redirect) -> Box<dyn Reflector> {
    let (_, socket) = bound(interface, program);
    let burst = Burst::new();
    Box::new(Frames { socket, burst })
}

impl Reflector for Frames {
    fn round(&mut self) -> usize {
        self.socket.complete();
        self.socket.fill(usize::MAX);
        if self.socket.receive(&mut self.burst) == 0 {
            let patience = Duration::from_millis(1);
            self.socket
                .poll(Ready::Receive, patience)
                .expect("the interface is up");
        }
        self.burst.retain(|packet| turn_round(packet));
        self.socket
            .send(&mut self.burst)
            .expect("the interface is up")
    }
}

/// Packets as ids.
struct Ids {
    socket: Socket,
    batch: IdBatch<'static, 32>,
    spans: [Span; 32],
}

pub(super) fn ids(interface: &Interface, program: &Redirect) -> Box<dyn Reflector> {
    let (pool, socket) = bound(interface, program);
    Box::new(Ids {
        socket,
        batch: IdBatch::owned(pool),
        spans: [Span::default(); 32],
    })
}

impl Reflector for Ids {
    fn round(&mut self) -> usize {
        self.socket.complete();
        self.socket.fill(usize::MAX);
        if self.socket.receive_ids(&mut self.batch, &mut self.spans) == 0 {
            let patience = Duration::from_millis(1);
            self.socket
                .poll(Ready::Receive, patience)
                .expect("the interface is up");
        }
        let mut all = true;
        for (bytes, span) in self.batch.iter_mut().zip(&self.spans) {
            all &= turn_round(&mut bytes[..span.len as usize]);
        }
        if !all {
            // The kernel has sent something of its own accord. The sender misses what is dropped.
            self.batch.clear();
        }
        self.socket
            .send_ids(&mut self.batch, &self.spans)
            .expect("the interface is up")
    }
}
