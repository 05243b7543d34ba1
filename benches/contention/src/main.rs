//! Prints the load on the shared lines, for numbers of CPUs up to 256.

fn main() {
    #[cfg(rseq)]
    run::run();
}

#[cfg(rseq)]
mod run {
    use std::path::PathBuf;

    use clap::Parser;
    use framewell_contention::{Costs, Front, Load, Setup, counts_table, rates_table, simulate};

    /// Simulates framewell's shared cache lines.
    #[derive(Parser)]
    struct Args {
        /// The most CPUs, a power of two.
        #[arg(long, default_value_t = 256)]
        cpus: u32,
        /// Frames a CPU that are counted.
        #[arg(long, default_value_t = 1024)]
        frames: u64,
        /// What the interleaving is drawn from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Million frames a second that are asked for, of all CPUs together, instead of as many as
        /// they can.
        #[arg(long)]
        offered: Option<f64>,
        /// Use the portable front.
        #[arg(long)]
        portable: bool,
        /// Write what was counted to a file.
        #[arg(long)]
        json: Option<PathBuf>,
    }

    pub(crate) fn run() {
        let args = Args::parse();
        let front = if args.portable {
            Front::Portable
        } else {
            Front::Rseq
        };
        let counts = (0..9)
            .map(|power| 1 << power)
            .take_while(|cpus| *cpus <= args.cpus);
        let setups = Load::ALL
            .into_iter()
            .flat_map(|load| counts.clone().map(move |cpus| (load, cpus)));
        let fitting = setups.filter(|(load, cpus)| load.fits(*cpus));
        let outcomes: Vec<_> = fitting
            .map(|(load, cpus)| {
                eprintln!("{}, {cpus} CPUs", load.name());
                simulate(&Setup {
                    cpus,
                    load,
                    front,
                    offered: args.offered,
                    frames: args.frames,
                    seed: args.seed,
                    costs: Costs::default(),
                })
            })
            .collect();
        println!("{}\n", counts_table(&outcomes));
        println!("{}", rates_table(&outcomes));
        if let Some(path) = args.json {
            let text = serde_json::to_string_pretty(&outcomes).expect("plain data");
            std::fs::write(&path, text).expect("a file that can be written");
        }
    }
}
