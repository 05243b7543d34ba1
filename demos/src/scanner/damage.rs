//! The ways in which a frame can be damaged.

/// The reason why a frame is not believed, or not all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// The recorder kept less of the frame than there was.
    Cut,
    /// The radiotap header is not whole.
    Radiotap,
    /// The frame check sequence is wrong, or the receiver said so.
    Fcs,
    /// The protocol version is not 0.
    Version,
    /// The frame is shorter than its header, or than the fixed part of its body.
    Short,
    /// An element claims more bytes than there are.
    Element,
    /// The SSID is longer than 32 bytes.
    Ssid,
    /// An RSN or WPA element claims more suites than it has.
    Suites,
    /// A subframe of an A-MSDU claims more bytes than there are.
    Subframe,
}

impl Damage {
    /// All kinds of damage, in their order.
    pub const ALL: [Self; 9] = [
        Self::Cut,
        Self::Radiotap,
        Self::Fcs,
        Self::Version,
        Self::Short,
        Self::Element,
        Self::Ssid,
        Self::Suites,
        Self::Subframe,
    ];

    /// Returns the name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut by the recorder",
            Self::Radiotap => "radiotap header",
            Self::Fcs => "frame check sequence",
            Self::Version => "protocol version",
            Self::Short => "too short",
            Self::Element => "element too long",
            Self::Ssid => "SSID too long",
            Self::Suites => "cipher or key suites",
            Self::Subframe => "A-MSDU subframe",
        }
    }
}
