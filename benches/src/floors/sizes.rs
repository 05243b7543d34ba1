//! The size classes of the crate, for floors that have lists of their own.

use framewell::Pool;

/// The number of buffers of a class: twice what any class has live, by a wide margin.
pub(super) const BUFFERS: usize = 250;
/// The longest length of the mix.
const LONGEST: usize = 11_454;

/// A list for each size class, and a table from a length to the least class that holds it.
pub(super) struct BySize<L: 'static> {
    least: &'static [u8],
    lists: &'static [L],
}

impl<L> BySize<L> {
    /// Makes the list of each class, out of `BUFFERS` strides of memory that is never freed.
    pub(super) fn new(mut list: impl FnMut(&'static mut [u8], usize) -> L) -> Self {
        let pool = Pool::builder()
            .frames(1)
            .build()
            .expect("a pool of one frame");
        let mut strides: Vec<usize> = Vec::new();
        let least = (1..=LONGEST).map(|length| {
            let buffer = pool.dot11(length).expect("the budget has room");
            if strides.last() != Some(&buffer.capacity()) {
                strides.push(buffer.capacity());
            }
            (strides.len() - 1) as u8
        });
        let least = least.collect::<Vec<_>>().leak();
        let memory = |stride: &usize| (vec![0_u8; BUFFERS * stride].leak(), *stride);
        let lists = strides
            .iter()
            .map(memory)
            .map(|(m, stride)| list(m, stride));
        Self {
            least,
            lists: lists.collect::<Vec<_>>().leak(),
        }
    }

    /// Returns the list for buffers of a length.
    #[inline(always)]
    pub(super) fn of(&self, length: usize) -> &'static L {
        &self.lists[usize::from(self.least[length - 1])]
    }
}
