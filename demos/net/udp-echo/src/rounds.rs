//! The rounds: for each way and length, the contestants take turns, slice by slice.

#![forbid(unsafe_code)]

use framewell_harness::page::Text;
use framewell_harness::summary::{self, Sample};
use framewell_harness::{program, progress};

use crate::args::Args;
use crate::slice;
use crate::ways::{self, OWN};

const TEXT: Text<'_> = Text {
    program: "udp-echo",
    title: "A UDP echo server in several ways",
    does: "A thread receives UDP datagrams over the loopback device and sends them back: with \
           recvmmsg and sendmmsg, with io_uring, and with tokio. With GRO it receives merged \
           datagrams and splits them, and sends nothing back. Each way runs with frames of a pool \
           of framewell, and with buffers by hand. The client's four sockets verify each datagram: \
           its number, its flow, and all its bytes. There is a group for each way and length.",
    slice: "opens the sockets anew",
    own: OWN,
    cpu: "Processor time of the server's thread",
    cpu_note: "The kernel's part is in it, which is most of it: it copies, and delivers what is \
               sent to the client's socket in the same thread.",
    words: "The counts are from after the closing of the sockets.",
};

/// Runs all rounds, shows the figures, writes the report, and returns what is wrong, in words.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn compare(args: &Args) -> Result<Vec<String>, String> {
    program::show(summary::summarize(&run(args)?), &TEXT, &args.timing)
}

fn run(args: &Args) -> Result<Vec<Sample>, String> {
    let (sizes, contestants, rounds) = (args.sizes(), args.contestants(), args.timing.rounds());
    let slices = args.ways().len() * sizes.len() * contestants.len() * rounds as usize;
    let bar = progress::bar(slices);
    let mut samples = Vec::new();
    for way in args.ways() {
        for size in &sizes {
            let servers = contestants.iter().map(|who| ways::server(way, *who, *size));
            let mut servers = servers.collect::<Result<Vec<_>, String>>()?;
            for round in 0..rounds as usize {
                for place in 0..servers.len() {
                    // Another contestant begins in each round.
                    let at = (place + round) % servers.len();
                    let server = &mut *servers[at];
                    let said = format!("{}, {size} bytes, round {}", way.name(), round + 1);
                    bar.set_message(said);
                    bar.tick();
                    samples.push(slice::run(server, way, *size, args.timing.slice())?);
                    bar.inc(1);
                }
            }
        }
    }
    bar.finish_and_clear();
    Ok(samples)
}
