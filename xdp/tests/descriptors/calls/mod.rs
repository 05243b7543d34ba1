//! A socket in front of an other side that writes anything into its rings, and a model that knows
//! who has each frame and what each descriptor means.
//!
//! The input is a list of bytes: first the shape of the memory, then calls. Whatever it is,
//!
//! - a frame comes out if it is lent to that direction of the socket, and then once,
//! - its view is what the descriptor says, and lies in the frame,
//! - each entry of a ring is counted as received, dropped, completed or invalid,
//! - in the end each frame is free.

mod model;

use std::collections::VecDeque;
use std::mem;

use framewell::{Burst, Frame, IdBatch, Pool, Span, XdpChunks};
use framewell_xdp::for_the_tests::OtherSide;
use framewell_xdp::{Packets, SendReason, Socket, Umem, Unsendable};

use model::{Counts, Entry, GOES_ON, Model, Owner, View};

/// The frames that a call takes at most.
const AT_ONCE: usize = 4;

/// What is left of the input.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number<const N: usize>(&mut self) -> Option<u64> {
        let mut bytes = [0; 8];
        for byte in &mut bytes[..N] {
            *byte = self.byte()?;
        }
        Some(u64::from_le_bytes(bytes))
    }

    fn below(&mut self, limit: usize) -> Option<usize> {
        Some(usize::from(self.byte()?) % limit)
    }
}

/// A socket, its other side, and the model.
struct Run {
    pool: Pool,
    socket: Socket,
    other: OtherSide,
    entries: usize,
    metadata: usize,
    model: Model,
    held: Vec<Frame>,
}

impl Run {
    fn new(bytes: &mut Bytes) -> Option<Self> {
        let (stride, chunks) = [
            (2048, XdpChunks::Aligned),
            (4096, XdpChunks::Aligned),
            (2048, XdpChunks::Unaligned),
            (2112, XdpChunks::Unaligned),
            (3008, XdpChunks::Unaligned),
        ][bytes.below(5)?];
        let frames = 1 + bytes.below(16)?;
        let builder = Pool::builder().frames(frames).stride(stride);
        let pool = builder.af_xdp(chunks).build().unwrap();
        let metadata = [0, 16][bytes.below(2)?];
        let umem = Umem::builder(&pool).tx_metadata(metadata).build().unwrap();
        let entries = 4 << bytes.below(3)?;
        let (socket, other) = OtherSide::socket(&umem, entries).unwrap();
        Some(Self {
            model: Model {
                aligned: chunks == XdpChunks::Aligned,
                chunk: stride as u64,
                owners: vec![Owner::Pool; frames],
                rx: VecDeque::new(),
                completion: VecDeque::new(),
                skipping: false,
                counts: Counts::default(),
            },
            pool,
            socket,
            other,
            entries: entries as usize,
            metadata: metadata as usize,
            held: Vec::new(),
        })
    }

    fn frame_at(&self, addr: u64) -> usize {
        (addr / self.model.chunk) as usize
    }

    /// Returns an address, often of a frame that the socket has lent, and sometimes any.
    fn address(&self, bytes: &mut Bytes) -> Option<u64> {
        let (kind, which) = (bytes.byte()?, bytes.byte()?);
        let owner = [Owner::Rx, Owner::Rx, Owner::Tx, Owner::Tx, Owner::Program];
        let owner = owner[usize::from(kind) % owner.len()];
        let owners = self.model.owners.iter().enumerate();
        let lent: Vec<_> = owners.filter(|(_, found)| **found == owner).collect();
        let frame = match lent.len() {
            0 => usize::from(which) % self.model.owners.len(),
            n => lent[usize::from(which) % n].0,
        };
        let start = frame as u64 * self.model.chunk;
        Some(match kind / 32 {
            0 | 1 => start + bytes.number::<2>()? % self.model.chunk,
            // The kernel's form in unaligned mode.
            2 | 3 => start | (bytes.number::<2>()? % self.model.chunk) << 48,
            4 => start | bytes.number::<2>()? << 48,
            5 => start.wrapping_add(bytes.number::<1>()?.wrapping_sub(128)),
            6 => {
                let end = self.model.owners.len() as u64 * self.model.chunk;
                end.wrapping_add(bytes.number::<1>()?.wrapping_sub(128))
            }
            _ => bytes.number::<8>()?,
        })
    }

