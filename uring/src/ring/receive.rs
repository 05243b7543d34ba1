//! Receives: how they are asked for, and how they are armed.

use framewell::Misuse;
use io_uring::{opcode, squeue};

use super::Ring;
use crate::core::{Core, How, Operation, ReceiveState};
use crate::error::Error;
use crate::event::{Ended, Ending, Event};
use crate::handles::{Group, Place, Receive, Socket};
use crate::message::HeaderRoom;
use crate::owner::Owner;
use crate::received::Headers;

impl Ring {
    /// Receives from a socket into buffers of a group, until it is [cancelled](Self::cancel).
    ///
    /// Each datagram, or piece of a stream, takes a buffer, and is an
    /// [`Event::Received`]. It needs Linux 6.0.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] if there is no such socket or group; [`Error::NoStream`] if the group is
    /// incremental and the socket takes datagrams; [`Error::Busy`] or [`Error::Kernel`] if the
    /// submission queue is full.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::{GroupConfig, Ring};
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// # let group = ring.group(GroupConfig::frames(64))?;
    /// let udp = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// let socket = ring.attach(&udp)?;
    /// let receive = ring.recv_multi(socket, group)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_multi(&mut self, socket: Socket, group: Group) -> Result<Receive, Error> {
        let how = How::Multi { group: group.0 };
        self.receive(socket, how)
    }

    /// Receives from a socket into buffers of a group, with the address of the peer and control
    /// messages, until it is [cancelled](Self::cancel).
    ///
    /// It needs Linux 6.0.
    ///
    /// # Errors
    ///
    /// The errors are those of [`recv_multi`](Self::recv_multi), [`Error::OtherGroup`] if the group
    /// is incremental, and [`Error::Headers`] if the headers leave no room in its buffers.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::{GroupConfig, Headers, Ring};
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// # let group = ring.group(GroupConfig::frames(64))?;
    /// # let socket = ring.attach(&std::net::UdpSocket::bind("127.0.0.1:0")?)?;
    /// ring.recv_msg_multi(socket, group, Headers::new().peer().control(64))?;
    /// let refused = ring.recv_msg_multi(socket, group, Headers::new().control(2000)).unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "headers of 2016 bytes leave no room in a buffer of 1600; ask for less with \
    ///      Headers::control, or for larger buffers",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_msg_multi(
        &mut self,
        socket: Socket,
        group: Group,
        headers: Headers,
    ) -> Result<Receive, Error> {
        let state = self.core.groups.get(usize::from(group.0));
        let state = state.ok_or(Error::Gone { what: "group" })?;
        if state.incremental {
            return Err(Error::OtherGroup {
                what: "receives with headers",
            });
        }
        let (headers_len, room) = (headers.bytes(), state.room.get() as usize);
        if headers_len >= room {
            return Err(Error::Headers {
                headers: headers_len,
                room,
            });
        }
        let how = How::Messages {
            group: group.0,
            headers,
            room: HeaderRoom::new(headers.peer_room(), headers.control_room()),
        };
        self.receive(socket, how)
    }

    /// Receives from a stream into buffers of a group, several of them with one completion, until
    /// it is [cancelled](Self::cancel).
    ///
    /// Each buffer is an [`Event::Received`] of its own. It needs Linux 6.10.
    ///
    /// # Errors
    ///
    /// The errors are those of [`recv_multi`](Self::recv_multi), [`Error::NoStream`] if the socket
    /// takes datagrams, [`Error::OtherGroup`] if the group is incremental, and [`Error::Lacking`]
    /// if the kernel is older.
    ///
    /// ```
    /// # use std::net::{TcpListener, TcpStream, UdpSocket};
    /// # use framewell::Pool;
    /// # use framewell_uring::{Error, GroupConfig, Ring};
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// # let group = ring.group(GroupConfig::frames(64))?;
    /// # let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let stream = TcpStream::connect(listener.local_addr()?)?;
    /// let socket = ring.attach(&stream)?;
    /// match ring.recv_bundles(socket, group) {
    ///     Ok(receive) => println!("{receive:?}"),
    ///     Err(Error::Lacking { what, since }) => println!("no {what} before Linux {since}"),
    ///     Err(refused) => return Err(refused.into()),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_bundles(&mut self, socket: Socket, group: Group) -> Result<Receive, Error> {
        if self.core.socket(socket.0)?.datagrams {
            return Err(Error::NoStream { what: "bundles" });
        }
        let state = self.core.groups.get(usize::from(group.0));
        if state.is_some_and(|group| group.incremental) {
            return Err(Error::OtherGroup { what: "bundles" });
        }
        if !self.core.features.bundles {
            return Err(Error::Lacking {
                what: "bundles",
                since: "6.10",
            });
        }
        self.receive(socket, How::Bundles { group: group.0 })
    }

    /// Receives once, into this buffer: its data, as long as it is now.
    ///
    /// The buffer comes back by an [`Event::Received`] with what was received as its data. If there
    /// is none it goes back to the pool, with an [`Event::Ended`] alone. It needs no group, and
    /// works on any Linux that has the ring.
    ///
    /// # Errors
    ///
    /// The errors are those of [`recv_multi`](Self::recv_multi), [`Error::OtherPool`] if the buffer
    /// is of another pool, and [`Error::NoRoom`] if it has no data. The buffer goes back to its
    /// pool then.
    ///
    /// ```
    /// # use std::net::UdpSocket;
    /// # use framewell::Pool;
    /// # use framewell_uring::{Event, Ring};
    /// # let pool = Pool::builder().build()?;
    /// # let mut ring = Ring::builder(&pool).build()?;
    /// let udp = UdpSocket::bind("127.0.0.1:0")?;
    /// udp.send_to(b"packet", udp.local_addr()?)?;
    /// let socket = ring.attach(&udp)?;
    /// ring.recv(socket, pool.get(1500)?)?;
    /// ring.wait(1, None)?;
    /// assert!(matches!(ring.next_event(), Some(Event::Received(r)) if *r == *b"packet"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv(&mut self, socket: Socket, into: impl Into<Owner>) -> Result<Receive, Error> {
        self.core.socket(socket.0)?;
        let owner = into.into();
        if owner.is_empty() {
            return Err(Error::NoRoom);
        }
        let lent = owner.lend(&self.core.rx);
        let part = lent.map_err(|_| Error::OtherPool)?;
        self.receive(socket, How::Once { part })
    }

    /// Ends a receive. It tells so by an [`Event::Ended`]; what has come before is received still.
    ///
    /// The call enters the kernel if the submission queue is full.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] if the receive is over; [`Error::Busy`] or [`Error::Kernel`] if the
    /// submission queue is full.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::{Ending, Event, GroupConfig, Ring};
    /// # let mut ring = Ring::builder(&Pool::builder().build()?).build()?;
    /// # let group = ring.group(GroupConfig::frames(64))?;
    /// # let socket = ring.attach(&std::net::UdpSocket::bind("127.0.0.1:0")?)?;
    /// let receive = ring.recv_multi(socket, group)?;
    /// ring.submit()?;
    /// ring.cancel(receive)?;
    /// ring.wait(2, None)?;
    /// let event = ring.next_event();
    /// assert!(matches!(event, Some(Event::Ended(e)) if matches!(e.ending, Ending::Cancelled)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&mut self, receive: Receive) -> Result<(), Error> {
        self.cancel_at(receive.0)
    }

    pub(super) fn cancel_at(&mut self, place: Place) -> Result<(), Error> {
        let gone = Error::Gone { what: "receive" };
        let Some(Operation::Receive(state)) = self.core.operations.get(place) else {
            return Err(gone);
        };
        if state.armed {
            self.push_cancellation(place.number())?;
            if let Some(Operation::Receive(state)) = self.core.operations.get_mut(place) {
                state.cancelled = true;
            }
            return Ok(());
        }
        self.core.again.retain(|other| *other != place);
        self.core.end(place, Ending::Cancelled);
        Ok(())
    }

    /// Begins a receive.
    fn receive(&mut self, socket: Socket, how: How) -> Result<Receive, Error> {
        let attached = self.core.socket(socket.0)?;
        let (datagrams, ends) = (attached.datagrams, attached.ends);
        if let Some(group) = how.group() {
            let group = self.core.groups.get(usize::from(group));
            let group = group.ok_or(Error::Gone { what: "group" })?;
            if group.incremental && datagrams {
                return Err(Error::NoStream {
                    what: "incremental groups",
                });
            }
        }
        let place = self.core.begin(
            socket.0,
            Operation::Receive(ReceiveState {
                socket: socket.0,
                datagrams,
                ends,
                how,
                armed: false,
                cancelled: false,
            }),
        );
        match self.core.arm(place) {
            Ok(()) => Ok(Receive(place)),
            Err(error) => {
                if let Some(Operation::Receive(state)) = self.core.finish(place) {
                    // Dropping the owner frees the buffer, which the kernel was not told of.
                    drop(self.core.take_back_once(&state));
                }
                Err(error)
            }
        }
    }
}

