//! A user's program. Threads on all CPUs get and free frames, one by one and in bulk, while
//! signals, moves between CPUs and sweeps interrupt them. It prints what happened, as `name value`
//! lines.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use framewell::{Burst, Frame, Front, FrontKind, Pool};

mod signals;

use signals::{Doing, doing};

const THREADS: usize = 6;
/// The least time that the storm lasts, and the most that it lasts if it shows too little.
const TIME: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);

/// The owners of a pool's frames, kept outside of the pool.
struct Owned {
    pool: Pool,
    owners: Vec<AtomicU8>,
    calls: AtomicU64,
}

impl Owned {
    fn new(frames: usize, cache: usize) -> Result<Self, framewell::BuildError> {
        let builder = Pool::builder().front(Front::Rseq).frames(frames);
        Ok(Self {
            pool: builder.cache_size(cache).build()?,
            owners: (0..frames).map(|_| AtomicU8::new(0)).collect(),
            calls: AtomicU64::new(0),
        })
    }

    fn got(&self, frame: &Frame) {
        let owners = self.owners[frame.id().index()].swap(1, Relaxed);
        assert_eq!(owners, 0, "frame {} has one owner", frame.id());
    }

    fn freeing(&self, frame: &Frame) {
        let owners = self.owners[frame.id().index()].swap(0, Relaxed);
        assert_eq!(owners, 1, "frame {} has an owner", frame.id());
    }

    fn one_by_one(&self) {
        doing(Doing::Singles);
        for _ in 0..200 {
            let frames = [self.pool.get(60), self.pool.get(60)];
            frames.iter().flatten().for_each(|frame| self.got(frame));
            frames
                .iter()
                .flatten()
                .for_each(|frame| self.freeing(frame));
        }
        self.calls.fetch_add(800, Relaxed);
        doing(Doing::Other);
    }

    fn in_bulk(&self, count: usize) {
        doing(Doing::Bursts);
        let mut burst: Burst<40> = Burst::new();
        for round in 0..50 {
            self.pool.get_burst(&mut burst, 1 + (count + round) % 40);
            burst.iter().for_each(|frame| self.got(frame));
            burst.iter().for_each(|frame| self.freeing(frame));
            burst.clear();
        }
        self.calls.fetch_add(100, Relaxed);
        doing(Doing::Other);
    }

    /// Takes every frame that there is, and returns how many different ones they are.
    fn whole(&self) -> usize {
        let stats = self.pool.stats();
        assert_eq!((stats.out, stats.front), (0, FrontKind::Rseq), "{stats}");
        assert_eq!(stats.fences_refused, 0, "{stats}");
        let frames: Vec<Frame> = std::iter::from_fn(|| self.pool.get(60).ok()).collect();
        frames.iter().for_each(|frame| self.got(frame));
        assert_eq!(frames.len(), stats.capacity, "{stats}");
        frames.len()
    }
}

fn work(number: usize, pools: &[Owned], cpus: &[usize], stop: &AtomicBool) {
    signals::take();
    let mut round = number;
    while !stop.load(Relaxed) {
        round += 1;
        signals::pin(cpus[(round * 7 + number) % cpus.len()]);
        let pool = &pools[usize::from(round % 8 == 0)];
        for turn in 0..20 {
            pool.one_by_one();
            pool.in_bulk(turn * 3 + number);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // One pool has room for all threads. The other is exhausted and swept again and again.
    let pools = [Owned::new(4096, 256)?, Owned::new(40, 4)?];
    let cpus = signals::cpus();
    signals::install();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (pools, cpus, stop) = (&pools, &cpus, &stop);
            scope.spawn(move || work(number, pools, cpus, stop));
        }
        signals::storm(true);
        let started = Instant::now();
        let enough = || signals::enough() && pools[1].pool.stats().steals >= 20;
        while started.elapsed() < TIME || (started.elapsed() < PATIENCE && !enough()) {
            thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Relaxed);
        signals::storm(false);
    });
    signals::print();
    for (name, pool) in ["large", "small"].iter().zip(&pools) {
        println!("{name}.calls {}", pool.calls.load(Relaxed));
        println!("{name}.sweeps {}", pool.pool.stats().steals);
        println!("{name}.whole {}", pool.whole());
    }
    Ok(())
}
