//! One client's subscription to one filter.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytestring::ByteString;
use hes_schemas::Filter;

use crate::{
    Qos, SubscriptionRecord,
    parcel::{Parcel, Place},
};

/// What a client asked for with one filter.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) filter: Filter,
    /// The group that shares it, each message going to one of its members.
    pub(crate) group: Option<Arc<str>>,
    pub(crate) qos: Qos,
    pub(crate) no_local: bool,
    /// Whether the retain flag is passed on as it was published.
    pub(crate) as_published: bool,
    /// The number that the client wants to see with each message.
    pub(crate) id: Option<u32>,
    /// The latest message that it has nothing to do with; one may still be in a router when a client subscribes.
    pub(crate) since: u64,
    stored_fence: AtomicU64,
    projected_fence: AtomicU64,
}

impl Subscription {
    pub(crate) const fn new(filter: Filter, qos: Qos, id: Option<u32>) -> Self {
        Self {
            filter,
            group: None,
            qos,
            no_local: false,
            as_published: false,
            id,
            since: 0,
            stored_fence: AtomicU64::new(0),
            projected_fence: AtomicU64::new(0),
        }
    }

    /// Returns it as it was before the broker was away; nothing if it could not have been.
    pub(crate) fn restored(record: &SubscriptionRecord) -> Option<Self> {
        let (group, filter) = split_share(&record.filter)?;
        let mut subscription = Self::new(Filter::new(filter).ok()?, record.qos, record.id);
        subscription.group = group.map(Arc::from);
        subscription.no_local = record.no_local;
        subscription.as_published = record.as_published;
        Some(subscription)
    }

    /// Returns what the store is to keep of it.
    pub(crate) fn record(&self) -> SubscriptionRecord {
        SubscriptionRecord {
            filter: self.text(),
            qos: self.qos,
            no_local: self.no_local,
            as_published: self.as_published,
            id: self.id,
        }
    }

    /// Returns the filter as the client sent it.
    pub(crate) fn text(&self) -> ByteString {
        match &self.group {
            Some(group) => format!("$share/{group}/{}", self.filter).into(),
            None => self.filter.as_str().into(),
        }
    }

    /// Says whether the filter matches a message.
    pub(crate) fn matches(&self, parcel: &Parcel) -> bool {
        self.filter.matches(&parcel.publish.topic)
    }

    /// Says that a snapshot has all that stands up to a place.
    pub(crate) fn fence(&self, place: Place) {
        match place {
            Place::Stored(place) => self.stored_fence.store(place, Ordering::Release),
            Place::Projected(place) => self.projected_fence.store(place, Ordering::Release),
        }
    }

    /// Says whether a snapshot had this message, or a newer one in its place.
    pub(crate) fn has_seen(&self, parcel: &Parcel) -> bool {
        match parcel.place {
            None => false,
            Some(Place::Stored(place)) => place <= self.stored_fence.load(Ordering::Acquire),
            Some(Place::Projected(place)) => place <= self.projected_fence.load(Ordering::Acquire),
        }
    }
}

/// Splits a filter as a client sends it into the group that shares it, if it is shared, and the filter itself.
///
/// Returns nothing if it begins like one that is shared and is none.
///
/// Source: MQTT 5.0, 4.8.2.
pub(crate) fn split_share(text: &str) -> Option<(Option<&str>, &str)> {
    let Some(shared) = text.strip_prefix("$share/") else {
        return Some((None, text));
    };
    let (group, filter) = shared.split_once('/')?;
    let is_group = !group.is_empty() && !group.contains(['+', '#']);
    (is_group && !filter.is_empty()).then_some((Some(group), filter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_groups_from_filters() {
        for (text, expect) in [
            ("a/b", Some((None, "a/b"))),
            ("$share/g/a/+", Some((Some("g"), "a/+"))),
            ("$share/g//", Some((Some("g"), "/"))),
            ("$shared/g/a", Some((None, "$shared/g/a"))),
            ("$share", Some((None, "$share"))),
            ("$share/g", None),
            ("$share/g/", None),
            ("$share//a", None),
            ("$share/+/a", None),
            ("$share/g#/a", None),
        ] {
            assert_eq!(split_share(text), expect, "{text}");
        }
    }
}
