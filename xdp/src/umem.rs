//! A pool's frames as the memory of sockets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use framewell::Pool;

use crate::error::{Error, Step};
use crate::shape::Shape;
use crate::sys;
use crate::teardown::Remains;

/// The frames of a pool as the memory (UMEM) of AF_XDP sockets; a handle that can be cloned.
///
/// A chunk of the UMEM is a frame of the pool.
/// [`PoolBuilder::af_xdp`](framewell::PoolBuilder::af_xdp) lays the frames out for that. Any other
/// pool will do whose stride is 2048 or 4096 bytes (*aligned* chunks), or any number between
/// (*unaligned* ones). Any number of sockets may use the same frames, on any interfaces. Each
/// registers them anew, or shares the registration of another socket
/// ([`SocketBuilder::share`](crate::SocketBuilder::share)).
///
/// Registration locks all frames in memory, used or not. Without CAP_IPC_LOCK they count towards
/// `ulimit -l`, once for each registration. Build no larger pool than you need.
///
/// ```
/// use framewell::{Pool, XdpChunks};
/// use framewell_xdp::Umem;
///
/// let pool = Pool::builder().frames(4096).af_xdp(XdpChunks::Aligned).build()?;
/// let umem = Umem::new(&pool)?;
/// assert_eq!(umem.received_headroom(), 256);
/// assert_eq!(umem.received_room(), 1792);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Umem {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    pool: Pool,
    shape: Shape,
    /// What sockets have left whose descriptors live on in other processes.
    remains: Mutex<Vec<Remains>>,
}

/// The settings of a [`Umem`]; made by [`Umem::builder`].
///
/// ```
/// # use framewell::Pool;
/// # use framewell_xdp::Umem;
/// # let pool = Pool::builder().frames(8).stride(4096).payload(3000).build()?;
/// let umem = Umem::builder(&pool).headroom(64).tx_metadata(16).build()?;
/// assert_eq!((umem.received_headroom(), umem.sent_room()), (320, 4080));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing until `build` is called"]
pub struct UmemBuilder {
    pool: Pool,
    headroom: Option<u32>,
    metadata: u32,
}

impl UmemBuilder {
    /// Sets how many bytes the kernel leaves in front of a received packet, beside its own 256 (at
    /// most the stride less 704). Unless set, it is the pool's headroom less 256 if the pool was
    /// laid out by [`PoolBuilder::af_xdp`](framewell::PoolBuilder::af_xdp), and else 0.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// assert_eq!(Umem::builder(&pool).headroom(64).build()?.received_headroom(), 320);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn headroom(mut self, bytes: u32) -> Self {
        self.headroom = Some(bytes);
        self
    }

    /// Sets how many bytes in front of a packet to be sent are metadata for the kernel: 0 (unless
    /// set), or a multiple of 8 from 16 to 248.
    ///
    /// The longest packet to be sent is shorter by that, and so must be each packet's headroom.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// assert_eq!(Umem::builder(&pool).tx_metadata(16).build()?.sent_room(), 2032);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tx_metadata(mut self, bytes: u32) -> Self {
        self.metadata = bytes;
        self
    }

    /// Makes the [`Umem`]. Nothing is registered before a socket is bound.
    ///
    /// # Errors
    ///
    /// [`Error::Chunk`], [`Error::Headroom`] or [`Error::Metadata`] if the kernel would not take
    /// it.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// let refused = Umem::builder(&pool).headroom(1400).build().unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "a headroom of 1400 bytes exceeds the limit of 1344 in a chunk of 2048 bytes; lower \
    ///      it, or raise PoolBuilder::stride",
    /// );
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn build(self) -> Result<Umem, Error> {
        let shape = Shape::of(&self.pool, self.headroom, self.metadata)?;
        let shared = Arc::new(Shared {
            pool: self.pool,
            shape,
            remains: Mutex::default(),
        });
        Ok(Umem { shared })
    }
}

impl Umem {
    /// Returns the frames of a pool as a UMEM, without TX metadata.
    ///
    /// # Errors
    ///
    /// [`Error::Chunk`] if the pool's stride is no size of a chunk.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// let pool = Pool::builder().frames(8).stride(2112).build()?;
    /// assert!(Umem::new(&pool).is_ok());
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn new(pool: &Pool) -> Result<Self, Error> {
        Self::builder(pool).build()
    }

    /// Returns a builder for the frames of a pool.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// let umem = Umem::builder(&pool).headroom(64).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(pool: &Pool) -> UmemBuilder {
        UmemBuilder {
            pool: pool.clone(),
            headroom: None,
            metadata: 0,
        }
    }

    /// Returns the pool.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// assert_eq!(Umem::new(&pool)?.pool().capacity(), 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    /// Returns the headroom of a received packet in bytes: 256, and what the builder was asked for.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// assert_eq!(Umem::new(&pool)?.received_headroom(), 256);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn received_headroom(&self) -> usize {
        self.shape().received_headroom() as usize
    }

    /// Returns the longest packet that is received into one frame, in bytes.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// assert_eq!(Umem::new(&pool)?.received_room(), 1792);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn received_room(&self) -> usize {
        self.shape().received_room() as usize
    }

    /// Returns the longest packet that can be sent from one frame, in bytes.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// assert_eq!(Umem::new(&pool)?.sent_room(), 2048);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sent_room(&self) -> usize {
        self.shape().sent_room() as usize
    }

    /// Takes back what closed sockets have left, if no other process has their descriptors any
    /// more. It returns how many frames are free again.
    ///
    /// A socket that is dropped takes back all its frames itself, unless a forked child still has
    /// its descriptor: then the kernel may still write into them, and they stay lent
    /// ([`Pool::stats`] names them). Binding a socket to the same UMEM calls this too.
    ///
    /// The call enters the kernel if there is something left.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Umem;
    /// # let pool = Pool::builder().frames(8).stride(2048).build()?;
    /// assert_eq!(Umem::new(&pool)?.collect(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn collect(&self) -> usize {
        let mut remains = self
            .shared
            .remains
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut freed = 0;
        remains.retain_mut(|remains| match remains.collect(Duration::ZERO) {
            Some(frames) => {
                freed += frames;
                false
            }
            None => true,
        });
        freed
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shared.shape
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Keeps what a socket has left.
    pub(crate) fn keep(&self, remains: Remains) {
        self.shared
            .remains
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(remains);
    }

    /// Registers the frames with a socket.
    pub(crate) fn register(&self, fd: std::os::fd::RawFd) -> Result<(), Error> {
        let shape = self.shape();
        let mut flags = 0;
        if !shape.is_aligned() {
            flags |= libc::XDP_UMEM_UNALIGNED_CHUNK_FLAG;
        }
        if shape.metadata() != 0 {
            flags |= libc::XDP_UMEM_TX_METADATA_LEN;
        }
        let registration = libc::xdp_umem_reg {
            addr: self.pool().region().base().as_ptr().expose_provenance() as u64,
            len: shape.bytes(),
            chunk_size: shape.chunk(),
            headroom: shape.headroom(),
            flags,
            tx_metadata_len: shape.metadata(),
        };
        sys::set_option(fd, libc::XDP_UMEM_REG, &registration).map_err(|source| Error::Kernel {
            step: Step::Register {
                bytes: shape.bytes() as usize,
                chunk: shape.chunk(),
                headroom: shape.headroom(),
                metadata: shape.metadata(),
            },
            source,
        })
    }
}
