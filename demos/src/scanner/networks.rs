//! The networks that were heard.

use std::collections::BTreeMap;

use super::buffer::{Cell, CellReader, CellWriter, Cells, Dot11Buf};
use super::elements::Announcement;
use super::frame::{Frame, Kind, Mac};
use super::security::Security;

/// Signals in dBm, each with how often it was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals(BTreeMap<i8, u64>);

impl Signals {
    /// Adds a measurement.
    pub fn add(&mut self, dbm: i8) {
        *self.0.entry(dbm).or_default() += 1;
    }

    /// Returns the weakest signal, the median (the lower of two), and the strongest.
    pub fn spread(&self) -> Option<(i8, i8, i8)> {
        let (weakest, strongest) = (*self.0.keys().next()?, *self.0.keys().last()?);
        let mut left = (self.0.values().sum::<u64>() - 1) / 2;
        for (dbm, count) in &self.0 {
            if left < *count {
                return Some((weakest, *dbm, strongest));
            }
            left -= count;
        }
        None
    }
}

/// The content of a probe response, or of another network's beacon. It is all that is known of a
/// network without beacons of its own, and it has the name of a network that hides it in its
/// beacons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The name.
    pub ssid: Option<Vec<u8>>,
    /// The channel.
    pub channel: Option<u8>,
    /// The protection of the network.
    pub security: Security,
}

impl Answer {
    /// Keeps an announcement.
    pub fn of(announcement: &Announcement<'_>) -> Self {
        Self {
            ssid: announcement.ssid.map(<[u8]>::to_vec),
            channel: announcement.channel,
            security: announcement.security,
        }
    }

    /// Returns the announcement.
    pub fn announcement(&self) -> Announcement<'_> {
        Announcement {
            ssid: self.ssid.as_deref(),
            channel: self.channel,
            security: self.security,
        }
    }
}

/// A network with its figures.
pub struct Network<'c> {
    /// The number of beacons heard, including those of another network that announce this one.
    pub beacons: u64,
    /// The number of probe responses heard.
    pub responses: u64,
    /// The number of its data frames.
    pub data: u64,
    /// The number of bytes of all its frames, without their check sequences.
    pub bytes: u64,
    /// The signals of its frames.
    pub signals: Signals,
    /// The frequency of its last frame, in MHz.
    pub mhz: Option<u16>,
    /// The content of its last probe response, or of the last beacon of another network.
    pub answer: Option<Answer>,
    /// The cell with the latest beacon, for readers.
    pub cell: &'c Cell,
    /// The handle to the latest beacon, for the thread of the networks.
    pub latest: CellReader<'c>,
    writer: CellWriter<'c>,
    /// Whether readers know the cell.
    watched: bool,
    /// A beacon that the cell refused.
    waiting: Option<Dot11Buf>,
}

impl<'c> Network<'c> {
    fn new(cell: &'c Cell) -> Self {
        Self {
            beacons: 0,
            responses: 0,
            data: 0,
            bytes: 0,
            signals: Signals::default(),
            mhz: None,
            answer: None,
            cell,
            latest: cell.reader(),
            writer: cell.writer(),
            watched: false,
            waiting: None,
        }
    }

    /// Returns whether its cell is to be announced to readers. That is so once, before its first
    /// beacon.
    pub fn is_unwatched(&mut self) -> bool {
        !std::mem::replace(&mut self.watched, true)
    }

    /// Puts a beacon into the cell, and returns whether it stands there. If it does not, it waits
    /// for [`Network::settle`], unless a newer one comes before.
    pub fn put(&mut self, beacon: Dot11Buf) -> bool {
        self.waiting = self.writer.swap(beacon).err();
        self.waiting.is_none()
    }

    /// Puts a beacon that waits into the cell, if the cell takes it now.
    pub fn settle(&mut self) {
        if let Some(beacon) = self.waiting.take() {
            self.put(beacon);
        }
    }
}

/// All networks by their BSSID.
pub struct Networks<'c> {
    networks: BTreeMap<Mac, Network<'c>>,
    cells: &'c Cells,
    retired_limit: usize,
}

impl<'c> Networks<'c> {
    /// Returns a value without networks. Their cells will be among these, and let readers hold this
    /// many old beacons.
    pub fn new(cells: &'c Cells, retired_limit: usize) -> Self {
        Self {
            networks: BTreeMap::new(),
            cells,
            retired_limit,
        }
    }

    /// Counts a frame for its network.
    pub fn count(&mut self, frame: &Frame<'_>) -> Option<&mut Network<'c>> {
        let network = self.network(frame.bssid?);
        match frame.kind {
            Kind::Beacon | Kind::S1gBeacon | Kind::DmgBeacon => network.beacons += 1,
            Kind::ProbeResponse => network.responses += 1,
            Kind::Data | Kind::QosData | Kind::Null => network.data += 1,
            _ => {}
        }
        network.bytes += frame.bytes.len() as u64;
        network.mhz = frame.radio.mhz.or(network.mhz);
        if let Some(dbm) = frame.radio.signal {
            network.signals.add(dbm);
        }
        Some(network)
    }

    /// Counts a beacon of another network that announces this one, too.
    pub fn announced(&mut self, bssid: Mac, says: &Announcement<'_>) {
        let network = self.network(bssid);
        network.beacons += 1;
        network.answer = Some(Answer::of(says));
    }

    fn network(&mut self, bssid: Mac) -> &mut Network<'c> {
        let new = || Network::new(self.cells.cell(self.retired_limit));
        self.networks.entry(bssid).or_insert_with(new)
    }

    /// Returns all networks, in the order of their BSSIDs.
    pub fn iter(&self) -> impl Iterator<Item = (Mac, &Network<'c>)> {
        self.networks
            .iter()
            .map(|(bssid, network)| (*bssid, network))
    }

    /// Puts all beacons that wait into their cells.
    pub fn settle(&mut self) {
        self.networks.values_mut().for_each(Network::settle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::buffer;

    #[test]
    fn the_median_is_one_of_the_signals() {
        let mut signals = Signals::default();
        assert_eq!(signals.spread(), None);
        for (dbm, expected) in [
            (-50, (-50, -50, -50)),
            (-90, (-90, -90, -50)),
            (-60, (-90, -60, -50)),
            (-60, (-90, -60, -50)),
            (-40, (-90, -60, -40)),
        ] {
            signals.add(dbm);
            assert_eq!(signals.spread(), Some(expected));
        }
    }

    #[test]
    fn the_newest_beacon_that_was_refused_waits_until_it_is_taken() {
        let pool = buffer::pool(1).expect("pool");
        let beacon = |mark: u8| {
            let mut buffer = pool.dot11(1).expect("a buffer");
            buffer[0] = mark;
            buffer
        };
        let cells = Cells::default();
        let mut network = Network::new(cells.cell(1));
        assert!(network.put(beacon(1)));
        let reader = network.cell.reader();
        let held = reader.read().expect("a beacon");
        assert!(network.put(beacon(2)));
        assert!(!network.put(beacon(3)));
        assert!(!network.put(beacon(4)));
        let latest = |network: &Network<'_>| network.latest.read().map(|beacon| beacon[0]);
        network.settle();
        assert_eq!((held[0], latest(&network)), (1, Some(2)));
        drop(held);
        network.settle();
        assert_eq!(latest(&network), Some(4));
        assert!(network.put(beacon(5)));
        network.settle();
        assert_eq!(latest(&network), Some(5));
    }
}
