//! Tests of the scanner from end to end: it is exact on the captures that come with it, and
//! unharmed by damage.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use framewell_demos::capture::{Capture, IEEE802_11, Meta, RADIOTAP, WIFI};
use framewell_demos::scanner::aggregate;
use framewell_demos::scanner::args::shipped;
use framewell_demos::scanner::buffer::{self, Cells};
use framewell_demos::scanner::damage::Damage;
use framewell_demos::scanner::elements;
use framewell_demos::scanner::frame::{self, Kind};
use framewell_demos::scanner::output::{self, COLUMNS};
use framewell_demos::scanner::scan::{self, Options, Outcome};
use libwifi::Frame as Reference;

/// Every network of the shipped captures: address, name, channel, security; beacons, probe
/// responses, data frames, bytes; signal. The frames were counted with tshark, too.
const NETWORKS: &str = "
00:0b:6b:30:5b:77|SPP-AP|4|WPA/WPA2|2|1|11|2022|-91/-74/-71
00:0b:86:c2:a4:85|linksys|1|WPA2|183|9|473|60279|–
00:15:0c:d6:c3:f6|De-Mail|11|WPA2|4|1|0|643|-87/-84/-82
00:15:fa:b3:14:a0|Pegasus|11|open|4|8|0|2088|-71/-67/-65
00:15:fa:b3:15:60|Pegasus|11|open|3|1|0|706|-87/-87/-86
00:15:fa:b3:15:c0|Pegasus|11|open|3|1|0|706|-88/-87/-84
00:21:29:93:c6:55|SMART Showroom|9|WPA/WPA2|1|9|0|2614|-87/-86/-83
00:22:3f:89:0d:d4|–|1|–|0|0|2|338|-89/-89/-88
00:24:fe:44:f2:04|ZEMS|1|WPA/WPA2|6|0|0|912|-91/-90/-89
00:25:00:ff:94:73|–|–|–|0|0|0|656|–
00:25:9c:42:c2:62|–|48|–|0|0|1|139|-69/-69/-69
02:00:00:00:0a:01|–|36|–|0|0|47|31489|–
06:03:7f:07:a0:16|–|–|–|0|0|3|484|-51/-40/-39
24:65:11:85:e9:ae|system1|1|WPA2|1|0|1|304|-69/-69/-47
60:33:4b:e8:0a:49|Lovepoint|1|WPA2|7|1|0|1730|-85/-84/-83
8e:3a:e3:44:ac:c6|–|1|–|0|0|0|31|-67/-67/-67
90:a4:de:c0:46:0a|omus|1|open|0|6|2|1171|-22/-21/-14
9c:ef:d5:fa:4c:cb|–|–|–|0|0|0|56|–
ba:18:98:be:f0:04|FreeOWE|44|OWE|1|0|0|426|-51/-51/-51
bc:9f:e4:28:f4:20|37C3|44|WPA2 802.1X|1|0|0|388|–
c0:8a:de:01:11:b8|Wi2|1|open|1|0|0|217|-81/-81/-81
d0:15:a6:c1:24:a1|37C3-open|44|open|1|0|1|476|–
e8:9c:25:14:51:00|–|–|–|0|0|0|121|–
";

const FEW: Options = Options {
    readers: 2,
    repeat: 1,
    retired_limit: 8,
};

fn captures() -> Vec<Capture> {
    let files = shipped().expect("captures");
    files.iter().map(|path| open(path)).collect()
}

fn open(path: &Path) -> Capture {
    Capture::open_wanted(path, &WIFI).expect("readable")
}

fn named(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures")
        .join(name)
}

/// Scans, and returns the outcome, which must be free of faults.
fn scan<'c>(
    cells: &'c Cells,
    captures: &[Capture],
    options: Options,
    mebibytes: usize,
) -> Outcome<'c> {
    let pool = buffer::pool(mebibytes).expect("pool");
    let outcome = scan::run(captures, &pool, cells, options, || ());
    assert_eq!(outcome.faults(), Vec::<String>::new());
    outcome
}

fn rows(outcome: &Outcome<'_>) -> Vec<String> {
    output::rows(outcome)
        .iter()
        .map(|row| row.join("|"))
        .collect()
}