    fn entry(&self, bytes: &mut Bytes) -> Option<Entry> {
        let addr = self.address(bytes)?;
        let within = self.model.locate(addr).map_or(0, |(_, within)| within);
        let len = match bytes.below(8)? {
            0 => bytes.number::<4>()? as u32,
            1 => (self.model.chunk - within) as u32,
            2 => (self.model.chunk - within) as u32 + 1,
            _ => u32::from(bytes.byte()?),
        };
        let options = match bytes.below(8)? {
            0 => bytes.number::<4>()? as u32,
            1 | 2 => GOES_ON,
            _ => 0,
        };
        Some(Entry { addr, len, options })
    }

    /// Makes one call, or returns `None` if there is no more input.
    fn call(&mut self, bytes: &mut Bytes) -> Option<()> {
        match bytes.below(16)? {
            0 | 1 => {
                let filled = self.socket.fill(bytes.below(20)?);
                self.filled(filled);
            }
            2 => self.get(bytes.number::<2>()?),
            3 => {
                if let Some(frame) = self.held.pop() {
                    self.model.owners[frame.id().index()] = Owner::Pool;
                }
            }
            4 | 5 => self.send(),
            6..=8 => {
                let entry = self.entry(bytes)?;
                let Entry { addr, len, options } = entry;
                let room = self.model.rx.len() < self.entries;
                assert_eq!(self.other.receive(addr, len, options), room);
                self.model.rx.extend(room.then_some(entry));
            }
            9 => self.receive(bytes.below(AT_ONCE)?),
            10 => self.receive_packets(),
            11 => self.receive_ids(),
            12 | 13 => {
                let addr = self.address(bytes)?;
                let room = self.model.completion.len() < self.entries;
                assert_eq!(self.other.complete(addr), room);
                self.model.completion.extend(room.then_some(addr));
            }
            14 => {
                let all = self.model.completion.len();
                assert_eq!(self.socket.complete(), self.model.complete(all));
            }
            _ => self.recycle(),
        }
        Some(())
    }

    /// Takes from the fill ring what a call has posted.
    fn filled(&mut self, n: usize) {
        for _ in 0..n {
            let addr = self.other.filled().expect("it was posted");
            assert_eq!(addr % self.model.chunk, 0);
            let frame = self.frame_at(addr);
            assert_eq!(self.model.owners[frame], Owner::Pool, "{frame}");
            self.model.owners[frame] = Owner::Rx;
        }
        assert_eq!(self.other.filled(), None);
    }

    /// Gets a frame, with its data anywhere.
    fn get(&mut self, number: u64) {
        let Ok(mut frame) = self.pool.get(0) else {
            return assert_eq!(self.model.of(Owner::Pool), 0);
        };
        let headroom = (number % self.model.chunk) as usize;
        let room = self.model.chunk as usize - headroom;
        frame.set_view(headroom, room.min(64)).unwrap();
        let owner = &mut self.model.owners[frame.id().index()];
        assert_eq!(mem::replace(owner, Owner::Program), Owner::Pool);
        self.held.push(frame);
    }

    /// Sends some of the frames that the program has.
    fn send(&mut self) {
        let first = self.held.len().saturating_sub(AT_ONCE);
        let mut burst: Burst<AT_ONCE> = Burst::new();
        for frame in self.held.drain(first..) {
            burst.push(frame).unwrap();
        }
        let limit = self.model.chunk as usize - self.metadata;
        let needed = self.metadata;
        let refusal = |frame: &Frame| match (frame.len(), frame.headroom()) {
            (0, _) => Some(Unsendable::Empty),
            (len, _) if len > limit => Some(Unsendable::TooLong { len, limit }),
            (_, headroom) if headroom < needed => Some(Unsendable::Metadata { headroom, needed }),
            _ => None,
        };
        let refused = burst.iter().find_map(refusal);
        let good = burst.iter().take_while(|frame| refusal(frame).is_none());
        let good: Vec<_> = good
            .map(|frame| (frame.id().index(), frame.headroom(), frame.len()))
            .collect();
        match (self.socket.send(&mut burst), refused) {
            (Ok(posted), None) => assert_eq!(posted, good.len()),
            (Err(error), Some(refused)) => {
                assert_eq!(error.posted, good.len());
                assert!(matches!(error.reason, SendReason::Packet(found) if found == refused));
            }
            (sent, refused) => panic!("{sent:?} instead of {refused:?}"),
        }
        for (frame, headroom, len) in good {
            let addr = frame as u64 * self.model.chunk + headroom as u64;
            assert_eq!(self.other.sent(), Some((addr, len as u32, 0)));
            self.model.owners[frame] = Owner::Tx;
        }
        assert_eq!(self.other.sent(), None);
        self.held.extend(burst.drain());
    }

