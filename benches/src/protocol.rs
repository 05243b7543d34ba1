//! The protocol between a child process and its parent: each message is a line of JSON.
//!
//! ```text
//!   child                                  parent
//!   {"hello":[{"title":…,"kinds":[…]}]} ─►            once, at the start
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
//! Instead of `hello` a child may say `{"missing":"why"}`, and ends. `"apart"` instead of `opened`
//! says that the entrant cannot do that workload. `{"failed":"why"}` may answer any request. Each
//! entrant has one open workload at most.

use serde::{Deserialize, Serialize};

use crate::latency::{Disturbance, Latency};
use crate::memory::Memory;

/// An entrant that takes part in a child.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Introduction {
    /// The name, as shown in tables.
    pub title: String,
    /// The names of its workloads.
    pub kinds: Vec<String>,
}

/// A request of a parent.
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

/// An answer of a child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    Hello(Vec<Introduction>),
    Missing(String),
    Opened { steps: u64 },
    Apart,
    Ran { steps: u64, ns: u64 },
    Closed,
    Memory(Option<Memory>),
    Latency(Option<Latency>),
    Failed(String),
}
