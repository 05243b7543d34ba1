//! Completions: what each of them means, and the event that it is.

use std::io;
use std::mem;

use io_uring::cqueue::{self, Entry};

use crate::core::{Core, How, NOBODY, Operation};
use crate::error::{Error, Step};
use crate::event::{Ended, Ending, Event, Piece, Released, Sent};
use crate::handles::{Group, Place, Receive, SendId};
use crate::message::Owners;
use crate::owner::Owner;
use crate::received::{Headers, Received};

/// How a receive takes what has come, without what the operation holds.
enum Kind {
    Plain,
    Headers(Headers),
    Bundle,
    Once,
}

impl Core {
    /// Returns the event of a completion, if it is one.
    pub(crate) fn complete(&mut self, completion: &Entry) -> Option<Event> {
        if completion.user_data() == NOBODY {
            return None;
        }
        let place = Place::of_number(completion.user_data());
        let flags = completion.flags();
        let is_last = !cqueue::more(flags);
        match self.operations.get_mut(place) {
            Some(Operation::Send(_)) => self.complete_send(place, completion, is_last),
            Some(Operation::Receive(state)) => {
                if is_last {
                    state.armed = false;
                }
                self.complete_receive(place, completion, is_last)
            }
            None => {
                self.counts.invalid += 1;
                None
            }
        }
    }

    fn complete_send(&mut self, place: Place, completion: &Entry, is_last: bool) -> Option<Event> {
        let is_notification = cqueue::notif(completion.flags());
        let mut owners = Owners::default();
        if is_last {
            let Some(Operation::Send(state)) = self.finish(place) else {
                return None;
            };
            // SAFETY: this is the send's last completion. Whether there is another one is told by
            // F_MORE, not by the result: a send that fails may have a notification, too.
            let (back, refused) = unsafe { state.parts.take_back(&self.tx) };
            self.counts.invalid += refused;
            self.spare.extend(state.held);
            owners = back;
        } else if let Some(Operation::Send(state)) = self.operations.get_mut(place) {
            state.sent = true;
        }
        let send = SendId(place);
        if is_notification {
            self.counts.released += 1;
            return Some(Event::Released(Released { send, owners }));
        }
        let result = answer(completion.result());
        match result {
            Ok(_) => self.counts.sent += 1,
            Err(_) => self.counts.failed += 1,
        }
        Some(Event::Sent(Sent {
            send,
            result,
            owners,
        }))
    }

    fn complete_receive(
        &mut self,
        place: Place,
        completion: &Entry,
        is_last: bool,
    ) -> Option<Event> {
        let event = match answer(completion.result()) {
            Ok(len) => self.came(place, len, completion.flags()),
            Err(error) => return self.receive_failed(place, error, is_last),
        };
        if is_last {
            self.go_on(place);
        }
        event
    }

    /// Makes the event of what has come.
    fn came(&mut self, place: Place, len: usize, flags: u32) -> Option<Event> {
        let Some(Operation::Receive(state)) = self.operations.get(place) else {
            return None;
        };
        let receive = Receive(place);
        let (datagrams, ends, group) = (state.datagrams, state.ends, state.how.group());
        let kind = match &state.how {
            How::Multi { .. } => Kind::Plain,
            How::Messages { headers, .. } => Kind::Headers(*headers),
            How::Bundles { .. } => Kind::Bundle,
            How::Once { .. } => Kind::Once,
        };
        if let Kind::Once = kind {
            return self.came_once(place, len);
        }
        let group = group?;
        let Some(id) = cqueue::buffer_select(flags) else {
            return self.came_without(place, len, ends);
        };
        if len == 0 && ends {
            let incremental = self.groups.get(usize::from(group))?.incremental;
            if uses_up_without_data(flags, incremental) {
                drop(self.take_from(group, id, len));
            }
            return self.came_without(place, len, ends);
        }
        match kind {
            Kind::Bundle => self.came_as_bundle(receive, group, id, len),
            Kind::Headers(headers) => {
                let owner = self.take_from(group, id, len)?;
                let Some(received) = Received::with_headers(receive, owner, &headers) else {
                    self.counts.invalid += 1;
                    return None;
                };
                if received.is_empty() && ends {
                    return self.came_without(place, 0, ends);
                }
                self.counts.cut += u64::from(received.is_cut());
                Some(Event::Received(received))
            }
            _ if cqueue::buffer_more(flags) => self.came_as_piece(receive, group, id, len),
            _ => {
                let owner = self.take_from(group, id, len)?;
                let full_len = if datagrams { len } else { owner.len() };
                let received = Received::plain(receive, owner, full_len);
                self.counts.cut += u64::from(received.is_cut());
                Some(Event::Received(received))
            }
        }
    }

