//! Bits that packets hold, and columns too.

use hes_broker::{Publish, Qos, SubscriptionRecord};

use super::message::{qos, qos_number};

const QOS: u8 = 0x03;
const NO_LOCAL: u8 = 0x04;
const AS_PUBLISHED: u8 = 0x08;
const RETAIN: u8 = 0x01;

/// Returns the options of a subscription.
///
/// Source: MQTT 5.0, 3.8.3.1.
pub(in crate::store) fn options(record: &SubscriptionRecord) -> u8 {
    let set = |is_set: bool, bit| if is_set { bit } else { 0 };
    qos_number(record.qos) | set(record.no_local, NO_LOCAL) | set(record.as_published, AS_PUBLISHED)
}

/// Makes a subscription of its columns.
pub(in crate::store) fn read_options(filter: &str, options: u8, id: Option<u32>) -> SubscriptionRecord {
    SubscriptionRecord {
        filter: filter.into(),
        qos: qos(options & QOS),
        no_local: options & NO_LOCAL != 0,
        as_published: options & AS_PUBLISHED != 0,
        id,
    }
}

/// Returns the flags of a message, of which one sent to several clients has several.
///
/// Source: MQTT 5.0, 3.3.1.
pub(in crate::store) fn flags(publish: &Publish) -> u8 {
    (qos_number(publish.qos) << 1) | if publish.retain { RETAIN } else { 0 }
}

/// Gives a message its flags.
pub(in crate::store) fn with_flags(publish: Publish, flags: u8) -> Publish {
    let qos: Qos = qos((flags >> 1) & QOS);
    Publish { qos, retain: flags & RETAIN != 0, ..publish }
}
