//! The errors: what was asked, what the kernel answered, and the remedy.

#![forbid(unsafe_code)]

use std::error;
use std::fmt;
use std::io;

use framewell::TooManyBorrowers;

use crate::message::Message;
use crate::sys;

/// The reason why there is no ring, or why a call on one failed.
///
/// ```
/// use framewell::Pool;
/// use framewell_uring::{Error, GroupConfig, Ring};
///
/// let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
/// let refused = ring.group(GroupConfig::frames(1000)).unwrap_err();
/// assert!(matches!(refused, Error::GroupSize { asked: 1000 }));
/// assert_eq!(
///     refused.to_string(),
///     "1000 entries are no size of a group, which is a power of two up to 32768; ask for 1024",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The number of a group's entries is no power of two, or too large.
    GroupSize {
        /// The entries asked for.
        asked: u32,
    },
    /// The buffers of a group would have no room for data.
    GroupRoom {
        /// The headroom asked for, in bytes.
        headroom: usize,
        /// The bytes of a buffer.
        capacity: usize,
    },
    /// The ring has as many groups as there are numbers for them.
    Groups,
    /// The buffers of a group have no room behind the headers of a receive.
    Headers {
        /// The bytes of the headers.
        headers: usize,
        /// The room of a buffer.
        room: usize,
    },
    /// What was asked for is for streams, and the socket is none.
    NoStream {
        /// What was asked for.
        what: &'static str,
    },
    /// What was asked for is for groups of another kind.
    OtherGroup {
        /// What was asked for.
        what: &'static str,
    },
    /// The kernel lacks something.
    Lacking {
        /// What it lacks.
        what: &'static str,
        /// The Linux that has it.
        since: &'static str,
    },
    /// What was named is not there any more, or is of another ring.
    Gone {
        /// What was named: a socket, a group, a receive.
        what: &'static str,
    },
    /// A buffer is of another pool than the ring.
    OtherPool,
    /// The buffer to receive into has no data that could be overwritten.
    NoRoom,
    /// The kernel takes no entry of the submission queue while completions wait.
    Busy,
    /// The pool has no number left for another borrower.
    Borrowers {
        /// The pool's answer.
        source: TooManyBorrowers,
    },
    /// The kernel refused a step.
    Kernel {
        /// What was asked of the kernel.
        step: Step,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// A step that the kernel refused.
///
/// ```
/// use framewell_uring::Step;
///
/// assert_eq!(Step::Setup { entries: 8 }.to_string(), "a ring of 8 entries");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Step {
    /// A ring was to be made.
    Setup {
        /// The entries of its submission queue.
        entries: u32,
    },
    /// A group was to be registered.
    Group {
        /// Its entries.
        entries: u32,
        /// Whether its buffers are to be filled piece by piece.
        incremental: bool,
    },
    /// The pool's frames were to be registered.
    Buffers {
        /// The bytes of all frames.
        bytes: usize,
    },
    /// A socket was to be attached.
    Attach,
    /// The submission queue was to be worked on.
    Submit,
    /// Something was to be received.
    Receive,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup { entries } => write!(f, "a ring of {entries} entries"),
            Self::Group {
                entries,
                incremental: false,
            } => write!(f, "a group of {entries} buffers"),
            Self::Group { entries, .. } => {
                write!(f, "an incremental group of {entries} buffers")
            }
            Self::Buffers { bytes } => write!(f, "registering {bytes} bytes of frames"),
            Self::Attach => f.write_str("attaching a socket"),
            Self::Submit => f.write_str("submitting"),
            Self::Receive => f.write_str("receiving"),
        }
    }
}

