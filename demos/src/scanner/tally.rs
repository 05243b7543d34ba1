//! Counts of frames.

use super::damage::Damage;
use super::frame::Kind;

/// The fates of all records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of records of all captures and passes.
    pub records: u64,
    /// The numbers of frames that made sense, by [`Kind::ALL`].
    pub kinds: [u64; Kind::ALL.len()],
    /// The numbers of frames that did not, by [`Damage::ALL`].
    pub damage: [u64; Damage::ALL.len()],
    /// The number of damaged frames that count for their network all the same.
    pub believed: u64,
    /// The number of records for which there was no buffer.
    pub no_buffer: u64,
    /// The number of data frames that were A-MSDUs.
    pub aggregates: u64,
    /// The number of MSDUs out of A-MSDUs.
    pub from_aggregates: u64,
    /// The number of MSDUs that had their frame for themselves.
    pub single: u64,
    /// The number of MSDUs for which there was no buffer.
    pub msdus_without_buffer: u64,
    /// The number of data frames that were encrypted. They are not taken apart.
    pub protected: u64,
    /// The number of data frames that were fragments. They are not put together.
    pub fragments: u64,
    /// The number of beacons for whose place in a cell there was no buffer.
    pub beacons_without_buffer: u64,
    /// The number of beacons that a cell refused for the moment: its readers held too many older
    /// ones.
    pub refused: u64,
}

impl Tally {
    /// Counts a frame that made sense.
    pub fn sound(&mut self, kind: Kind) {
        self.kinds[kind as usize] += 1;
    }

    /// Counts a frame that did not make sense.
    pub fn damaged(&mut self, damage: Damage) {
        self.damage[damage as usize] += 1;
    }

    /// Returns whether every record is accounted for.
    pub fn is_complete(&self) -> bool {
        let sound: u64 = self.kinds.iter().sum();
        let damaged: u64 = self.damage.iter().sum();
        self.records == sound + damaged + self.no_buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_damage_counts_at_its_own_place() {
        let mut tally = Tally::default();
        for kind in Kind::ALL {
            tally.sound(kind);
        }
        for damage in Damage::ALL {
            tally.damaged(damage);
        }
        assert!(tally.kinds.iter().chain(&tally.damage).all(|n| *n == 1));
        tally.records = 20;
        assert!(tally.is_complete());
        tally.records = 21;
        assert!(!tally.is_complete());
    }
}
