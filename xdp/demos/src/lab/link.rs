//! Virtual Ethernet pairs between namespaces.

use std::process::Command;

use super::Namespace;
use crate::packet::Mac;

/// Calls `ip` in the namespace of this thread.
///
/// # Errors
///
/// The error has what the program said.
pub fn ip(arguments: &str) -> Result<(), String> {
    let run = Command::new("ip").args(arguments.split(' ')).output();
    let output =
        run.map_err(|error| format!("ip: {error}; install it (Debian's package iproute2)"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "ip {arguments}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}

/// One end of a pair.
#[derive(Clone, Copy, Debug)]
pub struct End<'n> {
    /// The namespace of the interface.
    pub namespace: &'n Namespace,
    /// The name of the interface.
    pub name: &'n str,
    /// Its hardware address.
    pub mac: Mac,
}

/// Makes a pair of interfaces with one queue each.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn pair(near: End<'_>, far: End<'_>, mtu: usize) -> Result<(), String> {
    let describe = |end: &End<'_>| {
        let Mac(mac) = end.mac;
        let mac = mac.map(|byte| format!("{byte:02x}")).join(":");
        format!(
            "name {} mtu {mtu} numtxqueues 1 numrxqueues 1 address {mac}",
            end.name
        )
    };
    near.namespace.inside(|| {
        ip(&format!(
            "link add {} type veth peer {} netns {}",
            describe(&near),
            describe(&far),
            far.namespace.path()
        ))
    })??;
    for end in [near, far] {
        end.namespace
            .inside(|| ip(&format!("link set dev {} up", end.name)))??;
    }
    Ok(())
}
