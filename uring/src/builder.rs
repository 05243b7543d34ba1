//! The settings of a ring, and its making.

use framewell::Pool;
use io_uring::{IoUring, Probe, opcode};

use crate::core::{Core, Features};
use crate::error::{Error, Step};
use crate::ring::Ring;
use crate::teardown;

/// The most bytes that the kernel registers as one buffer.
const PIECE: usize = 1 << 30;

/// The settings of a [`Ring`]; made by [`Ring::builder`].
///
/// ```
/// use framewell::Pool;
/// use framewell_uring::Ring;
///
/// let pool = Pool::builder().build()?;
/// let ring = Ring::builder(&pool).name("echo").entries(64).completions(1024).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct RingBuilder {
    pool: Pool,
    name: String,
    entries: u32,
    completions: Option<u32>,
    register: bool,
}

impl RingBuilder {
    pub(crate) fn new(pool: &Pool) -> Self {
        Self {
            pool: pool.clone(),
            name: "io_uring".to_owned(),
            entries: 256,
            completions: None,
            register: false,
        }
    }

    /// Sets the name by which the pool's counts name the ring: its borrowers are `NAME rx` and
    /// `NAME tx`. Unless set, it is `io_uring`.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let pool = Pool::builder().build()?;
    /// let ring = Ring::builder(&pool).name("echo").build()?;
    /// assert_eq!(pool.stats().borrowers[0].name, "echo rx");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets the entries of the submission queue: 1 to 32,768, which the kernel rounds up to a power
    /// of two. Unless set, they are 256.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let ring = Ring::builder(&Pool::builder().build()?).entries(32).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn entries(mut self, entries: u32) -> Self {
        self.entries = entries;
        self
    }

    /// Sets the entries of the completion queue: as many as the submission queue has, up to 65,536.
    /// Unless set, they are twice as many.
    ///
    /// A receive needs an entry for each datagram until [`Ring::next_event`] takes it. Choose at
    /// least as many as the groups have buffers. When the queue is full, receives end, and the ring
    /// arms them again.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let ring = Ring::builder(&Pool::builder().build()?).completions(4096).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn completions(mut self, entries: u32) -> Self {
        self.completions = Some(entries);
        self
    }

    /// Registers all frames of the pool with the kernel, which pins them in memory. Then the kernel
    /// does not look up the pages of each frame that is sent without a copy
    /// ([`Message::zero_copy`](crate::Message::zero_copy)).
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let pool = Pool::builder().frames(64).build()?;
    /// match Ring::builder(&pool).register().build() {
    ///     Ok(ring) => println!("{}", ring.stats()),
    ///     Err(refused) => println!("{refused}"), // such as: `ulimit -l` is too low
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn register(mut self) -> Self {
        self.register = true;
        self
    }

    /// Makes the ring. It enters the kernel, and collects what earlier rings have left
    /// ([`collect`](crate::collect)).
    ///
    /// # Errors
    ///
    /// [`Error::Kernel`] if the kernel has no io_uring, or refuses the sizes or the registration;
    /// [`Error::Lacking`] if it is too old; [`Error::Borrowers`] if the pool has no number left for
    /// two borrowers.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Ring;
    /// let refused = Ring::builder(&Pool::builder().build()?).entries(65_536).build();
    /// assert!(refused.unwrap_err().to_string().contains("at most 32768"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build(self) -> Result<Ring, Error> {
        teardown::collect();
        let borrower = |side: &str| {
            let borrower = self.pool.borrower(&format!("{} {side}", self.name));
            borrower.map_err(|source| Error::Borrowers { source })
        };
        let (rx, tx) = (borrower("rx")?, borrower("tx")?);
        let uring = self.set_up()?;
        let parameters = uring.params();
        if !(parameters.is_feature_nodrop()
            && parameters.is_feature_submit_stable()
            && parameters.is_feature_ext_arg())
        {
            return Err(Error::Lacking {
                what: "waits with a timeout",
                since: "5.11",
            });
        }
        let features = features(&uring);
        let frames_each = match self.register {
            true => Some(self.register_frames(&uring)?),
            false => None,
        };
        Ok(Ring::of(Core::new(uring, rx, tx, features, frames_each)))
    }

    /// Makes the kernel's part, with what a kernel may lack left out if it does.
    fn set_up(&self) -> Result<IoUring, Error> {
        let mut builder = IoUring::builder();
        // A forked child has no part in the ring.
        builder.dontfork();
        if let Some(entries) = self.completions {
            builder.setup_cqsize(entries);
        }
        let mut without_interrupts = builder.clone();
        without_interrupts.setup_coop_taskrun();
        without_interrupts.setup_taskrun_flag();
        without_interrupts.setup_submit_all();
        let made = match without_interrupts.build(self.entries) {
            Err(refused) if refused.raw_os_error() == Some(libc::EINVAL) => {
                builder.build(self.entries)
            }
            made => made,
        };
        made.map_err(Error::kernel(Step::Setup {
            entries: self.entries,
        }))
    }

    /// Registers all frames in pieces, each of whole frames, and returns how many a piece has.
    fn register_frames(&self, uring: &IoUring) -> Result<u32, Error> {
        let region = self.pool.region();
        let frames_each = (PIECE / region.stride()).max(1);
        let piece = frames_each * region.stride();
        let iovecs: Vec<_> = (0..region.len())
            .step_by(piece)
            .map(|offset| libc::iovec {
                iov_base: region.base().as_ptr().wrapping_add(offset).cast(),
                iov_len: piece.min(region.len() - offset),
            })
            .collect();
        // SAFETY: the region is mapped as long as a borrower keeps the pool, and the kernel pins
        // its pages itself. It uses them for sends that name a frame, and each such is lent.
        unsafe { uring.submitter().register_buffers(&iovecs) }.map_err(Error::kernel(
            Step::Buffers {
                bytes: region.len(),
            },
        ))?;
        Ok(frames_each as u32)
    }
}

/// Asks the kernel what it can do. One that does not tell is taken for an old one.
fn features(uring: &IoUring) -> Features {
    let mut probe = Probe::new();
    let told = uring.submitter().register_probe(&mut probe).is_ok();
    let has = |code| told && probe.is_supported(code);
    Features {
        zero_copy: has(opcode::SendZc::CODE),
        zero_copy_messages: has(opcode::SendMsgZc::CODE),
        bundles: uring.params().is_feature_recvsend_bundle(),
    }
}
