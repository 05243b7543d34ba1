//! The networks that the programs set up for themselves.
//!
//! ```text
//!   echo      left │ a ═══ b │ middle             a reflector on b
//!   forward   left │ a ═══ b │ middle │ c ═══ d │ right    a router between b and c
//! ```
//!
//! Each is a network namespace. Kernel UDP sockets are in the outer ones, AF_XDP sockets in the
//! middle, whose interfaces have no address: all that the kernel would do with a packet there is to
//! drop it.

mod link;
mod namespace;

pub use link::{End, ip, pair};
pub use namespace::Namespace;

use std::fs;

use crate::contestants::Port;
use framewell_harness::traffic::{FIRST_PORT, FLOWS, Flow};

use crate::device;
use crate::packet::{Hop, Mac};
use crate::slice::Work;

/// A network, and the flows through it.
#[derive(Debug)]
pub struct Lab {
    /// Where the AF_XDP sockets are.
    pub middle: Namespace,
    /// The interfaces in the middle.
    pub ports: Vec<Port>,
    /// What is done there with a packet.
    pub work: Work,
    /// What is sent and received by the kernel's sockets.
    pub flows: Vec<Flow>,
    /// The outer namespaces, from left to right.
    pub outer: Vec<Namespace>,
}

const A: Mac = Mac([2, 0, 0, 0, 0, 0xa]);
const B: Mac = Mac([2, 0, 0, 0, 0, 0xb]);
const C: Mac = Mac([2, 0, 0, 0, 0, 0xc]);
const D: Mac = Mac([2, 0, 0, 0, 0, 0xd]);

/// The time to live of a packet that the kernel sends.
const TTL: u8 = 64;

impl Lab {
    /// Returns a network for a reflector, for packets of so many bytes.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub fn echo(size: usize) -> Result<Self, String> {
        let (left, middle) = (Namespace::new()?, Namespace::new()?);
        join((&left, "a", A), (&middle, "b", B), size)?;
        left.inside(|| configure("a", "10.0.1.1/24", "10.0.1.2", B))??;
        let flows = left.inside(|| {
            (0..FLOWS)
                .map(|number| {
                    let port = FIRST_PORT + number;
                    let socket = Flow::socket(("10.0.1.1", port - 1000), ("10.0.1.2", port))?;
                    Flow::there_and_back(number, socket, Some(TTL))
                })
                .collect::<Result<Vec<Flow>, String>>()
        })??;
        Ok(Self {
            middle,
            ports: vec![Port::new("b", 0)],
            work: Work::Reflect(FIRST_PORT..FIRST_PORT + FLOWS),
            flows,
            outer: vec![left],
        })
    }

    /// Returns a network for a router, for packets of so many bytes. Half of the flows go each way.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub fn forward(size: usize) -> Result<Self, String> {
        let (left, middle, right) = (Namespace::new()?, Namespace::new()?, Namespace::new()?);
        join((&left, "a", A), (&middle, "b", B), size)?;
        join((&right, "d", D), (&middle, "c", C), size)?;
        left.inside(|| configure("a", "10.0.1.1/24", "10.0.1.2", B))??;
        right.inside(|| configure("d", "10.0.2.1/24", "10.0.2.2", C))??;
        let mut flows = Vec::new();
        for number in 0..FLOWS {
            let port = FIRST_PORT + number;
            let near = ("10.0.1.1", port);
            let far = ("10.0.2.1", port);
            let near = left.inside(|| Flow::socket(near, far))??;
            let far = right.inside(|| Flow::socket(far, ("10.0.1.1", port)))??;
            let (from, to) = if number % 2 == 0 {
                (near, far)
            } else {
                (far, near)
            };
            flows.push(Flow::new(number, from, to, Some(TTL - 1)));
        }
        Ok(Self {
            middle,
            ports: vec![Port::new("b", 0), Port::new("c", 0)],
            work: Work::Route([Hop { from: B, to: A }, Hop { from: C, to: D }]),
            flows,
            outer: vec![left, right],
        })
    }

    /// Returns what the kernel's UDP has dropped in the outer namespaces, in words; empty if it has
    /// dropped nothing.
    ///
    /// # Errors
    ///
    /// The error says in words what was refused.
    pub fn kernel_drops(&self) -> Result<String, String> {
        let mut found = Vec::new();
        for namespace in &self.outer {
            let path = "/proc/thread-self/net/snmp";
            let text = namespace.inside(|| fs::read_to_string(path))?;
            found.extend(drops(&text.map_err(|error| format!("{path}: {error}"))?));
        }
        Ok(found.join(", "))
    }
}

/// Joins two namespaces by a pair of interfaces that take packets of so many bytes.
fn join(
    (near, near_name, near_mac): (&Namespace, &str, Mac),
    (far, far_name, far_mac): (&Namespace, &str, Mac),
    size: usize,
) -> Result<(), String> {
    let near = End {
        namespace: near,
        name: near_name,
        mac: near_mac,
    };
    let far = End {
        namespace: far,
        name: far_name,
        mac: far_mac,
    };
    pair(near, far, size.max(1500))
}

/// Gives an interface an address, and a gateway whose hardware address is known.
fn configure(name: &str, address: &str, gateway: &str, mac: Mac) -> Result<(), String> {
    let Mac(mac) = mac;
    let mac = mac.map(|byte| format!("{byte:02x}")).join(":");
    device::compute_checksums(name)?;
    ip(&format!("addr add {address} dev {name}"))?;
    ip(&format!(
        "neigh replace {gateway} lladdr {mac} dev {name} nud permanent"
    ))?;
    ip(&format!("route add default via {gateway}"))
}

/// Returns the counters of drops that are not zero, from the text of `snmp`: a line of names for
/// each protocol, and then one of values.
fn drops(text: &str) -> Vec<String> {
    const ERRORS: [&str; 5] = [
        "InHdrErrors",
        "InAddrErrors",
        "InCsumErrors",
        "RcvbufErrors",
        "InErrors",
    ];
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for pair in lines.chunks_exact(2) {
        let mut cells = pair[0].split(' ').zip(pair[1].split(' '));
        let Some((protocol @ ("Ip:" | "Udp:"), _)) = cells.next() else {
            continue;
        };
        let seen = cells.filter(|(name, value)| ERRORS.contains(name) && *value != "0");
        found.extend(seen.map(|(name, value)| format!("{protocol} {name} {value}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_named_with_their_protocol() {
        let text = "Ip: Forwarding InHdrErrors\nIp: 1 2\nTcp: InErrs InErrors\nTcp: 3 4\n\
                    Udp: InDatagrams InCsumErrors RcvbufErrors\nUdp: 9 0 5\n";
        assert_eq!(drops(text), ["Ip: InHdrErrors 2", "Udp: RcvbufErrors 5"]);
    }
}
