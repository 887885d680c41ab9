//! Retrieve all devices of a user.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Availability, request};
use crate::{ClusterId, DeviceDocument, DeviceId, HomeId, rights::Action};

request! {
    /// Asks for the devices that the asker may see, `$req/devices`: here, and in the homes where the asker is federated.
    ///
    /// Shape: nothing at all, or `{"limit":50,"after":"zigbee/lamp"}`.
    #[derive(Default)]
    pub struct Devices {
        /// How many devices the answer may hold: 1 to 1,000, 100 if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 1000))]
        pub limit: Option<u32>,
        /// Where the page before ended, as its answer's `next` said: `zigbee/lamp`, or in another home `elm/zigbee/lamp`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
        /// Devices of this cluster only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cluster: Option<ClusterId>,
        /// Devices of this home only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub home: Option<HomeId>,
    }
}

/// One device of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Listing {
    /// The home that the device lives in.
    pub home: HomeId,
    /// The cluster that speaks for it.
    pub cluster: ClusterId,
    /// Its id there.
    pub device: DeviceId,
    /// Whether it is there.
    pub state: Availability,
    /// What the asker may do with it, up to the danger that the grants allow.
    pub rights: Vec<Action>,
    /// Its document, without the properties and events that the asker may not know of.
    pub document: DeviceDocument,
}