/// Returns a capture of these frames of 802.11, of which the file says that they have no check
/// sequence, or does not say.
fn bare<B: AsRef<[u8]>>(frames: impl IntoIterator<Item = B>, said: bool) -> Capture {
    let link = if said { 105u32 | 1 << 26 } else { 105 };
    let mut file = 0xa1b2_c3d4u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0]);
    file.extend(link.to_le_bytes());
    for frame in frames {
        let frame = frame.as_ref();
        file.extend([0; 8]);
        file.extend((frame.len() as u32).to_le_bytes());
        file.extend((frame.len() as u32).to_le_bytes());
        file.extend(frame);
    }
    Capture::parse(&file, &WIFI).expect("frames")
}

/// Returns all sound frames of the shipped captures, without radiotap header and check sequence.
fn sound() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for capture in captures() {
        for index in 0..capture.len() {
            let whole = frame::dissect(capture.packet(index), capture.meta(index));
            let sound = whole.ok().filter(|frame| frame.damage.is_none());
            frames.extend(sound.map(|frame| frame.bytes.to_vec()));
        }
    }
    frames
}

fn damaged(outcome: &Outcome<'_>, damage: Damage) -> u64 {
    outcome.tally.damage[damage as usize]
}

#[test]
fn the_networks_are_exact() {
    let cells = Cells::default();
    let outcome = scan(&cells, &captures(), FEW, 64);
    let expected: Vec<_> = NETWORKS.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(rows(&outcome), expected);
    let tally = &outcome.tally;
    assert_eq!(tally.records, 1276);
    assert_eq!(tally.kinds, [218, 37, 35, 36, 397, 121, 51, 369, 0, 0, 0]);
    assert_eq!(damaged(&outcome, Damage::Cut), 8);
    assert_eq!(damaged(&outcome, Damage::Fcs), 4);
    assert_eq!(tally.damage.iter().sum::<u64>(), 12);
    let msdus = (tally.aggregates, tally.from_aggregates, tally.single);
    assert_eq!(msdus, (46, 199, 21));
    let types: Vec<_> = outcome.delivered.types.into_iter().collect();
    let expected = [
        (0x0800, 114),
        (0x0806, 4),
        (0x8100, 55),
        (0x86dd, 31),
        (0x888e, 16),
    ];
    assert_eq!(types, expected);
}

#[test]
fn the_latest_beacon_counts() {
    let [wpa, wpa2] = ["wifi/linksys-1-wpa.pcap", "wifi/linksys-2-wpa2.pcap"];
    for (names, security) in [
        (&[wpa][..], "WPA"),
        (&[wpa, wpa2], "WPA2"),
        (&[wpa2, wpa], "WPA"),
    ] {
        let captures: Vec<_> = names.iter().map(|name| open(&named(name))).collect();
        let cells = Cells::default();
        let outcome = scan(&cells, &captures, FEW, 64);
        let network = &output::rows(&outcome)[0];
        let said = (network[1].as_str(), network[3].as_str());
        assert_eq!(said, ("linksys", security), "{names:?}");
    }
}

#[test]
fn radiotap_and_check_sequences_make_no_difference() {
    let survey = open(&named("wifi/survey.pcap"));
    let whole = |index| frame::dissect(survey.packet(index), survey.meta(index)).expect("sound");
    let with = (0..survey.len()).map(|index| &survey.packet(index)[whole(index).radio.length..]);
    let without = (0..survey.len()).map(|index| whole(index).bytes);
    let signal = COLUMNS.len() - 1;
    let told = |capture| {
        let mut rows = output::rows(&scan(&Cells::default(), &[capture], FEW, 64));
        rows.iter_mut().for_each(|row| row[signal].clear());
        rows
    };
    let expected = told(open(&named("wifi/survey.pcap")));
    assert!(expected.len() > 5);
    assert_eq!(told(bare(with, false)), expected);
    assert_eq!(told(bare(without.clone(), false)), expected);
    assert_eq!(told(bare(without, true)), expected);
}

