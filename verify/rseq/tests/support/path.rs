//! Finds the hot path through a function, out of its instructions.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use iced_x86::FlowControl;

use crate::support::descriptor::descriptors;
use crate::support::section::instruction;

/// The hot path of a get and a free.
pub(crate) struct Path {
    pub(crate) instructions: usize,
    /// The number of those that lie in sections.
    in_sections: usize,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            instructions,
            in_sections,
        } = self;
        write!(
            f,
            "{instructions} instructions, {in_sections} of them in sections"
        )
    }
}

/// Returns the shortest path from a function's entry to its return that commits in two sections and
/// calls nothing. The slow paths are calls.
pub(crate) fn hot(entry: u64) -> Result<Path, String> {
    // The search is breadth first. A state is an instruction and how many sections were committed
    // on the way.
    let first = (entry, 0);
    let mut came_from = BTreeMap::from([(first, first)]);
    let mut queue = VecDeque::from([first]);
    while let Some(state) = queue.pop_front() {
        let (ip, committed) = state;
        let i = instruction(ip);
        if i.flow_control() == FlowControl::Return {
            if committed == 2 {
                return Ok(measure(state, &came_from));
            }
            continue;
        }
        let commits = descriptors()
            .iter()
            .any(|d| d.contains(ip) && d.end() == i.next_ip());
        let committed = committed + u64::from(commits);
        let next = match i.flow_control() {
            FlowControl::Next => vec![i.next_ip()],
            FlowControl::UnconditionalBranch => vec![i.near_branch_target()],
            FlowControl::ConditionalBranch => vec![i.next_ip(), i.near_branch_target()],
            _ => vec![],
        };
        for ip in next {
            let next = (ip, committed);
            if committed <= 2 && !came_from.contains_key(&next) {
                came_from.insert(next, state);
                queue.push_back(next);
            }
        }
    }
    Err("no path without a call commits twice and returns".to_owned())
}

type State = (u64, u64);

fn measure(mut state: State, came_from: &BTreeMap<State, State>) -> Path {
    let mut path = Path {
        instructions: 0,
        in_sections: 0,
    };
    loop {
        path.instructions += 1;
        path.in_sections += usize::from(descriptors().iter().any(|d| d.contains(state.0)));
        let before = came_from[&state];
        if before == state {
            return path;
        }
        state = before;
    }
}
