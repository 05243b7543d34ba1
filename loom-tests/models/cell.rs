//! A cell without crossbeam-epoch's own cfg: loom sees nothing of its order, but it works on one
//! thread of a model. The models of cells are in `../cells`.

use loom::thread;

use super::fw::{FrameCell, Pool};
use crate::harness::explore;

pub fn cell_of_one_thread_races_get() {
    explore(Some(2), || {
        let pool = Pool::builder().frames(4).shards(1).build().unwrap();
        let other = pool.clone();
        let thread = thread::spawn(move || drop(other.get(1).unwrap()));
        let cell = FrameCell::new(1);
        {
            let (reader, writer) = (cell.reader(), cell.writer());
            for number in 1..=2 {
                assert!(writer.swap(pool.copy_from(&[number]).unwrap()).is_ok());
                assert_eq!(reader.read().unwrap()[0], number);
            }
        }
        thread.join().unwrap();
        let stats = pool.stats();
        assert_eq!((stats.out, stats.retired), (1, 0));
    });
}
