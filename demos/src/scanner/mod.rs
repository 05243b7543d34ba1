//! A scanner of Wi-Fi networks: real 802.11 frames, each in a buffer of its own length.
//!
//! ```text
//!              buffer of the record        buffer of each MSDU
//!  captures ──▶ copy in ─▶ dissect ─┬─ data ─▶ take apart ══▶ sink: verify, free
//!                                   │
//!                                   └─ beacon ─▶ buffer with a seal ─▶ swap ─▶ [cell of its BSSID]
//!                                                                               ▲ ▲ ▲
//!                                                              readers: look, verify, again
//! ```
//!
//! One thread reads the captures and writes the cells. Any number of threads read the cells beside
//! it, and one frees what the data frames carried. The latest beacon of each network stands in a
//! cell; a reader looks at it where it lies, while the writer puts the next in its place.
//!
//! # What is checked
//!
//! - A reader demands of each beacon that its seal is whole, that it parses, that it is its cell's
//!   BSSID's, and that it is no older than the one that it saw there before ([`seal`]).
//! - The sink demands of each MSDU the checksum that it was sent with ([`msdu`]).
//! - A frame that makes no sense is counted by what is wrong with it ([`damage`]), and the next is
//!   looked at. Nothing in a capture can make the program panic.
//! - A beacon of which a part is wrong, or which was cut, is counted so, too. Its network is found,
//!   if the name is among what is left.
//!
//! # Where things are
//!
//! - [`radiotap`], [`frame`] and [`mesh`] take frames apart, [`beacon`], [`elements`],
//!   [`multiple_bssid`] and [`security`] beacons, and [`amsdu`] aggregates.
//! - [`buffer`] is where buffers and cells come from.
//! - [`scan`] is the writer; [`readers`] and [`sink`] are the other threads.
//! - [`networks`] and [`tally`] keep the figures, and [`output`] shows them.
//! - [`aggregate`] makes A-MSDUs out of Ethernet packets, for the capture that has them.
//!
//! The parsers are written here, because frames from the air are hostile. The crate `radiotap`
//! (1.3) panics on some damaged headers, and the A-MSDUs of `ieee80211` (0.5) have their lengths in
//! the other byte order. The tests compare the parsers with the crate `libwifi`.

pub mod aggregate;
pub mod amsdu;
pub mod args;
pub mod beacon;
pub mod buffer;
pub mod damage;
pub mod elements;
pub mod frame;
pub mod mesh;
pub mod msdu;
pub mod multiple_bssid;
pub mod networks;
pub mod output;
pub mod radiotap;
pub mod readers;
pub mod scan;
pub mod seal;
pub mod security;
pub mod sink;
pub mod tally;
