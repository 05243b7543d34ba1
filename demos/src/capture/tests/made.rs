//! Capture files that are made for tests.

/// The byte order of what is made: whether it is big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Big(pub(super) bool);

impl Big {
    fn put<const N: usize>(self, mut little: [u8; N]) -> [u8; N] {
        if self.0 {
            little.reverse();
        }
        little
    }

    pub(super) fn u16(self, value: u16) -> [u8; 2] {
        self.put(value.to_le_bytes())
    }

    pub(super) fn u32(self, value: u32) -> [u8; 4] {
        self.put(value.to_le_bytes())
    }

    pub(super) fn i64(self, value: i64) -> [u8; 8] {
        self.put(value.to_le_bytes())
    }
}

/// The form of a classic pcap.
pub(super) struct Classic {
    pub(super) big: Big,
    pub(super) magic: u32,
    pub(super) version: (u16, u16),
    pub(super) network: u32,
}

/// The magic number of the plain format. Then follow those of the modified one and of the one that
/// counts nanoseconds.
pub(super) const PLAIN: u32 = 0xa1b2_c3d4;
pub(super) const MODIFIED: u32 = 0xa1b2_cd34;
pub(super) const NANO: u32 = 0xa1b2_3c4d;

impl Classic {
    pub(super) fn new(network: u32) -> Self {
        Self {
            big: Big(false),
            magic: PLAIN,
            version: (2, 4),
            network,
        }
    }

    /// Returns the file with these packets, each of which had `more` bytes more when it was
    /// recorded.
    pub(super) fn file(&self, more: u32, packets: &[&[u8]]) -> Vec<u8> {
        let big = self.big;
        let mut file = big.u32(self.magic).to_vec();
        file.extend(big.u16(self.version.0));
        file.extend(big.u16(self.version.1));
        for word in [0, 0, 65_535, self.network] {
            file.extend(big.u32(word));
        }
        for (index, packet) in packets.iter().enumerate() {
            file.extend(big.u32(1_000 + index as u32));
            file.extend(big.u32(5));
            let mut lengths = [packet.len() as u32, packet.len() as u32 + more];
            if self.version.1 < 3 {
                lengths.reverse();
            }
            for length in lengths {
                file.extend(big.u32(length));
            }
            if self.magic == MODIFIED {
                file.extend([0; 8]);
            }
            file.extend(*packet);
        }
        file
    }
}

/// An option: its code and its value.
pub(super) type Opt = (u16, Vec<u8>);

/// A pcapng file that is being made.
pub(super) struct Ng {
    pub(super) file: Vec<u8>,
    pub(super) big: Big,
}

impl Ng {
    /// Returns a file that begins with a section of this byte order.
    pub(super) fn new(big: Big) -> Self {
        let mut ng = Self {
            file: Vec::new(),
            big,
        };
        ng.section(big, 1);
        ng
    }

    /// Returns a file with one Ethernet interface, which counts microseconds and has no snap
    /// length.
    pub(super) fn ethernet(big: Big) -> Self {
        let mut ng = Self::new(big);
        ng.interface(1, 0, &[]);
        ng
    }

    pub(super) fn section(&mut self, big: Big, version: u16) {
        self.big = big;
        let mut body = big.u32(0x1a2b_3c4d).to_vec();
        body.extend(big.u16(version));
        body.extend([0, 0]);
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body);
    }

    /// Appends a block, which is padded.
    pub(super) fn block(&mut self, kind: u32, body: &[u8]) {
        let length = body.len().next_multiple_of(4);
        let total = self.big.u32(12 + length as u32);
        self.file.extend(self.big.u32(kind));
        self.file.extend(total);
        self.file.extend(body);
        self.file
            .resize(self.file.len() + length - body.len(), 0xee);
        self.file.extend(total);
    }

    fn options(&self, options: &[Opt]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.big.u16(*code));
            bytes.extend(self.big.u16(value.len() as u16));
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        if !options.is_empty() {
            bytes.extend([0; 4]);
        }
        bytes
    }

    pub(super) fn interface(&mut self, link: u16, snap: u32, options: &[Opt]) {
        let mut body = self.big.u16(link).to_vec();
        body.extend([0, 0]);
        body.extend(self.big.u32(snap));
        body.extend(self.options(options));
        self.block(1, &body);
    }

    /// Appends an Enhanced Packet Block.
    pub(super) fn enhanced(
        &mut self,
        id: u32,
        ticks: u64,
        original: usize,
        packet: &[u8],
        options: &[Opt],
    ) {
        let id = self.big.u32(id);
        self.packet(6, id, ticks, original, packet, options);
    }

    /// Appends a Packet Block, the kind before the enhanced one. It says that 7 packets were lost.
    pub(super) fn obsolete(
        &mut self,
        id: u16,
        ticks: u64,
        original: usize,
        packet: &[u8],
        options: &[Opt],
    ) {
        let ([a, b], [c, d]) = (self.big.u16(id), self.big.u16(7));
        self.packet(2, [a, b, c, d], ticks, original, packet, options);
    }

    fn packet(
        &mut self,
        kind: u32,
        id: [u8; 4],
        ticks: u64,
        original: usize,
        packet: &[u8],
        options: &[Opt],
    ) {
        let mut body = id.to_vec();
        for word in [
            (ticks >> 32) as u32,
            ticks as u32,
            packet.len() as u32,
            original as u32,
        ] {
            body.extend(self.big.u32(word));
        }
        body.extend(packet);
        body.resize(body.len().next_multiple_of(4), 0xee);
        body.extend(self.options(options));
        self.block(kind, &body);
    }

    /// Appends a Simple Packet Block.
    pub(super) fn simple(&mut self, original: usize, packet: &[u8]) {
        let mut body = self.big.u32(original as u32).to_vec();
        body.extend(packet);
        self.block(3, &body);
    }
}
