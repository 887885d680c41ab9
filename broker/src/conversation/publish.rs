//! What becomes of a client's PUBLISH.

use std::sync::Arc;

use hes_schemas::Topic;
use rmqtt_codec::v5::{DisconnectReasonCode as Code, PublishAckReason};

use super::{Conversation, End};
use crate::{
    Publish, Qos, Version,
    backend::Done,
    figures::count,
    gate::Place,
    outbox::Outbox,
    report::Notice,
    retained::Full,
    wire::{self, Inbound, Violation},
};

impl Conversation {
    pub(super) fn take_publish(&mut self, inbound: Inbound, out: &mut Outbox) -> Result<(), End> {
        count(&self.hub.counters.messages_in);
        let topic = self.topic(&inbound)?;
        let ticket = self.expect_ack(&inbound)?;
        let publish = Publish {
            topic,
            payload: inbound.payload,
            qos: inbound.qos,
            retain: inbound.retain,
            properties: inbound.properties,
        };
        if let Some(reason) = self.pass_on(publish, ticket)
            && let Some(ticket) = ticket
        {
            self.acks.settle(ticket, reason);
        }
        self.acknowledge(out);
        Ok(())
    }

    /// Passes a message on to whom it is for; returns the reason for its PUBACK, unless the store is to say it.
    fn pass_on(&self, publish: Publish, ticket: Option<u64>) -> Option<PublishAckReason> {
        match self.hub.gate.place(publish.topic.as_str()) {
            Place::Interface => self.hub.backend.interface(&self.session.client, publish),
            Place::Open if self.session.client.rights().may_publish(&publish.topic) => {
                let waits = publish.retain && ticket.is_some();
                let done = self.done(ticket);
                match self.hub.publish_open(publish, self.session.key, done) {
                    Ok(()) if waits => return None,
                    Ok(()) => {}
                    Err(Full) => return Some(PublishAckReason::QuotaExceeded),
                }
            }
            Place::Open | Place::Reserved => {
                count(&self.hub.counters.refused_publishes);
                let (client, topic) = (self.session.client.id(), publish.topic.as_str());
                Notice::PublishRefused { client, topic }.report();
                return Some(PublishAckReason::NotAuthorized);
            }
        }
        Some(PublishAckReason::Success)
    }

    fn done(&self, ticket: Option<u64>) -> Done {
        let Some(ticket) = ticket else { return Box::new(|_| {}) };
        let session = Arc::clone(&self.session);
        Box::new(move |is_stored| session.mailbox.settle(ticket, is_stored))
    }

    /// Finds the topic, which may be behind an alias.
    ///
    /// Source: MQTT 5.0, 3.3.2.3.4.
    fn topic(&mut self, inbound: &Inbound) -> Result<Topic, Violation> {
        let Some(alias) = inbound.alias else {
            return Topic::new(&inbound.topic).ok().ok_or(Violation::TOPIC);
        };
        if alias == 0 || alias > self.hub.limits.topic_aliases {
            return Err(Violation::new(Code::TopicAliasInvalid, "topic alias is zero or over the maximum"));
        }
        if inbound.topic.is_empty() {
            let known = self.aliases.get(&alias).cloned();
            return known.ok_or(Violation::protocol("topic alias is not known"));
        }
        let topic = Topic::new(&inbound.topic).ok().ok_or(Violation::TOPIC)?;
        self.aliases.insert(alias, topic.clone());
        Ok(topic)
    }

    /// Notes that a PUBACK is owed.
    fn expect_ack(&mut self, inbound: &Inbound) -> Result<Option<u64>, Violation> {
        if inbound.qos == Qos::AtMostOnce {
            return Ok(None);
        }
        if self.version == Version::V5 && self.acks.is_full(self.most_inflight) {
            return Err(Violation::new(Code::ReceiveMaximumExceeded, "more unacknowledged messages than announced"));
        }
        Ok(Some(self.acks.wait(inbound.packet_id)))
    }

    /// Writes the PUBACKs that wait for nothing.
    pub(super) fn acknowledge(&mut self, out: &mut Outbox) {
        while let Some((packet_id, reason)) = self.acks.next() {
            let text = Some(explain(reason)).filter(|_| self.wants_reasons);
            out.reply(|out| wire::puback(out, self.version, packet_id, reason, text));
        }
    }
}

/// Words the reasons for which this broker does not take a message.
const fn explain(reason: PublishAckReason) -> &'static str {
    match reason {
        PublishAckReason::NotAuthorized => "this account may not publish on that topic",
        PublishAckReason::QuotaExceeded => "the retained message cannot be stored",
        PublishAckReason::Success
        | PublishAckReason::NoMatchingSubscribers
        | PublishAckReason::UnspecifiedError
        | PublishAckReason::ImplementationSpecificError
        | PublishAckReason::TopicNameInvalid
        | PublishAckReason::PacketIdentifierInUse
        | PublishAckReason::PayloadFormatInvalid => "",
    }
}

impl Violation {
    const TOPIC: Self = Self::new(Code::TopicNameInvalid, "topic is empty, too long or holds a wildcard");
}
