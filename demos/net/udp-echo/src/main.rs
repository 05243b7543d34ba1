//! A UDP echo server in several ways, against a client that verifies each datagram: see
//! [`framewell_udp_echo`].

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use clap::Parser;
    use framewell_harness::program;
    use framewell_udp_echo::args::Args;
    use framewell_udp_echo::{live, rounds};

    let args = Args::parse();
    program::end(match (args.listen, args.client) {
        (Some(at), _) => live::listen(&args, at),
        (None, Some(to)) => live::send(&args, to),
        (None, None) => rounds::compare(&args),
    })
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("recvmmsg and io_uring are parts of Linux; run udp-echo there");
    std::process::ExitCode::from(2)
}
