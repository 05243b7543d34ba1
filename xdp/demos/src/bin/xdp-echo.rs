//! A UDP reflector over AF_XDP, against kernel sockets that verify each packet: see
//! [`framewell_xdp_demos`].

#[cfg(target_os = "linux")]
mod linux {
    use std::net::SocketAddr;
    use std::process::ExitCode;

    use clap::Parser;
    use framewell_harness::program;
    use framewell_harness::traffic::{self, FIRST_PORT, FLOWS};
    use framewell_xdp_demos::args::Common;
    use framewell_xdp_demos::contestants::Port;
    use framewell_xdp_demos::lab::Lab;
    use framewell_xdp_demos::live;
    use framewell_xdp_demos::program::Program;
    use framewell_xdp_demos::slice::{self, Work};

    /// Reflect UDP packets from the rings of AF_XDP, in a network of the program's own or on an
    /// interface that exists, and verify each one.
    #[derive(Debug, Parser)]
    #[command(name = "xdp-echo", version)]
    struct Args {
        #[command(flatten)]
        common: Common,

        /// Reflect what comes to this interface, to UDP ports 5000 to 5003, instead of setting up a
        /// network
        #[arg(long, value_name = "NAME", conflicts_with = "client")]
        interface: Option<String>,

        /// The queue of the interface
        #[arg(long, value_name = "N", default_value_t = 0, requires = "interface")]
        queue: u32,

        /// Only send to a reflector at this address, and verify what comes back
        #[arg(long, value_name = "ADDRESS")]
        client: Option<std::net::Ipv4Addr>,
    }

    const PROGRAM: Program = Program {
        name: "xdp-echo",
        title: "A UDP reflector over AF_XDP",
        does: "A thread receives UDP packets from the rings of AF_XDP, has addresses and ports \
               change places, and sends them back.",
        lab: Lab::echo,
    };

    pub(super) fn main() -> ExitCode {
        let args = Args::parse();
        program::end(match (&args.interface, args.client) {
            (Some(interface), _) => {
                let work = Work::Reflect(FIRST_PORT..FIRST_PORT + FLOWS);
                live::run(&args.common, &[Port::new(interface, args.queue)], &work)
            }
            (None, Some(client)) => send(&args.common, client.into()),
            (None, None) => PROGRAM.compare(&args.common),
        })
    }

    fn send(common: &Common, to: std::net::IpAddr) -> Result<Vec<String>, String> {
        let mut faults = Vec::new();
        for size in common.sizes() {
            let mut flows = traffic::to_reflector(|port| SocketAddr::new(to, port))?;
            let passed = traffic::exchange(&mut flows, &slice::load(size, common.timing.slice()))?;
            let rate = passed.tally.received as f64 / passed.elapsed.as_secs_f64().max(1e-9);
            let received = passed.tally.received;
            program::say(&format!(
                "{size} bytes: {received} packets came back, {rate:.0} a second"
            ));
            faults.extend(passed.tally.faults());
        }
        Ok(faults)
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("AF_XDP is a part of Linux; run xdp-echo there");
    std::process::ExitCode::from(2)
}
