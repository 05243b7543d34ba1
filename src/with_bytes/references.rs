//! References and chains, which are read from the front.

#![forbid(unsafe_code)]

use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

use crate::{Chain, Exclusive, Segment, Shared};

/// Implements the traits for a reference to one part of a buffer.
macro_rules! reference {
    ([$($generics:tt)*] $reference:ty, $name:literal) => {
        /// Reads the part from its front.
        ///
        /// The trait needs the feature `bytes`. `copy_to_bytes` copies nothing: it makes a further
        /// reference, and takes memory once, for the box in which a `Bytes` keeps its owner.
        ///
        /// # Panics
        ///
        /// `advance` panics beyond the end of the part.
        ///
        /// ```
        /// use bytes::Buf;
        #[doc = concat!("use framewell::", $name, ";")]
        ///
        /// # let pool = framewell::Pool::builder().build()?;
        #[doc = concat!("let mut packet = ", $name, "::from(pool.copy_from(b\"\\x08\\x00payload\")?);")]
        /// assert_eq!(packet.get_u16(), 0x0800);
        /// assert_eq!(packet.chunk(), b"payload");
        ///
        /// let first = packet.as_ptr();
        /// assert_eq!(packet.copy_to_bytes(3).as_ptr(), first);
        /// assert_eq!(packet.remaining(), 4);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        impl<$($generics)*> Buf for $reference {
            #[inline]
            fn remaining(&self) -> usize {
                self.len()
            }

            #[inline]
            fn chunk(&self) -> &[u8] {
                self
            }

            #[inline]
            fn advance(&mut self, n: usize) {
                <$reference>::advance(self, n);
            }

            fn copy_to_bytes(&mut self, len: usize) -> Bytes {
                if len == 0 {
                    return Bytes::new();
                }
                self.split_to(len).into()
            }
        }

        /// Makes the part a `Bytes`, without a copy.
        ///
        /// It needs the feature `bytes`. The conversion takes memory once, for the box in which a
        /// `Bytes` keeps its owner. Clones and slices of that `Bytes` share the one reference.
        ///
        /// ```
        /// # use bytes::Bytes;
        #[doc = concat!("# use framewell::", $name, ";")]
        /// # let pool = framewell::Pool::builder().build()?;
        #[doc = concat!("let packet = ", $name, "::from(pool.copy_from(b\"packet\")?);")]
        /// let bytes = Bytes::from(packet.clone());
        /// assert_eq!((bytes.clone().as_ptr(), packet.references()), (packet.as_ptr(), 2));
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        impl<$($generics)*> From<$reference> for Bytes {
            fn from(reference: $reference) -> Self {
                Self::from_owner(reference)
            }
        }
    };
}

reference!([B: Exclusive] Shared<B>, "Shared");
reference!([] Segment, "Segment");

/// Reads the bytes from the front, a chunk for each segment.
///
/// The trait needs the feature `bytes`. `copy_to_bytes` copies nothing if the bytes lie in the
/// first segment; it makes a further reference to it then. Else it copies them.
///
/// # Panics
///
/// `advance` panics beyond the end of the chain.
///
/// ```
/// use bytes::Buf;
/// use framewell::Chain;
///
/// # let pool = framewell::Pool::builder().build()?;
/// let mut chain = Chain::from_iter([pool.copy_from(b"\x08")?, pool.copy_from(b"\x00payload")?]);
/// assert_eq!(chain.get_u16(), 0x0800);
/// assert_eq!(chain.chunk(), b"payload");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Buf for Chain {
    #[inline]
    fn remaining(&self) -> usize {
        self.len()
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.segments().first().map_or(&[], |first| first)
    }

    fn chunks_vectored<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        self.io_slices(into)
    }

    #[inline]
    fn advance(&mut self, n: usize) {
        Chain::advance(self, n);
    }

    fn copy_to_bytes(&mut self, len: usize) -> Bytes {
        let front = self.split_to(len);
        match front.segments().len() {
            0 => Bytes::new(),
            1 => front
                .into_iter()
                .next()
                .map_or_else(Bytes::new, Bytes::from),
            _ => {
                let mut copy = BytesMut::zeroed(len);
                front.copy_to(&mut copy);
                copy.freeze()
            }
        }
    }
}
