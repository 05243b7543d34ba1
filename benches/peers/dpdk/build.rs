//! Compiles the shim, and links those of DPDK's libraries that it needs.

use std::process;

fn main() {
    println!("cargo::rerun-if-changed=src/shim.c");
    let found = pkg_config::Config::new()
        .cargo_metadata(false)
        .atleast_version("22.11")
        .probe("libdpdk");
    let Ok(dpdk) = found else {
        eprintln!(
            "pkg-config finds no libdpdk of 22.11 or later: apt-get install libdpdk-dev pkg-config"
        );
        process::exit(1);
    };
    // The first header and the processor are given here. Of what pkg-config says, only the
    // directories are passed on.
    let mut shim = cc::Build::new();
    shim.file("src/shim.c")
        .includes(&dpdk.include_paths)
        .flag("-includerte_config.h")
        .opt_level(3)
        .define("NDEBUG", None);
    if cfg!(target_arch = "x86_64") {
        // Debian builds DPDK for this processor. GCC would count a cache's objects in a vector
        // register, which makes single gets slower.
        shim.flag("-march=corei7").flag_if_supported("-mno-stv");
    }
    shim.compile("framewell_dpdk");
    for path in &dpdk.link_paths {
        println!("cargo::rustc-link-search=native={}", path.display());
    }
    for library in ["rte_mempool", "rte_mbuf", "rte_ring", "rte_eal"] {
        println!("cargo::rustc-link-lib={library}");
    }
}
