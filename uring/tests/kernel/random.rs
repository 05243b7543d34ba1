//! Rings over one small pool, each on a thread of its own, which do what random numbers say.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use framewell::Pool;
use framewell_uring::{
    Ending, Error, Event, Group, GroupConfig, Headers, Message, Receive, Received, Ring, Socket,
    collect,
};

use super::net::*;

/// The frames of the pool. Three rings want more.
const FRAMES: usize = 8;

/// The most bytes of a datagram.
const LONGEST: usize = 1200;

/// Random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    /// Returns a datagram of a random length.
    fn datagram(&mut self) -> Vec<u8> {
        let len = 8 + self.below(LONGEST - 7);
        payload(self.below(1000) as u64, len)
    }
}

/// Checks that a datagram is one that was sent.
#[track_caller]
fn check(bytes: &[u8]) {
    assert!(bytes == payload(number_of(bytes), bytes.len()));
}

/// A ring, and the other end of its socket.
struct Side<'a> {
    pool: &'a Pool,
    random: Random,
    ring: Ring,
    near: UdpSocket,
    far: UdpSocket,
    socket: Socket,
    group: Group,
    receive: Option<Receive>,
    kept: Vec<Received>,
    /// What was received over all rings, and what was sent.
    passed: [u64; 2],
}

impl<'a> Side<'a> {
    fn new(pool: &'a Pool, mut random: Random) -> Self {
        let (near, far) = pair();
        far.set_nonblocking(true).unwrap();
        let builder = Ring::builder(pool).entries(1 << random.below(4));
        let mut ring = builder.completions(8 << random.below(3)).build().unwrap();
        let socket = ring.attach(&near).unwrap();
        let group = GroupConfig::frames(1 << random.below(4));
        let group = ring.group(group).unwrap();
        Self {
            pool,
            random,
            ring,
            near,
            far,
            socket,
            group,
            receive: None,
            kept: Vec::new(),
            passed: [0; 2],
        }
    }

    fn step(&mut self) {
        match self.random.below(16) {
            0..6 => {
                let datagram = self.random.datagram();
                self.far.send(&datagram).unwrap();
            }
            6..10 => self.take_events(),
            10 => self.send(),
            11 => self.kept.clear(),
            12 => self.cancel(),
            13 => self.change_socket(),
            _ => self.begin(),
        }
        self.read();
    }

    /// Begins a receive, unless there is one.
    fn begin(&mut self) {
        if self.receive.is_some() {
            return;
        }
        let (socket, group) = (self.socket, self.group);
        let begun = match self.random.below(2) {
            0 => self.ring.recv_multi(socket, group),
            _ => {
                let headers = Headers::new().peer();
                self.ring.recv_msg_multi(socket, group, headers)
            }
        };
        match begun {
            Ok(receive) => self.receive = Some(receive),
            Err(Error::Busy) => self.take_events(),
            Err(other) => panic!("{other}"),
        }
    }

    fn cancel(&mut self) {
        if let Some(receive) = self.receive {
            match self.ring.cancel(receive) {
                // It is over by an event that was not taken yet, or the queue is full.
                Ok(()) | Err(Error::Gone { .. } | Error::Busy) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }

    /// Gives the socket up and attaches it again, so that its receive ends.
    fn change_socket(&mut self) {
        match self.ring.detach(self.socket) {
            Ok(()) => self.socket = self.ring.attach(&self.near).unwrap(),
            Err(Error::Busy) => self.take_events(),
            Err(other) => panic!("{other}"),
        }
    }

    fn send(&mut self) {
        let datagram = self.random.datagram();
        let Ok(frame) = self.pool.copy_from(&datagram) else {
            return;
        };
        let mut message = Message::new(frame);
        if self.random.below(2) == 0 {
            message = message.zero_copy();
        }
        match self.ring.send(self.socket, message) {
            Ok(_) => {}
            Err(refused) => assert!(matches!(refused.error, Error::Busy), "{refused}"),
        }
    }

    fn take_events(&mut self) {
        let want = self.random.below(2);
        self.ring
            .wait(want, Some(Duration::from_micros(300)))
            .unwrap();
        while let Some(event) = self.ring.next_event() {
            match event {
                Event::Received(received) => {
                    assert!(!received.is_cut());
                    check(&received);
                    self.passed[0] += 1;
                    if self.random.below(4) == 0 && self.kept.len() < 2 {
                        self.kept.push(received);
                    }
                }
                Event::Sent(sent) => {
                    assert!(sent.result.is_ok(), "{sent:?}");
                }
                Event::Ended(ended) => {
                    assert!(matches!(ended.ending, Ending::Cancelled), "{ended:?}");
                    if self.receive == Some(ended.receive) {
                        self.receive = None;
                    }
                }
                Event::Released(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads what the ring has sent.
    fn read(&mut self) {
        let mut buffer = [0; 2 * LONGEST];
        loop {
            match self.far.recv(&mut buffer) {
                Ok(len) => {
                    check(&buffer[..len]);
                    self.passed[1] += 1;
                }
                Err(nothing) => {
                    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
                    return;
                }
            }
        }
    }

    /// Closes the ring. Nobody writes to what was kept, nor to the frames of others.
    fn end(mut self) -> (Random, [u64; 2]) {
        assert_eq!(self.ring.stats().invalid, 0, "{}", self.ring.stats());
        let arrives = self.random.below(2) == 0;
        match self.random.below(3) {
            0 => drop(self.ring),
            1 => {
                self.ring.close(Duration::from_millis(1));
            }
            _ => assert_eq!(self.ring.close(Duration::from_secs(30)), 0),
        }
        let mine = payload(7, LONGEST);
        let frames: Vec<_> = (0..4)
            .map_while(|_| self.pool.copy_from(&mine).ok())
            .collect();
        for _ in 0..if arrives { 8 } else { 0 } {
            self.far.send(&self.random.datagram()).unwrap();
        }
        assert!(frames.iter().all(|frame| **frame == *mine));
        self.kept.iter().for_each(|received| check(received));
        (self.random, self.passed)
    }
}

#[test]
fn rings_that_share_a_small_pool_lose_and_mix_up_nothing() {
    let pool = Pool::builder().frames(FRAMES).build().unwrap();
    thread::scope(|scope| {
        for seed in 1_u64..4 {
            let pool = &pool;
            scope.spawn(move || {
                let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ seed);
                let mut passed = [0; 2];
                for _ in 0..100 {
                    let mut side = Side::new(pool, random);
                    side.passed = passed;
                    for _ in 0..200 {
                        side.step();
                    }
                    (random, passed) = side.end();
                }
                println!("seed {seed}: {} received, {} sent", passed[0], passed[1]);
                assert!(passed[0] > 0 && passed[1] > 0, "{passed:?}");
            });
        }
    });
    until("all frames are back", || {
        collect();
        pool.stats().out == 0
    });
    assert_whole(&pool);
}
