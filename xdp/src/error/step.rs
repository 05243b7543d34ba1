//! What is asked of the kernel, and what to do about each of its answers.

use std::fmt;

use crate::ring_kind::Ring;
use crate::sys;

/// A step on the way to a socket or on its use, which the kernel refused.
///
/// ```
/// use framewell_xdp::Step;
///
/// let step = Step::Bind { interface: "eth0".into(), queue: 3, zero_copy: false };
/// assert_eq!(step.to_string(), "binding to queue 3 of eth0");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Step {
    /// A socket was asked for.
    Socket,
    /// The pool's frames were to be registered.
    Register {
        /// The bytes of all frames.
        bytes: usize,
        /// The bytes of one frame.
        chunk: u32,
        /// The headroom that was asked for beside the kernel's own, in bytes.
        headroom: u32,
        /// The TX metadata in front of a packet, in bytes.
        metadata: u32,
    },
    /// A ring was to be made or mapped.
    Ring {
        /// The ring.
        ring: Ring,
        /// Its entries.
        entries: u32,
    },
    /// The socket was to be bound.
    Bind {
        /// The name of the interface.
        interface: String,
        /// The queue.
        queue: u32,
        /// Whether zero-copy was demanded.
        zero_copy: bool,
    },
    /// The map of a redirect program was to be made.
    Map,
    /// A redirect program was to be loaded.
    Load,
    /// A redirect program was to be attached.
    Attach {
        /// The name of the interface.
        interface: String,
    },
    /// A socket was to be entered into the map of a program.
    Enter {
        /// The place in the map.
        queue: u32,
    },
    /// The kernel was to work on a ring.
    Wake,
    /// An event was to be waited for.
    Poll,
    /// The kernel's counts were asked for.
    Statistics,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket => f.write_str("an AF_XDP socket"),
            Self::Register {
                bytes,
                chunk,
                headroom,
                ..
            } => write!(
                f,
                "registering {bytes} bytes of frames of {chunk} with a headroom of {headroom}"
            ),
            Self::Ring { ring, entries } => write!(f, "a {ring} ring of {entries} entries"),
            Self::Bind {
                interface, queue, ..
            } => write!(f, "binding to queue {queue} of {interface}"),
            Self::Map => f.write_str("the map of a redirect program"),
            Self::Load => f.write_str("loading a redirect program"),
            Self::Attach { interface } => {
                write!(f, "attaching a redirect program to {interface}")
            }
            Self::Enter { queue } => {
                write!(f, "entering a socket into place {queue} of a program's map")
            }
            Self::Wake => f.write_str("waking the kernel"),
            Self::Poll => f.write_str("waiting for a socket"),
            Self::Statistics => f.write_str("reading the counts of a socket"),
        }
    }
}

