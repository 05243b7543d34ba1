//! Sockets of framewell-xdp over a pool of framewell.

#![forbid(unsafe_code)]

use std::os::fd::{AsRawFd, RawFd};
use std::thread;
use std::time::{Duration, Instant};

use framewell::{Burst, Pool, XdpChunks};
use framewell_xdp::{Interface, Packets, Redirect, Socket, Umem};

use super::{Account, BURST, Contestant, Engine, PATIENCE, Port, RING, Shape};

/// The frames of large packets that are moved at once.
const PARTS: usize = 3 * BURST;

/// A pool, as the memory of sockets.
#[derive(Debug)]
pub struct Frames {
    umem: Umem,
    several: bool,
}

impl Contestant for Frames {
    const NAME: &'static str = "framewell";

    type Open<'c> = Open;

    fn new(shape: Shape) -> Result<Self, String> {
        let pool = Pool::builder()
            .frames(shape.chunks)
            .af_xdp(XdpChunks::Aligned)
            .payload(shape.chunk - 256)
            .build()
            .map_err(|error| error.to_string())?;
        let umem = Umem::new(&pool).map_err(|error| error.to_string())?;
        Ok(Self {
            umem,
            several: shape.several,
        })
    }

    fn open(&mut self, ports: &[Port]) -> Result<Open, String> {
        let mut open = Open {
            pool: self.umem.pool().clone(),
            several: self.several,
            programs: Vec::new(),
            sockets: Vec::new(),
            bursts: ports.iter().map(|_| Burst::new()).collect(),
            packets: ports.iter().map(|_| Packets::new()).collect(),
        };
        for port in ports {
            open.add(&self.umem, port)
                .map_err(|error| error.to_string())?;
        }
        Ok(open)
    }
}

/// Sockets over a pool.
#[derive(Debug)]
pub struct Open {
    pool: Pool,
    several: bool,
    programs: Vec<Redirect>,
    sockets: Vec<Socket>,
    /// What was received at each port and is not sent yet.
    bursts: Vec<Burst<BURST>>,
    /// The same, where a packet may take several frames.
    packets: Vec<Packets<PARTS>>,
}

impl Open {
    fn add(&mut self, umem: &Umem, port: &Port) -> Result<(), framewell_xdp::Error> {
        let interface = Interface::named(&port.interface)?;
        let mut builder = Socket::builder(umem, &interface, port.queue)
            .fill_ring(RING)
            .rx_ring(RING)
            .tx_ring(RING)
            .completion_ring(RING)
            .multi_buffer(self.several)
            .patience(PATIENCE);
        if let Some(first) = self.sockets.first() {
            builder = builder.share(first);
        }
        let mut socket = builder.bind()?;
        socket.fill(usize::MAX);
        let program = attach(&interface, self.several)?;
        program.enter(&socket)?;
        self.programs.push(program);
        self.sockets.push(socket);
        Ok(())
    }

    /// Moves packets of one frame each.
    fn whole(
        &mut self,
        from: usize,
        to: usize,
        mut work: impl FnMut(&mut [u8]) -> bool,
    ) -> Result<usize, String> {
        let burst = &mut self.bursts[from];
        let waiting = burst.len();
        let received = self.sockets[from].receive(burst);
        if received > 0 {
            let mut at = 0;
            burst.retain(|frame| {
                at += 1;
                at <= waiting || work(frame)
            });
        }
        let sent = self.sockets[to].send(burst);
        sent.map_err(|error| error.to_string())?;
        Ok(received)
    }

    /// Moves packets of one or more frames.
    fn in_parts(
        &mut self,
        from: usize,
        to: usize,
        mut work: impl FnMut(&mut [u8]) -> bool,
    ) -> Result<usize, String> {
        let packets = &mut self.packets[from];
        let waiting = packets.len();
        let received = self.sockets[from].receive_packets(packets);
        if received > 0 {
            let mut at = 0;
            packets.retain(|frames| {
                at += 1;
                at <= waiting || work(&mut frames[0])
            });
        }
        let sent = self.sockets[to].send_packets(packets);
        sent.map_err(|error| error.to_string())?;
        Ok(received)
    }
}

impl Engine for Open {
    fn round(
        &mut self,
        from: usize,
        to: usize,
        work: impl FnMut(&mut [u8]) -> bool,
    ) -> Result<usize, String> {
        self.sockets[from].fill(usize::MAX);
        let received = match self.several {
            false => self.whole(from, to, work)?,
            true => self.in_parts(from, to, work)?,
        };
        self.sockets[to].complete();
        Ok(received)
    }

    fn descriptors(&self) -> Vec<RawFd> {
        self.sockets.iter().map(AsRawFd::as_raw_fd).collect()
    }

    fn finish(mut self) -> Result<Account, String> {
        let mut account = Account::default();
        let start = Instant::now();
        for socket in &mut self.sockets {
            let stats = loop {
                socket.wake().map_err(|error| error.to_string())?;
                socket.complete();
                let stats = socket.stats().map_err(|error| error.to_string())?;
                if stats.tx_lent == 0 || start.elapsed() > PATIENCE {
                    break stats;
                }
                thread::sleep(Duration::from_millis(1));
            };
            let kernel = &stats.kernel;
            account.received += stats.received + stats.dropped;
            account.posted += stats.posted;
            account.completed += stats.completed;
            account.dropped += kernel.rx_dropped + kernel.rx_ring_full + stats.dropped;
            account.dropped += kernel.rx_invalid + kernel.tx_invalid + stats.invalid;
            account.words += &format!("{}\n{stats}\n\n", socket.interface());
        }
        self.programs.clear();
        self.sockets.clear();
        self.bursts.clear();
        self.packets.clear();
        let stats = self.pool.stats();
        account.out = stats.out;
        account.words += &stats.to_string();
        Ok(account)
    }
}

/// Attaches the redirect program. The kernel takes a moment to let go of the one before.
pub(super) fn attach(
    interface: &Interface,
    several: bool,
) -> Result<Redirect, framewell_xdp::Error> {
    let start = Instant::now();
    loop {
        match Redirect::builder(interface).multi_buffer(several).attach() {
            Err(error) if error.os_error() == Some(libc::EBUSY) && start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(5));
            }
            attached => return attached,
        }
    }
}
