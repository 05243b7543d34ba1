//! The writer, which reads the captures, keeps the figures, and puts beacons into their cells.

use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, ScopedJoinHandle};

use super::buffer::{Cells, Dot11Buf, OutOfMemory, Pool};
use super::damage::Damage;
use super::elements::{self, Announcement};
use super::frame::{self, Frame, Kind, Payload};
use super::msdu::{self, Msdu};
use super::multiple_bssid;
use super::networks::{Answer, Networks};
use super::readers::{self, Seen, Watched};
use super::seal::{self, SEAL};
use super::sink::{self, Delivered};
use super::tally::Tally;
use crate::capture::{Capture, Meta};

/// The most MSDUs that wait for the sink.
const QUEUE: usize = 256;

/// The options of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The number of threads that look at the cells.
    pub readers: usize,
    /// The number of passes over the captures.
    pub repeat: u64,
    /// The number of old beacons that the readers of a cell may hold.
    pub retired_limit: usize,
}

/// The outcome of a scan.
pub struct Outcome<'c> {
    /// The networks that were heard.
    pub networks: Networks<'c>,
    /// The counts of frames.
    pub tally: Tally,
    /// The findings of the readers.
    pub seen: Seen,
    /// The figures of what came out of the data frames.
    pub delivered: Delivered,
}

impl Outcome<'_> {
    /// Returns whatever must not be, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.seen.faults.clone();
        if self.seen.wrong > faults.len() as u64 {
            faults.push(format!("{} beacons were wrong in all", self.seen.wrong));
        }
        if self.delivered.wrong > 0 {
            faults.push(format!(
                "{} MSDUs changed on their way",
                self.delivered.wrong
            ));
        }
        let sent = self.tally.single + self.tally.from_aggregates;
        if sent != self.delivered.msdus {
            let came = self.delivered.msdus;
            faults.push(format!("{sent} MSDUs were sent, {came} came"));
        }
        if !self.tally.is_complete() {
            faults.push(format!(
                "not all records are accounted for: {:?}",
                self.tally
            ));
        }
        faults
    }
}

/// Scans the captures, with the latest beacons in `cells`; `passed` is called after each pass.
///
/// # Panics
///
/// If another thread panicked.
pub fn run<'c>(
    captures: &[Capture],
    pool: &Pool,
    cells: &'c Cells,
    options: Options,
    mut passed: impl FnMut(),
) -> Outcome<'c> {
    thread::scope(|scope| {
        let (msdus, queue) = mpsc::sync_channel(QUEUE);
        let sink = scope.spawn(|| sink::run(queue));
        let (watchers, readers): (Vec<_>, Vec<_>) = (0..options.readers)
            .map(|_| {
                let (sender, announced): (_, Receiver<Watched<'c>>) = mpsc::channel();
                (sender, scope.spawn(|| readers::run(announced)))
            })
            .unzip();
        let mut scan = Scan {
            pool,
            networks: Networks::new(cells, options.retired_limit),
            tally: Tally::default(),
            beacons: 0,
            watchers,
            msdus,
        };
        for _ in 0..options.repeat {
            for capture in captures {
                for index in 0..capture.len() {
                    scan.record(capture.packet(index), capture.meta(index));
                }
            }
            passed();
        }
        scan.finish(readers, sink)
    })
}

/// Tells all readers of a cell.
fn announce<'c>(watchers: &[Sender<Watched<'c>>], cell: Watched<'c>) {
    for watcher in watchers {
        // A reader that is gone has panicked, which is told at the end.
        watcher.send(cell).ok();
    }
}

/// Returns a beacon with its seal, in a buffer of its own.
fn sealed(pool: &Pool, beacon: &[u8], number: u64) -> Result<Dot11Buf, OutOfMemory> {
    let mut buffer = pool.dot11(beacon.len() + SEAL)?;
    seal::seal(&mut buffer, beacon, number);
    Ok(buffer)
}

