//! The bodies of rows: records become CBOR and come back.
//!
//! What is searched for has a column of its own; all else is one body, so that a start reads one row a device.

mod device;
mod flags;
mod message;
mod peer;
mod subscription;
mod will;

use std::collections::HashSet;

use hes_schemas::{ClusterId, IdError, PropertyName, TopicError};
use serde::{Serialize, de::DeserializeOwned};

pub(super) use device::{DeviceRow, device_body, read_device, read_values, top, values_body};
pub(super) use flags::{flags, options, read_options, with_flags};
pub(super) use message::{MessageRow, head, read_message, read_retained, until};
pub(super) use peer::{federation_body, mirror_body, parcel_body, read_federation, read_mirror, read_parcel};
pub(super) use subscription::{read_subscription, subscription_body};
pub(super) use will::{read_will, will_body};

/// Says why a row cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The body is not what it should be.
    #[error("its body is not readable")]
    Cbor(#[from] ciborium::de::Error<std::io::Error>),
    /// A column holds no id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A column holds no topic.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The row leads to another that is missing or unreadable.
    #[error("what the device can do is not known")]
    Shape,
    /// The row leads to a message that is missing or unreadable.
    #[error("the message is not known")]
    Message,
}

/// Names that many rows share, each kept once.
#[derive(Debug, Default)]
pub(super) struct Names {
    clusters: HashSet<ClusterId>,
    properties: HashSet<PropertyName>,
}

impl Names {
    /// Keeps names that are there already.
    pub(super) fn learn<'a>(&mut self, properties: impl IntoIterator<Item = &'a PropertyName>) {
        self.properties.extend(properties.into_iter().cloned());
    }

    fn cluster(&mut self, text: &str) -> Result<ClusterId, IdError> {
        if let Some(known) = self.clusters.get(text) {
            return Ok(known.clone());
        }
        let id = ClusterId::new(text)?;
        self.clusters.insert(id.clone());
        Ok(id)
    }

    fn property(&mut self, text: &str) -> Result<PropertyName, IdError> {
        if let Some(known) = self.properties.get(text) {
            return Ok(known.clone());
        }
        let name = PropertyName::new(text)?;
        self.properties.insert(name.clone());
        Ok(name)
    }
}

/// Writes any body.
#[expect(clippy::expect_used, reason = "a vector takes every byte, and all that we store is plain data")]
pub(in crate::store) fn write<T: Serialize>(body: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    ciborium::into_writer(body, &mut bytes).expect("plain data can be written");
    bytes
}

/// Reads any body.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    Ok(ciborium::from_reader(bytes)?)
}
