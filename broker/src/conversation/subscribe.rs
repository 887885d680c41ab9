//! What becomes of a client's SUBSCRIBE and UNSUBSCRIBE.

use std::sync::Arc;

use bytestring::ByteString;
use hes_schemas::Filter;
use rmqtt_codec::v5::{RetainHandling, SubscribeAckReason as Reason};

use super::{Conversation, exchange::Promised};
use crate::{
    Change,
    figures::count,
    outbox::Outbox,
    parcel::Parcel,
    report::Notice,
    subscription::{Subscription, split_share},
    wire::{self, Granted, Violation, Wanted},
};

/// A subscription, and whether retained messages are owed.
type Agreed = (Arc<Subscription>, bool);

impl Conversation {
    /// Subscribes and answers; the retained messages that are owed follow the answer.
    ///
    /// # Errors
    /// [`Violation`] if the options contradict each other.
    pub(super) fn take_subscribe(
        &mut self,
        packet_id: u16,
        subscription_id: Option<u32>,
        wanted: Vec<Wanted>,
        out: &mut Outbox,
    ) -> Result<(), Violation> {
        if wanted.iter().any(|wanted| wanted.no_local && wanted.filter.starts_with("$share/")) {
            return Err(Violation::protocol("no-local does not go with a shared subscription"));
        }
        let (mut granted, mut made, mut owed) = (Vec::with_capacity(wanted.len()), Vec::new(), Vec::new());
        for wanted in wanted {
            granted.push(self.subscribe(&wanted, subscription_id).map(|(subscription, is_owed)| {
                let qos = subscription.qos;
                made.push(Arc::clone(&subscription));
                owed.extend(is_owed.then_some(subscription));
                qos
            }));
        }
        if made.is_empty() || !self.session.is_stored() {
            self.grant(packet_id, &granted, &owed, out);
        } else {
            let key = self.session.key;
            let changes = made.iter().map(|made| Change::Subscribed(key, made.record())).collect();
            let done = self.promise(Promised::Suback { packet_id, granted, made, owed });
            self.hub.backend.keep(changes, Some(done));
        }
        Ok(())
    }

    /// Answers a SUBSCRIBE; the retained messages wait in the mailbox, and so follow the answer.
    pub(super) fn grant(&self, packet_id: u16, granted: &[Granted], owed: &[Arc<Subscription>], out: &mut Outbox) {
        let reason = granted.iter().find_map(|granted| granted.err());
        let text = reason.and_then(|reason| self.explained(explain(reason), granted.len()));
        out.reply(|out| wire::suback(out, self.version, packet_id, granted, text));
        owed.iter().for_each(|subscription| self.send_retained(subscription));
    }

    /// Puts the retained messages into the mailbox.
    ///
    /// What came through the subscription before is older, and already there; what comes meanwhile is held back, and
    /// what of it the retained messages include is left out when it is written.
    fn send_retained(&self, subscription: &Arc<Subscription>) {
        let mut snapshot = Vec::new();
        self.session.mailbox.hold();
        self.hub.snapshot(&self.session, subscription, &mut snapshot);
        self.session.mailbox.release(snapshot);
    }

    fn subscribe(&mut self, wanted: &Wanted, id: Option<u32>) -> Result<Agreed, Reason> {
        let (group, filter) = self.permit(&wanted.filter)?;
        let old = self.subscriptions.get(&wanted.filter);
        let is_new = old.is_none();
        // what was published before the replacement of a subscription must not be lost
        let since = old.map_or_else(Parcel::latest, |old| old.since);
        if is_new && self.subscriptions.len() >= self.session.agreement.most_subscriptions() {
            return Err(Reason::QuotaExceeded);
        }
        let mut subscription = Subscription::new(filter, wanted.qos, id);
        subscription.group = group;
        subscription.since = since;
        subscription.no_local = wanted.no_local || (self.is_bridge && subscription.group.is_none());
        subscription.as_published = wanted.as_published || self.is_bridge;
        let subscription = Arc::new(subscription);
        self.hub.subscribe(&self.session, &subscription);
        self.subscriptions.insert(subscription.text(), Arc::clone(&subscription));
        let is_owed = subscription.group.is_none()
            && match wanted.handling {
                RetainHandling::AtSubscribe => true,
                RetainHandling::AtSubscribeNew => is_new,
                RetainHandling::NoAtSubscribe => false,
            };
        Ok((subscription, is_owed))
    }

    fn permit(&self, text: &str) -> Result<(Option<Arc<str>>, Filter), Reason> {
        let (group, filter) = split_share(text).ok_or(Reason::TopicFilterInvalid)?;
        let filter = Filter::new(filter).ok().ok_or(Reason::TopicFilterInvalid)?;
        if !self.hub.may_subscribe(&self.session, &filter, group.is_some()) {
            count(&self.hub.counters.refused_subscriptions);
            Notice::SubscriptionRefused { client: &self.session.id, filter: text }.report();
            return Err(Reason::NotAuthorized);
        }
        Ok((group.map(Arc::from), filter))
    }

    /// Ends the subscriptions of an earlier connection that the client may not have any more.
    pub(super) fn drop_forbidden(&mut self) {
        let (hub, session) = (&self.hub, &self.session);
        let mut changes = Vec::new();
        self.subscriptions.retain(|text, subscription| {
            let may = hub.may_subscribe(session, &subscription.filter, subscription.group.is_some());
            if !may {
                hub.unsubscribe(session, subscription);
                changes.push(Change::Unsubscribed(session.key, text.clone()));
            }
            may
        });
        self.keep(changes);
    }

    pub(super) fn take_unsubscribe(&mut self, packet_id: u16, filters: &[ByteString], out: &mut Outbox) {
        let (mut existed, mut changes) = (Vec::with_capacity(filters.len()), Vec::new());
        for filter in filters {
            let removed = self.subscriptions.remove(filter);
            if let Some(subscription) = &removed {
                self.hub.unsubscribe(&self.session, subscription);
                changes.push(Change::Unsubscribed(self.session.key, filter.clone()));
            }
            existed.push(removed.is_some());
        }
        if changes.is_empty() || !self.session.is_stored() {
            out.reply(|out| wire::unsuback(out, self.version, packet_id, &existed));
        } else {
            let done = self.promise(Promised::Unsuback { packet_id, existed });
            self.hub.backend.keep(changes, Some(done));
        }
    }
}

/// Words the reasons for which this broker does not grant a filter.
const fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::NotAuthorized => "this account may not subscribe to that filter",
        Reason::QuotaExceeded => "too many subscriptions",
        Reason::TopicFilterInvalid => "filter is empty, too long or has a misplaced wildcard",
        Reason::UnspecifiedError => "the subscription cannot be stored",
        Reason::GrantedQos0
        | Reason::GrantedQos1
        | Reason::GrantedQos2
        | Reason::ImplementationSpecificError
        | Reason::PacketIdentifierInUse
        | Reason::SharedSubscriptionNotSupported
        | Reason::SubscriptionIdentifiersNotSupported
        | Reason::WildcardSubscriptionsNotSupported => "",
    }
}
