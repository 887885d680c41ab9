//! Where a message of another home comes from.

use hes_schemas::{HomeId, link::Stamp, user_property};

/// Which home said a message, which one of its own it is, and by which way it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which home.
    pub home: HomeId,
    /// When it said so, in its own numbers.
    pub stamp: Stamp,
    /// The homes that passed it on, the first one first.
    pub via: Vec<HomeId>,
}

impl Origin {
    /// Returns the user properties of MQTT 5 that say so.
    #[must_use]
    pub fn properties(&self) -> Vec<(&'static str, String)> {
        let Self { home, stamp: Stamp { epoch, seq }, via } = self;
        let mut properties = vec![
            (user_property::ID, format!("{home}-{epoch}-{seq}")),
            (user_property::EPOCH, epoch.to_string()),
            (user_property::SEQ, seq.to_string()),
        ];
        if !via.is_empty() {
            let via: Vec<&str> = via.iter().map(HomeId::as_str).collect();
            properties.push((user_property::VIA, via.join(",")));
        }
        properties
    }
}