/// Another program's parser reads the same from the same frames, each also as if it ended behind
/// any of its elements.
#[test]
fn libwifi_reads_the_same_from_beacons_and_probe_responses() {
    let (mut frames, mut compared) = (0, 0);
    for bytes in sound() {
        let frame = frame::bare(&bytes, Default::default()).expect("sound");
        if !matches!(frame.kind, Kind::Beacon | Kind::ProbeResponse) {
            continue;
        }
        let mut end = bytes.len() - frame.body.elements.len();
        let mut ends = vec![end];
        for element in elements::Elements(frame.body.elements) {
            end += 2 + element.expect("sound").1.len();
            ends.push(end);
        }
        assert_eq!(end, bytes.len());
        // libwifi wants one element.
        for end in &ends[1..] {
            compare_with_libwifi(&bytes[..*end]);
            compared += 1;
        }
        frames += 1;
    }
    assert_eq!(frames, 218 + 37);
    assert!(compared > 5 * frames, "{compared}");
}

fn compare_with_libwifi(bytes: &[u8]) {
    let frame = frame::bare(bytes, Default::default()).expect("sound");
    let (says, damage) = elements::announcement(&frame.body);
    assert_eq!(damage, None);
    // libwifi stops where four bytes or fewer are left, as if they were a check sequence. With four
    // more it sees the last element.
    let bytes = [bytes, &[0; 4]].concat();
    let (header, info) = match libwifi::parse_frame(&bytes, false).expect("parses") {
        Reference::Beacon(beacon) => (beacon.header, beacon.station_info),
        Reference::ProbeResponse(response) => (response.header, response.station_info),
        other => panic!("{other:?}"),
    };
    assert_eq!(frame.bssid.expect("a BSSID").0, header.address_3.0);
    let ssid = says
        .ssid
        .map(|ssid| String::from_utf8_lossy(ssid).into_owned());
    assert_eq!(ssid.unwrap_or_default(), info.ssid.unwrap_or_default());
    let primary = info.ht_information.map(|ht| ht.primary_channel);
    assert_eq!(says.channel, info.ds_parameter_set.or(primary));
    let security = says.security;
    let rsn = security.wpa2 || security.wpa3 || security.owe || security.other;
    assert_eq!(rsn, info.rsn_information.is_some(), "{says:?}");
    assert_eq!(security.wpa, info.wpa_info.is_some(), "{says:?}");
}

#[test]
fn a_msdus_give_back_the_packets_that_went_in() {
    let packets = Capture::open(&named("mixed.pcapng")).expect("readable");
    let file = std::fs::read(named("wifi/amsdu.pcap")).expect("readable");
    assert!(
        file == aggregate::capture(&packets),
        "run the program aggregate again"
    );
    let pool = buffer::pool(64).expect("pool");
    let frames = Capture::parse(&file, &WIFI).expect("frames");
    let mut out = Vec::new();
    for index in 0..frames.len() {
        let frame = frame::dissect(frames.packet(index), frames.meta(index)).expect("sound");
        let payload = frame.payload.expect("payload");
        let taken = framewell_demos::scanner::msdu::take_apart(&pool, &payload, |msdu| {
            out.push(msdu.buffer.to_vec());
        });
        assert_eq!((taken.no_buffer, taken.damage), (0, None));
    }
    let mut expected: Vec<_> = packets
        .packets()
        .map(|packet| [&packet[..12], &aggregate::SNAP, &packet[12..]].concat())
        .collect();
    out.sort();
    expected.sort();
    assert!(out == expected, "{} of {}", out.len(), expected.len());
}

/// Each frame is cut at each byte, as it lies in its file, and bare.
#[test]
fn every_truncation_is_parsed_or_counted_as_damaged() {
    let mut records = 0;
    for capture in captures() {
        for index in 0..capture.len() {
            let (record, meta) = (capture.packet(index), capture.meta(index));
            for len in 0..record.len() {
                let cut = &record[..len];
                let damage = match frame::dissect(cut, meta) {
                    Ok(frame) if frame.kind.announces() => frame.damage,
                    Ok(frame) => panic!("{frame:?}"),
                    Err(damage) => Some(damage),
                };
                assert_eq!(damage, Some(Damage::Cut));
                let original = len;
                frame::dissect(cut, Meta { original, ..meta }).ok();
                records += 1;
            }
        }
    }
    assert!(records > 100_000, "{records}");
    // Long A-MSDUs would take most of the time. Their ends are in `amsdu`'s own tests.
    let frames = sound();
    let cuts = frames
        .iter()
        .filter(|frame| frame.len() < 700)
        .flat_map(|frame| (0..frame.len()).map(|len| &frame[..len]));
    let number = cuts.clone().count() as u64;
    let cells = Cells::default();
    let outcome = scan(&cells, &[bare(cuts, true)], FEW, 64);
    assert_eq!(outcome.tally.records, number);
    for damage in [Damage::Short, Damage::Element, Damage::Subframe] {
        assert!(damaged(&outcome, damage) > 0, "{damage:?}");
    }
}

