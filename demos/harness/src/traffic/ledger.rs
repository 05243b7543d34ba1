//! Which datagrams of a flow have come: each must come once, and in order.

use std::collections::BTreeSet;
use std::ops::AddAssign;

/// What became of datagrams.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Datagrams that were sent.
    pub sent: u64,
    /// Datagrams that came whole, for the first time.
    pub received: u64,
    /// Datagrams that did not come whole.
    pub lost: u64,
    /// Datagrams that came once more.
    pub doubled: u64,
    /// Datagrams that came behind one that was sent later.
    pub reordered: u64,
    /// Datagrams that came otherwise than they were sent: other bytes, another length, or another
    /// time to live.
    pub altered: u64,
}

impl Tally {
    /// Returns what is wrong, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.damage();
        faults.extend(self.words([(self.reordered, "reordered")]));
        faults
    }

    /// Returns what is wrong where the order is not promised, in words.
    pub fn damage(&self) -> Vec<String> {
        self.words([
            (self.lost, "lost"),
            (self.doubled, "doubled"),
            (self.altered, "altered"),
        ])
    }

    fn words<const N: usize>(&self, counts: [(u64, &str); N]) -> Vec<String> {
        let wrong = counts.into_iter().filter(|(count, _)| *count > 0);
        wrong
            .map(|(count, what)| format!("{count} of {} packets {what}", self.sent))
            .collect()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.sent += more.sent;
        self.received += more.received;
        self.lost += more.lost;
        self.doubled += more.doubled;
        self.reordered += more.reordered;
        self.altered += more.altered;
    }
}

/// The numbers of a flow, as they go out and come in.
#[derive(Default, Debug)]
pub(super) struct Ledger {
    /// The number of the next datagram that is sent.
    next: u64,
    /// The number behind the highest that has come.
    due: u64,
    /// The numbers below `due` that have not come.
    missing: BTreeSet<u64>,
    tally: Tally,
}

impl Ledger {
    /// Returns the number of the next datagram to be sent.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Notes that so many more were sent.
    pub(super) fn sent(&mut self, n: u64) {
        self.next += n;
        self.tally.sent += n;
    }

    /// Notes that the last of those were not sent after all.
    pub(super) fn unsent(&mut self, n: u64) {
        self.next -= n;
        self.tally.sent -= n;
    }

    /// Returns how many came whole since the last account.
    pub(super) fn received(&self) -> u64 {
        self.tally.received
    }

    /// Returns how many are under way.
    pub(super) fn under_way(&self) -> u64 {
        self.next - self.due + self.missing.len() as u64
    }

    /// Notes that a datagram came, with its number if it is as it was sent.
    pub(super) fn came(&mut self, number: Option<u64>) {
        let Some(number) = number.filter(|number| *number < self.next) else {
            self.tally.altered += 1;
            return;
        };
        if number >= self.due {
            self.missing.extend(self.due..number);
            self.due = number + 1;
        } else if self.missing.remove(&number) {
            self.tally.reordered += 1;
        } else {
            self.tally.doubled += 1;
            return;
        }
        self.tally.received += 1;
    }

    /// Gives up what is under way as lost, and returns what became of all since the last call.
    pub(super) fn settle(&mut self) -> Tally {
        let mut tally = std::mem::take(&mut self.tally);
        tally.lost = self.under_way();
        self.missing.clear();
        self.due = self.next;
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(sent: u64, came: &[Option<u64>]) -> Tally {
        let mut ledger = Ledger::default();
        ledger.sent(sent);
        came.iter().for_each(|number| ledger.came(*number));
        ledger.settle()
    }

    #[test]
    fn all_in_order_is_no_fault() {
        let tally = settled(3, &[Some(0), Some(1), Some(2)]);
        assert_eq!((tally.received, tally.faults()), (3, vec![]));
    }

    #[test]
    fn each_fault_has_its_name() {
        assert_eq!(
            settled(3, &[Some(0), Some(2)]).faults(),
            ["1 of 3 packets lost"]
        );
        assert_eq!(
            settled(1, &[Some(0), Some(0)]).faults(),
            ["1 of 1 packets doubled"]
        );
        assert_eq!(
            settled(2, &[Some(1), Some(0)]).faults(),
            ["1 of 2 packets reordered"]
        );
        assert_eq!(
            settled(2, &[Some(1), Some(0)]).damage(),
            Vec::<String>::new()
        );
        // A number that was never sent is a wrong one.
        assert_eq!(
            settled(1, &[Some(7)]).faults(),
            ["1 of 1 packets lost", "1 of 1 packets altered"]
        );
        assert_eq!(
            settled(1, &[Some(0), None]).faults(),
            ["1 of 1 packets altered"]
        );
    }

    #[test]
    fn the_next_account_begins_behind_what_was_lost() {
        let mut ledger = Ledger::default();
        ledger.sent(4);
        ledger.came(Some(2));
        assert_eq!(ledger.under_way(), 3);
        assert_eq!(ledger.settle().lost, 3);
        assert_eq!(ledger.under_way(), 0);
        ledger.sent(1);
        ledger.came(Some(4));
        assert_eq!(ledger.settle().faults(), Vec::<String>::new());
    }
}
