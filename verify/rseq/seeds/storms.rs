//! Seeds for the storms, and variants that are as sound, but slower or stopped at a point.

use framewell_mutations::Mutation;

use super::{BOTH, Seed, X86_64};

/// The text of instructions that wait for about a microsecond, by a register that is free at that
/// point.
macro_rules! spin {
    ($register:literal) => {
        concat!(
            "\"mov {",
            $register,
            ":e}, 3000\",\n\"66: dec {",
            $register,
            ":e}\",\n\"jnz 66b\",\n"
        )
    };
}

/// Wraps a piece of a section into waits: before its check of the bound, and between that and the
/// rest.
macro_rules! slow {
    ($item:literal, $register:literal, $check:literal, $rest:literal) => {
        Mutation {
            item: $item,
            from: concat!($check, $rest),
            to: concat!(spin!($register), $check, spin!($register), $rest),
        }
    };
}

const SLOW_POP: Mutation = slow!(
    "x86_64::pop",
    "id",
    r#""cmp {count:e}, dword ptr [{cache} + {low_at}]",
            "jbe 7f","#,
    r#""mov {id:e}, dword ptr [{cache} + 4*{count} + {last_at}]""#
);

const SLOW_POP_BURST: Mutation = slow!(
    "x86_64::pop_burst",
    "t",
    r#""cmp {count:e}, dword ptr [{cache} + {low_at}]",
            "jbe 7f","#,
    r#""mov {n}, {most}""#
);

const SLOW_PUSH: Mutation = slow!(
    "x86_64::push",
    "spin",
    r#""cmp {count:e}, dword ptr [{cache} + {high_at}]",
            "jae 7f","#,
    r#""mov dword ptr [{cache} + 4*{count} + {slot_at}], {id:e}",
            "inc {count:e}""#
);

const SLOW_PUSH_BULK: Mutation = slow!(
    "x86_64::push_bulk",
    "t",
    r#""mov {t:e}, dword ptr [{cache} + {high_at}]",
            "cmp {end}, {t}",
            "ja 7f","#,
    ""
);

/// The register for it.
const SLOW_PUSH_REGISTER: Mutation = Mutation {
    item: "x86_64::push",
    from: "high_at = const 4 * HIGH",
    to: "spin = out(reg) _, high_at = const 4 * HIGH",
};

/// Counts the sections that start over, in a word of the test.
const COUNTED: Mutation = Mutation {
    item: "x86_64::abort!",
    from: r#""5: jmp 4b\n""#,
    to: r#""5: lock inc qword ptr [rip + framewell_sections_aborted]\njmp 4b\n""#,
};

/// A cache is opened from any CPU: as if the caller had been moved since it asked where it is.
const OPENED_FROM_ELSEWHERE: Mutation = Mutation {
    item: "Caches::open_here",
    from: "let Some(cpu) = self.here() else",
    to: "let turn = self.outside.tickets.load(Ordering::Relaxed) as u32;
            let Some(cpu) = Some(CpuId(turn % self.outside.count)) else",
};

const NO_FIRST_FENCE: Mutation = Mutation {
    item: "Caches::stop_all",
    from: "1 => self.fence(last),
            _ => self.fence(None)",
    to: "_ => last.is_some()",
};

const NO_SECOND_FENCE: Mutation = Mutation {
    item: "Caches::open_here",
    from: "!self.outside.mode.note_opening() || !self.fence(Some(cpu))",
    to: "!self.outside.mode.note_opening()",
};

/// Whoever saw a gate without an owner owns it, a moment later.
const TWO_OWNERS: Mutation = Mutation {
    item: "Gate::own",
    from: "self.change(seen.0, token.0)",
    to: "{ let _ = seen; std::thread::yield_now(); self.0.swap(token.0, Ordering::AcqRel); true }",
};

/// An owner waits between the ids and the count.
const SLOW_OWNER: Mutation = Mutation {
    item: "OwnedCaches::pop_burst",
    from: "self.caches.word(cpu, COUNT).store(left, Ordering::Relaxed);",
    to: "for _ in 0..5000 { std::hint::spin_loop(); }
            self.caches.word(cpu, COUNT).store(left, Ordering::Relaxed);",
};

/// A thread named "paused" stops in a sweep: it owns all caches, and has not fenced.
const PAUSED_IN_A_SWEEP: Mutation = Mutation {
    item: "Caches::stop_all",
    from: "let fenced = match owned",
    to: r#"if std::thread::current().name() == Some("paused") {
                std::thread::park();
            }
            let fenced = match owned"#,
};

/// A thread named "paused" stops in the first cache that it opens: the bounds are open, the gate is
/// still its own.
const PAUSED_IN_AN_OPENING: Mutation = Mutation {
    item: "Caches::open_here",
    from: "if gate.open(token)",
    to: r#"if std::thread::current().name() == Some("paused") {
                std::thread::park();
            }
            if gate.open(token)"#,
};

