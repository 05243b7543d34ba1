//! Sends.

use io_uring::{opcode, squeue};

use super::Ring;
use crate::core::{Operation, SendState};
use crate::error::{Error, SendError};
use crate::handles::{SendId, Socket};
use crate::message::{Held, LentParts, Message};
use crate::owner::{LentPart, Loan};

/// What the kernel is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// One buffer to the peer, copied.
    Plain,
    /// Anything, copied.
    Message,
    /// One buffer to the peer, not copied.
    ZeroCopy,
    /// Anything, not copied.
    MessageZeroCopy,
}

impl Ring {
    /// Puts a message into the submission queue. The next [`wait`](Self::wait) or
    /// [`submit`](Self::submit) has the kernel send it.
    ///
    /// The message's buffers are lent until an event returns them: [`Event::Sent`], or
    /// [`Event::Released`] if they are sent without a copy. The call enters the kernel if the
    /// submission queue is full.
    ///
    /// [`Event::Sent`]: crate::Event::Sent
    /// [`Event::Released`]: crate::Event::Released
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message: there is no such socket, a buffer is of another pool, or the
    /// submission queue is full ([`Error::Busy`]).
    ///
    /// ```
    /// # use std::net::UdpSocket;
    /// # use framewell::Pool;
    /// # use framewell_uring::{Event, Message, Ring};
    /// # let pool = Pool::builder().build()?;
    /// # let mut ring = Ring::builder(&pool).build()?;
    /// let udp = UdpSocket::bind("127.0.0.1:0")?;
    /// let socket = ring.attach(&udp)?;
    /// let message = Message::new(pool.copy_from(b"packet")?).to(udp.local_addr()?).zero_copy();
    /// ring.send(socket, message)?;
    /// let mut back = 0;
    /// while back == 0 {
    ///     ring.wait(1, None)?;
    ///     while let Some(event) = ring.next_event() {
    ///         match event {
    ///             Event::Sent(sent) => {
    ///                 assert_eq!(sent.result?, 6);
    ///                 back += sent.owners.count(); // not none if the kernel has copied it
    ///             }
    ///             Event::Released(released) => back += released.owners.count(),
    ///             _ => {}
    ///         }
    ///     }
    /// }
    /// assert_eq!(pool.stats().out, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn send(&mut self, socket: Socket, message: Message) -> Result<SendId, SendError> {
        let refuse = |message, error| SendError {
            message: Box::new(message),
            error,
        };
        let fd = match self.core.socket(socket.0) {
            Ok(attached) => attached.descriptor(),
            Err(error) => return Err(refuse(message, error)),
        };
        let Message {
            owners,
            to,
            control,
            zero_copy,
        } = message;
        let single = owners.len() == 1;
        let parts = match LentParts::lend(owners, &self.core.tx) {
            Ok(parts) => parts,
            Err(owners) => {
                let message = Message {
                    owners,
                    to,
                    control,
                    zero_copy,
                };
                return Err(refuse(message, Error::OtherPool));
            }
        };
        let simple = single && to.is_none() && control.is_empty();
        let way = self.way(zero_copy, simple);
        let core = &mut *self.core;
        let first = parts.first;
        let mut held = None;
        let header = match way {
            Way::Plain | Way::ZeroCopy => std::ptr::null(),
            Way::Message | Way::MessageZeroCopy => {
                let held = held.insert(core.spare.pop().unwrap_or_else(Held::new));
                held.write(&parts, &core.tx, to, control.clone())
            }
        };
        let (data, len) = (first.address(&core.tx).cast_const(), first.kernel_len());
        let piece = core.piece_of(&first);
        let entry: squeue::Entry = match way {
            Way::Plain => opcode::Send::new(fd, data, len)
                .flags(libc::MSG_NOSIGNAL)
                .build(),
            Way::Message => opcode::SendMsg::new(fd, header)
                .flags(libc::MSG_NOSIGNAL as u32)
                .build(),
            Way::ZeroCopy => opcode::SendZc::new(fd, data, len)
                .buf_index(piece)
                .flags(libc::MSG_NOSIGNAL)
                .build(),
            Way::MessageZeroCopy => opcode::SendMsgZc::new(fd, header)
                .flags(libc::MSG_NOSIGNAL as u32)
                .build(),
        };
        let place = core.begin(
            socket.0,
            Operation::Send(SendState {
                socket: socket.0,
                parts,
                held,
                sent: false,
            }),
        );
        // SAFETY: the buffers are lent, and the header is held, until the last completion
        // (#kernel-has-lent, #operation-until-last).
        let pushed = unsafe { core.push(&entry.user_data(place.number())) };
        let Err(error) = pushed else {
            return Ok(SendId(place));
        };
        let Some(Operation::Send(state)) = core.finish(place) else {
            unreachable!("the operation was begun just now");
        };
        // SAFETY: the kernel was not told of the buffers.
        let (owners, refused) = unsafe { state.parts.take_back(&core.tx) };
        core.counts.invalid += refused;
        let message = Message {
            owners,
            to,
            control,
            zero_copy,
        };
        Err(refuse(message, error))
    }

    /// Chooses what the kernel is asked for, as far as it can do it.
    #[inline]
    fn way(&mut self, zero_copy: bool, simple: bool) -> Way {
        let features = self.core.features;
        let can = match simple {
            true => features.zero_copy,
            false => features.zero_copy_messages,
        };
        if zero_copy && !can {
            self.core.counts.copied += 1;
        }
        match (zero_copy && can, simple) {
            (true, true) => Way::ZeroCopy,
            (true, false) => Way::MessageZeroCopy,
            (false, true) => Way::Plain,
            (false, false) => Way::Message,
        }
    }
}

impl crate::core::Core {
    /// Returns the number of the registered piece that a frame lies in.
    #[inline]
    fn piece_of(&self, part: &LentPart) -> Option<u16> {
        match part.loan {
            Loan::Frame(id) => {
                let piece = id.index() / self.frames_each? as usize;
                u16::try_from(piece).ok()
            }
            Loan::VarBuf(_) => None,
        }
    }
}
