//! What subscribers are told: to the right one, of what is so, no more than they may know, and nothing is left out.

use std::collections::{BTreeMap, BTreeSet};

use hes_engine::{Post, record::SubscriptionRecord};
use hes_schemas::{
    ClientId, DeviceId, Encoding, Safety, Sid, Timestamp, decode,
    message::{EventKind, Notification},
    rights::{Action, Subject},
};
use serde_json::{Value, json};

use crate::{
    people::People,
    support::GUS,
    values::{Key, Values},
};

/// All subscriptions.
#[derive(Debug, Default)]
pub(crate) struct News {
    live: BTreeMap<Sid, Subscription>,
    /// The last number of each, over all lives.
    seqs: BTreeMap<Sid, u64>,
}

#[derive(Debug)]
struct Subscription {
    record: SubscriptionRecord,
    told: BTreeMap<(Key, String), (Timestamp, Value)>,
    /// What has changed since the subscription began or the device came.
    due: BTreeSet<(Key, String)>,
    next: Option<u64>,
}

/// Where and when something was told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'s> {
    pub(crate) now: Timestamp,
    /// The engine had to catch up with the time, so that what it tells may be about what was.
    pub(crate) is_waking: bool,
    pub(crate) values: &'s Values,
    pub(crate) people: &'s People,
    /// The device that the notification is about.
    pub(crate) key: &'s Key,
    pub(crate) id: &'s DeviceId,
}

impl News {
    /// Takes note of a subscription that was made or renewed.
    pub(crate) fn keep(&mut self, record: &SubscriptionRecord) {
        let blank =
            || Subscription { record: record.clone(), told: BTreeMap::new(), due: BTreeSet::new(), next: Some(1) };
        self.live.entry(record.sid.clone()).or_insert_with(blank).record = record.clone();
    }

    pub(crate) fn end(&mut self, sid: &Sid) {
        self.live.remove(sid);
    }

    pub(crate) fn sids(&self) -> Vec<(Sid, ClientId)> {
        self.live.values().map(|it| (it.record.sid.clone(), it.record.client.clone())).collect()
    }

    /// Takes note that a property has another value.
    pub(crate) fn changed(&mut self, key: &Key, property: &str) {
        for subscription in self.live.values_mut() {
            subscription.due.insert((key.clone(), property.to_owned()));
        }
    }

    /// Takes note that a device or a property has gone.
    pub(crate) fn gone(&mut self, values: &Values) {
        for subscription in self.live.values_mut() {
            subscription.due.retain(|(key, property)| values.value(key, property).is_some());
            subscription.told.retain(|(key, property), _| values.value(key, property).is_some());
        }
    }

    pub(crate) fn restart<'r>(&mut self, records: impl Iterator<Item = &'r SubscriptionRecord>) {
        self.live.clear();
        for record in records {
            self.keep(record);
            self.live.values_mut().for_each(|subscription| subscription.next = None);
        }
    }

    /// Takes note of a notification.
    pub(crate) fn take(&mut self, scene: Scene<'_>, client: &ClientId, notification: &Notification) {
        let sid = &notification.sid;
        let subscription = self.live.get_mut(sid).unwrap_or_else(|| panic!("there is no {sid}"));
        let record = &subscription.record;
        assert_eq!(record.client, *client);
        assert!(scene.is_waking || scene.now < record.until, "{sid} has ended");
        assert!(record.events.contains(&notification.event));
        let last = self.seqs.entry(sid.clone()).or_default();
        assert!(notification.seq > *last && subscription.next.is_none_or(|next| next == notification.seq));
        *last = notification.seq;
        subscription.next = Some(notification.seq + 1);
        check_right(scene, record, notification);
        let Some(property) = notification.property.clone() else { return };
        if notification.event == EventKind::PropertyChanged {
            subscription.check_value(scene, property, notification);
        }
    }

    /// Holds what everybody was told last against how things are, once all has come to rest.
    pub(crate) fn check_complete(&self, values: &Values) {
        for subscription in self.live.values().filter(|it| it.is_steady()) {
            for (key, property) in &subscription.due {
                let told = subscription.told.get(&(key.clone(), property.clone())).map(|(_, value)| value);
                let truth = values.value(key, property);
                let gap = told.zip(truth).and_then(|(told, truth)| Some((told.as_f64()? - truth.as_f64()?).abs()));
                let is_small = gap.zip(subscription.record.delta).is_some_and(|(gap, delta)| gap < delta);
                assert!(told == truth || is_small, "{:?} {key:?} {property}: {truth:?}", subscription.record);
            }
        }
    }
}

impl Subscription {
    /// Says whether it covers everything, for one whose rights never change.
    fn is_steady(&self) -> bool {
        let scope = self.record.scope.to_string();
        scope == "#" && self.record.user.as_str() != GUS && self.record.events.contains(&EventKind::PropertyChanged)
    }

    fn check_value(&mut self, scene: Scene<'_>, property: String, notification: &Notification) {
        let value = json!(notification.value);
        assert!(scene.is_waking || scene.values.value(scene.key, &property) == Some(&value), "{notification:?}");
        let last = self.told.insert((scene.key.clone(), property), (scene.now, value));
        if let Some((last, _)) = last.filter(|_| !notification.initial) {
            let gap = scene.now.since(last);
            assert!(gap >= self.record.min_interval, "{notification:?} {gap:?} after the last");
        }
    }
}

fn check_right(scene: Scene<'_>, record: &SubscriptionRecord, notification: &Notification) {
    let (cluster, uid) = scene.key;
    let property = notification.property.as_deref();
    let subject = Subject { cluster, device: scene.id, uid, property };
    let is_private = notification.event == EventKind::PropertyChanged && property == Some("secret");
    let privacy = if is_private { Safety::S2 } else { Safety::S0 };
    assert!(record.scope.covers(&subject), "{:?} does not cover {notification:?}", record.scope);
    let grants = scene.people.grants(&record.user);
    assert!(grants.permits(scene.now, Action::Notify, &subject, privacy), "{} may not know", record.user);
}

pub(crate) fn notification(post: &Post) -> Notification {
    decode(Encoding::Json, &post.payload, hes_schemas::Limits::CLUSTER).unwrap()
}