/// The first process to use a pool has more forks behind it than a token has bits for.
const AFTER_MANY_FORKS: Mutation = Mutation {
    item: "Process::new",
    from: "last: AtomicU64::new(0)",
    to: "last: AtomicU64::new((1 << 24) - 1)",
};

/// An area counts that libc has not registered: where it has one, nobody looks at it, and nothing
/// aborts.
const UNREGISTERED: Mutation = Mutation {
    item: "Area::registered",
    from: "NonZero::new(offset).filter(|_| size > 0).map(Self)",
    to: "NonZero::new(offset).filter(|_| size < 1000).map(Self)",
};

/// The kernel, or what stands for it, takes a fence and makes none.
const FENCES_ARE_NOT_MADE: Mutation = Mutation {
    item: "membarrier",
    from: "unsafe { libc::syscall(libc::SYS_membarrier, command, flags, cpu) == 0 }",
    to: "{ let _ = (command, flags, cpu); true }",
};

/// The helper of the trial does not come.
const HELPER_STAYS_AWAY: Mutation = Mutation {
    item: "fence_sections",
    from: "if number == last",
    to: "if number == last || number != last",
};

/// The helper of the trial comes after the time for which a caller waits that has a CPU to itself.
const HELPER_COMES_LATE: Mutation = Mutation {
    item: "fence_sections",
    from: "let mut pace = Pace::new(area);",
    to: "let mut pace = Pace::new(area); thread::sleep(Duration::from_secs(3));",
};

/// The release is one of those that are known for it, and a fence has to come from another CPU.
const SUSPECT: Mutation = Mutation {
    item: "real::Area::is_suspect",
    from: r#"cfg!(target_arch = "aarch64") && release()"#,
    to: "true || release()",
};

pub(crate) const SEEDS: &[Seed] = &[
    Seed {
        name: "slow_sections",
        test: "drain",
        archs: X86_64,
        caught_by: "",
        bug: &[
            SLOW_POP,
            SLOW_POP_BURST,
            SLOW_PUSH,
            SLOW_PUSH_REGISTER,
            SLOW_PUSH_BULK,
            COUNTED,
            OPENED_FROM_ELSEWHERE,
        ],
    },
    Seed {
        name: "no_first_fence",
        test: "drain",
        archs: X86_64,
        caught_by: "lost or doubled",
        bug: &[
            SLOW_POP,
            SLOW_POP_BURST,
            SLOW_PUSH,
            SLOW_PUSH_REGISTER,
            SLOW_PUSH_BULK,
            NO_FIRST_FENCE,
        ],
    },
    Seed {
        name: "no_second_fence",
        test: "drain",
        archs: X86_64,
        caught_by: "lost or doubled",
        bug: &[
            SLOW_POP,
            SLOW_POP_BURST,
            SLOW_PUSH,
            SLOW_PUSH_REGISTER,
            SLOW_PUSH_BULK,
            OPENED_FROM_ELSEWHERE,
            NO_SECOND_FENCE,
        ],
    },
    Seed {
        name: "two_owners",
        test: "drain",
        archs: X86_64,
        caught_by: "lost or doubled",
        bug: &[SLOW_OWNER, TWO_OWNERS],
    },
    Seed {
        name: "paused_in_a_sweep",
        test: "fork",
        archs: BOTH,
        caught_by: "",
        bug: &[PAUSED_IN_A_SWEEP],
    },
    Seed {
        name: "paused_in_a_sweep_after_many_forks",
        test: "fork",
        archs: BOTH,
        caught_by: "",
        bug: &[PAUSED_IN_A_SWEEP, AFTER_MANY_FORKS],
    },
    Seed {
        name: "paused_in_an_opening",
        test: "dry",
        archs: BOTH,
        caught_by: "",
        bug: &[PAUSED_IN_AN_OPENING],
    },
    Seed {
        name: "unregistered",
        test: "trial",
        archs: BOTH,
        caught_by: "",
        bug: &[UNREGISTERED],
    },
    Seed {
        name: "fences_are_not_made",
        test: "trial",
        archs: BOTH,
        caught_by: "",
        bug: &[FENCES_ARE_NOT_MADE],
    },
    Seed {
        name: "helper_stays_away",
        test: "trial",
        archs: BOTH,
        caught_by: "",
        bug: &[HELPER_STAYS_AWAY],
    },
    Seed {
        name: "helper_comes_late",
        test: "trial",
        archs: BOTH,
        caught_by: "",
        bug: &[HELPER_COMES_LATE],
    },
    Seed {
        name: "suspect",
        test: "trial",
        archs: BOTH,
        caught_by: "",
        bug: &[SUSPECT],
    },
];
