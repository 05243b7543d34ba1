//! The clocks of a capture's interfaces.

/// The way in which an interface counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// The length of a tick: a negated power of 10 or, with the top bit set, of 2.
    resolution: u8,
    /// The seconds that are added.
    offset: i64,
}

impl Clock {
    /// Returns a clock by an interface's `if_tsresol`, and its `if_tsoffset` in seconds.
    pub(super) fn new(resolution: u8, offset: i64) -> Self {
        Self { resolution, offset }
    }

    /// Returns the nanoseconds since 1970, if they fit, from the two words of a count of ticks.
    pub(super) fn nanoseconds(self, high: u32, low: u32) -> Option<i64> {
        let ticks = u64::from(high) << 32 | u64::from(low);
        let nanoseconds = u128::from(ticks) * 1_000_000_000;
        let exponent = u32::from(self.resolution & 0x7f);
        let since = if self.resolution & 0x80 != 0 {
            nanoseconds >> exponent
        } else {
            // With ticks that are so short, any count is 0 nanoseconds.
            10_u128
                .checked_pow(exponent)
                .map_or(0, |second| nanoseconds / second)
        };
        let offset = i128::from(self.offset) * 1_000_000_000;
        i64::try_from(i128::try_from(since).ok()? + offset).ok()
    }
}

/// The times at which a file's packets were recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// The time of the earliest packet, in nanoseconds since 1970.
    pub first: Option<i64>,
    /// The time of the latest packet, in nanoseconds since 1970.
    pub last: Option<i64>,
    /// The number of packets that are older than the packet before them.
    pub backwards: u64,
    previous: Option<i64>,
}

impl Times {
    pub(super) fn note(&mut self, time: Option<i64>) {
        let Some(time) = time else { return };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = self.last.max(Some(time));
        self.backwards += u64::from(self.previous > Some(time));
        self.previous = Some(time);
    }
}
