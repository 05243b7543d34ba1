//! Lays the crate out as a module, whose atomics, sequences and CPUs are those of the simulated
//! machine.
//!
//! Each change replaces a piece that is found exactly once, or the build stops. The algorithms are
//! compiled as they are.

#[path = "../../build.rs"]
mod platforms;
#[path = "../../loom-tests/variants.rs"]
mod variants;

/// The crate's source.
const SRC: &str = "../../src";

use std::env;
use std::fs;
use std::path::PathBuf;

use variants::{Change, lay_out};

/// Makes the attribute with the path of a file of this package.
macro_rules! path {
    ($file:literal) => {
        concat!("#[path = \"", env!("CARGO_MANIFEST_DIR"), "/", $file, "\"]")
    };
}

/// Makes a change that gives a module a child, which says what the module's atomics are called.
macro_rules! named {
    ($module:literal, $names:literal, $before:literal) => {
        Change {
            file: $module,
            from: $before,
            to: concat!(
                "#[path = \"",
                env!("CARGO_MANIFEST_DIR"),
                "/names/",
                $names,
                "\"]\nmod names;\n",
                $before
            ),
        }
    };
}

const MACHINE: &[Change] = &[
    Change {
        file: "sync/std.rs",
        from: "pub(crate) type AtomicU32 = std::sync::atomic::AtomicU32;",
        to: "pub(crate) type AtomicU32 = contention::atomics::AtomicU32;",
    },
    Change {
        file: "sync/std.rs",
        from: "pub(crate) type AtomicU64 = std::sync::atomic::AtomicU64;",
        to: "pub(crate) type AtomicU64 = contention::atomics::AtomicU64;",
    },
    Change {
        file: "sync/std.rs",
        from: "pub(crate) type AtomicUsize = std::sync::atomic::AtomicUsize;",
        to: "pub(crate) type AtomicUsize = contention::atomics::AtomicUsize;",
    },
    Change {
        file: "percpu/rseq/sections/mod.rs",
        from: "#[path = \"x86_64.rs\"]",
        to: path!("src/sequences.rs"),
    },
    Change {
        file: "percpu/rseq/sections/mod.rs",
        from: "#[path = \"aarch64.rs\"]",
        to: path!("src/sequences.rs"),
    },
    Change {
        file: "sys/rseq.rs",
        from: "unsafe { cpu_id_start(self.offset()) }",
        to: "contention::machine::cpu()",
    },
    Change {
        file: "sys/rseq.rs",
        from: "let symbol = |name: &CStr| {",
        to: "return Some(Self(NonZero::<isize>::MIN));\nlet symbol = |name: &CStr| {",
    },
    Change {
        file: "sys/rseq.rs",
        from: "unsafe { libc::syscall(libc::SYS_membarrier, command, flags, cpu) == 0 }",
        to: "{ if command == FENCE { contention::machine::fence(flags == ONE_CPU) } true }",
    },
    Change {
        file: "percpu/mod.rs",
        from: "rseq::sections::try_out(area).map(|()| area)",
        to: "Ok(area)",
    },
    Change {
        file: "sys/cpu.rs",
        from: "let told = [\n",
        to: "return contention::machine::cpus();\nlet told = [\n",
    },
    Change {
        file: "sys/cpu.rs",
        from: "pub(crate) fn online_cpus() -> u32 {\n    std::fs",
        to: "pub(crate) fn online_cpus() -> u32 {\n    return contention::machine::cpus();\n    std::fs",
    },
    named!("pool/mod.rs", "pool.rs", "mod builder;\n"),
    named!("inner/mod.rs", "inner.rs", "mod teardown;\n"),
    named!("class/mod.rs", "class.rs", "mod transfer;\n"),
    named!(
        "percpu/rseq/caches.rs",
        "caches.rs",
        "use std::cell::Cell;\n"
    ),
    named!(
        "percpu/portable.rs",
        "portable.rs",
        "use crate::base::batch::Batch;\n"
    ),
    named!("depot.rs", "depot.rs", "use crate::base::batch::Batch;\n"),
    named!("memory/arena/mod.rs", "arena.rs", "mod layout;\n"),
    named!(
        "base/stack.rs",
        "stack.rs",
        "use crate::base::batch::Batch;\n"
    ),
];

fn main() {
    platforms::main();
    for input in [SRC, "../../loom-tests/variants.rs", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    // The copy is not linted here, since the crate is linted where it stands.
    let mut text = String::from("#[allow(missing_docs, unreachable_pub)]\n");
    lay_out(&out, "counted", MACHINE, &[], &mut text);
    fs::write(out.join("counted.rs"), text).expect("OUT_DIR is writable");
}