impl Step {
    /// Returns what to do about the kernel's answer to this step.
    fn remedy(self, answer: i32) -> Option<String> {
        let remedy = match (self, answer) {
            (Self::Setup { .. }, libc::ENOSYS) => {
                "this kernel has no io_uring, or a seccomp filter hides it; it needs Linux 5.19, \
                 built with CONFIG_IO_URING"
            }
            (Self::Setup { .. }, libc::EPERM) => {
                "io_uring is switched off (`sysctl kernel.io_uring_disabled`), or a seccomp filter \
                 refuses it, as those of containers do"
            }
            (Self::Setup { .. }, libc::EINVAL) => {
                "a submission queue has at most 32768 entries and a completion queue 65536, and \
                 not fewer than the other; ask for fewer"
            }
            (Self::Setup { .. } | Self::Buffers { .. }, libc::ENOMEM) => {
                return Some(match sys::memlock() {
                    Some(limit) => format!(
                        "it is locked in memory, and the limit (`ulimit -l`) is {limit} bytes for \
                         all of this user's; raise that limit, give the program CAP_IPC_LOCK, or \
                         ask for less. A ring that was closed just now counts for a moment longer"
                    ),
                    None => "it cannot be locked in memory; ask for less".to_owned(),
                });
            }
            (
                Self::Group {
                    incremental: true, ..
                },
                libc::EINVAL,
            ) => "incremental groups need Linux 6.12; leave GroupConfig::incremental out",
            (Self::Group { .. }, libc::EINVAL) => {
                "groups of buffers need Linux 5.19, or a seccomp filter refuses them; use \
                 Ring::recv, which does without"
            }
            (Self::Group { .. } | Self::Buffers { .. }, libc::EPERM | libc::EACCES) => {
                "a seccomp filter or a restriction of the ring refuses io_uring_register"
            }
            (Self::Buffers { .. }, libc::EINVAL | libc::EOPNOTSUPP) => {
                "this kernel does not register such memory; leave RingBuilder::register out"
            }
            (Self::Attach, libc::ENOTSOCK) => "only sockets can be attached",
            (Self::Attach, libc::EMFILE) => {
                "the ring needs a descriptor for each socket; raise `ulimit -n`"
            }
            (Self::Receive, libc::EINVAL) => {
                "receives that go on need Linux 6.0, and bundles Linux 6.10; use Ring::recv"
            }
            (Self::Receive, libc::EFAULT) => {
                "the buffers have no room for the headers, or are not mapped any more"
            }
            (Self::Receive, libc::ENOTCONN) => "connect the socket first",
            _ => return None,
        };
        Some(remedy.to_owned())
    }
}

impl Error {
    /// Returns the number of the kernel's error, if the kernel refused.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// let refused = ring.attach(&std::io::stdin()).unwrap_err();
    /// assert_eq!(refused.os_error(), Some(88)); // ENOTSOCK
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn os_error(&self) -> Option<i32> {
        match self {
            Self::Kernel { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }

    pub(crate) fn kernel(step: Step) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Kernel { step, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupSize { asked } => write!(
                f,
                "{asked} entries are no size of a group, which is a power of two up to 32768; ask \
                 for {}",
                (*asked).clamp(1, 1 << 15).next_power_of_two()
            ),
            Self::GroupRoom { headroom, capacity } => write!(
                f,
                "a headroom of {headroom} bytes leaves no room in a buffer of {capacity}; lower it \
                 with GroupConfig::headroom"
            ),
            Self::Groups => {
                f.write_str("the ring has 65535 groups already; use a group for several sockets")
            }
            Self::Headers { headers, room } => write!(
                f,
                "headers of {headers} bytes leave no room in a buffer of {room}; ask for less with \
                 Headers::control, or for larger buffers"
            ),
            Self::NoStream { what } => write!(
                f,
                "{what} are for streams, and the socket is none: a datagram would be cut without a \
                 sign; use another group or receive"
            ),
            Self::OtherGroup { what } => {
                write!(
                    f,
                    "an incremental group serves no {what}; make another group"
                )
            }
            Self::Lacking { what, since } => {
                write!(f, "this kernel lacks {what}, which need Linux {since}")
            }
            Self::Gone { what } => write!(
                f,
                "there is no such {what}: it has ended, or is of another ring"
            ),
            Self::OtherPool => {
                f.write_str("a buffer is of another pool; copy it, or make a ring for that pool")
            }
            Self::NoRoom => f.write_str(
                "a receive into a buffer of 0 bytes brings nothing; get the buffer with a length",
            ),
            Self::Busy => f.write_str(
                "the submission queue is full and the kernel takes nothing while completions \
                 wait; call Ring::next_event until it returns none",
            ),
            Self::Borrowers { source } => source.fmt(f),
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
            Self::Kernel { source, .. } => Some(source),
            Self::Borrowers { source } => Some(source),
            _ => None,
        }
    }
}

/// A message that was not taken, and why.
///
/// ```
/// # use framewell::Pool;
/// # use framewell_uring::{Message, Ring};
/// let (here, there) = (Pool::builder().build()?, Pool::builder().build()?);
/// let mut ring = Ring::builder(&here).build()?;
/// let udp = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// let socket = ring.attach(&udp)?;
/// let refused = ring.send(socket, Message::new(there.copy_from(b"packet")?)).unwrap_err();
/// assert_eq!(refused.message.bytes(), 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct SendError {
    /// The message.
    pub message: Box<Message>,
    /// The reason.
    pub error: Error,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl error::Error for SendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}
