//! Two queues of an interface, one pool, a socket on each. The other side has two queues and two
//! sockets as well: a virtual pair keeps what is sent by a queue in that queue.

use std::time::Duration;

use framewell::{Burst, Pool};
use framewell_xdp::{Interface, Redirect, Socket, SocketBuilder, Umem};

use super::net::*;

/// The packets that a queue has in a window. They find room between the two sides.
const WINDOW: u64 = 64;

/// A socket on each of two queues, and the program that redirects to them.
struct End {
    sockets: [Socket; 2],
    program: Redirect,
    pool: Pool,
}

impl End {
    /// The second socket has a registration of its own, or shares the one of the first.
    fn new(name: &str, shared: bool) -> Self {
        let pool = pool(1024, 2048);
        let umem = Umem::new(&pool).unwrap();
        let interface = Interface::named(name).unwrap();
        let first = small(&umem, &interface, 0).bind().unwrap();
        let builder = small(&umem, &interface, 1);
        let second = if shared {
            builder.share(&first).bind()
        } else {
            builder.bind()
        };
        let sockets = [first, second.unwrap()];
        let program = Redirect::attach(&interface).unwrap();
        for socket in &sockets {
            program.enter(socket).unwrap();
        }
        Self {
            sockets,
            program,
            pool,
        }
    }

    fn fill(&mut self) {
        for socket in &mut self.sockets {
            socket.fill(usize::MAX);
        }
    }

    /// Sends packets by both queues. Which queue it was, the packet says.
    fn send(&mut self, window: u64) {
        for (queue, socket) in (0..).zip(&mut self.sockets) {
            send(socket, &self.pool, queue, window);
        }
    }

    /// Checks that no packet is left, that the counts add up, and that all frames are free once the
    /// sockets are gone. Each socket has received and sent so many packets.
    fn end(mut self, packets: u64) {
        let mut burst: Burst<32> = Burst::new();
        for socket in &mut self.sockets {
            drain(socket);
            assert_eq!(socket.receive(&mut burst), 0, "a packet came twice");
            let stats = socket.stats().unwrap();
            assert_balanced(&stats);
            assert_eq!(
                (stats.received, stats.posted),
                (packets, packets),
                "{stats}"
            );
            assert_eq!(stats.kernel.rx_dropped, 0, "{stats}");
        }
        drop((self.program, self.sockets));
        assert_whole(&self.pool);
    }
}

/// A socket whose fill ring leaves frames for the other one.
fn small(umem: &Umem, interface: &Interface, queue: u32) -> SocketBuilder<'static> {
    Socket::builder(umem, interface, queue).fill_ring(256)
}

/// The number that stands in a packet.
fn number(queue: u64, window: u64, at: u64) -> u64 {
    (window * WINDOW + at) * 2 + queue
}

