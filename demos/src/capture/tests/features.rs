//! Files that hold each feature of the formats once, with what must come of them.

use super::made::{Big, Classic, MODIFIED, NANO, Ng};

/// An Ethernet packet. The next one is another, which is also used as the rest of a packet of 60
/// bytes that a recorder cut.
pub(super) const FIRST: &[u8] = b"one packet of 29 bytes, whole";
pub(super) const SECOND: &[u8] = b"another packet";
const LITTLE: Big = Big(false);
const BIG: Big = Big(true);

/// A file with what reading its Ethernet packets must give.
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) file: Vec<u8>,
    /// The number of packets that are kept, and that of all packets.
    pub(super) packets: (usize, u64),
    /// A part of what the remarks say; empty if there must be no remark.
    pub(super) remark: &'static str,
    /// The count of `capinfos` of Wireshark 4.0, where that is another one.
    pub(super) elsewhere: Option<u64>,
}

fn feature(
    name: &'static str,
    file: Vec<u8>,
    packets: (usize, u64),
    remark: &'static str,
) -> Feature {
    Feature {
        name,
        file,
        packets,
        remark,
        elsewhere: None,
    }
}

/// Returns the files of all features.
pub(super) fn all() -> Vec<Feature> {
    let mut all = classic();
    for big in [LITTLE, BIG] {
        all.extend(blocks(big));
        all.extend(interfaces(big));
    }
    all.extend(damaged());
    all
}

fn classic() -> Vec<Feature> {
    let packets = [FIRST, SECOND];
    let mut all = Vec::new();
    for big in [LITTLE, BIG] {
        for (name, magic, version) in [
            ("plain", super::made::PLAIN, (2, 4)),
            ("modified", MODIFIED, (2, 4)),
            ("nanoseconds", NANO, (2, 4)),
            ("2.3", super::made::PLAIN, (2, 3)),
            (
                "2.1, lengths the other way round",
                super::made::PLAIN,
                (2, 1),
            ),
        ] {
            let made = Classic {
                big,
                magic,
                version,
                network: 1,
            };
            all.push(feature(name, made.file(0, &packets), (2, 2), ""));
            let cut = "2 packets left out, cut by the recorder's snap length";
            all.push(feature(name, made.file(9, &packets), (0, 2), cut));
        }
    }
    let cooked = "2 packets left out, of link type 113 (Linux cooked capture), not Ethernet";
    all.push(feature(
        "cooked",
        Classic::new(113).file(0, &packets),
        (0, 2),
        cooked,
    ));
    let ppi = "link type 192 (PPI), not Ethernet; the scanner reads these";
    all.push(feature(
        "PPI",
        Classic::new(192).file(0, &packets),
        (0, 2),
        ppi,
    ));
    let checked = "2 packets freed of a frame check sequence";
    let made = Classic::new(1 | 1 << 26 | 2 << 28);
    all.push(feature("FCS", made.file(0, &packets), (2, 2), checked));
    all
}