impl Step {
    /// Returns what to do about the kernel's answer to this step.
    pub(super) fn remedy(&self, answer: i32) -> Option<String> {
        let remedy = match (self, answer) {
            (Self::Socket, libc::EPERM) => return Some(missing(&[CAP_NET_RAW])),
            (Self::Map | Self::Load | Self::Attach { .. }, libc::EPERM) => {
                return Some(missing(&[CAP_NET_ADMIN, CAP_BPF]));
            }
            (Self::Socket, libc::EAFNOSUPPORT) => "this kernel was built without AF_XDP",
            (Self::Register { metadata: 1.., .. }, libc::EINVAL) => {
                "TX metadata needs Linux 6.11; leave UmemBuilder::tx_metadata out"
            }
            (Self::Register { chunk, .. }, libc::EINVAL) => {
                return Some(format!(
                    "this kernel takes no chunks of {chunk} bytes with that headroom; 2048 and 4096 \
                     bytes without headroom are always taken"
                ));
            }
            (Self::Register { .. }, libc::ENOBUFS) => {
                "all of it is locked, and `ulimit -l` is less; raise that limit, give the program \
                 CAP_IPC_LOCK, or ask for fewer with PoolBuilder::frames. A registration that has \
                 just ended counts for a moment longer"
            }
            (Self::Register { .. }, libc::ENOMEM) => {
                "not all of it can be locked in memory; ask for fewer with PoolBuilder::frames"
            }
            (Self::Bind { queue, .. }, libc::EINVAL) => {
                return Some(format!(
                    "the interface has no queue {queue} (`ls /sys/class/net/*/queues` lists them), \
                     or this kernel is older than what was asked for: packets of several frames \
                     need Linux 6.6"
                ));
            }
            (Self::Bind { .. }, libc::EBUSY) => {
                "another socket has the queue: one of another process, one that shares no \
                 registration with this one, or one that was closed while a ring of it is mapped or \
                 a child has it"
            }
            (
                Self::Bind {
                    zero_copy: true, ..
                },
                libc::EOPNOTSUPP,
            ) => "the driver has no zero-copy; ask for Mode::Auto or Mode::Copy",
            (Self::Bind { .. } | Self::Attach { .. }, libc::ENODEV) => {
                "the interface is gone, or in another network namespace"
            }
            (Self::Bind { .. }, libc::ENETDOWN) | (Self::Wake | Self::Poll, libc::ENETDOWN) => {
                "the interface is down or gone; set it up, or bind a socket anew"
            }
            (Self::Wake, libc::ENXIO | libc::EBADF) => {
                "the interface is gone; drop the socket, and bind another"
            }
            (Self::Attach { .. }, libc::EBUSY | libc::EEXIST) => {
                "another program is attached there; detach it with `ip link set dev NAME xdp off`"
            }
            (Self::Attach { .. }, libc::EOPNOTSUPP) => {
                "the driver has no place for programs; ask for Attach::Generic"
            }
            (Self::Attach { .. }, libc::EINVAL | libc::ERANGE) => {
                "the interface's packets may be too large for one frame; ask for a program that \
                 takes several, or lower the MTU"
            }
            (Self::Enter { .. }, libc::EINVAL) => {
                "it is no map of sockets; its type must be BPF_MAP_TYPE_XSKMAP"
            }
            (Self::Enter { queue }, libc::E2BIG) => {
                return Some(format!(
                    "the map has no place {queue}; make it larger with RedirectBuilder::queues"
                ));
            }
            _ => return None,
        };
        Some(remedy.to_owned())
    }
}

/// A capability: its name and its number.
type Capability = (&'static str, u32);

const CAP_NET_ADMIN: Capability = ("CAP_NET_ADMIN", 12);
const CAP_NET_RAW: Capability = ("CAP_NET_RAW", 13);
const CAP_BPF: Capability = ("CAP_BPF", 39);

/// Says which of these capabilities the thread lacks.
fn missing(needed: &[Capability]) -> String {
    let has = sys::capabilities().unwrap_or(0);
    let lacking: Vec<&str> = needed
        .iter()
        .filter(|(_, number)| has >> number & 1 == 0)
        .map(|(name, _)| *name)
        .collect();
    if lacking.is_empty() {
        let names: Vec<&str> = needed.iter().map(|(name, _)| *name).collect();
        return format!(
            "the thread has {}, but not for this network: they count only in the user namespace \
             that gave them",
            names.join(" and ")
        );
    }
    format!(
        "the thread lacks {}; run as root, or give the program `setcap \
         cap_net_raw,cap_net_admin,cap_bpf+ep`",
        lacking.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_limit_and_the_remedy() {
        let bind = Step::Bind {
            interface: "eth0".into(),
            queue: 9,
            zero_copy: true,
        };
        let says = |answer| bind.remedy(answer).unwrap();
        assert!(says(libc::EINVAL).contains("no queue 9"));
        assert!(says(libc::EBUSY).contains("another socket has the queue"));
        assert!(says(libc::EOPNOTSUPP).contains("Mode::Copy"));
        assert!(says(libc::ENODEV).contains("gone"));
        let register = Step::Register {
            bytes: 1 << 20,
            chunk: 2112,
            headroom: 0,
            metadata: 0,
        };
        let says = |answer| register.remedy(answer).unwrap();
        assert!(says(libc::EINVAL).contains("2112"));
        assert!(says(libc::ENOBUFS).contains("ulimit -l"));
        assert_eq!(register.remedy(libc::EFAULT), None);
    }

    #[test]
    fn each_missing_capability_is_named() {
        // What a capability is called that no thread has.
        let nobody = ("CAP_NOBODY", 63);
        let says = missing(&[nobody, ("CAP_NONE", 62)]);
        assert!(
            says.starts_with("the thread lacks CAP_NOBODY and CAP_NONE;"),
            "{says}"
        );
    }
}