/// Returns the data on a record with a radiotap header, which had so many bytes before a recorder
/// cut it.
fn radio(original: usize) -> Meta {
    Meta {
        link: RADIOTAP,
        original,
        fcs: None,
    }
}

/// Returns a radiotap header that says, or does not say, that a check sequence follows.
fn radiotap(fcs: bool) -> Vec<u8> {
    vec![0, 0, 9, 0, 2, 0, 0, 0, if fcs { 0x10 } else { 0 }]
}

/// Returns a real beacon, with the name of its network.
fn beacon() -> (Vec<u8>, &'static [u8]) {
    let capture = open(&named("wifi/linksys-2-wpa2.pcap"));
    let all = (0..capture.len()).map(|index| capture.packet(index).to_vec());
    let beacon = all.into_iter().find(|frame| frame[0] == 0x80);
    (beacon.expect("a beacon"), b"linksys")
}

/// Returns the name of a network in a record, and what is wrong with the record.
fn told(record: &[u8], meta: Meta) -> (Option<Vec<u8>>, Option<Damage>) {
    match frame::dissect(record, meta) {
        Ok(frame) => {
            let (says, damage) = elements::announcement(&frame.body);
            (says.ssid.map(<[u8]>::to_vec), frame.damage.or(damage))
        }
        Err(damage) => (None, Some(damage)),
    }
}

#[test]
fn a_check_sequence_is_found_where_no_flag_announces_it_and_missed_where_one_does() {
    let (beacon, name) = beacon();
    let fcs = crc32fast::hash(&beacon).to_le_bytes();
    for (announced, tail) in [(true, &fcs[..]), (true, &[]), (false, &fcs), (false, &[])] {
        let record_of = [&radiotap(announced), &beacon[..], tail].concat();
        let meta = radio(record_of.len());
        let frame = frame::dissect(&record_of, meta).expect("whole");
        assert!(frame.bytes == beacon, "{announced} {tail:?}");
        assert_eq!(told(&record_of, meta), (Some(name.to_vec()), None));
    }
    // A check sequence that is wrong is damage, whatever the record looks like.
    let mut wrong = [&radiotap(true), &beacon[..], &fcs].concat();
    wrong[60] ^= 1;
    let meta = radio(wrong.len());
    assert_eq!(told(&wrong, meta), (None, Some(Damage::Fcs)));
}

#[test]
fn networks_are_found_in_beacons_that_are_cut_or_have_bytes_behind_them() {
    let (beacon, name) = beacon();
    // The name ends behind the header, the fixed fields, and its own element.
    let named_at = 24 + 12 + 2 + name.len();
    for fcs in [false, true] {
        let whole = [
            &radiotap(fcs),
            &beacon[..],
            &[0; 4][..if fcs { 4 } else { 0 }],
        ]
        .concat();
        for len in 0..whole.len() {
            let (ssid, damage) = told(&whole[..len], radio(whole.len()));
            let begins = radiotap(fcs).len();
            assert_eq!(ssid.is_some(), len >= begins + named_at, "{fcs} {len}");
            assert_eq!(damage, Some(Damage::Cut), "{fcs} {len}");
        }
    }
    let trailing = [&beacon[..], &[0xdd, 200, 1, 2, 3]].concat();
    let meta = Meta {
        link: IEEE802_11,
        ..radio(trailing.len())
    };
    let expected = (Some(name.to_vec()), Some(Damage::Element));
    assert_eq!(told(&trailing, meta), expected);
    let cells = Cells::default();
    let outcome = scan(&cells, &[bare([&trailing, &beacon], true)], FEW, 64);
    let row = &rows(&outcome)[0];
    assert!(
        row.contains("|linksys|") && row.contains("|2|0|0|"),
        "{row}"
    );
    let tally = &outcome.tally;
    assert_eq!((damaged(&outcome, Damage::Element), tally.believed), (1, 1));
}