impl Core {
    /// Puts the entry of a receive into the submission queue.
    pub(crate) fn arm(&mut self, place: Place) -> Result<(), Error> {
        let Some(Operation::Receive(state)) = self.operations.get(place) else {
            return Err(Error::Gone { what: "receive" });
        };
        let attached = self.sockets.get(state.socket);
        let attached = attached.ok_or(Error::Gone { what: "socket" })?;
        let fd = attached.descriptor();
        // With it the kernel tells how long a datagram was that was cut. A stream would lose data.
        let flags = if state.datagrams { libc::MSG_TRUNC } else { 0 };
        let entry: squeue::Entry = match &state.how {
            How::Multi { group } => opcode::RecvMulti::new(fd, *group).flags(flags).build(),
            How::Bundles { group } => opcode::RecvMultiBundle::new(fd, *group).build(),
            How::Messages { group, room, .. } => opcode::RecvMsgMulti::new(fd, room.at(), *group)
                .flags(flags as u32)
                .build(),
            How::Once { part } => {
                let len = part.kernel_len();
                opcode::Recv::new(fd, part.address(&self.rx), len)
                    .flags(flags)
                    .build()
            }
        };
        // SAFETY: the header and the buffer stay until the last completion (#operation-until-last,
        // #kernel-has-lent). Those of a group are lent by themselves.
        unsafe { self.push(&entry.user_data(place.number())) }?;
        if let Some(Operation::Receive(state)) = self.operations.get_mut(place) {
            state.armed = true;
        }
        Ok(())
    }

    /// Takes the buffer of a receive back that has one of its own.
    pub(crate) fn take_back_once(&self, state: &ReceiveState) -> Option<Result<Owner, Misuse>> {
        let How::Once { part } = &state.how else {
            return None;
        };
        debug_assert!(!state.armed);
        // SAFETY: the kernel does not have the receive, which is over and comes here once.
        Some(unsafe { part.take_back(&self.rx) })
    }

    /// Ends a receive that the kernel does not have, and tells so.
    pub(crate) fn end(&mut self, place: Place, ending: Ending) {
        if let Some(Operation::Receive(state)) = self.finish(place) {
            if let Some(Err(_)) = self.take_back_once(&state) {
                self.counts.invalid += 1;
            }
            self.events.push_back(Event::Ended(Ended {
                receive: Receive(place),
                ending,
            }));
        }
    }
}
