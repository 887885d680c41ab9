//! Wills.

use hes_broker::Will;
use hes_schemas::Topic;
use serde::{Deserialize, Serialize};

use super::{BodyError, message::Head, read, write};

/// Times in seconds.
#[derive(Serialize, Deserialize)]
struct WillBody {
    topic: String,
    payload: Vec<u8>,
    retain: bool,
    expiry: Option<u32>,
    delay: u32,
    head: Head,
}

pub(in crate::store) fn will_body(will: &Will) -> Vec<u8> {
    let Will { publish, delay } = will;
    write(&WillBody {
        topic: publish.topic.to_string(),
        payload: publish.payload.to_vec(),
        retain: publish.retain,
        expiry: publish.properties.expiry,
        delay: *delay,
        head: Head::of(publish),
    })
}

pub(in crate::store) fn read_will(body: &[u8]) -> Result<Will, BodyError> {
    let WillBody { topic, payload, retain, expiry, delay, head } = read(body)?;
    let mut publish = head.message(Topic::new(&topic)?, payload.into(), expiry);
    publish.retain = retain;
    Ok(Will { publish, delay })
}
