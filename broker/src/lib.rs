//! The door of hes-bridge: an MQTT broker, 3.1.1 and 5 on one port, with rumqttd's router behind it.
//!
//! All that a client sees is ours: listeners, CONNECT, acknowledgements, retained messages, wills, limits, rights. The
//! router answers one question only, which wildcard filters a message matches.
//!
//! The way of a message: `listener` takes the connection, through `tls` and `websocket` if need be, `connection` turns
//! its bytes into packets, `conversation` knows what they mean, `gate` what they are by their topic; `hub` gives each to the `mailbox` of whoever is
//! subscribed, directly or through `router`; the receiver's own task writes it.
//!
//! What holds:
//! - Nobody waits for a client: a mailbox is bounded, what does not fit is counted, and its owner told to go if it
//!   could not know otherwise ([`Limits::queue_messages`]).
//! - A message goes once to each subscription that matches it, with that subscription's identifier, whichever router
//!   answers (MQTT 5.0, 3.3.4 leaves the choice).
//! - A subscription never brings an older retained value after a newer one.
//! - Control topics of the interface never reach a subscriber: requests go to the [`Backend`], answers to their asker.
//! - What a session that is kept is owed is on disk before its publisher is told that it was taken ([`Backend::keep`]);
//!   nothing else waits for the disk.

mod acks;
mod allowance;
mod audience;
mod auth;
mod backend;
mod broker;
mod connection;
mod conversation;
mod delivery;
mod door;
mod durable;
mod ended;
mod figures;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod handshake;
mod hearing;
mod hub;
mod ids;
mod limits;
mod link;
mod listener;
mod luggage;
mod mailbox;
mod message;
mod outbox;
mod own;
mod pace;
mod parcel;
mod pledge;
mod precedent;
mod presence;
mod report;
mod restore;
mod retained;
mod router;
mod session;
mod stay;
mod subscription;
mod subscriptions;
mod sync;
mod system;
mod taps;
mod terms;
mod tls;
mod watch;
mod websocket;
mod window;
mod wire;

pub use allowance::Allowance;
pub use backend::{Backend, Bearer, BoxFuture, Client, Done, Hello, Password, Refusal, Rights, Version};
pub use broker::{Broker, Config, StartError};
pub use door::{Door, Transport};
pub use durable::{Change, QueuedRecord, RestoredSession, SessionRecord, SubscriptionRecord, Will};
pub use figures::Figures;
pub use gate::{Gate, Place, Space};
pub use limits::Limits;
pub use message::{PayloadFormat, Properties, Publish, Qos};
pub use pledge::Keep;
pub use precedent::Precedent;
pub use router::RouterKind;
pub use taps::{Attachment, Part, Tap};
pub use tls::{ClientCertificates, Tls, TlsError, TlsMaterial};
