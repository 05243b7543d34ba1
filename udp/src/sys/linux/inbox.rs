//! recvmmsg: datagrams into rooms of memory.
//!
//! ```text
//!   headers[i] ──► names[i], controls[i], pieces[i] ──► room i of the caller
//! ```
//!
//! The kernel overwrites the lengths in a header, so all headers are written anew for each call.
//! They hold pointers to the caller's rooms, which are valid during that call alone: nothing reads
//! a header's pointers after it.

#![allow(
    clippy::unnecessary_cast,
    reason = "the lengths are of other types in other C libraries"
)]

use std::mem::zeroed;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::{io, ptr};

use libc::{c_int, cmsghdr, iovec, mmsghdr};

use super::address::Name;
use super::answer;
use crate::sys::{Arrival, MESSAGES};

/// The bytes of room for the control data of a datagram. The segment size takes 24 of them and
/// comes first. The rest is for what the program has asked of the socket by itself.
const CONTROL: usize = 256;

/// Room for control data, aligned as the kernel's headers are.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL]);

/// Receives datagrams, up to [`MESSAGES`] in a call.
pub(crate) struct Inbox {
    headers: Vec<mmsghdr>,
    pieces: Vec<iovec>,
    names: Vec<Name>,
    controls: Vec<Control>,
    /// The room for control data that the kernel is told of.
    control: usize,
}

// SAFETY: the pointers in the headers and pieces are used in `receive` alone, which writes them
// first.
unsafe impl Send for Inbox {}
// SAFETY: as above; nothing is changed through a shared reference.
unsafe impl Sync for Inbox {}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            headers: Vec::with_capacity(MESSAGES),
            pieces: Vec::with_capacity(MESSAGES),
            names: vec![Name::none(); MESSAGES],
            controls: vec![Control([0; CONTROL]); MESSAGES],
            control: CONTROL,
        }
    }

    /// Tells the kernel of less room for control data than there is, for tests.
    pub(crate) fn limit_control(&mut self, bytes: usize) {
        self.control = bytes.min(CONTROL);
    }

    /// Receives datagrams into the first rooms, a datagram each, and returns how many came. It
    /// takes no more rooms than [`MESSAGES`].
    ///
    /// On a blocking socket it waits for the first datagram, unless `wait` is false.
    pub(crate) fn receive<'a>(
        &mut self,
        socket: &UdpSocket,
        rooms: impl Iterator<Item = &'a mut [u8]>,
        wait: bool,
    ) -> io::Result<usize> {
        self.headers.clear();
        self.pieces.clear();
        self.pieces.extend(rooms.take(MESSAGES).map(|room| iovec {
            iov_base: room.as_mut_ptr().cast(),
            iov_len: room.len(),
        }));
        let names = self.names.iter_mut().zip(&mut self.controls);
        for (piece, (name, control)) in self.pieces.iter_mut().zip(names) {
            // SAFETY: a structure of integers and of pointers that may be null.
            let mut header: mmsghdr = unsafe { zeroed() };
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = Name::BYTES;
            header.msg_hdr.msg_iov = piece;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = self.control as _;
            self.headers.push(header);
        }
        // With MSG_TRUNC the kernel returns the length that a datagram had, also if it was cut.
        let mut flags = libc::MSG_WAITFORONE | libc::MSG_TRUNC;
        if !wait {
            flags |= libc::MSG_DONTWAIT;
        }
        let (first, len) = (self.headers.as_mut_ptr(), self.headers.len());
        let none = ptr::null_mut();
        // SAFETY: there are `len` headers. What they point to is valid and borrowed by this call
        // alone: names, control data and pieces are this inbox's, which do not move meanwhile, and
        // the pieces name the rooms, which the iterator handed out for the lifetime of the call.
        let received =
            unsafe { libc::recvmmsg(socket.as_raw_fd(), first, len as _, flags as _, none) };
        Ok(answer(received)? as usize)
    }

    /// Returns what arrived in a room of the last call, by its place. That call has returned a
    /// larger number.
    pub(crate) fn arrival(&self, at: usize) -> Arrival {
        let header = &self.headers[at];
        let flags = header.msg_hdr.msg_flags;
        // The kernel has written so many bytes, or says more than there is room for.
        let control = self.controls[at]
            .0
            .get(..header.msg_hdr.msg_controllen as usize);
        Arrival {
            peer: self.names[at].address(header.msg_hdr.msg_namelen),
            sent_len: header.msg_len as usize,
            segment: control.and_then(segment),
            cut: flags & libc::MSG_TRUNC != 0,
            control_cut: flags & libc::MSG_CTRUNC != 0,
        }
    }
}

/// Returns the segment size in control data, if all of it is there.
fn segment(mut control: &[u8]) -> Option<usize> {
    const HEAD: usize = size_of::<cmsghdr>();
    while let Some((head, rest)) = control.split_at_checked(HEAD) {
        let head = head.as_ptr().cast::<cmsghdr>();
        // SAFETY: there are as many bytes as the structure has, and any bytes are integers.
        let head = unsafe { head.read_unaligned() };
        // A length that is cut or wrong ends the search.
        let data = rest.get(..(head.cmsg_len as usize).checked_sub(HEAD)?)?;
        if (head.cmsg_level, head.cmsg_type) == (libc::SOL_UDP, libc::UDP_GRO) {
            let size = data.first_chunk::<{ size_of::<c_int>() }>()?;
            return usize::try_from(c_int::from_ne_bytes(*size)).ok();
        }
        // The next header begins at a multiple of its alignment.
        control = rest.get(data.len().next_multiple_of(align_of::<libc::c_long>())..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a control message.
    fn message(level: c_int, kind: c_int, data: &[u8]) -> Vec<u8> {
        let len = size_of::<cmsghdr>() + data.len();
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(level.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(size_of::<usize>()), 0);
        bytes
    }

    #[test]
    fn the_segment_size_is_found_behind_others() {
        let size = 1448_i32.to_ne_bytes();
        let mut control = message(libc::SOL_IP, libc::IP_TOS, &[2]);
        assert_eq!(segment(&control), None);
        control.extend(message(libc::SOL_UDP, libc::UDP_GRO, &size));
        assert_eq!(segment(&control), Some(1448));
    }

    #[test]
    fn control_data_that_is_cut_or_wrong_has_no_segment_size() {
        let whole = message(libc::SOL_UDP, libc::UDP_GRO, &1448_i32.to_ne_bytes());
        for len in 0..size_of::<cmsghdr>() + 4 {
            assert_eq!(segment(&whole[..len]), None, "{len} bytes");
        }
        for len in [0, 1, size_of::<cmsghdr>() + 2, usize::MAX] {
            let mut wrong = whole.clone();
            wrong[..size_of::<usize>()].copy_from_slice(&len.to_ne_bytes());
            assert_eq!(segment(&wrong), None, "a length of {len}");
        }
        let negative = message(libc::SOL_UDP, libc::UDP_GRO, &(-1_i32).to_ne_bytes());
        assert_eq!(segment(&negative), None);
    }
}
