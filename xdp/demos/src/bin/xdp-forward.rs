//! A router between two interfaces over AF_XDP, against kernel sockets that verify each packet: see
//! [`framewell_xdp_demos`].

#[cfg(target_os = "linux")]
mod linux {
    use std::process::ExitCode;

    use clap::Parser;
    use framewell_harness::program;
    use framewell_xdp_demos::args::Common;
    use framewell_xdp_demos::contestants::Port;
    use framewell_xdp_demos::device;
    use framewell_xdp_demos::lab::Lab;
    use framewell_xdp_demos::live;
    use framewell_xdp_demos::packet::{Hop, Mac};
    use framewell_xdp_demos::program::Program;
    use framewell_xdp_demos::slice::Work;

    /// Route UDP packets between two interfaces by the rings of AF_XDP, in a network of the
    /// program's own or on interfaces that exist, with both sockets on one memory, and verify each
    /// packet.
    #[derive(Debug, Parser)]
    #[command(name = "xdp-forward", version)]
    struct Args {
        #[command(flatten)]
        common: Common,

        /// Route between this interface and the other one, instead of setting up a network; to be
        /// given twice
        #[arg(long, value_name = "NAME", requires = "next_hop")]
        interface: Vec<String>,

        /// The hardware address to which packets go that leave by the interface of the same place
        #[arg(long, value_name = "MAC", requires = "interface")]
        next_hop: Vec<Mac>,

        /// The queue of both interfaces
        #[arg(long, value_name = "N", default_value_t = 0, requires = "interface")]
        queue: u32,
    }

    const PROGRAM: Program = Program {
        name: "xdp-forward",
        title: "A router over AF_XDP",
        does: "A thread receives UDP packets from one interface by the rings of AF_XDP, gives each \
               one new hardware addresses, a time to live that is one less and the checksum for \
               it, and sends it from the same frame by another interface. Half of the flows go \
               each way.",
        lab: Lab::forward,
    };

    pub(super) fn main() -> ExitCode {
        let args = Args::parse();
        program::end(match (&args.interface[..], &args.next_hop[..]) {
            ([], []) => PROGRAM.compare(&args.common),
            ([one, other], [to_one, to_other]) => route(&args, [one, other], [*to_one, *to_other]),
            (interfaces, hops) => Err(format!(
                "{} interfaces and {} next hops are no way; give two of each",
                interfaces.len(),
                hops.len()
            )),
        })
    }

    fn route(args: &Args, names: [&String; 2], to: [Mac; 2]) -> Result<Vec<String>, String> {
        let ports = names.map(|name| Port::new(name, args.queue));
        let [one, other] = names.map(|name| device::hardware_address(name));
        let hops = [
            Hop {
                from: one?,
                to: to[0],
            },
            Hop {
                from: other?,
                to: to[1],
            },
        ];
        live::run(&args.common, &ports, &Work::Route(hops))
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("AF_XDP is a part of Linux; run xdp-forward there");
    std::process::ExitCode::from(2)
}
