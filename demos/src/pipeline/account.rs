//! The account of a run: every packet that went in, by what became of it.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::tally::{Drops, Passed};
use super::verify::Verdict;

/// The outcome of a run of the pipeline.
#[derive(Debug)]
pub struct Outcome {
    /// The account of the packets.
    pub account: Account,
    /// The time that the run took.
    pub elapsed: Duration,
    /// The time of each burst from RX to the sink, in nanoseconds.
    pub latency: Histogram<u64>,
    /// The time to get a buffer, in picoseconds.
    pub get: Histogram<u64>,
    /// The time to free a buffer, in picoseconds.
    pub free: Histogram<u64>,
}

/// The account of the packets of one run, or of several together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The number of packets that went in.
    pub offered: u64,
    /// The packets that the work stage passed on.
    pub passed: Passed,
    /// The packets that were dropped, by reason.
    pub drops: Drops,
    /// The judge's verdict on what came out.
    pub verdict: Verdict,
    /// The places where two independent counts of the same thing differ, in words.
    pub disputes: Vec<String>,
}

impl Account {
    /// Returns everything that is wrong with the account. It is nothing if every packet is
    /// accounted for.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.disputes.clone();
        let (verdict, drops) = (&self.verdict, self.drops.total());
        if self.offered != verdict.delivered + drops {
            let lost = self.offered as i128 - i128::from(verdict.delivered) - i128::from(drops);
            faults.push(format!(
                "{} packets in, {} delivered, {drops} dropped by name: {lost} unaccounted",
                self.offered, verdict.delivered
            ));
        }
        if verdict.missing > self.drops.avoidable() {
            faults.push(format!(
                "{} packets are missing, only {} were dropped by a full pool or the kernel",
                verdict.missing,
                self.drops.avoidable()
            ));
        }
        let planned = self.drops.planned().into_iter().zip(verdict.due.planned());
        for ((name, dropped), (_, due)) in planned {
            if dropped > due {
                faults.push(format!(
                    "{dropped} packets dropped as {name}, only {due} had to be"
                ));
            } else if dropped < due && self.drops.avoidable() == 0 {
                faults.push(format!(
                    "{dropped} packets dropped as {name}, {due} had to be"
                ));
            }
        }
        if verdict.delivered == 0 && verdict.deliverable > 0 {
            faults.push(format!(
                "not one of {} deliverable packets was delivered",
                verdict.deliverable
            ));
        }
        for (count, what) in [
            (verdict.reordered, "out of order"),
            (verdict.doubled, "doubled"),
            (verdict.altered, "altered"),
        ] {
            if count > 0 {
                faults.push(format!("{count} packets arrived {what}"));
            }
        }
        faults.extend(verdict.complaints.iter().cloned());
        faults
    }

    /// Adds the account of another run.
    pub fn add(&mut self, other: &Account) {
        self.offered += other.offered;
        self.passed.add(&other.passed);
        self.drops.add(&other.drops);
        self.verdict.add(&other.verdict);
        self.disputes.extend(other.disputes.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Account {
        let mut account = Account {
            offered: 10,
            ..Account::default()
        };
        account.verdict.delivered = 7;
        account.drops.pool_full = 2;
        account.drops.ttl_expired = 1;
        account.verdict.missing = 2;
        account.verdict.deliverable = 9;
        account.verdict.due.ttl_expired = 1;
        account
    }

    #[test]
    fn what_adds_up_has_no_fault() {
        let mut account = whole();
        assert_eq!(account.faults(), Vec::<String>::new());
        account.add(&whole());
        assert_eq!(account.faults(), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_seen() {
        let faults: [fn(&mut Account); 10] = [
            |a| a.offered += 1,
            |a| a.offered -= 1,
            |a| a.verdict.missing += 1,
            |a| a.verdict.reordered = 1,
            |a| a.verdict.doubled = 1,
            |a| a.verdict.altered = 1,
            |a| (a.offered, a.drops.oversize) = (11, 1),
            |a| (a.offered, a.drops.malformed) = (11, 1),
            |a| (a.offered, a.drops.ttl_expired) = (11, 2),
            |a| a.disputes.push("counts differ".into()),
        ];
        for fault in faults {
            let mut account = whole();
            fault(&mut account);
            assert_eq!(account.faults().len(), 1, "{account:?}");
        }
    }

    #[test]
    fn without_other_drops_the_plan_must_be_met() {
        let mut account = Account {
            offered: 10,
            ..Account::default()
        };
        account.verdict.delivered = 10;
        account.verdict.due.malformed = 1;
        let fault = "0 packets dropped as malformed, 1 had to be";
        assert_eq!(account.faults(), [fault]);
    }

    #[test]
    fn a_run_that_delivers_nothing_has_a_fault() {
        let mut account = whole();
        account.verdict.delivered = 0;
        account.verdict.missing = 9;
        account.drops.pool_full = 9;
        let fault = "not one of 9 deliverable packets was delivered";
        assert_eq!(account.faults(), [fault]);
    }
}