/// Sends a window of packets by a socket.
fn send(socket: &mut Socket, pool: &Pool, queue: u64, window: u64) {
    // As much of the headers as the network stack looks at.
    let mut headers = [0; HEADERS];
    headers[..12].copy_from_slice(&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
    headers[12] = 8;
    let mut burst: Burst<{ WINDOW as usize }> = Burst::new();
    for at in 0..WINDOW {
        let bytes = payload(number(queue, window, at), 1000);
        let packet = [&headers[..], &bytes].concat();
        burst.push(pool.copy_from(&packet).unwrap()).unwrap();
    }
    let sent = socket.send(&mut burst).unwrap();
    assert_eq!(sent as u64, WINDOW, "the TX ring has room");
    drain(socket);
}

/// The packets of a window that a socket is to receive, in order.
struct Expected {
    queue: u64,
    window: u64,
    came: u64,
}

impl Expected {
    fn new(queue: u64, window: u64) -> Self {
        Self {
            queue,
            window,
            came: 0,
        }
    }

    #[track_caller]
    fn check(&mut self, packet: &[u8]) {
        let number = number(self.queue, self.window, self.came);
        assert_eq!(packet[HEADERS..], payload(number, 1000), "packet {number}");
        self.came += 1;
    }

    fn is_whole(&self) -> bool {
        self.came == WINDOW
    }
}

/// Receives a window by both queues of `near`, sends what came in by one queue out by the other,
/// and receives it at the other side.
fn cross(near: &mut End, far: &mut End, window: u64) {
    let mut burst: Burst<32> = Burst::new();
    let mut expected = [0, 1].map(|queue| Expected::new(queue, window));
    until("the window is received", || {
        for (queue, expected) in expected.iter_mut().enumerate() {
            near.sockets[queue].receive(&mut burst);
            burst.iter().for_each(|packet| expected.check(packet));
            let other = &mut near.sockets[1 - queue];
            other.send(&mut burst).unwrap();
            assert!(burst.is_empty(), "the TX ring has room");
            other.complete();
        }
        expected.iter().all(Expected::is_whole)
    });
    // They went over to the other queue.
    let mut expected = [1, 0].map(|queue| Expected::new(queue, window));
    until("the window comes back", || {
        for (queue, expected) in expected.iter_mut().enumerate() {
            near.sockets[queue].wake().unwrap();
            far.sockets[queue].receive(&mut burst);
            burst.iter().for_each(|packet| expected.check(packet));
            burst.clear();
        }
        expected.iter().all(Expected::is_whole)
    });
}

fn both_queues(shared: bool) {
    const WINDOWS: u64 = 40;
    veth_of(2, ("a", 1), ("b", 2), 1500);
    let [mut far, mut near] = ["a", "b"].map(|name| End::new(name, shared));
    for window in 0..WINDOWS {
        far.fill();
        near.fill();
        far.send(window);
        cross(&mut near, &mut far, window);
    }
    near.end(WINDOWS * WINDOW);
    far.end(WINDOWS * WINDOW);
}

#[test]
fn two_queues_with_a_registration_each_have_their_packets() {
    isolated("two queues", || both_queues(false));
}

#[test]
fn two_queues_that_share_a_registration_have_their_packets() {
    isolated("two queues", || both_queues(true));
}

/// Checks that a window comes to the network stack.
#[track_caller]
fn tapped(tap: &Tap, queue: u64, window: u64) {
    let mut expected = Expected::new(queue, window);
    while !expected.is_whole() {
        expected.check(&tap.next(Duration::from_secs(10)).expect("it comes in"));
    }
}

/// Checks that a window comes to a socket.
#[track_caller]
fn received(socket: &mut Socket, queue: u64, window: u64) {
    let mut burst: Burst<32> = Burst::new();
    let mut expected = Expected::new(queue, window);
    until("the window is received", || {
        socket.fill(usize::MAX);
        socket.receive(&mut burst);
        burst.iter().for_each(|packet| expected.check(packet));
        burst.clear();
        expected.is_whole()
    });
}

#[test]
fn of_two_queues_the_one_without_a_socket_is_the_network_stacks() {
    isolated("two queues", || {
        veth_of(2, ("a", 1), ("b", 2), 1500);
        let mut far = End::new("a", true);
        let pool = pool(1024, 2048);
        let umem = Umem::new(&pool).unwrap();
        let b = Interface::named("b").unwrap();
        let program = Redirect::attach(&b).unwrap();
        let tap = Tap::on("b");
        let mut first = small(&umem, &b, 0).bind().unwrap();
        program.enter(&first).unwrap();
        first.fill(usize::MAX);
        far.send(0);
        received(&mut first, 0, 0);
        tapped(&tap, 1, 0);

        // A socket on the other queue takes its packets from the stack.
        let mut second = small(&umem, &b, 1).share(&first).bind().unwrap();
        program.enter(&second).unwrap();
        second.fill(usize::MAX);
        far.send(1);
        received(&mut first, 0, 1);
        received(&mut second, 1, 1);
        assert!(tap.next(Duration::ZERO).is_none(), "a packet came twice");

        // The one that registered the pool goes, and the stack has its packets.
        assert_balanced(&first.stats().unwrap());
        drop(first);
        far.send(2);
        received(&mut second, 1, 2);
        tapped(&tap, 0, 2);
        assert_balanced(&second.stats().unwrap());
        drop(second);
        assert_whole(&pool);
    });
}

#[test]
fn each_queue_has_a_thread_of_its_own() {
    const WINDOWS: u64 = 20;
    isolated("two queues", || {
        veth_of(2, ("a", 1), ("b", 2), 1500);
        let [far, mut near] = ["a", "b"].map(|name| End::new(name, true));
        near.fill();
        let End { sockets, pool, .. } = far;
        std::thread::scope(|scope| {
            for ((queue, mut socket), near) in (0..).zip(sockets).zip(&mut near.sockets) {
                let pool = &pool;
                scope.spawn(move || {
                    for window in 0..WINDOWS {
                        send(&mut socket, pool, queue, window);
                        received(near, queue, window);
                    }
                });
            }
        });
        assert_whole(&pool);
        for socket in &near.sockets {
            let stats = socket.stats().unwrap();
            assert_balanced(&stats);
            assert_eq!(stats.received, WINDOWS * WINDOW, "{stats}");
        }
        drop(near.sockets);
        assert_whole(&near.pool);
    });
}