/// Returns an S1G and a DMG beacon, and one that announces a second network.
fn unusual_beacons() -> [Vec<u8>; 3] {
    let element = |id: u8, data: &[u8]| [&[id, data.len() as u8], data].concat();
    let mac = |last: u8| [2, 0, 0, 0, 0, last];
    let s1g = [
        &[0x1c, 0x43, 0, 0][..],
        &mac(1),
        &[0; 5],
        &[0; 7],
        &element(0, b"far"),
        &element(232, &[0, 1, 37, 37, 0, 0]),
    ];
    let dmg = [
        &[0x0c, 0, 0, 0][..],
        &mac(2),
        &[0; 19],
        &[0x10],
        &element(0, b"near"),
    ];
    let profile = [
        element(83, &[0, 0]),
        element(0, b"guest"),
        element(85, &[1]),
    ];
    let multiple = [&[3], &element(0, &profile.concat())[..]].concat();
    let transmitted = [
        &[0x80, 0, 0, 0][..],
        &[0xff; 6],
        &mac(8),
        &mac(8),
        &[0; 2],
        &[0; 12],
        &element(0, b"own"),
        &element(3, &[11]),
        &element(71, &multiple),
    ];
    [s1g.concat(), dmg.concat(), transmitted.concat()]
}

#[test]
fn networks_are_found_in_beacons_of_all_kinds() {
    let frames = unusual_beacons();
    let cells = Cells::default();
    let outcome = scan(&cells, &[bare(&frames, true)], FEW, 64);
    let lengths = frames.each_ref().map(Vec::len);
    let expected = [
        format!("02:00:00:00:00:01|far|37|WEP|1|0|0|{}|–", lengths[0]),
        format!("02:00:00:00:00:02|near|–|WEP|1|0|0|{}|–", lengths[1]),
        format!("02:00:00:00:00:08|own|11|open|1|0|0|{}|–", lengths[2]),
        "02:00:00:00:00:09|guest|11|open|1|0|0|0|–".into(),
    ];
    assert_eq!(rows(&outcome), expected);
    assert_eq!(outcome.tally.damage.iter().sum::<u64>(), 0);
}

#[test]
fn the_mesh_control_is_taken_off() {
    let mac = |last: u8| [2, 0, 0, 0, 0, last];
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0, 0x45];
    // The frame goes from a mesh station to another one, over two that stand for others.
    let control = [&[2, 31, 9, 0, 0, 0][..], &mac(5), &mac(6)].concat();
    let frame_of = |announced: u8, behind: &[u8]| {
        let header = [
            &[0x88, 3, 0, 0][..],
            &mac(1),
            &mac(2),
            &mac(3),
            &[0, 0],
            &mac(4),
        ];
        [&header.concat()[..], &[0, announced], behind].concat()
    };
    let payload = |frame: &[u8]| {
        let frame = frame::bare(frame, Default::default()).expect("whole");
        let payload = frame.payload.expect("payload");
        let ends = (payload.destination.0[5], payload.source.0[5]);
        (ends, payload.bytes.to_vec())
    };
    let meshed = frame_of(1, &[&control[..], &snap].concat());
    assert_eq!(payload(&meshed), ((5, 6), snap.to_vec()));
    // The same bit is set outside of a mesh, where the payload begins with its LLC header.
    assert_eq!(payload(&frame_of(1, &snap)), ((3, 4), snap.to_vec()));
    assert_eq!(payload(&frame_of(0, &snap)), ((3, 4), snap.to_vec()));
}

fn random(mut state: u64) -> impl FnMut() -> usize {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    }
}

