//! Packets of one or more frames.

#![forbid(unsafe_code)]

use std::fmt;

use framewell::{Burst, Frame};

/// A list of packets, each of one or more frames, with up to `N` frames in all.
///
/// It is what a socket with [`SocketBuilder::multi_buffer`](crate::SocketBuilder::multi_buffer)
/// receives and sends. Dropping it frees the frames.
///
/// ```
/// use framewell::Pool;
/// use framewell_xdp::Packets;
///
/// let pool = Pool::builder().stride(2048).payload(1500).build()?;
/// let mut packets: Packets<32> = Packets::new();
/// packets.push([pool.get(1500)?, pool.get(300)?]).unwrap();
/// packets.push([pool.get(60)?]).unwrap();
/// let frames: Vec<usize> = packets.iter().map(|packet| packet.len()).collect();
/// assert_eq!(frames, [2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Packets<const N: usize> {
    frames: Burst<N>,
    /// Where each packet ends in `frames`; the first `len` of them are used.
    ends: [u32; N],
    len: usize,
}

impl<const N: usize> Packets<N> {
    /// Returns an empty list.
    ///
    /// ```
    /// assert!(framewell_xdp::Packets::<32>::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            frames: Burst::new(),
            ends: [0; N],
            len: 0,
        }
    }

    /// Returns the number of packets.
    ///
    /// ```
    /// assert_eq!(framewell_xdp::Packets::<32>::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there is no packet.
    ///
    /// ```
    /// assert!(framewell_xdp::Packets::<32>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns how many frames can be added.
    ///
    /// ```
    /// assert_eq!(framewell_xdp::Packets::<32>::new().room(), 32);
    /// ```
    #[must_use]
    pub fn room(&self) -> usize {
        self.frames.room()
    }

    /// Appends a packet of these frames.
    ///
    /// # Errors
    ///
    /// The error has the frames, if there is no room for all of them, or if there are none.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Packets;
    /// # let pool = Pool::builder().build()?;
    /// let mut packets: Packets<2> = Packets::new();
    /// packets.push([pool.get(60)?]).unwrap();
    /// let refused = packets.push([pool.get(60)?, pool.get(60)?]).unwrap_err();
    /// assert_eq!((refused.len(), packets.len()), (2, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn push<const K: usize>(&mut self, packet: [Frame; K]) -> Result<(), [Frame; K]> {
        if K == 0 || K > self.room() {
            return Err(packet);
        }
        for frame in packet {
            // There is room for all of them.
            drop(self.frames.push(frame));
        }
        self.end_packet();
        Ok(())
    }

    /// Returns the frames of each packet.
    ///
    /// ```
    /// # use framewell_xdp::Packets;
    /// assert_eq!(Packets::<32>::new().iter().count(), 0);
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[Frame]> {
        (0..self.len).map(|at| &self.frames[self.start(at)..self.ends[at] as usize])
    }

    /// Returns the frames of all packets, to be changed.
    ///
    /// ```
    /// # use framewell_xdp::Packets;
    /// assert!(Packets::<32>::new().frames_mut().is_empty());
    /// ```
    pub fn frames_mut(&mut self) -> &mut [Frame] {
        &mut self.frames
    }

    /// Calls a function with the frames of each packet, in order, and frees the packets for which
    /// it returns false.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Packets;
    /// # let pool = Pool::builder().build()?;
    /// let mut packets: Packets<4> = Packets::new();
    /// packets.push([pool.get(60)?]).unwrap();
    /// packets.push([pool.get(1500)?, pool.get(500)?]).unwrap();
    /// packets.retain(|packet| packet.len() > 1);
    /// assert_eq!((packets.len(), packets.room(), pool.stats().out), (1, 2, 2));
    /// assert_eq!(packets.iter().map(<[_]>::len).collect::<Vec<_>>(), [2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&mut [Frame]) -> bool) {
        let mut wanted = [false; N];
        let (mut start, mut kept, mut kept_frames) = (0, 0, 0);
        for packet in 0..self.len {
            let end = self.ends[packet] as usize;
            if keep(&mut self.frames[start..end]) {
                wanted[start..end].fill(true);
                kept_frames += end - start;
                self.ends[kept] = kept_frames as u32;
                kept += 1;
            }
            start = end;
        }
        self.len = kept;
        let mut wanted = wanted.iter();
        self.frames
            .retain(|_| *wanted.next().expect("there is one for each frame"));
    }

    /// Frees all packets.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Packets;
    /// # let pool = Pool::builder().build()?;
    /// let mut packets: Packets<2> = Packets::new();
    /// packets.push([pool.get(60)?]).unwrap();
    /// packets.clear();
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear(&mut self) {
        self.frames.clear();
        self.len = 0;
    }

    /// Removes all packets, and returns their frames, packet by packet, one after the other.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_xdp::Packets;
    /// # let pool = Pool::builder().build()?;
    /// let mut packets: Packets<2> = Packets::new();
    /// packets.push([pool.get(60)?]).unwrap();
    /// assert_eq!(packets.take_frames().len(), 1);
    /// assert!(packets.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn take_frames(&mut self) -> Burst<N> {
        self.len = 0;
        std::mem::replace(&mut self.frames, Burst::new())
    }

    fn start(&self, at: usize) -> usize {
        match at {
            0 => 0,
            _ => self.ends[at - 1] as usize,
        }
    }

    /// Returns the number of frames in the first packets.
    pub(crate) fn frames_in(&self, packets: usize) -> usize {
        self.start(packets)
    }

    /// Returns the frames of all packets, and what was added behind them.
    pub(crate) fn burst(&mut self) -> &mut Burst<N> {
        &mut self.frames
    }

    /// Makes a packet of the frames behind the last one. There is at least one.
    pub(crate) fn end_packet(&mut self) {
        self.ends[self.len] = self.frames.len() as u32;
        self.len += 1;
    }

    /// Frees the frames behind the last packet.
    pub(crate) fn drop_open(&mut self) {
        self.frames.truncate(self.start(self.len));
    }

    /// Forgets the first packets, whose frames are out of the burst already.
    pub(crate) fn forget_first(&mut self, packets: usize) {
        let gone = self.start(packets) as u32;
        self.ends.copy_within(packets..self.len, 0);
        self.len -= packets;
        for end in &mut self.ends[..self.len] {
            *end -= gone;
        }
    }
}

impl<const N: usize> Default for Packets<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Packets<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
