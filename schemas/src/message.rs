//! The messages of the flows: retrieve all devices, retrieve, update, subscribe, notification; and what is retained.
//!
//! Designed from the public outline of ISO/IEC 10192-4-3, clauses 6.2 and 6.3.

mod answer;
mod devices;
mod federate;
mod keys;
mod notification;
mod payload;
mod peer;
mod retrieve;
mod state;
mod subscribe;
mod token;
mod update;

pub use answer::{Answer, Confirmation, HomeOutcome, Outcome};
pub use devices::{Devices, Listing};
pub use federate::{ConsentInfo, Deed, Federate, FederateAction, FederationInfo, MemberInfo, Standing};
pub use keys::{KeySet, PublicJwk};
pub use notification::{Cause, EventKind, Notification};
pub use payload::{Format, parse_bare, parse_request};
pub use peer::{InvitationInfo, JoiningInfo, KeysInfo, LinkInfo, PairingInfo, Peer, PeerAction, PeerInfo, PeersInfo};
pub use retrieve::{Retrieve, RetrieveMany};
pub use state::{Availability, ClusterState, DeviceEvent, DeviceState, HomeState, Presence};
pub use subscribe::{Renew, Subscribe, Unsubscribe};
pub use token::{Token, TokenAction, TokenInfo, Verdict};
pub use update::{Update, UpdateMany, UpdateOne, UpdateProperties};

use crate::{Millis, RequestId, Topic};

/// What every request may say of itself in its body; with MQTT 5 the packet's properties say the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Which request it is; the same id from the same asker is the same request. MQTT 5: Correlation Data.
    pub id: Option<RequestId>,
    /// Where the answer goes. MQTT 5: Response Topic.
    pub reply_to: Option<Topic>,
    /// How long it may act. MQTT 5: Message Expiry Interval.
    pub ttl: Option<Millis>,
}

/// A message that asks for an answer.
pub trait Request {
    /// Returns what the request says of itself.
    fn head(&self) -> Head;

    /// Takes off what the request says of itself, so that only what is asked is left.
    #[must_use]
    fn without_head(self) -> Self;
}

/// Defines a request: the three fields of its [`Head`] and its own.
macro_rules! request {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Which request this is; the same id from the same asker is the same request.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub id: Option<crate::RequestId>,
            /// Where the answer goes, for MQTT 3.1.1; it must lie in the asker's own answer space.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub reply_to: Option<crate::Topic>,
            /// How long the request may act, in seconds, for MQTT 3.1.1; 10 if nothing is said.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub ttl: Option<crate::Millis>,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl crate::message::Request for $name {
            fn head(&self) -> crate::message::Head {
                crate::message::Head { id: self.id.clone(), reply_to: self.reply_to.clone(), ttl: self.ttl }
            }

            fn without_head(self) -> Self {
                Self { id: None, reply_to: None, ttl: None, ..self }
            }
        }
    };
}
use request;
