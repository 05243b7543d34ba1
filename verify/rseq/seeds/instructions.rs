//! Seeds for the tests that look at single instructions, and for those that stop a thread anywhere.

use framewell_mutations::Mutation;

use super::{AARCH64, Seed, X86_64};

/// The count is stored before the slot.
const PUSH_COMMITS_FIRST: Mutation = Mutation {
    item: "x86_64::push",
    from: r#""mov dword ptr [{cache} + 4*{count} + {slot_at}], {id:e}",
            "inc {count:e}",
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            abort!("xor {cache:e}, {cache:e}")"#,
    to: r#""inc {count:e}",
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            "mov dword ptr [{cache} + 4*{count} + {slot_at} - 4], {id:e}",
            abort!("xor {cache:e}, {cache:e}")"#,
};

/// The commit lies behind the end of the section.
const POP_COMMITS_OUTSIDE: Mutation = Mutation {
    item: "x86_64::pop",
    from: r#""dec {count:e}",
            "mov dword ptr [{cache} + {count_at}], {count:e}",
            abort!("mov {id:e}, -1")"#,
    to: r#""dec {count:e}",
            "3: mov dword ptr [{cache} + {count_at}], {count:e}",
            abort!("mov {id:e}, -1")"#,
};

/// An aborted section does not start over.
const ABORT_GOES_ON: Mutation = Mutation {
    item: "x86_64::abort!",
    from: r#""5: jmp 4b\n""#,
    to: r#""5: jmp 3b\n""#,
};

/// A handler between the two instructions would leave the section unprotected.
const ARMING_IS_NOT_LAST: Mutation = Mutation {
    item: "x86_64::arm!",
    from: r#""mov qword ptr fs:[{area} + 8], {cache}\n""#,
    to: r#""mov qword ptr fs:[{area} + 8], {cache}\n", "nop\n""#,
};

/// A spill.
const USES_THE_STACK: Mutation = Mutation {
    item: "x86_64::pop_burst",
    from: r#""mov {n}, {most}""#,
    to: r#""mov {n}, {most}",
            "mov qword ptr [rsp - 8], {n}""#,
};

/// As above, for aarch64.
const PUSH_COMMITS_FIRST_AARCH64: Mutation = Mutation {
    item: "aarch64::push",
    from: r#""str {id:w}, [{bound}, {count}, lsl #2]",
            "add {done:w}, {count:w}, #1",
            "str {done:w}, [{cache}, #{count_at}]""#,
    to: r#""add {done:w}, {count:w}, #1",
            "str {done:w}, [{cache}, #{count_at}]",
            "str {id:w}, [{bound}, {count}, lsl #2]""#,
};

const ABORT_GOES_ON_AARCH64: Mutation = Mutation {
    item: "aarch64::abort!",
    from: r#""5: b 4b\n""#,
    to: r#""5: b 3b\n""#,
};

const ARMING_IS_NOT_LAST_AARCH64: Mutation = Mutation {
    item: "aarch64::arm!",
    from: r#""str {cache}, [{area}, #8]\n""#,
    to: r#""str {cache}, [{area}, #8]\n", "nop\n""#,
};

const USES_THE_STACK_AARCH64: Mutation = Mutation {
    item: "aarch64::pop_burst",
    from: r#""sub {count}, {count}, {n}""#,
    to: r#""sub {count}, {count}, {n}",
            "str {n:w}, [sp, #0]""#,
};

/// A gate that another call owns is waited for.
const GATE_IS_WAITED_FOR: Mutation = Mutation {
    item: "Caches::open_here",
    from: "Phase::Shut | Phase::Owned(_) => return Opened::No,",
    to: "Phase::Shut => return Opened::No,
            Phase::Owned(_) => {
                while gate.peek() == seen {
                    std::hint::spin_loop();
                }
                return Opened::No;
            }",
};

/// A refuser waits for every transfer of others.
const REFUSER_WAITS: Mutation = Mutation {
    item: "Class::exhausted",
    from: "rescan_budget.is_spent(draining)",
    to: "(rescan_budget.is_spent(draining) && false)",
};

const fn seed(
    test: &'static str,
    name: &'static str,
    caught_by: &'static str,
    bug: &'static [Mutation],
) -> Seed {
    seed_for(X86_64, test, name, caught_by, bug)
}

const fn seed_for(
    archs: &'static [&'static str],
    test: &'static str,
    name: &'static str,
    caught_by: &'static str,
    bug: &'static [Mutation],
) -> Seed {
    Seed {
        name,
        test,
        archs,
        caught_by,
        bug,
    }
}

const LOST: &str = "lost or doubled";
const WAITS: &str = "keeps another waiting";

pub(crate) const SEEDS: &[Seed] = &[
    seed(
        "disassembly",
        "push_commits_first",
        "does not commit",
        &[PUSH_COMMITS_FIRST],
    ),
    seed(
        "disassembly",
        "pop_commits_outside",
        "does not commit",
        &[POP_COMMITS_OUTSIDE],
    ),
    seed(
        "disassembly",
        "abort_goes_on",
        "does not lead to the load",
        &[ABORT_GOES_ON],
    ),
    seed(
        "disassembly",
        "arming_is_not_last",
        "not the last instruction before the start",
        &[ARMING_IS_NOT_LAST],
    ),
    seed(
        "disassembly",
        "uses_the_stack",
        "a use of the stack",
        &[USES_THE_STACK],
    ),
    seed(
        "preemption",
        "push_commits_first",
        LOST,
        &[PUSH_COMMITS_FIRST],
    ),
    seed(
        "preemption",
        "pop_commits_outside",
        LOST,
        &[POP_COMMITS_OUTSIDE],
    ),
    seed("preemption", "abort_goes_on", LOST, &[ABORT_GOES_ON]),
    seed(
        "suspension",
        "gate_is_waited_for",
        WAITS,
        &[GATE_IS_WAITED_FOR],
    ),
    seed("suspension", "refuser_waits", WAITS, &[REFUSER_WAITS]),
    seed_for(
        AARCH64,
        "disassembly",
        "push_commits_first",
        "does not commit",
        &[PUSH_COMMITS_FIRST_AARCH64],
    ),
    seed_for(
        AARCH64,
        "disassembly",
        "abort_goes_on",
        "does not lead to the load",
        &[ABORT_GOES_ON_AARCH64],
    ),
    seed_for(
        AARCH64,
        "disassembly",
        "arming_is_not_last",
        "not the last instruction before the start",
        &[ARMING_IS_NOT_LAST_AARCH64],
    ),
    seed_for(
        AARCH64,
        "disassembly",
        "uses_the_stack",
        "a use of the stack",
        &[USES_THE_STACK_AARCH64],
    ),
];
