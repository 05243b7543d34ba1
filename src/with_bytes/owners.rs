//! Owners: their data is read from the front, and grows into the tailroom.

use bytes::buf::UninitSlice;
use bytes::{Buf, BufMut, Bytes};

use crate::{Frame, VarBuf};

/// Implements the traits for a type whose data has two ends.
macro_rules! owner {
    ($owner:ident, $made:literal) => {
        /// Reads the data from its front.
        ///
        /// The trait needs the feature `bytes`. What was read becomes headroom, as by `pull`.
        /// `copy_to_bytes` copies, and takes memory: share the owner first to have it take a
        /// reference.
        ///
        /// # Panics
        ///
        /// `advance` panics beyond the end of the data.
        ///
        /// ```
        /// use bytes::Buf;
        ///
        /// # let pool = framewell::Pool::builder().build()?;
        #[doc = concat!("let mut packet = ", $made, ";")]
        /// packet.copy_from_slice(b"\x08\x00payload");
        /// assert_eq!(packet.get_u16(), 0x0800);
        /// assert_eq!((packet.remaining(), packet.chunk()), (7, &b"payload"[..]));
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        impl Buf for $owner {
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
                self.pull(n).unwrap_or_else(|beyond| panic!("{beyond}"));
            }
        }

        /// Appends to the data.
        ///
        /// The trait needs the feature `bytes`. All the tailroom is one chunk, and what was
        /// written there becomes data, as by `put`. Call the trait's own method of that name as
        /// `BufMut::put(&mut packet, source)`.
        ///
        /// # Panics
        ///
        /// `advance_mut`, and with it all that appends, panics if the tailroom is too small. The
        /// owner's `put` returns an error instead.
        ///
        /// ```
        /// use bytes::BufMut;
        ///
        /// # let pool = framewell::Pool::builder().build()?;
        #[doc = concat!("let mut packet = ", $made, ";")]
        /// packet.trim(0)?;
        /// packet.put_u16(0x0800);
        /// packet.put_slice(b"payload");
        /// assert_eq!(*packet, *b"\x08\x00payload");
        /// assert_eq!(packet.remaining_mut(), packet.tailroom());
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        // SAFETY: the chunk is the tailroom, which is the owner's and initialised. It starts behind
        // the data, and `advance_mut` moves the end of the data.
        unsafe impl BufMut for $owner {
            #[inline]
            fn remaining_mut(&self) -> usize {
                self.tailroom()
            }

            #[inline]
            fn chunk_mut(&mut self) -> &mut UninitSlice {
                UninitSlice::new(self.tail_mut())
            }

            #[inline]
            unsafe fn advance_mut(&mut self, n: usize) {
                if let Err(beyond) = self.put(n) {
                    panic!("{beyond}");
                }
            }
        }

        /// Makes the data a `Bytes`, without a copy.
        ///
        /// It needs the feature `bytes`. The conversion takes memory once, for the box in which a
        /// `Bytes` keeps its owner. The last clone of the `Bytes` frees the buffer.
        ///
        /// ```
        /// # use bytes::Bytes;
        /// # let pool = framewell::Pool::builder().build()?;
        #[doc = concat!("let packet = ", $made, ";")]
        /// let first = packet.as_ptr();
        /// let packet = Bytes::from(packet);
        /// assert_eq!(packet.slice(..1).as_ptr(), first);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        impl From<$owner> for Bytes {
            fn from(owner: $owner) -> Self {
                Self::from_owner(owner)
            }
        }
    };
}

owner!(Frame, "pool.get(9)?");
owner!(VarBuf, "pool.alloc_with_room(0, 9, 2000)?");