#[test]
fn flipped_bits_are_parsed_or_counted_as_damaged() {
    let mut random = random(0x2545_f491_4f6c_dd1d);
    let mut frames = sound();
    frames.extend(unusual_beacons());
    let mut flipped = Vec::new();
    for _ in 0..20_000 {
        let mut frame = frames[random() % frames.len()].clone();
        for _ in 0..=random() % 4 {
            // Most changes lie in the first bytes, where the lengths are.
            let at = random() % frame.len().min(1 << (4 + random() % 8));
            frame[at] ^= 1 << (random() % 8);
        }
        flipped.push(frame);
    }
    let cells = Cells::default();
    let outcome = scan(&cells, &[bare(&flipped, true)], FEW, 64);
    assert_eq!(outcome.tally.records, 20_000);
    let without = [Damage::Cut, Damage::Radiotap, Damage::Fcs];
    for damage in Damage::ALL
        .iter()
        .filter(|damage| !without.contains(damage))
    {
        assert!(damaged(&outcome, *damage) > 0, "{damage:?}");
    }
    assert!(outcome.tally.kinds.iter().all(|count| *count > 0));
}

/// Bits of the records are flipped as they lie in their files, radiotap headers included.
#[test]
fn flipped_bits_of_records_never_panic() {
    let mut random = random(0x9e37_79b9_7f4a_7c15);
    let captures = captures();
    let mut seen = [0u64; Damage::ALL.len()];
    for _ in 0..20_000 {
        let capture = &captures[random() % captures.len()];
        let index = random() % capture.len();
        let mut record = capture.packet(index).to_vec();
        for _ in 0..=random() % 4 {
            let at = random() % record.len().min(64);
            record[at] ^= 1 << (random() % 8);
        }
        let original = record.len();
        let meta = Meta {
            original,
            ..capture.meta(index)
        };
        if let Err(damage) = frame::dissect(&record, meta) {
            seen[damage as usize] += 1;
        }
    }
    assert!(seen[Damage::Radiotap as usize] > 0 && seen[Damage::Fcs as usize] > 0);
}

#[test]
fn readers_see_whole_beacons_while_they_are_replaced() {
    let captures = [
        open(&named("wifi/linksys-1-wpa.pcap")),
        open(&named("wifi/survey.pcap")),
    ];
    for (readers, retired_limit) in [(1, 8), (4, 1)] {
        let options = Options {
            readers,
            repeat: 200,
            retired_limit,
        };
        let pool = buffer::pool(64).expect("pool");
        let cells = Cells::default();
        let outcome = scan::run(&captures, &pool, &cells, options, || ());
        assert_eq!(outcome.faults(), Vec::<String>::new());
        let seen = &outcome.seen;
        assert!(
            seen.reads >= seen.news && seen.news >= readers as u64,
            "{seen:?}"
        );
        assert_eq!(outcome.tally.beacons_without_buffer, 0);
        let latest = output::rows(&outcome);
        assert!(
            latest
                .iter()
                .any(|row| row[1] == "linksys" && row[4] == "19600")
        );
        drop(outcome);
        drop(cells);
        let stats = pool.stats();
        let out = stats.alloc.expect("802.11 buffers").out;
        assert_eq!((out, stats.retired), (0, 0));
    }
}

#[test]
fn a_pool_that_is_too_small_leaves_frames_out_and_goes_on() {
    let cells = Cells::default();
    let outcome = scan(&cells, &captures(), Options { repeat: 3, ..FEW }, 2);
    let tally = &outcome.tally;
    let left_out = tally.no_buffer + tally.msdus_without_buffer + tally.beacons_without_buffer;
    assert!(left_out > 0, "{tally:?}");
    assert_eq!(tally.records, 3 * 1276);
}

fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scanner"));
    command.args(arguments).output().expect("starts")
}

#[test]
fn the_program_shows_networks_counts_and_the_pool() {
    let output = program(&["--repeat", "20"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}\n{complaint}");
    for part in [
        "SMART Showroom",
        "WPA2",
        "3660",
        "MSDUs from A-MSDUs",
        "reads",
        "capacity",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn what_cannot_run_ends_with_2_and_says_why() {
    let ethernet = named("mixed.pcap").to_string_lossy().into_owned();
    for (arguments, why) in [
        (["/nonexistent.pcap", "--readers=1"], "cannot be read"),
        ([&ethernet, "--readers=1"], "record in monitor mode"),
        (["--repeat", "0"], "0"),
    ] {
        let output = program(&arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains(why), "{complaint}");
    }
}