    /// Takes a buffer out of a group, with so many bytes that were written to it.
    fn take_from(&mut self, group: u16, id: u16, len: usize) -> Option<Owner> {
        let state = self.groups.get_mut(usize::from(group))?;
        let Some(slot) = state.table.take(id) else {
            self.counts.invalid += 1;
            return None;
        };
        let room = (state.room.get() - slot.used) as usize;
        let headroom = state.headroom + slot.used as usize;
        // SAFETY: the completion says that the kernel has used the buffer up, and the table gave it
        // out once.
        let owner = unsafe { slot.loan.take_back(&self.rx, headroom, len.min(room)) };
        match owner {
            Ok(owner) => {
                self.counts.received += 1;
                Some(owner)
            }
            Err(_) => {
                self.counts.invalid += 1;
                None
            }
        }
    }

    /// Makes the events of several buffers, which lie in the group in the order of their posting.
    fn came_as_bundle(
        &mut self,
        receive: Receive,
        group: u16,
        mut id: u16,
        mut len: usize,
    ) -> Option<Event> {
        let room = self.groups.get(usize::from(group))?.room.get() as usize;
        let mut first = None;
        while len > 0 {
            let next = self.groups.get(usize::from(group))?.table.next(id);
            let Some(owner) = self.take_from(group, id, len.min(room)) else {
                break;
            };
            len -= owner.len();
            let full_len = owner.len();
            let event = Event::Received(Received::plain(receive, owner, full_len));
            match &first {
                None => first = Some(event),
                Some(_) => self.events.push_back(event),
            }
            let Some(next) = next else { break };
            id = next;
        }
        first
    }

    /// Makes the event of a piece in a buffer that the kernel goes on to fill.
    fn came_as_piece(
        &mut self,
        receive: Receive,
        group: u16,
        id: u16,
        len: usize,
    ) -> Option<Event> {
        let state = self.groups.get_mut(usize::from(group))?;
        let room = state.room.get();
        let Some(slot) = state.table.get_mut(id) else {
            self.counts.invalid += 1;
            return None;
        };
        let offset = slot.used;
        let len = (room - offset).min(len as u32);
        slot.used += len;
        self.counts.pieces += 1;
        Some(Event::Piece(Piece {
            receive,
            group: Group(group),
            id,
            serial: slot.serial,
            offset,
            len,
        }))
    }

    /// Makes the event of what needs no buffer: a datagram without data, or the end of a stream.
    fn came_without(&mut self, place: Place, len: usize, ends: bool) -> Option<Event> {
        if len > 0 {
            self.counts.invalid += 1;
            return None;
        }
        if !ends {
            self.counts.empty += 1;
            return Some(Event::Empty(Receive(place)));
        }
        match self.operations.get(place) {
            Some(Operation::Receive(state)) if !state.armed => {
                self.finish(place)?;
                Some(ended(place, Ending::EndOfStream))
            }
            _ => None,
        }
    }

    /// Makes the events of a receive into one buffer of its own.
    fn came_once(&mut self, place: Place, len: usize) -> Option<Event> {
        let Some(Operation::Receive(state)) = self.finish(place) else {
            return None;
        };
        let How::Once { part } = state.how else {
            return None;
        };
        // SAFETY: this is the last completion of the receive, as it is the only one.
        let owner = unsafe {
            part.loan
                .take_back(&self.rx, part.headroom, len.min(part.len))
        };
        let Ok(owner) = owner else {
            self.counts.invalid += 1;
            return Some(ended(place, Ending::Done));
        };
        if len == 0 && state.ends {
            return Some(ended(place, Ending::EndOfStream));
        }
        let full_len = if state.datagrams { len } else { owner.len() };
        let received = Received::plain(Receive(place), owner, full_len);
        self.counts.received += 1;
        self.counts.cut += u64::from(received.is_cut());
        self.events.push_back(ended(place, Ending::Done));
        Some(Event::Received(received))
    }

