//! Retrieve: read properties.

use super::request;
use crate::Millis;

request! {
    /// Asks for a property (`.../get`), or for several of a device (`<device>/get`).
    ///
    /// Shape: nothing at all, or `{"max_age":5}`.
    #[derive(Default)]
    pub struct Retrieve {
        /// How old the value may be, in seconds; 0 asks the device. If nothing is said, a good value of any age will do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub max_age: Option<Millis>,
        /// Which properties of a device; none means all. Not for `.../property/<name>/get`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub properties: Vec<String>,
    }
}

request! {
    /// Asks for properties of several devices, `$req/retrieve`.
    ///
    /// Shape: `{"targets":["zigbee/lamp/brightness","Kitchen bulb/on"]}`; a target is `<cluster>/<device>/<property>`,
    /// `<cluster>/<device>`, or begins with the device's name for people; with another home before it
    /// (`elm/zigbee/lamp/on`) it is asked there.
    ///
    /// Limits: 100 targets.
    pub struct RetrieveMany {
        /// What is asked for.
        pub targets: Vec<String>,
        /// How old the values may be, in seconds; 0 asks the devices.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub max_age: Option<Millis>,
    }
}
