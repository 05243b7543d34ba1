//! The same work on interfaces that exist, for packets that others send.

use std::time::Instant;

use framewell_harness::interrupt::Interrupt;
use framewell_harness::program::say;

use crate::args::{Common, Who};
use crate::capability::{self, Capability};
use crate::contestants::{Account, Chunks, Contestant, Frames, Port, Shape};
use crate::slice::{self, Moved, Work};

/// The longest packet that an interface is expected to have.
const LONGEST: usize = 9000;

/// Moves packets for the time given, or until the program is interrupted, and returns what is wrong
/// in the end, in words.
///
/// While it runs, all that comes to the queues goes to it, and what it does not pass on is lost to
/// the network stack.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn run(common: &Common, ports: &[Port], work: &Work) -> Result<Vec<String>, String> {
    capability::check(&Capability::SOCKETS)?;
    let shape = Shape::of(
        common.sizes().into_iter().max().unwrap_or(LONGEST),
        ports.len(),
    );
    let moved = match common.only {
        None | Some(Who::Framewell) => on(&mut Frames::new(shape)?, ports, work, common),
        Some(Who::Xdpilone) => on(&mut Chunks::new(shape)?, ports, work, common),
    }?;
    let refusals = &moved.refusals;
    say(&format!(
        "{} packets came, {} of them were none of ours, {} had a wrong header checksum, {} no time \
         to live; {} ns of processor time a packet\n{}",
        moved.packets,
        refusals.other,
        refusals.damaged,
        refusals.expired,
        moved.cpu.as_nanos() / u128::from(moved.packets.max(1)),
        moved.account.words
    ));
    // That packets are dropped when too many come is no fault here.
    Ok(Account {
        dropped: 0,
        ..moved.account
    }
    .faults())
}

fn on<C: Contestant>(
    contestant: &mut C,
    ports: &[Port],
    work: &Work,
    common: &Common,
) -> Result<Moved, String> {
    let interrupt = Interrupt::new();
    let (start, limit) = (Instant::now(), common.timing.live());
    let go_on = || !interrupt.came() && limit.is_none_or(|limit| start.elapsed() < limit);
    let opened = || eprintln!("{} has its sockets; Ctrl-C ends it", C::NAME);
    slice::mover(contestant, None, ports, work, opened, go_on)
}
