//! The text that the terminal shows.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::damage::Damage;
use super::elements::{self, Announcement};
use super::frame::{Kind, Mac};
use super::networks::{Answer, Network};
use super::radiotap;
use super::scan::Outcome;
use super::seal;
use super::tally::Tally;

/// The heads of the columns.
pub const COLUMNS: [&str; 9] = [
    "BSSID",
    "SSID",
    "channel",
    "security",
    "beacons",
    "probe responses",
    "data frames",
    "bytes",
    "dBm min/median/max",
];

/// Returns the networks as a table.
pub fn table(outcome: &Outcome<'_>) -> String {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(COLUMNS);
    for row in rows(outcome) {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Returns the cells of the table.
pub fn rows(outcome: &Outcome<'_>) -> Vec<[String; COLUMNS.len()]> {
    let networks = outcome.networks.iter();
    networks
        .map(|(bssid, network)| row(bssid, network))
        .collect()
}

fn row(bssid: Mac, network: &Network<'_>) -> [String; COLUMNS.len()] {
    let beacon = network.latest.read();
    let latest = beacon.as_deref().map(|beacon| seal::open(beacon, bssid));
    let announced = match &latest {
        Some(Ok(sealed)) => Some(sealed.announcement),
        _ => None,
    };
    let answered = network.answer.as_ref().map(Answer::announcement);
    let best = announced.or(answered);
    let channel = best
        .and_then(|says| says.channel)
        .or_else(|| network.mhz.and_then(radiotap::channel));
    let dash = || "–".to_string();
    let signal = |(low, median, high)| format!("{low}/{median}/{high}");
    [
        bssid.to_string(),
        name(announced.as_ref(), answered.as_ref()),
        channel.map_or_else(dash, |channel| channel.to_string()),
        best.map_or_else(dash, |says| says.security.to_string()),
        network.beacons.to_string(),
        network.responses.to_string(),
        network.data.to_string(),
        network.bytes.to_string(),
        network.signals.spread().map_or_else(dash, signal),
    ]
}

/// Returns a network's name: that of the beacon, unless it is hidden; then that of a probe
/// response.
fn name(announced: Option<&Announcement<'_>>, answered: Option<&Announcement<'_>>) -> String {
    fn told<'a>(says: &Announcement<'a>) -> Option<&'a [u8]> {
        says.ssid.filter(|ssid| !elements::is_hidden(ssid))
    }
    match (announced.and_then(told), answered.and_then(told)) {
        (Some(ssid), _) => elements::escape(ssid),
        (None, Some(ssid)) if announced.is_some() => format!("<hidden> {}", elements::escape(ssid)),
        (None, Some(ssid)) => elements::escape(ssid),
        (None, None) if announced.or(answered).is_some() => "<hidden>".into(),
        (None, None) => "–".into(),
    }
}

/// Returns all counts, each with its name.
pub fn counts(outcome: &Outcome<'_>) -> Vec<(String, u64)> {
    let tally = &outcome.tally;
    let mut lines = vec![("records".to_string(), tally.records)];
    let named = |kind: &Kind| (format!("  {}", kind.name()), tally.kinds[*kind as usize]);
    lines.extend(Kind::ALL.iter().map(named));
    let named = |damage: &Damage| {
        let name = format!("  damaged: {}", damage.name());
        (name, tally.damage[*damage as usize])
    };
    lines.extend(Damage::ALL.iter().map(named));
    lines.push(("  damaged, but name a network".into(), tally.believed));
    lines.push(("  left out: no buffer".into(), tally.no_buffer));
    lines.extend(msdus(tally));
    for (kind, count) in &outcome.delivered.types {
        lines.push((format!("  type {kind:04x}{}", type_name(*kind)), *count));
    }
    let seen = &outcome.seen;
    lines.push(("reads by the readers".into(), seen.reads));
    lines.push(("  of a newer beacon".into(), seen.news));
    lines.push(("  of a cell without one".into(), seen.empty));
    lines.push(("beacons that had to wait for readers".into(), tally.refused));
    lines.push(("  left out: no buffer".into(), tally.beacons_without_buffer));
    lines
}

fn msdus(tally: &Tally) -> [(String, u64); 6] {
    [
        (
            "data frames encrypted, not taken apart".into(),
            tally.protected,
        ),
        ("data frames that are fragments".into(), tally.fragments),
        ("A-MSDUs".into(), tally.aggregates),
        ("MSDUs from A-MSDUs".into(), tally.from_aggregates),
        ("MSDUs in frames of their own".into(), tally.single),
        ("  left out: no buffer".into(), tally.msdus_without_buffer),
    ]
}

fn type_name(kind: u16) -> &'static str {
    match kind {
        0x0800 => " IPv4",
        0x0806 => " ARP",
        0x8100 => " VLAN",
        0x86dd => " IPv6",
        0x888e => " EAPOL",
        _ => "",
    }
}

/// Returns the counts as text. Details that did not happen are left out.
pub fn counts_text(outcome: &Outcome<'_>) -> String {
    let mut text = String::new();
    for (name, count) in counts(outcome) {
        if count > 0 || !name.starts_with("  ") {
            text += &format!("{name:<42} {count:>12}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::security::Security;

    #[test]
    fn hidden_names_are_shown_as_such() {
        fn says(ssid: Option<&[u8]>) -> Announcement<'_> {
            Announcement {
                ssid,
                channel: None,
                security: Security::default(),
            }
        }
        let shown = |ssid: Option<&[u8]>, answered: Option<&[u8]>| {
            name(Some(&says(ssid)), answered.map(|a| says(Some(a))).as_ref())
        };
        assert_eq!(shown(Some(b"net"), Some(b"other")), "net");
        assert_eq!(shown(Some(b""), None), "<hidden>");
        assert_eq!(shown(Some(&[0; 4]), Some(b"net")), "<hidden> net");
        assert_eq!(shown(None, None), "<hidden>");
        assert_eq!(name(None, Some(&says(Some(b"net")))), "net");
        assert_eq!(name(None, Some(&says(Some(b"")))), "<hidden>");
        assert_eq!(name(None, None), "–");
    }
}
