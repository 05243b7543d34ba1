//! Two stacks, polled in turn by one thread and by a clock of their own.

use std::sync::mpsc::{Receiver, Sender, channel};

use framewell::{Frame, Pool};
use framewell_net_common::{Outcome, Progress, fill, wrong};
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

use crate::FrameDevice;

/// What is transferred, and over what.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The length of the stream, in bytes.
    pub bytes: u64,
    /// The frames of the pool that both stacks have.
    pub frames: usize,
    /// Each packet of this number is lost on the way; 0 for none.
    pub drop: u64,
}

const PORT: u16 = 5000;
const WINDOW: usize = 1 << 17;
/// A transfer that does not move for so long, by its own clock, does not end.
const PATIENCE: Duration = Duration::from_secs(600);

/// A stack with one socket.
struct Stack {
    device: FrameDevice,
    interface: Interface,
    sockets: SocketSet<'static>,
    socket: SocketHandle,
}

impl Stack {
    fn new(pool: &Pool, number: u8, from: Receiver<Frame>, to: Sender<Frame>) -> Self {
        let mut device = FrameDevice::new(pool.clone(), from, to);
        let config = Config::new(HardwareAddress::Ip);
        let mut interface = Interface::new(config, &mut device, Instant::ZERO);
        let address = IpCidr::new(IpAddress::v4(127, 0, 1, number), 24);
        interface.update_ip_addrs(|all| all.push(address).expect("it is the first"));
        let buffer = || SocketBuffer::new(vec![0; WINDOW]);
        let mut sockets = SocketSet::new(Vec::new());
        let socket = sockets.add(Socket::new(buffer(), buffer()));
        Self {
            device,
            interface,
            sockets,
            socket,
        }
    }

    fn socket(&mut self) -> &mut Socket<'static> {
        self.sockets.get_mut(self.socket)
    }

    fn poll(&mut self, now: Instant) {
        self.interface
            .poll(now, &mut self.device, &mut self.sockets);
    }

    /// Returns how long nothing happens here if no packet comes.
    fn idle(&mut self, now: Instant) -> Option<Duration> {
        self.interface.poll_delay(now, &self.sockets)
    }
}

/// The wire between two devices in one direction, on which packets are lost.
struct Wire {
    from: Receiver<Frame>,
    to: Sender<Frame>,
    drop: u64,
    carried: u64,
    lost: u64,
}

impl Wire {
    /// Makes a wire, and returns its ends: where a device sends, and where another receives.
    fn new(drop: u64) -> (Self, Sender<Frame>, Receiver<Frame>) {
        let ((sends, from), (to, receives)) = (channel(), channel());
        let wire = Self {
            from,
            to,
            drop,
            carried: 0,
            lost: 0,
        };
        (wire, sends, receives)
    }

    /// Carries all that was sent, and returns whether there was anything.
    fn carry(&mut self) -> bool {
        let before = self.carried;
        for frame in self.from.try_iter() {
            self.carried += 1;
            if self.drop != 0 && self.carried.is_multiple_of(self.drop) {
                self.lost += 1;
            } else {
                // The devices live as long as the wire.
                self.to.send(frame).ok();
            }
        }
        self.carried != before
    }
}

/// Transfers a stream from one stack to another, and verifies each byte.
///
/// # Errors
///
/// The error says why it could not run.
pub fn transfer(options: &Options) -> Result<Outcome, String> {
    let pool = Pool::builder()
        .frames(options.frames)
        .build()
        .map_err(|refused| refused.to_string())?;
    let (mut there, from_client, at_server) = Wire::new(options.drop);
    let (mut back, from_server, at_client) = Wire::new(options.drop);
    let mut client = Stack::new(&pool, 1, at_client, from_client);
    let mut server = Stack::new(&pool, 2, at_server, from_server);
    server
        .socket()
        .listen(PORT)
        .map_err(|error| error.to_string())?;
    let to = (IpAddress::v4(127, 0, 1, 2), PORT);
    let context = client.interface.context();
    let socket = client.sockets.get_mut::<Socket<'_>>(client.socket);
    socket
        .connect(context, to, 49152)
        .map_err(|error| error.to_string())?;

    let (mut sent, mut received, mut wrongs) = (0, 0, 0);
    let mut progress = Progress::new(options.bytes, "bytes");
    let (mut now, mut moved) = (Instant::ZERO, Instant::ZERO);
    let start = std::time::Instant::now();
    while now - moved < PATIENCE {
        client.poll(now);
        server.poll(now);
        let before = (sent, received);
        let socket = client.socket();
        while sent < options.bytes && socket.can_send() {
            let written = socket.send(|room| {
                let n = room.len().min((options.bytes - sent) as usize);
                fill(sent, &mut room[..n]);
                (n, n)
            });
            sent += written.map_err(|error| error.to_string())? as u64;
        }
        if sent == options.bytes && socket.may_send() {
            socket.close();
        }
        let socket = server.socket();
        while socket.can_recv() {
            let read = socket.recv(|bytes| {
                wrongs += wrong(received, bytes);
                (bytes.len(), bytes.len())
            });
            received += read.map_err(|error| error.to_string())? as u64;
        }
        if socket.state() == State::CloseWait {
            socket.close();
        }
        progress.at(received);
        let is_closed = |state| matches!(state, State::Closed | State::TimeWait);
        if is_closed(client.socket().state()) && is_closed(server.socket().state()) {
            break;
        }
        if before != (sent, received) {
            moved = now;
        }
        if !(there.carry() | back.carry()) {
            // Nothing is on the way: the clock goes on to what is next. At least a millisecond,
            // so that it goes on at all.
            let idle = [client.idle(now), server.idle(now)]
                .into_iter()
                .flatten()
                .min();
            now += idle.unwrap_or(PATIENCE).max(Duration::from_millis(1));
        }
    }
    let took = start.elapsed();
    drop((client, server));
    let packets = there.carried + back.carried;
    let lost = there.lost + back.lost;
    drop((there, back));
    let stats = pool.stats();
    let mut outcome = Outcome {
        summary: format!(
            "{received} bytes in {packets} packets, {lost} of them lost, {wrongs} bytes wrong, {} \
             frames out at the end, {took:.1?}",
            stats.out
        ),
        faults: Vec::new(),
    };
    outcome.expect("bytes received", received, options.bytes);
    outcome.expect("bytes wrong", wrongs, 0);
    outcome.expect("frames out at the end", stats.out as u64, 0);
    outcome.expect("misuses", stats.misuses, 0);
    Ok(outcome)
}