    /// Checks a frame that came out, and writes all of its data.
    fn came(&mut self, mut frame: Frame, view: View) {
        let found = (
            frame.id().index(),
            frame.headroom() as u64,
            frame.len() as u32,
        );
        assert_eq!(found, (view.frame, view.within, view.len));
        let start =
            self.pool.region().base().as_ptr().addr() + view.frame * self.model.chunk as usize;
        let begin = frame.as_ptr().addr();
        assert_eq!(begin, start + frame.headroom());
        assert!(begin + frame.len() <= start + self.model.chunk as usize);
        frame.fill(0xa5);
        self.held.push(frame);
    }

    /// Receives into a burst with so many frames in it.
    fn receive(&mut self, there: usize) {
        let mut burst: Burst<AT_ONCE> = Burst::new();
        while burst.len() < there {
            let Some(frame) = self.held.pop() else { break };
            burst.push(frame).unwrap();
        }
        let there = burst.len();
        let n = self.model.rx.len().min(burst.room());
        let whole = self.model.whole(n);
        let expected = self.model.receive(&whole, false);
        assert_eq!(self.socket.receive(&mut burst), expected.len());
        assert_eq!(burst.len(), there + expected.len());
        for (at, frame) in burst.drain().enumerate() {
            match at.checked_sub(there) {
                None => self.held.push(frame),
                Some(at) => self.came(frame, expected[at]),
            }
        }
    }

    fn receive_packets(&mut self) {
        let mut packets: Packets<AT_ONCE> = Packets::new();
        let expected = self.model.packets(AT_ONCE, self.entries);
        assert_eq!(self.socket.receive_packets(&mut packets), expected.len());
        let lengths: Vec<_> = packets.iter().map(<[Frame]>::len).collect();
        assert_eq!(lengths, expected.iter().map(Vec::len).collect::<Vec<_>>());
        for (frame, view) in packets.take_frames().drain().zip(expected.concat()) {
            self.came(frame, view);
        }
    }

    fn receive_ids(&mut self) {
        let n = self.model.rx.len().min(AT_ONCE);
        let whole = self.model.whole(n);
        let expected = self.model.receive(&whole, true);
        let pool = self.pool.clone();
        let mut batch: IdBatch<'_, AT_ONCE> = IdBatch::new(&pool);
        let mut spans = [Span::default(); AT_ONCE];
        assert_eq!(
            self.socket.receive_ids(&mut batch, &mut spans),
            expected.len()
        );
        for ((id, span), view) in batch.ids().iter().zip(&spans).zip(&expected) {
            let offset = view.frame as u64 * self.model.chunk + view.within;
            let found = (id.index(), span.offset, span.len);
            assert_eq!(found, (view.frame, offset, view.len));
            self.model.owners[view.frame] = Owner::Pool;
        }
    }

    /// Has frames go from the completion ring to the fill ring.
    fn recycle(&mut self) {
        let pool = self.pool.clone();
        let mut batch: IdBatch<'_, AT_ONCE> = IdBatch::new(&pool);
        let n = self.model.completion.len().min(AT_ONCE);
        let completed = self.model.complete(n);
        assert_eq!(self.socket.complete_into(&mut batch), completed);
        assert_eq!(self.socket.fill_from(&mut batch), completed);
        self.filled(completed);
    }

    /// Checks who has what, and that the counts add up.
    fn check(&self) {
        let stats = OtherSide::stats(&self.socket);
        let (rx, tx) = (self.model.of(Owner::Rx), self.model.of(Owner::Tx));
        assert_eq!((stats.rx_lent, stats.tx_lent), (rx, tx));
        assert_eq!(self.held.len(), self.model.of(Owner::Program));
        let counts = Counts {
            received: stats.received,
            dropped: stats.dropped,
            completed: stats.completed,
            invalid: stats.invalid,
        };
        assert_eq!(counts, self.model.counts);
        assert_eq!(stats.filled, stats.received + stats.dropped + rx as u64);
        assert_eq!(stats.posted, stats.completed + tx as u64);
    }

    fn end(self) {
        let held = self.held.len();
        drop(self.socket);
        assert_eq!(self.pool.stats().out, held, "the socket's are back");
        drop(self.held);
        let stats = self.pool.stats();
        assert_eq!((stats.out, stats.free), (0, stats.capacity));
    }
}

/// Makes the calls of an input.
pub(crate) fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let Some(mut run) = Run::new(&mut bytes) else {
        return;
    };
    while run.call(&mut bytes).is_some() {
        run.check();
    }
    run.end();
}
