//! What becomes of a client's PUBLISH.

use std::sync::Arc;

use hes_schemas::Topic;
use rmqtt_codec::v5::{DisconnectReasonCode as Code, PublishAckReason};

use super::{Conversation, End};
use crate::{
    Change, Publish, Qos, Version,
    figures::count,
    gate::Place,
    outbox::Outbox,
    pledge::Pledge,
    report::Notice,
    retained::Full,
    wire::{self, Inbound, Violation},
};

/// A packet that is to be acknowledged, and the ticket by which its acknowledgement is known.
#[derive(Debug, Clone, Copy)]
struct Owed {
    ticket: u64,
    packet_id: u16,
}

impl Conversation {
    pub(super) fn take_publish(&mut self, inbound: Inbound, out: &mut Outbox) -> Result<(), End> {
        count(&self.hub.counters.messages_in);
        let topic = self.topic(&inbound)?;
        if inbound.qos == Qos::ExactlyOnce && self.arrived.contains(&inbound.packet_id) {
            return Ok(self.receive_again(inbound.packet_id, out)?);
        }
        let owed = self.expect_ack(&inbound)?;
        let publish = Publish {
            topic,
            payload: inbound.payload,
            qos: inbound.qos,
            retain: inbound.retain,
            properties: inbound.properties,
        };
        let reason = self.pass_on(publish, owed);
        if let (Some(reason), Some(owed)) = (reason, owed) {
            self.acks.settle(owed.ticket, reason);
        }
        Ok(self.acknowledge(out)?)
    }

    /// Says again that a message of `QoS` 2 has arrived, unless that is still to be said.
    fn receive_again(&mut self, packet_id: u16, out: &mut Outbox) -> Result<(), Violation> {
        self.earlier.remove(&packet_id);
        if self.acks.want(packet_id) {
            return self.acknowledge(out);
        }
        let code = PublishAckReason::Success;
        out.reply(|out| wire::acknowledge(out, self.version, Qos::ExactlyOnce, packet_id, code, None));
        Ok(())
    }

    /// Passes a message on to whom it is for; returns the reason for its acknowledgement, unless the store is to say it.
    fn pass_on(&self, publish: Publish, owed: Option<Owed>) -> Option<PublishAckReason> {
        match self.hub.gate.place(publish.topic.as_str()) {
            Place::Interface => {
                let pledge = self.pledge(&publish, owed, false);
                self.hub.backend.interface(&self.client, publish);
                if pledge.is_some() { None } else { Some(PublishAckReason::Success) }
            }
            Place::Open | Place::Reserved if self.may_publish(&publish.topic) => {
                let may_be_stored =
                    owed.is_some() && (self.hub.has_kept() || publish.retain || self.hub.taps.hear(&publish.topic));
                let pledge = self.pledge(&publish, owed, may_be_stored);
                let waits = pledge.is_some();
                match self.hub.publish_open(publish, self.session.key, pledge.clone()) {
                    Ok(()) if waits => None,
                    Ok(()) => Some(PublishAckReason::Success),
                    Err(Full) => {
                        pledge.iter().for_each(|pledge| pledge.cancel());
                        Some(PublishAckReason::QuotaExceeded)
                    }
                }
            }
            Place::Open | Place::Reserved => {
                count(&self.hub.counters.refused_publishes);
                let (client, topic) = (&self.session.id, publish.topic.as_str());
                Notice::PublishRefused { client, topic }.report();
                Some(PublishAckReason::NotAuthorized)
            }
        }
    }

    fn may_publish(&self, topic: &Topic) -> bool {
        self.hub.may_publish(&self.session.id, self.client.rights().as_ref(), topic)
    }

    /// Returns a pledge if the acknowledgement of a message has to wait for the store.
    fn pledge(&self, publish: &Publish, owed: Option<Owed>, may_be_stored: bool) -> Option<Arc<Pledge>> {
        let owed = owed?;
        let arrives = publish.qos == Qos::ExactlyOnce && self.session.is_stored();
        if !may_be_stored && !arrives {
            return None;
        }
        let pledge = Pledge::new(&self.hub.backend, Some(self.done(owed.ticket)));
        if arrives {
            pledge.add(Change::Arrived(self.session.key, owed.packet_id));
        }
        Some(pledge)
    }

    /// Finds the topic, which may be behind an alias.
    ///
    /// Source: MQTT 5.0, 3.3.2.3.4.
    fn topic(&mut self, inbound: &Inbound) -> Result<Topic, Violation> {
        let Some(alias) = inbound.alias else {
            if inbound.topic.is_empty() && self.version == Version::V5 {
                return Err(Violation::protocol("PUBLISH names no topic, neither in full nor by an alias"));
            }
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

    /// Notes that an acknowledgement is owed.
    fn expect_ack(&mut self, inbound: &Inbound) -> Result<Option<Owed>, Violation> {
        if inbound.qos == Qos::AtMostOnce {
            return Ok(None);
        }
        if self.version == Version::V5 && self.owes_too_many() {
            return Err(Violation::new(Code::ReceiveMaximumExceeded, "more unacknowledged messages than announced"));
        }
        if inbound.qos == Qos::ExactlyOnce {
            self.arrived.insert(inbound.packet_id);
        }
        let ticket = self.acks.wait(inbound.packet_id, inbound.qos);
        Ok(Some(Owed { ticket, packet_id: inbound.packet_id }))
    }
}

impl Violation {
    const TOPIC: Self = Self::new(Code::TopicNameInvalid, "topic is empty, too long or holds a wildcard");
}
