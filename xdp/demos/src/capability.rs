//! What the process may ask of the kernel.

#![forbid(unsafe_code)]

use std::fs;

/// A right of the process (capabilities(7)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capability {
    /// To set up interfaces, and to attach programs to them.
    NetAdmin,
    /// To make AF_XDP sockets.
    NetRaw,
    /// To make network namespaces.
    SysAdmin,
    /// To load programs.
    Bpf,
}

impl Capability {
    /// What it takes to receive from and send to interfaces that exist.
    pub const SOCKETS: [Self; 3] = [Self::NetRaw, Self::NetAdmin, Self::Bpf];
    /// What it takes to do so in network namespaces of one's own.
    pub const NAMESPACES: [Self; 4] = [Self::SysAdmin, Self::NetRaw, Self::NetAdmin, Self::Bpf];

    fn number(self) -> u32 {
        match self {
            Self::NetAdmin => 12,
            Self::NetRaw => 13,
            Self::SysAdmin => 21,
            Self::Bpf => 39,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::NetAdmin => "CAP_NET_ADMIN",
            Self::NetRaw => "CAP_NET_RAW",
            Self::SysAdmin => "CAP_SYS_ADMIN",
            Self::Bpf => "CAP_BPF",
        }
    }

    fn purpose(self) -> &'static str {
        match self {
            Self::NetAdmin => "to set up interfaces and to attach the redirect program",
            Self::NetRaw => "to make an AF_XDP socket",
            Self::SysAdmin => "to make network namespaces",
            Self::Bpf => "to load the redirect program",
        }
    }
}

/// Checks that the process has these rights.
///
/// # Errors
///
/// The error names those that are missing, and the remedy.
pub fn check(needed: &[Capability]) -> Result<(), String> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("/proc/self/status: {error}"))?;
    complain(needed, effective(&status))
}

/// Returns the mask of the rights that are in effect, from a process's `status` file.
fn effective(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

fn complain(needed: &[Capability], mask: u64) -> Result<(), String> {
    let has = |capability: Capability| mask & 1 << capability.number() != 0;
    // The kernel takes the older right for the newer one.
    let may = |capability| {
        has(capability) || (capability == Capability::Bpf && has(Capability::SysAdmin))
    };
    let missing: Vec<String> = needed
        .iter()
        .filter(|capability| !may(**capability))
        .map(|capability| format!("{} {}", capability.name(), capability.purpose()))
        .collect();
    let Some((last, others)) = missing.split_last() else {
        return Ok(());
    };
    let others = match others.is_empty() {
        true => String::new(),
        false => format!("{}, and ", others.join(", ")),
    };
    Err(format!(
        "this process lacks {others}{last}; run it as root, or give it what is missing with \
         setpriv(1) or setcap(8)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_purpose() {
        let mask = effective("Name:\tx\nCapEff:\t0000000000002000\nCapBnd:\t0\n");
        assert_eq!(mask, 1 << 13);
        assert_eq!(
            complain(&Capability::SOCKETS, mask).unwrap_err(),
            "this process lacks CAP_NET_ADMIN to set up interfaces and to attach the redirect \
             program, and CAP_BPF to load the redirect program; run it as root, or give it what \
             is missing with setpriv(1) or setcap(8)"
        );
    }

    #[test]
    fn cap_sys_admin_includes_cap_bpf() {
        let mask = 1 << 12 | 1 << 13 | 1 << 21;
        assert_eq!(complain(&Capability::NAMESPACES, mask), Ok(()));
        let all = complain(&Capability::NAMESPACES, 0).unwrap_err();
        assert!(all.contains("namespaces, CAP_NET_RAW to make an AF_XDP socket, CAP_NET_ADMIN"));
    }
}
