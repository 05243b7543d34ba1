//! What makes the crate's copy run on the simulated machine: its atomics, its sequences and its
//! CPUs are the machine's. The algorithms are compiled as they are.

use framewell_mutations::Mutation;

/// The path of a file of this package, in an attribute.
macro_rules! path {
    ($file:literal) => {
        concat!("#[path = \"", env!("CARGO_MANIFEST_DIR"), "/", $file, "\"]")
    };
}

/// A change that gives a module a child, which says what its atomics are called.
macro_rules! named {
    ($module:literal, $names:literal) => {
        Mutation {
            item: concat!("mod ", $module),
            from: "",
            to: concat!(
                "#[path = \"",
                env!("CARGO_MANIFEST_DIR"),
                "/names/",
                $names,
                "\"]\nmod names;"
            ),
        }
    };
}

pub(crate) const MACHINE: &[Mutation] = &[
    Mutation {
        item: "std::AtomicU32",
        from: "std::sync::atomic::AtomicU32",
        to: "contention::atomics::AtomicU32",
    },
    Mutation {
        item: "std::AtomicU64",
        from: "std::sync::atomic::AtomicU64",
        to: "contention::atomics::AtomicU64",
    },
    Mutation {
        item: "std::AtomicUsize",
        from: "std::sync::atomic::AtomicUsize",
        to: "contention::atomics::AtomicUsize",
    },
    Mutation {
        item: "mod sections",
        from: r#"#[path = "x86_64.rs"]"#,
        to: path!("src/sequences.rs"),
    },
    Mutation {
        item: "mod sections",
        from: r#"#[path = "aarch64.rs"]"#,
        to: path!("src/sequences.rs"),
    },
    Mutation {
        item: "real::Area::cpu",
        from: "unsafe { cpu_id_start(self.offset()) }",
        to: "contention::machine::cpu()",
    },
    Mutation {
        item: "real::Area::registered",
        from: "let symbol = |name: &CStr|",
        to: "return Some(Self(NonZero::<isize>::MIN));
            let symbol = |name: &CStr|",
    },
    Mutation {
        item: "membarrier",
        from: "unsafe { libc::syscall(libc::SYS_membarrier, command, flags, cpu) == 0 }",
        to: "{
            if command == FENCE {
                contention::machine::fence(flags == ONE_CPU)
            }
            true
        }",
    },
    Mutation {
        item: "Front::tried",
        from: "rseq::sections::try_out(area).map(|()| area)",
        to: "Ok(area)",
    },
    Mutation {
        item: "mod cpu",
        from: "let told =",
        to: "return contention::machine::cpus();
            let told =",
    },
    Mutation {
        item: "mod cpu",
        from: r#"std::fs::read_to_string("/sys/devices/system/cpu/online")"#,
        to: r#"return contention::machine::cpus();
            std::fs::read_to_string("/sys/devices/system/cpu/online")"#,
    },
    named!("pool", "pool.rs"),
    named!("engine", "engine.rs"),
    named!("class", "class.rs"),
    named!("rseq::caches", "caches.rs"),
    named!("percpu::portable", "portable.rs"),
    named!("depot", "depot.rs"),
    named!("arena", "arena.rs"),
    named!("stack", "stack.rs"),
];