struct Scan<'p, 'c> {
    pool: &'p Pool,
    networks: Networks<'c>,
    tally: Tally,
    /// The number of beacons so far, which is the number of the last.
    beacons: u64,
    watchers: Vec<Sender<Watched<'c>>>,
    msdus: SyncSender<Msdu>,
}

impl<'c> Scan<'_, 'c> {
    /// Takes one record: copies it into a buffer, then takes it apart.
    fn record(&mut self, record: &[u8], meta: Meta) {
        self.tally.records += 1;
        let Ok(mut buffer) = self.pool.dot11(record.len()) else {
            self.tally.no_buffer += 1;
            return;
        };
        buffer.copy_from_slice(record);
        let done = frame::dissect(&buffer, meta).and_then(|frame| self.frame(&frame));
        match done {
            Ok(kind) => self.tally.sound(kind),
            Err(damage) => self.tally.damaged(damage),
        }
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<Kind, Damage> {
        // Whatever can be wrong with a frame is found before it counts for its network.
        if frame.kind == Kind::ProbeRequest {
            elements::walk(frame.body.elements)?;
        }
        if let Some(payload) = &frame.payload {
            self.payload(payload)?;
        }
        if frame.kind.announces() {
            return self.announcement(frame);
        }
        self.networks.count(frame);
        Ok(frame.kind)
    }

    /// Takes a frame that announces a network. Of one that is damaged it takes what the frame says,
    /// if that is a name.
    fn announcement(&mut self, frame: &Frame<'_>) -> Result<Kind, Damage> {
        let (says, damage) = elements::announcement(&frame.body);
        let damage = frame.damage.or(damage);
        if let Some(damage) = damage.filter(|_| says.ssid.is_none()) {
            return Err(damage);
        }
        self.tally.believed += u64::from(damage.is_some());
        self.announced(frame, &says);
        damage.map_or(Ok(frame.kind), Err)
    }

    fn announced(&mut self, frame: &Frame<'_>, says: &Announcement<'_>) {
        let Some(bssid) = frame.bssid else {
            return;
        };
        multiple_bssid::each(&frame.body, bssid, says, |bssid, says| {
            self.networks.announced(bssid, &says);
        });
        let Some(network) = self.networks.count(frame) else {
            return;
        };
        if frame.kind == Kind::ProbeResponse {
            network.answer = Some(Answer::of(says));
        } else {
            if network.is_unwatched() {
                let cell = network.cell;
                announce(&self.watchers, Watched { bssid, cell });
            }
            self.beacons += 1;
            let stands = sealed(self.pool, frame.bytes, self.beacons).map(|b| network.put(b));
            match stands {
                Ok(stands) => self.tally.refused += u64::from(!stands),
                Err(_) => self.tally.beacons_without_buffer += 1,
            }
        }
    }

    fn payload(&mut self, payload: &Payload<'_>) -> Result<(), Damage> {
        if payload.protected {
            self.tally.protected += 1;
            return Ok(());
        }
        if payload.fragment {
            self.tally.fragments += 1;
            return Ok(());
        }
        let taken = msdu::take_apart(self.pool, payload, |msdu| {
            // A sink that is gone has panicked, which is told at the end.
            self.msdus.send(msdu).ok();
        });
        self.tally.msdus_without_buffer += taken.no_buffer;
        if payload.aggregate {
            self.tally.aggregates += 1;
            self.tally.from_aggregates += taken.msdus;
        } else {
            self.tally.single += taken.msdus;
        }
        taken.damage.map_or(Ok(()), Err)
    }

    /// Ends the other threads and returns the outcome.
    fn finish(
        self,
        readers: Vec<ScopedJoinHandle<'_, Seen>>,
        sink: ScopedJoinHandle<'_, Delivered>,
    ) -> Outcome<'c> {
        let Self {
            mut networks,
            tally,
            watchers,
            msdus,
            ..
        } = self;
        drop((watchers, msdus));
        let mut seen = Seen::default();
        for reader in readers {
            seen.add(reader.join().expect("a reader ends"));
        }
        networks.settle();
        Outcome {
            networks,
            tally,
            seen,
            delivered: sink.join().expect("the sink ends"),
        }
    }
}
