//! Writes `captures/wifi/amsdu.pcap` anew, or another capture of A-MSDUs: see
//! [`framewell_demos::scanner::aggregate`].

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use framewell_demos::capture::Capture;
use framewell_demos::scanner::aggregate;

/// Put the packets of an Ethernet capture into A-MSDUs.
#[derive(Parser)]
#[command(name = "aggregate", version)]
struct Args {
    /// Capture to read, pcap or pcapng, Ethernet
    from: PathBuf,
    /// Capture to write, pcap, 802.11 with radiotap
    to: PathBuf,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = Capture::open(&args.from)
        .map_err(|error| format!("{}: {error}", args.from.display()))
        .and_then(|packets| {
            std::fs::write(&args.to, aggregate::capture(&packets))
                .map_err(|error| format!("{}: {error}", args.to.display()))
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
