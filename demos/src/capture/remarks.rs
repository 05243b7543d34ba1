//! Remarks on a capture: what it leaves out, in words.

use std::collections::BTreeMap;

use pcap_parser::Linktype;

use super::{Capture, WIFI, Wanted, link};

/// The number of kinds that are told apart. A hostile file has as many kinds as it has blocks.
const KINDS: usize = 16;

/// Counts by kind, for the first kinds that were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts<K> {
    /// The count of each of the first kinds.
    pub kinds: BTreeMap<K, u64>,
    /// The count of all other kinds together.
    pub others: u64,
}

impl<K: Ord> Counts<K> {
    pub(super) fn count(&mut self, kind: K) {
        if self.kinds.len() < KINDS || self.kinds.contains_key(&kind) {
            *self.kinds.entry(kind).or_default() += 1;
        } else {
            self.others += 1;
        }
    }

    /// Returns the sum of all counts.
    pub fn total(&self) -> u64 {
        self.kinds.values().sum::<u64>() + self.others
    }
}

/// Returns a number of packets in words.
fn packets(count: u64) -> String {
    match count {
        1 => "1 packet".into(),
        count => format!("{count} packets"),
    }
}

impl Capture {
    /// Returns what a reader should know of a file: the packets that are left out, by reason and
    /// with a remedy, what else was met, and where the file stopped making sense.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(damage) = &self.damage {
            remarks.push(damage.to_string());
        }
        self.packets_left_out(&mut remarks);
        self.blocks_left_out(&mut remarks);
        if self.checked > 0 {
            let checked = packets(self.checked);
            remarks.push(format!("{checked} freed of a frame check sequence"));
        }
        if self.interfaces > 1 && self.times.backwards > 0 {
            let (count, interfaces) = (packets(self.times.backwards), self.interfaces);
            remarks.push(format!(
                "{count} of {interfaces} interfaces older than the one before, taken in the file's \
                 order"
            ));
        }
        remarks
    }

    fn packets_left_out(&self, remarks: &mut Vec<String>) {
        if self.cut > 0 {
            let cut = packets(self.cut);
            remarks.push(format!(
                "{cut} left out, cut by the recorder's snap length; record whole ones, with \
                 tcpdump -s 0"
            ));
        }
        for (number, count) in &self.foreign.kinds {
            let (count, link) = (packets(*count), Linktype(*number));
            let (name, wanted) = (link::name(link), self.wanted.name);
            let remedy = self.wanted.remedy(link);
            remarks.push(format!(
                "{count} left out, of link type {name}, not {wanted}; {remedy}"
            ));
        }
        if self.foreign.others > 0 {
            let others = packets(self.foreign.others);
            remarks.push(format!("{others} left out, of yet other link types"));
        }
        if self.headless > 0 {
            let headless = packets(self.headless);
            remarks.push(format!(
                "{headless} left out, whose header before the frame is damaged or cut"
            ));
        }
    }

    fn blocks_left_out(&self, remarks: &mut Vec<String>) {
        let blocks = self.blocks.kinds.iter();
        remarks.extend(blocks.map(|(kind, count)| match kind {
            9 => format!("{count} entries of a journal left out, which are no packets"),
            0xbad => format!("{count} custom blocks left out"),
            0x4000_0bad => format!("{count} custom blocks left out, which are not to be copied"),
            kind => format!("{count} blocks of type {kind:#x} left out, which is not known"),
        }));
        if self.blocks.others > 0 {
            let count = self.blocks.others;
            remarks.push(format!("{count} blocks of yet other types left out"));
        }
        if self.broken > 0 {
            let count = self.broken;
            remarks.push(format!(
                "{count} blocks without packets left out, which are damaged"
            ));
        }
    }
}

impl Wanted {
    /// Returns whether packets of this link type are looked at.
    pub(super) fn takes(&self, link: Linktype) -> bool {
        self.links.contains(&link) || !self.bare && link::WRAPPED.contains(&link)
    }

    /// Returns what to do about packets of another link type.
    fn remedy(&self, link: Linktype) -> &'static str {
        match link.0 {
            113 | 276 if self.bare => "record on one interface, not on \"any\"",
            _ if self.bare && WIFI.takes(link) => "the scanner reads these",
            _ if self.bare => "record on an Ethernet interface",
            _ => "record in monitor mode",
        }
    }
}