fn blocks(big: Big) -> Vec<Feature> {
    let mut obsolete = Ng::ethernet(big);
    obsolete.obsolete(0, 5_000_000, FIRST.len(), FIRST, &[]);
    obsolete.obsolete(0, 6_000_000, 60, SECOND, &[]);
    let mut simple = Ng::ethernet(big);
    simple.simple(SECOND.len(), SECOND);
    let mut snapped = Ng::new(big);
    snapped.interface(1, 14, &[]);
    snapped.simple(14, SECOND);
    snapped.simple(60, SECOND);
    let mut others = Ng::ethernet(big);
    others.enhanced(0, 1, FIRST.len(), FIRST, &[]);
    let mut journal = Ng::ethernet(big);
    journal.enhanced(0, 1, FIRST.len(), FIRST, &[]);
    journal.block(9, b"__REALTIME_TIMESTAMP=1\nMESSAGE=here\n");
    let mut custom = Ng::ethernet(big);
    custom.enhanced(0, 1, FIRST.len(), FIRST, &[]);
    custom.block(0xbad, &[0, 0, 0, 9, 1, 2, 3, 4]);
    let mut unknown = Ng::ethernet(big);
    unknown.enhanced(0, 1, FIRST.len(), FIRST, &[]);
    unknown.block(0x8000_0abc, &[1, 2, 3, 4]);
    vec![
        feature(
            "obsolete blocks",
            obsolete.file,
            (1, 2),
            "1 packet left out, cut",
        ),
        feature("simple block", simple.file, (1, 1), ""),
        feature(
            "simple block over the snap length",
            snapped.file,
            (1, 2),
            "1 packet left out, cut",
        ),
        feature("enhanced block", others.file, (1, 1), ""),
        feature("journal", journal.file, (1, 1), "1 entries of a journal"),
        feature("custom block", custom.file, (1, 1), "1 custom blocks"),
        feature(
            "unknown block",
            unknown.file,
            (1, 1),
            "1 blocks of type 0x80000abc",
        ),
    ]
}

fn interfaces(big: Big) -> Vec<Feature> {
    let mut all = Vec::new();
    // The first units are a millisecond, 2^-10 s, a nanosecond, 2^-20 s, a second, 10^-12 s, and
    // 2^-30 s.
    let mut clocks = Ng::new(big);
    let resolutions = [3, 0x8a, 9, 0x94, 0, 12, 0x9e, 40, 0xff];
    for resolution in resolutions {
        clocks.interface(1, 0, &[(9, vec![resolution])]);
    }
    for (id, ticks) in [
        1_500_u64,
        1_600,
        1_700_000_000,
        1_900_000,
        2,
        2_500_000_000_000,
        3 << 30,
        7,
        7,
    ]
    .into_iter()
    .enumerate()
    {
        clocks.enhanced(id as u32, ticks, FIRST.len(), FIRST, &[]);
    }
    all.push(feature(
        "clocks",
        clocks.file,
        (9, 9),
        "1 packet of 9 interfaces older",
    ));
    let mut offsets = Ng::new(big);
    for offset in [-500, 1 << 30] {
        offsets.interface(1, 0, &[(14, big.i64(offset).to_vec())]);
    }
    offsets.enhanced(0, 1_000_000_000, FIRST.len(), FIRST, &[]);
    offsets.enhanced(1, 5, FIRST.len(), FIRST, &[]);
    all.push(feature("offsets", offsets.file, (2, 2), ""));
    let mut backwards = Ng::ethernet(big);
    backwards.interface(1, 0, &[(9, vec![9])]);
    backwards.enhanced(0, 2_000_000, FIRST.len(), FIRST, &[]);
    backwards.enhanced(1, 1_000_000_000, FIRST.len(), FIRST, &[]);
    all.push(feature(
        "backwards",
        backwards.file,
        (2, 2),
        "1 packet of 2 interfaces older",
    ));
    let mut links = Ng::ethernet(big);
    links.interface(113, 0, &[]);
    links.interface(127, 0, &[]);
    for id in [0, 1, 1, 2] {
        links.enhanced(id, 1, SECOND.len(), SECOND, &[]);
    }
    all.push(feature(
        "link types",
        links.file,
        (1, 4),
        "2 packets left out, of link type 113",
    ));
    let mut sections = Ng::ethernet(big);
    sections.enhanced(0, 5, FIRST.len(), FIRST, &[]);
    sections.section(Big(!big.0), 1);
    sections.interface(113, 0, &[]);
    sections.interface(1, 0, &[(9, vec![9])]);
    sections.enhanced(0, 5_000, SECOND.len(), SECOND, &[]);
    sections.enhanced(1, 6_000, SECOND.len(), SECOND, &[]);
    all.push(feature("sections", sections.file, (2, 3), "link type 113"));
    let mut checked = Ng::new(big);
    checked.interface(1, 0, &[(13, vec![4])]);
    checked.enhanced(0, 5, FIRST.len(), FIRST, &[]);
    // The flags of the first packet say 2 bytes. The others are of an interface that does not tell:
    // one with flags, and one without any.
    checked.enhanced(0, 5, FIRST.len(), FIRST, &[(2, big.u32(2 << 5).to_vec())]);
    checked.interface(1, 0, &[]);
    checked.obsolete(1, 5, FIRST.len(), FIRST, &[(2, big.u32(4 << 5).to_vec())]);
    checked.enhanced(1, 5, FIRST.len(), FIRST, &[]);
    all.push(feature(
        "FCS",
        checked.file,
        (4, 4),
        "3 packets freed of a frame check",
    ));
    all
}

