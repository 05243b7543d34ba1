//! The errors: what was asked for, what the kernel answered, and the remedy.

#![forbid(unsafe_code)]

mod step;

use std::error;
use std::fmt;
use std::io;

use framewell::TooManyBorrowers;

pub use step::Step;

use crate::abi::BESIDE_HEADROOM;
use crate::ring_kind::Ring;

/// The reason why there is no socket, or why a call on one failed.
///
/// ```
/// use framewell::Pool;
/// use framewell_xdp::{Error, Umem};
///
/// let pool = Pool::builder().frames(8).build()?; // frames of 1728 bytes
/// let refused = Umem::new(&pool).unwrap_err();
/// assert!(matches!(refused, Error::Chunk { stride: 1728 }));
/// assert_eq!(
///     refused.to_string(),
///     "a stride of 1728 bytes is no chunk of AF_XDP, which has 2048 to 4096 bytes; build the \
///      pool with PoolBuilder::af_xdp",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no interface of this name.
    Interface {
        /// The name that was asked for.
        name: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The stride of the pool's frames is no chunk size.
    Chunk {
        /// The stride in bytes.
        stride: usize,
    },
    /// The headroom exceeds what the chunk leaves for it.
    Headroom {
        /// The headroom asked for, in bytes.
        asked: u32,
        /// The size of a chunk in bytes.
        chunk: u32,
    },
    /// The length of the TX metadata is none that the kernel takes.
    Metadata {
        /// The length asked for, in bytes.
        asked: u32,
    },
    /// The number of a ring's entries is no power of two, or too large.
    RingSize {
        /// The ring.
        ring: Ring,
        /// The entries asked for.
        asked: u32,
    },
    /// The socket to share a registration with has another [`Umem`](crate::Umem).
    OtherUmem,
    /// The socket is on another interface than the program that is to redirect to it.
    OtherInterface {
        /// The name of the program's interface.
        program: String,
        /// The name of the socket's interface.
        socket: String,
    },
    /// The pool has no number left for another borrower.
    Borrowers {
        /// The pool's answer.
        source: TooManyBorrowers,
    },
    /// The process was forked while the rings were mapped, so that a child may have them.
    Forked,
    /// The kernel refused a step.
    Kernel {
        /// What was asked of the kernel.
        step: Step,
        /// The kernel's answer.
        source: io::Error,
    },
}

impl Error {
    /// Returns the number of the kernel's error, if the kernel refused.
    ///
    /// ```
    /// let refused = framewell_xdp::Interface::named("no-such-one").unwrap_err();
    /// assert_eq!(refused.os_error(), Some(19)); // ENODEV
    /// ```
    #[must_use]
    pub fn os_error(&self) -> Option<i32> {
        match self {
            Self::Interface { source, .. } | Self::Kernel { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface { name, source } => write!(
                f,
                "there is no interface {name:?} in this network namespace ({source}); `ip link` \
                 lists those that there are"
            ),
            Self::Chunk { stride } => write!(
                f,
                "a stride of {stride} bytes is no chunk of AF_XDP, which has 2048 to 4096 bytes; \
                 build the pool with PoolBuilder::af_xdp"
            ),
            Self::Headroom { asked, chunk } => write!(
                f,
                "a headroom of {asked} bytes exceeds the limit of {} in a chunk of {chunk} bytes; \
                 lower it, or raise PoolBuilder::stride",
                chunk - BESIDE_HEADROOM
            ),
            Self::Metadata { asked } => write!(
                f,
                "TX metadata of {asked} bytes is neither 0 nor a multiple of 8 from 16 to 248; ask \
                 for 16, which is what the kernel uses"
            ),
            Self::RingSize { ring, asked } => write!(
                f,
                "{asked} entries are no size of the {ring} ring, which is a power of two up to \
                 32768; ask for {}",
                (*asked).clamp(1, 1 << 15).next_power_of_two()
            ),
            Self::OtherUmem => f.write_str(
                "the socket to share with has another Umem; build both sockets on clones of one",
            ),
            Self::OtherInterface { program, socket } => write!(
                f,
                "a program on {program} gives no packets to a socket on {socket}; attach one to \
                 {socket}"
            ),
            Self::Borrowers { source } => source.fmt(f),
            Self::Forked => f.write_str(
                "the process was forked while the rings were mapped, and the child may have them; \
                 bind the socket again",
            ),
            Self::Kernel { step, source } => {
                write!(f, "{step} was refused ({source})")?;
                match step.remedy(source.raw_os_error().unwrap_or(0)) {
                    Some(remedy) => write!(f, "; {remedy}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Interface { source, .. } | Self::Kernel { source, .. } => Some(source),
            Self::Borrowers { source } => Some(source),
            _ => None,
        }
    }
}
