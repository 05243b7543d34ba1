//! Runs random sequences of calls on chains against lists of bytes.

use framewell::{Chain, Pool, Segment, Shared, VarBuf};
use proptest::prelude::*;

use crate::common::{pool, repeated};

/// What a new segment is made of.
#[derive(Clone, Debug)]
enum Source {
    Frame,
    OfClass,
    Large,
    /// A part of a large buffer that outlives the chains.
    Kept,
    /// A part of a segment that is in a chain.
    Again(usize),
}

/// A call. Its numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Call {
    Push(Source, usize),
    PushFront(Source, usize),
    Append,
    SplitTo(usize),
    SplitOff(usize),
    Advance(usize),
    Truncate(usize),
    Clone,
    Collect,
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        4 => Just(Source::Frame),
        2 => Just(Source::OfClass),
        1 => Just(Source::Large),
        2 => Just(Source::Kept),
        2 => any::<usize>().prop_map(Source::Again),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let at = any::<usize>;
    prop_oneof![
        8 => (source(), 0..40_usize).prop_map(|(source, len)| Call::Push(source, len)),
        4 => (source(), 0..40_usize).prop_map(|(source, len)| Call::PushFront(source, len)),
        2 => Just(Call::Append),
        2 => at().prop_map(Call::SplitTo),
        2 => at().prop_map(Call::SplitOff),
        2 => at().prop_map(Call::Advance),
        2 => at().prop_map(Call::Truncate),
        1 => Just(Call::Clone),
        1 => Just(Call::Collect),
    ]
}

/// A chain as a list of its segments' bytes.
type Model = Vec<Vec<u8>>;

fn length(model: &Model) -> usize {
    model.iter().map(Vec::len).sum()
}

/// Splits a model at an index.
fn split(model: &Model, at: usize) -> [Model; 2] {
    let mut halves = [Model::new(), Model::new()];
    let mut passed = 0;
    for bytes in model {
        let (front, back) = bytes.split_at(at.saturating_sub(passed).min(bytes.len()));
        for (half, part) in halves.iter_mut().zip([front, back]) {
            if !part.is_empty() {
                half.push(part.to_vec());
            }
        }
        passed += bytes.len();
    }
    halves
}

/// The chains under test, each beside its model.
struct Run {
    pool: Pool,
    kept: Shared<VarBuf>,
    chains: [(Chain, Model); 2],
    next: u8,
}

impl Run {
    fn new() -> Self {
        let pool = pool(1024);
        let mut kept = pool.alloc(1 << 20).unwrap();
        for (at, byte) in kept[..1000].iter_mut().enumerate() {
            *byte = at as u8;
        }
        Self {
            kept: kept.share(),
            pool,
            chains: Default::default(),
            next: 0,
        }
    }

    /// Makes a segment.
    fn segment(&mut self, source: Source, len: usize) -> Segment {
        self.next = self.next.wrapping_add(1);
        match source {
            Source::Frame => {
                let mut frame = self.pool.get(len).unwrap();
                frame.fill(self.next);
                frame.into()
            }
            Source::OfClass => self.buffer(len, len),
            Source::Large => self.buffer(100_000, len),
            Source::Kept => {
                let at = usize::from(self.next);
                self.kept.slice(at..at + len).into()
            }
            Source::Again(which) => {
                let segments: Vec<_> = self
                    .chains
                    .iter()
                    .flat_map(|(one, _)| one.segments())
                    .collect();
                match segments.len() {
                    0 => self.kept.slice(..len).into(),
                    n => {
                        let segment = segments[which % n];
                        segment.slice(segment.len() - len.min(segment.len())..)
                    }
                }
            }
        }
    }

    fn buffer(&self, capacity: usize, len: usize) -> Segment {
        let mut buffer = self.pool.alloc(capacity).unwrap();
        buffer.resize(len).unwrap();
        buffer.fill(self.next);
        buffer.into()
    }

    fn call(&mut self, which: usize, call: Call) {
        if let Call::Push(source, len) | Call::PushFront(source, len) = &call {
            let segment = self.segment(source.clone(), *len);
            let (chain, model) = &mut self.chains[which];
            let bytes = segment.to_vec();
            let at = if matches!(call, Call::Push(..)) {
                chain.push(segment);
                model.len()
            } else {
                chain.push_front(segment);
                0
            };
            if !bytes.is_empty() {
                model.insert(at, bytes);
            }
            return;
        }
        let [first, second] = &mut self.chains;
        let ((chain, model), (other, others)) = match which {
            0 => (first, second),
            _ => (second, first),
        };
        let bytes = length(model) + 1;
        match call {
            Call::Push(..) | Call::PushFront(..) => unreachable!("it returned above"),
            Call::Append => {
                chain.append(other);
                model.append(others);
            }
            Call::SplitTo(at) => {
                *other = chain.split_to(at % bytes);
                [*others, *model] = split(model, at % bytes);
            }
            Call::SplitOff(at) => {
                *other = chain.split_off(at % bytes);
                [*model, *others] = split(model, at % bytes);
            }
            Call::Advance(n) => {
                chain.advance(n % bytes);
                [_, *model] = split(model, n % bytes);
            }
            Call::Truncate(len) => {
                chain.truncate(len % (bytes + 2));
                [*model, _] = split(model, len % (bytes + 2));
            }
            Call::Clone => {
                *other = chain.clone();
                others.clone_from(model);
            }
            Call::Collect => {
                let taken = std::mem::take(chain);
                *chain = taken.into_iter().collect();
            }
        }
    }

    fn check(&self) {
        for (chain, model) in &self.chains {
            assert!(chain.iter().eq(model.iter().map(|bytes| &**bytes)));
            assert_eq!(
                (chain.len(), chain.is_empty()),
                (length(model), model.is_empty())
            );
            let mut copy = vec![0; chain.len()];
            chain.copy_to(&mut copy);
            assert_eq!(copy, model.concat());
        }
    }

    fn finish(self) {
        drop(self.chains);
        assert_eq!(self.kept.references(), 1);
        drop(self.kept);
        let stats = self.pool.stats();
        let alloc = stats.alloc.unwrap();
        assert_eq!((stats.out, alloc.out, alloc.large), (0, 0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: repeated(100) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_sequence_of_calls_agrees_with_lists_of_bytes(
        calls in prop::collection::vec((0..2_usize, call()), 0..100),
    ) {
        let mut run = Run::new();
        for (which, call) in calls {
            run.call(which, call);
            run.check();
        }
        run.finish();
    }
}
