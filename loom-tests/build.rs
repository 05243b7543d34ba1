//! Compiles this package, and it alone, with `--cfg loom`.

fn main() {
    println!("cargo::rustc-cfg=loom");
}
