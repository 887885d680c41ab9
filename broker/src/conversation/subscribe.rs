//! What becomes of a client's SUBSCRIBE and UNSUBSCRIBE.

use std::sync::Arc;

use bytestring::ByteString;
use hes_schemas::Filter;
use rmqtt_codec::v5::{RetainHandling, SubscribeAckReason as Reason};

use super::Conversation;
use crate::{
    figures::count,
    outbox::Outbox,
    parcel::Parcel,
    report::Notice,
    subscription::Subscription,
    wire::{self, Granted, Wanted},
};

/// A subscription, and whether retained messages are owed.
type Agreed = (Arc<Subscription>, bool);

impl Conversation {
    /// Subscribes and answers; the retained messages that are owed wait in the mailbox, and so follow the answer.
    pub(super) fn take_subscribe(
        &mut self,
        packet_id: u16,
        subscription_id: Option<u32>,
        wanted: Vec<Wanted>,
        out: &mut Outbox,
    ) {
        let mut granted: Vec<Granted> = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            granted.push(self.subscribe(wanted, subscription_id).map(|(subscription, is_owed)| {
                if is_owed {
                    self.send_retained(&subscription);
                }
                subscription.qos
            }));
        }
        let text = granted.iter().find_map(|granted| granted.err()).map(explain).filter(|_| self.wants_reasons);
        out.reply(|out| wire::suback(out, self.version, packet_id, &granted, text));
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

    fn subscribe(&mut self, wanted: Wanted, id: Option<u32>) -> Result<Agreed, Reason> {
        let filter = self.permit(&wanted.filter)?;
        let old = self.subscriptions.get(&filter);
        let is_new = old.is_none();
        // what was published before the replacement of a subscription must not be lost
        let since = old.map_or_else(Parcel::latest, |old| old.since);
        if is_new && self.subscriptions.len() >= self.most_subscriptions {
            return Err(Reason::QuotaExceeded);
        }
        let mut subscription = Subscription::new(filter.clone(), wanted.qos, id);
        subscription.since = since;
        subscription.no_local = wanted.no_local;
        subscription.as_published = wanted.as_published;
        let subscription = Arc::new(subscription);
        self.hub.subscribe(&self.session, &subscription);
        self.subscriptions.insert(filter, Arc::clone(&subscription));
        let is_owed = match wanted.handling {
            RetainHandling::AtSubscribe => true,
            RetainHandling::AtSubscribeNew => is_new,
            RetainHandling::NoAtSubscribe => false,
        };
        Ok((subscription, is_owed))
    }

    fn permit(&self, text: &str) -> Result<Filter, Reason> {
        if text.starts_with("$share/") {
            return Err(Reason::SharedSubscriptionNotSupported);
        }
        let filter = Filter::new(text).ok().ok_or(Reason::TopicFilterInvalid)?;
        if !self.hub.may_subscribe(&self.session, &filter) {
            count(&self.hub.counters.refused_subscriptions);
            Notice::SubscriptionRefused { client: self.session.client.id(), filter: text }.report();
            return Err(Reason::NotAuthorized);
        }
        Ok(filter)
    }

    pub(super) fn take_unsubscribe(&mut self, packet_id: u16, filters: &[ByteString], out: &mut Outbox) {
        let mut existed = Vec::with_capacity(filters.len());
        for filter in filters {
            let removed = self.subscriptions.remove::<str>(filter);
            if let Some(subscription) = &removed {
                self.hub.unsubscribe(&self.session, subscription);
            }
            existed.push(removed.is_some());
        }
        out.reply(|out| wire::unsuback(out, self.version, packet_id, &existed));
    }
}

/// Words the reasons for which this broker does not grant a filter.
const fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::NotAuthorized => "this account may not subscribe to that filter",
        Reason::QuotaExceeded => "too many subscriptions",
        Reason::TopicFilterInvalid => "filter is empty, too long or has a misplaced wildcard",
        Reason::SharedSubscriptionNotSupported => "shared subscriptions are not offered",
        Reason::GrantedQos0
        | Reason::GrantedQos1
        | Reason::GrantedQos2
        | Reason::UnspecifiedError
        | Reason::ImplementationSpecificError
        | Reason::PacketIdentifierInUse
        | Reason::SubscriptionIdentifiersNotSupported
        | Reason::WildcardSubscriptionsNotSupported => "",
    }
}
