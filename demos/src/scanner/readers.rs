//! Threads that look at the latest beacons beside the writer.

use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;

use super::buffer::{Cell, CellReader};
use super::frame::Mac;
use super::seal;

/// The number of looks of which one is held while other threads run.
const HELD: u64 = 64;
/// The most faults that are described.
const DESCRIBED: usize = 8;

/// A cell to look at.
#[derive(Clone, Copy)]
pub struct Watched<'c> {
    /// The BSSID whose beacons stand there.
    pub bssid: Mac,
    /// The cell.
    pub cell: &'c Cell,
}

/// A reader's side of a cell.
struct Watch<'c> {
    bssid: Mac,
    reader: CellReader<'c>,
    /// The number of the beacon that was last seen there.
    last: Option<u64>,
}

impl<'c> Watch<'c> {
    /// Makes the one handle that this thread has to the cell.
    fn new(watched: Watched<'c>) -> Self {
        Self {
            bssid: watched.bssid,
            reader: watched.cell.reader(),
            last: None,
        }
    }
}

/// The findings of a reader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The number of beacons whose seal was verified.
    pub reads: u64,
    /// The number of these that were newer than the one before in the same cell.
    pub news: u64,
    /// The number of looks into cells that held nothing yet.
    pub empty: u64,
    /// The number of beacons that were wrong.
    pub wrong: u64,
    /// The faults of the first of them, in words.
    pub faults: Vec<String>,
}

impl Seen {
    /// Adds what another reader saw.
    pub fn add(&mut self, other: Self) {
        self.reads += other.reads;
        self.news += other.news;
        self.empty += other.empty;
        self.wrong += other.wrong;
        self.faults.extend(other.faults);
        self.faults.truncate(DESCRIBED);
    }

    fn fault(&mut self, bssid: Mac, what: &str) {
        self.wrong += 1;
        if self.faults.len() < DESCRIBED {
            self.faults
                .push(format!("a beacon in the cell of {bssid}: {what}"));
        }
    }

    /// Looks into a cell.
    fn look(&mut self, watch: &mut Watch<'_>) {
        let Some(beacon) = watch.reader.read() else {
            self.empty += 1;
            return;
        };
        let number = match seal::open(&beacon, watch.bssid) {
            Ok(sealed) => sealed.number,
            Err(what) => {
                self.fault(watch.bssid, &what);
                return;
            }
        };
        self.reads += 1;
        if watch.last.is_some_and(|last| number < last) {
            self.fault(watch.bssid, "is older than the one seen there before");
        }
        self.news += u64::from(watch.last.is_none_or(|last| number > last));
        if self.reads % HELD == 0 {
            thread::yield_now();
            if seal::open(&beacon, watch.bssid).map(|sealed| sealed.number) != Ok(number) {
                self.fault(watch.bssid, "changed while it was looked at");
            }
        }
        watch.last = Some(number);
    }
}

/// Looks at all cells that were announced, again and again, until the other end is gone; then it
/// looks once more.
pub fn run(announced: Receiver<Watched<'_>>) -> Seen {
    let mut seen = Seen::default();
    let mut watches = Vec::new();
    let mut over = false;
    while !over {
        loop {
            match announced.try_recv() {
                Ok(watched) => watches.push(Watch::new(watched)),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    over = true;
                    break;
                }
            }
        }
        for watch in &mut watches {
            seen.look(watch);
        }
        thread::yield_now();
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::buffer::{self, Cells};

    #[test]
    fn torn_foreign_and_older_beacons_are_noticed() {
        let pool = buffer::pool(1).expect("pool");
        let bssid = Mac([2; 6]);
        let cells = Cells::default();
        let cell = cells.cell(4);
        let writer = cell.writer();
        let mut watch = Watch::new(Watched { bssid, cell });
        let mut seen = Seen::default();
        seen.look(&mut watch);
        assert_eq!(watch.last, None);
        let mut beacon = vec![0x80, 0, 0, 0];
        beacon.extend([2; 18]);
        beacon.extend([0; 14]);
        let put = |number| {
            let mut buffer = pool.dot11(beacon.len() + seal::SEAL).expect("a buffer");
            seal::seal(&mut buffer, &beacon, number);
            buffer[0] ^= u8::from(number == 9);
            assert!(writer.swap(buffer).is_ok());
        };
        put(5);
        seen.look(&mut watch);
        assert_eq!(watch.last, Some(5));
        assert_eq!(
            (seen.empty, seen.reads, seen.news, seen.wrong),
            (1, 1, 1, 0)
        );
        put(4);
        seen.look(&mut watch);
        assert_eq!(watch.last, Some(4));
        assert_eq!(seen.wrong, 1);
        let bssid = Mac([4; 6]);
        seen.look(&mut Watch::new(Watched { bssid, cell }));
        assert_eq!(seen.wrong, 2);
        put(9);
        seen.look(&mut watch);
        assert_eq!(watch.last, Some(4));
        assert_eq!((seen.wrong, seen.faults.len()), (3, 3));
        assert_eq!(seen.reads, 2, "those that were not verified do not count");
    }
}
