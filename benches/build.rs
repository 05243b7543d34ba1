//! Names the targets that have restartable sequences, as the crate does.

#[path = "../build.rs"]
mod platforms;

fn main() {
    platforms::main();
}
