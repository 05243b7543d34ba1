//! The rounds, and the table.

mod net;
mod owners;
mod twin;

use std::error::Error;
use std::time::{Duration, Instant};

use clap::Parser;
use comfy_table::Table;
use framewell_xdp::{Interface, Redirect};

use net::Sender;

/// A reflector: it receives packets, turns them round and sends them.
pub(crate) trait Reflector {
    /// Does one round, and returns how many packets were turned round.
    fn round(&mut self) -> usize;
}

/// Makes a reflector on an interface, and has the program redirect to it.
type Make = fn(&Interface, &Redirect) -> Box<dyn Reflector>;

/// Who takes part.
const CONTESTANTS: [(&str, Make); 3] = [
    ("framewell-xdp, owners (Burst)", owners::frames),
    ("framewell-xdp, ids (IdBatch)", owners::ids),
    ("xdpilone, Vec<u64> by hand", twin::xdpilone),
];

/// Measures reflectors over AF_XDP. It needs root.
#[derive(Parser)]
struct Arguments {
    /// The bytes of a packet, with its Ethernet header.
    #[arg(long, default_value_t = 64)]
    len: usize,
    /// The packets of a round.
    #[arg(long, default_value_t = 100_000)]
    packets: u64,
    /// The rounds of each contestant.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
}

/// What a round has measured.
#[derive(Clone, Copy)]
struct Cost {
    /// CPU time of the reflector, in ns a packet.
    cpu: f64,
    /// Packets a second.
    rate: f64,
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    net::isolate()?;
    net::veth()?;
    let interface = Interface::named(net::NAME)?;
    let program = Redirect::attach(&interface)?;
    let mut costs = CONTESTANTS.map(|_| Vec::new());
    for round in 0..arguments.rounds {
        for turn in 0..CONTESTANTS.len() {
            // Each begins a round in turn, so that none is always behind the same.
            let at = (round + turn) % CONTESTANTS.len();
            costs[at].push(measure(
                CONTESTANTS[at].1,
                &interface,
                &program,
                &arguments,
            )?);
        }
    }
    let mut table = Table::new();
    table.set_header(["reflector", "CPU ns/packet", "spread", "packets/s"]);
    for ((name, _), costs) in CONTESTANTS.iter().zip(&costs) {
        let cpu = sorted(costs.iter().map(|cost| cost.cpu));
        let rate = sorted(costs.iter().map(|cost| cost.rate));
        table.add_row([
            (*name).to_owned(),
            format!("{:.0}", median(&cpu)),
            format!("{:.0}–{:.0}", cpu[0], cpu[cpu.len() - 1]),
            format!("{:.0}", median(&rate)),
        ]);
    }
    println!(
        "{} rounds of {} packets of {} bytes",
        arguments.rounds, arguments.packets, arguments.len
    );
    println!("{table}");
    Ok(())
}

/// Lets one contestant turn all packets of a round round.
fn measure(
    make: Make,
    interface: &Interface,
    program: &Redirect,
    arguments: &Arguments,
) -> Result<Cost, Box<dyn Error>> {
    let mut reflector = make(interface, program);
    // The kernel has frames to receive into before the first packet is sent.
    reflector.round();
    let sender = Sender::new(arguments.len)?;
    let (start, cpu) = (Instant::now(), net::cpu_time());
    let mut turned = 0;
    let sending = std::thread::spawn({
        let packets = arguments.packets;
        move || sender.run(packets)
    });
    while turned < arguments.packets {
        turned += reflector.round() as u64;
        if start.elapsed() > Duration::from_secs(300)
            || sending.is_finished() && turned < arguments.packets
        {
            return Err("the packets do not come".into());
        }
    }
    let (cpu, wall) = (net::cpu_time() - cpu, start.elapsed());
    sending.join().map_err(|_| "a packet was lost or changed")?;
    let packets = arguments.packets as f64;
    Ok(Cost {
        cpu: cpu.as_nanos() as f64 / packets,
        rate: packets / wall.as_secs_f64(),
    })
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}
