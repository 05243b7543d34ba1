//! The course of a program.

use framewell_harness::page::Text;
use framewell_harness::{program, summary};

use crate::args::Common;
use crate::capability::{self, Capability};
use crate::contestants::{Contestant, Frames};
use crate::lab::Lab;
use crate::rounds;

/// What a program is called, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of the program.
    pub name: &'static str,
    /// The title of its report.
    pub title: &'static str,
    /// A sentence that says what it does.
    pub does: &'static str,
    /// Makes the network for packets of a size.
    pub lab: fn(usize) -> Result<Lab, String>,
}

impl Program {
    /// Runs all rounds in networks of the program's own, shows the figures, writes the report, and
    /// returns what is wrong, in words.
    ///
    /// # Errors
    ///
    /// The error says in words why it could not run.
    pub fn compare(&self, common: &Common) -> Result<Vec<String>, String> {
        capability::check(&Capability::NAMESPACES)?;
        let all = rounds::run(common, self.lab)?;
        let mut summary = summary::summarize(&all.samples);
        let drops = all.kernel_drops.iter();
        summary
            .faults
            .extend(drops.map(|drops| format!("the kernel's sockets dropped packets; {drops}")));
        let does = format!(
            "{} Kernel UDP sockets in other network namespaces send the packets, and verify each \
             one that comes back: its number, its flow, all its bytes and its time to live; the \
             kernel verifies the checksums. There is a group for each size of packets.",
            self.does
        );
        program::show(summary, &self.text(&does), &common.timing)
    }

    fn text<'t>(&'t self, does: &'t str) -> Text<'t> {
        Text {
            program: self.name,
            title: self.title,
            does,
            slice: "opens the sockets anew",
            own: Frames::NAME,
            cpu: "Processor time of the thread with the AF_XDP sockets",
            cpu_note: "The kernel's part is in it: it copies, and delivers what is sent to the \
                       receiving socket in the same thread.",
            words: "The sockets' counts are from before their closing, the pool's from after.",
        }
    }
}