/// Returns files that each have one whole packet, and then damage.
fn damaged() -> Vec<Feature> {
    let damaged = |name, damage: fn(&mut Ng), remark| {
        let mut ng = Ng::ethernet(LITTLE);
        ng.enhanced(0, 1, FIRST.len(), FIRST, &[]);
        damage(&mut ng);
        feature(name, ng.file, (1, 1), remark)
    };
    vec![
        damaged("version", |ng| ng.section(LITTLE, 2), "version 2.0"),
        damaged(
            "minor version",
            |ng| {
                let at = ng.file.len();
                ng.section(LITTLE, 1);
                ng.file[at + 14] = 9;
            },
            "version 1.9",
        ),
        damaged(
            "no interface",
            |ng| ng.enhanced(3, 1, 9, b"a packet.", &[]),
            "interface 3 of only 1",
        ),
        damaged(
            "no interface",
            |ng| ng.obsolete(3, 1, 9, b"a packet.", &[]),
            "interface 3 of only 1",
        ),
        damaged(
            "end",
            |ng| {
                ng.enhanced(0, 1, 9, b"a packet.", &[]);
                let end = ng.file.len() - 4;
                ng.file[end] ^= 4;
            },
            "at its end",
        ),
        damaged(
            "long",
            |ng| ng.simple(9, b"a"),
            "a packet of 9 bytes in a block for 4",
        ),
        damaged(
            "cut",
            |ng| {
                ng.enhanced(0, 1, 9, b"a packet.", &[]);
                ng.file.pop();
            },
            "remain",
        ),
        damaged(
            "unaligned",
            |ng| {
                let at = ng.file.len();
                ng.block(0x8000_0abc, &[0; 4]);
                ng.file[at + 4] = 14;
            },
            "must be a multiple of 4",
        ),
        damaged(
            "option of no block",
            |ng| {
                let at = ng.file.len();
                ng.interface(1, 0, &[(9, vec![9])]);
                ng.file[at + 18] = 100;
            },
            "an option is longer than its block, 12 bytes remain",
        ),
        damaged(
            "flags",
            |ng| ng.enhanced(0, 1, 9, b"a packet.", &[(2, vec![1])]),
            "option 2 has 1 bytes, not 4",
        ),
        damaged(
            "room",
            |ng| ng.simple(9, b"no packet of nine"),
            "a packet of 9 bytes in a block for 20",
        ),
        damaged(
            "option of a section",
            |ng| {
                let at = ng.file.len();
                ng.section(LITTLE, 1);
                // The option is a hardware's name that claims 100 bytes, in 4.
                ng.file
                    .splice(at + 24.., [2, 0, 100, 0, 1, 2, 3, 4, 36, 0, 0, 0]);
                ng.file[at + 4] = 36;
            },
            "an option is longer than its block, 8 bytes remain",
        ),
        damaged(
            "zeroes",
            |ng| ng.file.extend([0; 70]),
            "a block claims 0 bytes",
        ),
        damaged(
            "end of file",
            |ng| ng.file.extend([0; 7]),
            "a block needs 12 bytes, 7 remain",
        ),
        damaged(
            "huge",
            |ng| ng.enhanced(0, 1, 300_000, &[7; 300_000], &[]),
            "the longest has 262144",
        ),
    ]
}
