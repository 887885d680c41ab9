//! One message at a time from one who tells to one who listens, through two brokers.

use std::time::{Duration, Instant};

use hes_tests::wire::{self, Message, Packet, Version, Wire};

use crate::homes::{Bridged, Homes, PERSON, TOLD, connected};
use hes_tests::gateway::Gateway;

/// What a message tells, by its number, and whether what was heard is that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matter {
    pub(crate) told: fn(u64) -> String,
    pub(crate) is_heard: fn(&[u8], u64) -> bool,
}

/// Something that changes with every message.
pub(crate) const PROPERTY: Matter = Matter {
    told: |number| format!(r#"{{"illuminance":{}}}"#, number % 100_000),
    is_heard: |heard, number| {
        let value = format!(r#""value":{},"#, number % 100_000);
        heard.windows(value.len()).any(|part| part == value.as_bytes())
    },
};

/// Something that happens.
pub(crate) const EVENT: Matter = Matter { told: |_| r#"{"action":"single"}"#.to_owned(), is_heard: |_, _| true };

/// Bytes that mosquitto does not look at, of the length of those that tell of a property.
pub(crate) const BYTES: Matter = Matter { told: PROPERTY.told, is_heard: |_, _| true };

/// One who tells and one who listens.
pub(crate) struct OneWay {
    teller: Wire,
    listener: Wire,
    topic: String,
    shown: String,
    matter: Matter,
    number: u64,
}

impl OneWay {
    /// Goes through two bridged brokers.
    pub(crate) fn bridged(brokers: &Bridged, name: &str) -> Self {
        let topic = format!("{TOLD}/{name}");
        let teller = connected(brokers.near.address(), None, &format!("{name}-teller"), None);
        let listener = connected(brokers.far.address(), None, &format!("{name}-listener"), Some(&topic));
        Self { teller, listener, shown: topic.clone(), topic, matter: BYTES, number: 0 }
    }

    /// Goes from one home to the other: from a device to what is shown of it.
    pub(crate) fn between(homes: &Homes, name: &str, device: &str, shown: &str, matter: Matter) -> Self {
        let teller =
            connected(homes.elm.address(), Some(&Gateway::account("cluster")), &format!("{name}-teller"), None);
        let shown = format!("hes/1/elm/zigbee/{device}/{shown}");
        let person = Gateway::account(PERSON);
        let listener = connected(homes.oak.address(), Some(&person), &format!("{name}-listener"), Some(&shown));
        Self { teller, listener, topic: format!("zigbee2mqtt/{device}"), shown, matter, number: 0 }
    }

    /// Tells until it is heard for the first time.
    pub(crate) fn warm(mut self) -> Self {
        self.round(50);
        self
    }

    /// Tells so many times and returns how long it took until each was heard.
    pub(crate) fn round(&mut self, count: usize) -> Vec<Duration> {
        (0..count).map(|_| self.once()).collect()
    }

    fn once(&mut self) -> Duration {
        self.number += 1;
        let mut message = Message::new(self.topic.as_str(), (self.matter.told)(self.number));
        message.packet_id = u16::try_from(self.number % 1_000 + 1).unwrap_or(1);
        let packet = wire::publish(Version::V5, &message);
        let began = Instant::now();
        self.teller.send(&packet).expect("the broker takes a message");
        while !self.hears() {}
        let took = began.elapsed();
        let acknowledged = self.teller.receive().expect("the broker acknowledges");
        assert!(matches!(acknowledged, Packet::PubAck(_, code) if code < 0x80), "{acknowledged:?}");
        took
    }

    fn hears(&mut self) -> bool {
        let packet = self.listener.receive().expect("the broker goes on");
        let Packet::Publish(message) = packet else { return false };
        self.listener.send(&wire::puback(message.packet_id)).expect("the broker takes an acknowledgement");
        message.topic == self.shown && (self.matter.is_heard)(&message.payload, self.number)
    }
}
