//! What a child process and its parent say to each other: a line of JSON each.
//!
//! ```text
//!   child                                  parent
//!   {"hello":[{"title":…,"kinds":[…]}]} ─►            once; or {"missing":"why"}, and the child ends
//!                                       ◄─ {"open":{"entrant":…,"kind":…}}
//!   {"opened":{"steps":…}}              ─►            the steps of a slice
//!                                       ◄─ {"run":{"entrant":…,"steps":…}}
//!   {"ran":{"steps":…,"ns":…}}          ─►
//!                                       ◄─ {"close":{"entrant":…}}
//!   "closed"                            ─►
//!                                       ◄─ {"memory":{"entrant":…,"steps":…}}
//!   {"memory":…}                        ─►            null: it does not take part
//!                                       ◄─ {"latency":{"entrant":…,"disturbance":…,"ms":…}}
//!   {"latency":…}                       ─►            null: it does not take part
//! ```
//!
//! `{"failed":"why"}` may answer any request. Each entrant has one open workload at most.

use serde::{Deserialize, Serialize};

use crate::latency::{Disturbance, Latency};
use crate::memory::Memory;

/// Someone who takes part in a child.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Introduction {
    /// The name, as shown in tables.
    pub title: String,
    /// The names of its workloads.
    pub kinds: Vec<String>,
}

/// What a parent asks for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Request {
    Open {
        entrant: String,
        kind: String,
    },
    Run {
        entrant: String,
        steps: u64,
    },
    Close {
        entrant: String,
    },
    Memory {
        entrant: String,
        steps: u64,
    },
    Latency {
        entrant: String,
        disturbance: Disturbance,
        ms: u64,
    },
}

/// What a child says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    Hello(Vec<Introduction>),
    Missing(String),
    Opened { steps: u64 },
    Ran { steps: u64, ns: u64 },
    Closed,
    Memory(Option<Memory>),
    Latency(Option<Latency>),
    Failed(String),
}
