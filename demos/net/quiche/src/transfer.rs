//! Two connections in one thread, whose packets lie in a frame on their way.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use framewell::{Frame, Pool};
use framewell_net_common::{Outcome, Progress, fill, wrong};
use quiche::{Connection, ConnectionId, Error, RecvInfo};

use crate::config::{self, NAME};
use crate::{FrameBuf, Frames};

/// What is transferred, and with how many frames.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The length of the stream, in bytes.
    pub bytes: u64,
    /// The frames of the pool. Two of them carry packets and what was received.
    pub frames: usize,
}

const STREAM: u64 = 0;
/// After so many bytes, the receiver sends a datagram.
const REPORT: u64 = 1 << 16;
const DATAGRAM: usize = 1000;
/// A transfer that does not move for so long does not end.
const PATIENCE: Duration = Duration::from_secs(20);

/// The side that sends the stream, out of frames.
#[derive(Default)]
struct Sender {
    sent: u64,
    /// What was refused last, and comes first the next time.
    left: Option<FrameBuf>,
    is_finished: bool,
    datagrams: u64,
    wrong: u64,
}

impl Sender {
    fn send(&mut self, to: &mut Connection<Frames>, pool: &Pool, all: u64) -> Result<(), Error> {
        while !self.is_finished {
            let buf = match self.left.take() {
                Some(buf) => buf,
                None => {
                    // If no frame is free, some come back with the next acknowledgement.
                    let len = (all - self.sent).min(pool.payload() as u64) as usize;
                    let Ok(mut frame) = pool.get(len) else {
                        return Ok(());
                    };
                    fill(self.sent, &mut frame);
                    FrameBuf::Frame(frame.share())
                }
            };
            let is_last = self.sent + buf.as_ref().len() as u64 == all;
            // quiche drops what it refuses altogether. So it gets a further reference.
            match to.stream_send_zc(STREAM, buf.clone(), is_last) {
                Ok((taken, left)) => {
                    self.sent += taken as u64;
                    self.left = left;
                    // An empty rest comes back even where it ends the stream.
                    let has_all = self
                        .left
                        .as_ref()
                        .is_none_or(|left| left.as_ref().is_empty());
                    self.is_finished = is_last && has_all;
                }
                Err(Error::Done) => {
                    self.left = Some(buf);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read_datagrams(&mut self, from: &mut Connection<Frames>, into: &mut Frame) {
        while let Ok(len) = from.dgram_recv(into) {
            self.wrong += wrong(self.datagrams, &into[..len]);
            self.wrong += u64::from(len != DATAGRAM);
            self.datagrams += 1;
        }
    }
}

/// The side that receives the stream into a frame, and answers by datagrams out of frames.
#[derive(Default)]
struct Receiver {
    received: u64,
    is_finished: bool,
    datagrams: u64,
    wrong: u64,
}

impl Receiver {
    fn read(&mut self, from: &mut Connection<Frames>, into: &mut Frame) -> Result<(), Error> {
        while from.stream_readable(STREAM) {
            into.trim(0).expect("a frame can be empty");
            // quiche's own buffers are copied behind the data of the frame.
            let (_, is_finished) = from.stream_recv_buf(STREAM, &mut *into)?;
            self.wrong += wrong(self.received, into);
            self.received += into.len() as u64;
            self.is_finished |= is_finished;
        }
        Ok(())
    }

    fn report(&mut self, to: &mut Connection<Frames>, pool: &Pool) -> Result<(), Error> {
        while self.datagrams < self.received / REPORT && !to.is_dgram_send_queue_full() {
            let Ok(mut frame) = pool.get(DATAGRAM) else {
                break;
            };
            fill(self.datagrams, &mut frame);
            to.dgram_send_buf(FrameBuf::Frame(frame.share()))?;
            self.datagrams += 1;
        }
        Ok(())
    }
}

/// Carries all packets that a connection has to send, each in the same frame, and returns how many.
fn carry(
    from: &mut Connection<Frames>,
    to: &mut Connection<Frames>,
    packet: &mut Frame,
) -> Result<u64, Error> {
    let mut carried = 0;
    loop {
        match from.send(packet) {
            Ok((len, way)) => {
                let info = RecvInfo {
                    from: way.from,
                    to: way.to,
                };
                // It is decrypted where it lies.
                to.recv(&mut packet[..len], info)?;
                carried += 1;
            }
            Err(Error::Done) => return Ok(carried),
            Err(error) => return Err(error),
        }
    }
}

/// Transfers a stream from one connection to another, with datagrams back, and verifies each byte.
///
/// # Errors
///
/// The error says why it could not run.
pub fn transfer(options: &Options) -> Result<Outcome, String> {
    run(options).map_err(|error| error.to_string())
}

fn run(options: &Options) -> Result<Outcome, Box<dyn std::error::Error>> {
    let pool = Pool::builder().frames(options.frames).build()?;
    // What carries packets is taken first, so that frames which wait for an acknowledgement never
    // keep it from coming.
    let mut packet = pool.get_exact(config::PACKET)?;
    let mut read = pool.get_exact(pool.payload())?;
    let mut report = pool.get_exact(pool.payload())?;

    let (mut client, mut server) = config::both()?;
    let addresses: [SocketAddr; 2] = [([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into()];
    let [here, there] = addresses;
    let (first, second) = ([1; 16], [2; 16]);
    let (first, second) = (
        ConnectionId::from_ref(&first),
        ConnectionId::from_ref(&second),
    );
    let mut client: Connection<Frames> =
        quiche::connect_with_buffer_factory(Some(NAME), &first, here, there, &mut client)?;
    let mut server: Connection<Frames> =
        quiche::accept_with_buf_factory(&second, None, there, here, &mut server)?;

    let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
    let mut packets = 0;
    let mut progress = Progress::new(options.bytes, "bytes");
    let start = Instant::now();
    let mut moved = start;
    let reports = options.bytes / REPORT;
    while !receiver.is_finished || sender.datagrams < reports {
        if client.is_established() {
            sender.send(&mut client, &pool, options.bytes)?;
        }
        let mut carried = carry(&mut client, &mut server, &mut packet)?;
        receiver.read(&mut server, &mut read)?;
        receiver.report(&mut server, &pool)?;
        carried += carry(&mut server, &mut client, &mut packet)?;
        sender.read_datagrams(&mut client, &mut report);
        progress.at(receiver.received);
        packets += carried;
        if carried > 0 {
            moved = Instant::now();
        } else if moved.elapsed() > PATIENCE || client.is_closed() || server.is_closed() {
            break;
        } else {
            wait(&mut client, &mut server);
        }
    }
    let took = start.elapsed();
    drop((client, server, sender.left.take(), packet, read, report));

    let out = pool.stats().out;
    let (received, datagrams) = (receiver.received, sender.datagrams);
    let wrongs = receiver.wrong + sender.wrong;
    let mut outcome = Outcome {
        summary: format!(
            "{received} bytes and {datagrams} datagrams in {packets} packets, {wrongs} bytes \
             wrong, {out} frames out at the end, {took:.1?}"
        ),
        faults: Vec::new(),
    };
    outcome.expect("bytes received", received, options.bytes);
    outcome.expect("datagrams received", datagrams, reports);
    outcome.expect("bytes wrong", wrongs, 0);
    outcome.expect("frames out at the end", out as u64, 0);
    outcome.expect("misuses", pool.stats().misuses, 0);
    Ok(outcome)
}

/// Sleeps until a timer of one of the connections, and runs it.
fn wait(client: &mut Connection<Frames>, server: &mut Connection<Frames>) {
    let timeouts = [client.timeout(), server.timeout()];
    let next = timeouts.into_iter().flatten().min();
    std::thread::sleep(next.unwrap_or(PATIENCE).min(PATIENCE));
    client.on_timeout();
    server.on_timeout();
}
