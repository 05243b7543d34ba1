//! The names of what a ring has: sockets, groups, receives and sends.
//!
//! Each is a place in a table of the ring, with a number that changes when the place gets another
//! occupant. So a name that has outlived what it named is refused, until 2³² − 1 others have had
//! its place. A name does not say its ring: that of another ring is refused, or names what has that
//! place here.

#![forbid(unsafe_code)]

/// A socket that a ring uses; made by [`Ring::attach`](crate::Ring::attach).
///
/// ```
/// # use framewell::Pool;
/// # use framewell_uring::Ring;
/// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
/// let udp = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// let socket = ring.attach(&udp)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Socket(pub(crate) Place);

/// A group of buffers that receives take from; made by [`Ring::group`](crate::Ring::group).
///
/// ```
/// # use framewell::Pool;
/// # use framewell_uring::{GroupConfig, Ring};
/// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
/// let group = ring.group(GroupConfig::frames(256))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Group(pub(crate) u16);

/// A receive; made by [`Ring::recv_multi`](crate::Ring::recv_multi) and its like.
///
/// ```
/// # use framewell::Pool;
/// # use framewell_uring::{GroupConfig, Ring};
/// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
/// # let group = ring.group(GroupConfig::frames(256))?;
/// let udp = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// let socket = ring.attach(&udp)?;
/// let receive = ring.recv_multi(socket, group)?;
/// ring.cancel(receive)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Receive(pub(crate) Place);

/// A send; made by [`Ring::send`](crate::Ring::send).
///
/// ```
/// # use std::net::UdpSocket;
/// # use framewell::Pool;
/// # use framewell_uring::{Message, Ring};
/// # let pool = Pool::builder().build()?;
/// # let mut ring = Ring::builder(&pool).build()?;
/// # let udp = UdpSocket::bind("127.0.0.1:0")?;
/// let socket = ring.attach(&udp)?;
/// let message = Message::new(pool.copy_from(b"packet")?).to(udp.local_addr()?);
/// let send = ring.send(socket, message)?;
/// println!("{send:?} is in the submission queue");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SendId(pub(crate) Place);

/// A place in a table, and which of its occupants is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Place {
    pub(crate) index: u32,
    pub(crate) occupant: u32,
}

impl Place {
    /// Returns the place as the number that the kernel returns with a completion.
    pub(crate) fn number(self) -> u64 {
        u64::from(self.index) | u64::from(self.occupant) << 32
    }

    /// Returns the place that has a number.
    pub(crate) fn of_number(number: u64) -> Self {
        Self {
            index: number as u32,
            occupant: (number >> 32) as u32,
        }
    }
}

/// A table whose places are used again.
#[derive(Debug)]
pub(crate) struct Places<T> {
    places: Vec<(u32, Option<T>)>,
    vacant: Vec<u32>,
}

impl<T> Places<T> {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            vacant: Vec::new(),
        }
    }

    /// Returns how many occupants there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.vacant.len()
    }

    #[inline]
    pub(crate) fn insert(&mut self, occupant: T) -> Place {
        let index = match self.vacant.pop() {
            Some(index) => index,
            None => {
                self.places.push((0, None));
                (self.places.len() - 1) as u32
            }
        };
        let place = &mut self.places[index as usize];
        place.1 = Some(occupant);
        Place {
            index,
            occupant: place.0,
        }
    }

    #[inline]
    pub(crate) fn get(&self, place: Place) -> Option<&T> {
        let (occupant, value) = self.places.get(place.index as usize)?;
        value.as_ref().filter(|_| *occupant == place.occupant)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut T> {
        let (occupant, value) = self.places.get_mut(place.index as usize)?;
        value.as_mut().filter(|_| *occupant == place.occupant)
    }

    #[inline]
    pub(crate) fn remove(&mut self, place: Place) -> Option<T> {
        self.get(place)?;
        let (occupant, value) = self.places.get_mut(place.index as usize)?;
        // The highest number stays free, so that no place has the number of all ones.
        *occupant = (*occupant + 1) % u32::MAX;
        self.vacant.push(place.index);
        value.take()
    }

    /// Returns the places that are occupied, and by whom.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Place, &T)> {
        let places = self.places.iter().enumerate();
        places.filter_map(|(index, (occupant, value))| {
            let place = Place {
                index: index as u32,
                occupant: *occupant,
            };
            value.as_ref().map(|value| (place, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_has_outlived_its_occupant_is_refused() {
        let mut places = Places::new();
        let first = places.insert('a');
        assert_eq!(places.remove(first), Some('a'));
        let second = places.insert('b');
        assert_eq!((first.index, places.len()), (second.index, 1));
        assert_eq!(places.get(first), None);
        assert_eq!(places.remove(first), None);
        assert_eq!(places.get(second), Some(&'b'));
        assert_eq!(Place::of_number(second.number()), second);
    }
}
