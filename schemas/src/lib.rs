//! The words of hes-bridge: what may be said, on which topic, by whom, in JSON and in CBOR.
//!
//! Everything here is pure: bytes become words, words become bytes. A value of these types cannot be
//! wrong, because the only way to make one is a constructor that refuses.
//!
//! - [`Topic`], [`Filter`], [`Address`]: where something is said; `address.rs` is the only file that spells a topic.
//! - [`Datum`], [`Encoding`], [`decode`], [`encode`]: how it is said, with limits checked before allocation.
//! - [`message`]: what is said in the five flows; [`Status`] and [`Fault`] are how each request ends.
//! - [`link`]: what the gateways of two homes say to each other.
//! - [`DeviceDocument`], [`Reading`]: what a device is, and what one of its properties is worth.
//! - [`rights`]: who may.
//! - [`vocabulary`]: what the properties mean.

mod address;
mod asyncapi;
mod codec;
mod datum;
mod document;
mod filter;
mod id;
pub mod link;
pub mod message;
mod reading;
pub mod rights;
pub mod schema;
mod status;
mod time;
mod topic;
mod trace;
pub mod vocabulary;

pub use address::{Address, DevicePath, Operation, PropertyPath, Root, Target};
pub use asyncapi::asyncapi;
pub use codec::{DecodeError, Encoding, Limits, datum_of, decode, decode_datum, encode, read_datum};
pub use datum::Datum;
pub use document::{DataType, DeviceDocument, EventDocument, PropertyDocument};
pub use filter::{Filter, FilterError};
pub use id::{
    Challenge, ClientId, ClusterId, DeviceId, EventName, HomeId, IdError, NativeName, PropertyName, RequestId, Sid,
    Uid, UserName, slug,
};
pub use reading::{Quality, Reading};
pub use rights::Safety;
pub use status::{Fault, Status, Symbol};
pub use time::{Millis, Timestamp};
pub use topic::{Topic, TopicError};
pub use trace::{TraceParent, property as user_property};
