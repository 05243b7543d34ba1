//! Reflects UDP packets of the kernel by AF_XDP, over a virtual Ethernet pair in a network
//! namespace of its own, and measures what a packet costs: by framewell-xdp as owners and as ids,
//! and by xdpilone with a free list by hand.
//!
//! All take turns in one process, on the same pair and with the same sender, which checks that each
//! packet comes back once and in order. What is measured is the CPU time of the reflector's thread,
//! the kernel's work in it included, and the packets a second of the whole loop.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("AF_XDP is a part of Linux");
}