    /// Handles an error of a receive.
    fn receive_failed(&mut self, place: Place, error: io::Error, is_last: bool) -> Option<Event> {
        let Some(Operation::Receive(state)) = self.operations.get(place) else {
            return None;
        };
        let goes_on = state.how.group().is_some() && !state.cancelled;
        let datagrams = state.datagrams;
        match error.raw_os_error().unwrap_or(0) {
            libc::ENOBUFS if goes_on => self.counts.no_buffers += 1,
            // The thread that armed it has ended, and the kernel ends what it has asked for.
            libc::ECANCELED | libc::EINTR | libc::EAGAIN if goes_on => {}
            answer if goes_on && datagrams && passes(answer) => {
                self.counts.interrupted += 1;
                if is_last {
                    self.again.push(place);
                }
                let receive = Receive(place);
                return Some(Event::Interrupted { receive, error });
            }
            answer => {
                if !is_last {
                    return None;
                }
                let ending = match answer {
                    libc::ECANCELED => Ending::Cancelled,
                    _ if self.is_cancelled(place) => Ending::Cancelled,
                    _ => Ending::Failed(Error::kernel(Step::Receive)(error)),
                };
                self.end(place, ending);
                return self.events.pop_back();
            }
        }
        if is_last {
            self.again.push(place);
        }
        None
    }

    fn is_cancelled(&self, place: Place) -> bool {
        matches!(self.operations.get(place), Some(Operation::Receive(state)) if state.cancelled)
    }

    /// Has a receive go on that the kernel has ended after a good completion: the completion queue
    /// was full, or a datagram without data came.
    fn go_on(&mut self, place: Place) {
        if self.operations.get(place).is_none() {
            return;
        }
        if self.is_cancelled(place) {
            self.end(place, Ending::Cancelled);
        } else {
            self.again.push(place);
        }
    }

    /// Drops all events, and with them the owners in them.
    pub(crate) fn drop_events(&mut self) {
        drop(mem::take(&mut self.events));
    }
}

/// Returns whether the kernel is done with the buffer of an answer without data.
///
/// In an incremental group it never is: the buffer stays at the head of the ring, and the next
/// answer names it again. This does not rely on F_BUF_MORE, which Linux 6.18 sets here: an owner of
/// that buffer would be written to.
fn uses_up_without_data(flags: u32, incremental: bool) -> bool {
    !incremental && !cqueue::buffer_more(flags)
}

fn ended(place: Place, ending: Ending) -> Event {
    Event::Ended(Ended {
        receive: Receive(place),
        ending,
    })
}

/// Turns the kernel's answer into a result.
fn answer(result: i32) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result))
}

/// Returns whether a datagram socket goes on after this error, which then is about an earlier
/// datagram.
fn passes(error: i32) -> bool {
    matches!(
        error,
        libc::ECONNREFUSED
            | libc::ECONNRESET
            | libc::EHOSTUNREACH
            | libc::ENETUNREACH
            | libc::EHOSTDOWN
            | libc::ENETDOWN
            | libc::EMSGSIZE
            | libc::EPROTO
            | libc::ENOPROTOOPT
            | libc::ETIMEDOUT
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incremental_buffer_without_data_stays_with_the_kernel() {
        // IORING_CQE_F_BUFFER and IORING_CQE_F_BUF_MORE of the kernel's header.
        let (buffer, more) = (1, 1 << 4);
        assert!(uses_up_without_data(buffer, false));
        assert!(!uses_up_without_data(buffer | more, false));
        assert!(!uses_up_without_data(buffer, true));
        assert!(!uses_up_without_data(buffer | more, true));
    }
}
