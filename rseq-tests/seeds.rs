// The seeded bugs: each a change of the source that a test has to catch. Included by build.rs.

struct Seed {
    name: &'static str,
    /// The test that must catch it: `tests/<test>.rs`.
    test: &'static str,
    /// The instruction sets that have it.
    archs: &'static [&'static str],
    /// A part of what the failure says.
    caught_by: &'static str,
    bug: &'static [Change],
}

const X86_64: &[&str] = &["x86_64"];

/// The count is stored before the slot.
const PUSH_COMMITS_FIRST: Change = Change {
    file: "front/sections/x86_64.rs",
    from: r#"            "mov dword ptr [{cache} + 4*{count} + {slot_at}], {id:e}",
            "inc {count:e}",
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            abort!("xor {cache:e}, {cache:e}"),"#,
    to: r#"            "inc {count:e}",
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            "mov dword ptr [{cache} + 4*{count} + {slot_at} - 4], {id:e}",
            abort!("xor {cache:e}, {cache:e}"),"#,
};

const SEEDS: &[Seed] = &[
    Seed {
        name: "push_commits_first",
        test: "preemption",
        archs: X86_64,
        caught_by: "lost or doubled",
        bug: &[PUSH_COMMITS_FIRST],
    },
];
