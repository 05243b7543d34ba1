//! What it costs to receive merged datagrams, and to hand each on as a packet of its own.
//!
//! Two ways receive the same super-datagrams over loopback, in one thread, with `recvmmsg`:
//!
//! - framewell: into buffers of a pool, which are split into shared packets;
//! - `BytesMut`: into fixed buffers of 64 KiB, out of which each packet is copied into a `BytesMut`
//!   of its own.
//!
//! A round sends without taking the time, and then receives, looks at the first bytes of each
//! packet, keeps all packets until the queue is empty, and drops them. The time is the thread's
//! processor time, the kernel's included. The ways take turns by slices, and another begins in each
//! round.
//!
//!     cargo run --release -p framewell-udp --example gro_bench -- [SLICES]

#[cfg(target_os = "linux")]
mod linux {
    use std::error::Error;
    use std::hint::black_box;
    use std::io;
    use std::mem::zeroed;
    use std::net::{SocketAddr, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::ptr;
    use std::time::Duration;

    use bytes::{Bytes, BytesMut};
    use framewell::{Pool, Shared, VarBuf};
    use framewell_udp::{Datagram, Socket};

    type Failure = Box<dyn Error>;

    /// The buffers of a call.
    const BUFFERS: usize = 8;
    /// The super-datagrams that are queued before each round. A socket's buffer holds them.
    const QUEUED: usize = 3;
    /// The rounds of a slice.
    const ROUNDS: usize = 400;

    /// A way to receive.
    trait Way {
        const NAME: &'static str;

        /// Receives what is there, and returns the number of packets, and the sum of their first
        /// bytes.
        fn receive(&mut self, packets: usize) -> Result<(usize, u64), Failure>;
    }

    struct Framewell {
        socket: Socket,
        received: Vec<Datagram<VarBuf>>,
        packets: Vec<Shared<VarBuf>>,
    }

    impl Way for Framewell {
        const NAME: &'static str = "framewell, shared packets";

        fn receive(&mut self, packets: usize) -> Result<(usize, u64), Failure> {
            let mut sum = 0;
            while self.packets.len() < packets {
                self.socket.recv_merged(&mut self.received, BUFFERS)?;
                for datagram in self.received.drain(..) {
                    let segments = datagram.segments().map_err(|_| "a datagram was cut")?;
                    for packet in segments {
                        sum += u64::from(black_box(&packet)[0]);
                        self.packets.push(packet);
                    }
                }
            }
            let count = self.packets.len();
            self.packets.clear();
            Ok((count, sum))
        }
    }

    struct Copied {
        socket: UdpSocket,
        buffers: Vec<Vec<u8>>,
        packets: Vec<Bytes>,
    }

    impl Way for Copied {
        const NAME: &'static str = "BytesMut, a copy per packet";

        fn receive(&mut self, packets: usize) -> Result<(usize, u64), Failure> {
            let mut sum = 0;
            while self.packets.len() < packets {
                let lens = receive_by_hand(&self.socket, &mut self.buffers)?;
                for (buffer, (len, segment)) in self.buffers.iter().zip(lens) {
                    for packet in buffer[..len].chunks(segment) {
                        let packet = BytesMut::from(packet).freeze();
                        sum += u64::from(black_box(&packet)[0]);
                        self.packets.push(packet);
                    }
                }
            }
            let count = self.packets.len();
            self.packets.clear();
            Ok((count, sum))
        }
    }

    /// Room for control data, aligned as the kernel's headers are.
    #[repr(C, align(8))]
    #[derive(Clone, Copy)]
    struct Control([u8; 64]);

    /// Receives into the first buffers, and returns the length and the segment size of each.
    fn receive_by_hand(
        socket: &UdpSocket,
        buffers: &mut [Vec<u8>],
    ) -> io::Result<impl Iterator<Item = (usize, usize)> + use<>> {
        // SAFETY: structures of integers, and of pointers that may be null.
        let mut headers: [libc::mmsghdr; BUFFERS] = unsafe { zeroed() };
        // SAFETY: as above.
        let mut pieces: [libc::iovec; BUFFERS] = unsafe { zeroed() };
        // SAFETY: structures of integers.
        let mut names: [libc::sockaddr_in6; BUFFERS] = unsafe { zeroed() };
        let mut controls = [Control([0; 64]); BUFFERS];
        for (at, buffer) in buffers.iter_mut().enumerate().take(BUFFERS) {
            pieces[at].iov_base = buffer.as_mut_ptr().cast();
            pieces[at].iov_len = buffer.len();
            let header = &mut headers[at].msg_hdr;
            header.msg_name = ptr::from_mut(&mut names[at]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_in6>() as _;
            header.msg_iov = &raw mut pieces[at];
            header.msg_iovlen = 1;
            header.msg_control = controls[at].0.as_mut_ptr().cast();
            header.msg_controllen = controls[at].0.len() as _;
        }
        let (first, flags) = (headers.as_mut_ptr(), libc::MSG_WAITFORONE);
        let (fd, none) = (socket.as_raw_fd(), ptr::null_mut());
        // SAFETY: there are as many headers, and what they point to is valid during the call.
        let received = unsafe { libc::recvmmsg(fd, first, BUFFERS as _, flags as _, none) };
        if received < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok((0..received as usize).map(move |at| {
            let len = headers[at].msg_len as usize;
            let has_size = headers[at].msg_hdr.msg_controllen >= 20;
            let size = controls[at].0[16..].first_chunk().copied();
            let size = size.filter(|_| has_size).map(i32::from_ne_bytes);
            (len, size.map_or(len.max(1), |size| size as usize))
        }))
    }

    /// The processor time of this thread.
    fn cpu_time() -> Duration {
        // SAFETY: a structure of integers.
        let mut time: libc::timespec = unsafe { zeroed() };
        // SAFETY: there is room for the time.
        let answer = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
        assert_eq!(answer, 0, "the clock is there since Linux 2.6.12");
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }

    /// Runs a slice, and returns the packets of a second of processor time.
    fn slice<W: Way>(
        way: &mut W,
        to: SocketAddr,
        client: &mut Socket,
        bytes: &[u8],
        segment: usize,
    ) -> Result<f64, Failure> {
        let expected: u64 = bytes
            .chunks(segment)
            .map(|packet| u64::from(packet[0]))
            .sum();
        let queued = QUEUED * bytes.len().div_ceil(segment);
        let (mut packets, mut time) = (0, Duration::ZERO);
        for _ in 0..ROUNDS {
            for _ in 0..QUEUED {
                client.send_segmented(bytes, segment, Some(to))?;
            }
            let before = cpu_time();
            let (count, sum) = way.receive(queued)?;
            time += cpu_time() - before;
            packets += count;
            if (count, sum) != (queued, QUEUED as u64 * expected) {
                return Err(format!("{}: {count} of {queued} packets are right", W::NAME).into());
            }
        }
        Ok(packets as f64 / time.as_secs_f64())
    }

    /// Returns the median, the least and the most.
    fn spread(samples: &mut [f64]) -> [f64; 3] {
        samples.sort_by(f64::total_cmp);
        let middle = (samples[(samples.len() - 1) / 2] + samples[samples.len() / 2]) / 2.0;
        [middle, samples[0], samples[samples.len() - 1]]
    }

    fn row(name: &str, samples: &mut [f64]) -> f64 {
        let [median, low, high] = spread(samples).map(|rate| rate / 1e6);
        println!("  {name:<28} {median:6.2} M packets/CPU s   ({low:.2} to {high:.2})");
        median
    }

    pub(super) fn run(slices: usize) -> Result<(), Failure> {
        let pool = Pool::builder().frames(64).alloc_bytes(64 << 20).build()?;
        let builder = Socket::builder(&pool).gro(true).recv_buffer(1 << 20);
        let own = builder.clone().bind("127.0.0.1:0")?;
        let twin = builder.bind("127.0.0.1:0")?;
        if !own.gro() || !own.gso() {
            return Err("this kernel has no GRO or no GSO for UDP".into());
        }
        let addresses = [own.as_std().local_addr()?, twin.as_std().local_addr()?];
        let mut client = Socket::bind("127.0.0.1:0", &pool)?;
        let mut own = Framewell {
            socket: own,
            received: Vec::new(),
            packets: Vec::new(),
        };
        let mut twin = Copied {
            socket: twin.into_inner(),
            buffers: vec![vec![0; Pool::MERGED]; BUFFERS],
            packets: Vec::new(),
        };
        for minute in [own.socket.as_std(), &twin.socket] {
            minute.set_read_timeout(Some(Duration::from_secs(60)))?;
        }
        for segment in [1448, 1200, 512, 200] {
            let packets = (65_507 / segment).min(128);
            let bytes: Vec<u8> = (0..packets * segment).map(|at| (at / 7) as u8).collect();
            let mut rates = [Vec::new(), Vec::new()];
            for round in 0..=slices {
                for turn in 0..2 {
                    let which = (round + turn) % 2;
                    let to = addresses[which];
                    let rate = match which {
                        0 => slice(&mut own, to, &mut client, &bytes, segment)?,
                        _ => slice(&mut twin, to, &mut client, &bytes, segment)?,
                    };
                    // The first round warms up.
                    if round > 0 {
                        rates[which].push(rate);
                    }
                }
            }
            println!(
                "{segment} bytes, {packets} packets in a merged datagram, {slices} slices each:"
            );
            let [own, twin] = &mut rates;
            let ratio = row(Framewell::NAME, own) / row(Copied::NAME, twin);
            println!("  ratio of the medians         {ratio:6.2}");
        }
        println!("{}", own.socket.stats());
        drop((own, client));
        let out = pool.stats();
        assert_eq!((out.out, out.alloc.map_or(0, |alloc| alloc.out)), (0, 0));
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(target_os = "linux")]
    {
        let slices = std::env::args()
            .nth(1)
            .map_or(Ok(15), |slices| slices.parse())?;
        linux::run(slices.max(1))
    }
    #[cfg(not(target_os = "linux"))]
    Err("there is GRO only on Linux".into())
}
