//! One way on which a question is asked and answered, one at a time, for measurements.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use crate::wire::{self, Account, Message, Packet, Properties, Qos, Version, Wire};

/// A client that asks the same question again and again; it panics where a measurement cannot go on.
#[derive(Debug)]
pub struct Lane {
    wire: Wire,
    question: Message,
    answers: String,
}

impl Lane {
    /// Connects, and subscribes to where the answers go.
    pub fn open(
        address: SocketAddr,
        account: Option<&Account>,
        name: &str,
        question: &str,
        answers: &str,
        qos: Qos,
    ) -> Self {
        let wire = connected(address, account, name, answers, qos);
        let properties = Properties {
            content_type: Some("application/json".to_owned()),
            response_topic: Some(answers.to_owned()),
            correlation: Some(b"0123456789abcdef".to_vec()),
            expiry: Some(10),
            user: Vec::new(),
        };
        let question = Message::new(question, "").with_qos(qos).with(properties);
        Self { wire, question, answers: answers.to_owned() }
    }

    /// Asks so many times and returns how long each answer took.
    pub fn round(&mut self, count: usize) -> Vec<Duration> {
        (0..count).map(|_| self.ask().0).collect()
    }

    /// Asks once; returns how long the answer took, and what it was.
    pub fn ask(&mut self) -> (Duration, Vec<u8>) {
        self.question.packet_id = self.question.packet_id % 1_000 + 1;
        let packet = wire::publish(Version::V5, &self.question);
        let (mut answer, mut is_acknowledged) = (None, self.question.qos == Qos::Zero);
        let began = Instant::now();
        self.wire.send(&packet).expect("the broker takes a question");
        while answer.is_none() || !is_acknowledged {
            let packet = self.wire.receive().expect("the broker goes on");
            let took = began.elapsed();
            if let Packet::Publish(message) = packet {
                assert_eq!(message.topic, self.answers, "an answer comes where it was wanted");
                acknowledge(&mut self.wire, &message);
                answer = Some((took, message.payload));
            } else {
                assert!(
                    matches!(packet, Packet::PubAck(_, code) if code < 0x80),
                    "{packet:?} came instead of an answer"
                );
                is_acknowledged = true;
            }
        }
        answer.expect("there is an answer")
    }
}

/// Answers every question on a topic with the same payload, until the connection ends.
pub fn respond(address: SocketAddr, name: &str, topic: &str, payload: Vec<u8>, qos: Qos) {
    let mut wire = connected(address, None, name, topic, qos);
    thread::spawn(move || {
        while let Ok(packet) = wire.receive() {
            let Packet::Publish(question) = packet else { continue };
            acknowledge(&mut wire, &question);
            let Properties { response_topic: Some(topic), correlation, .. } = question.properties else { continue };
            let content_type = Some("application/json".to_owned());
            let user = vec![("status".to_owned(), "200".to_owned())];
            let properties = Properties { content_type, correlation, user, ..Properties::default() };
            let mut answer = Message::new(topic, payload.clone()).with_qos(qos).with(properties);
            answer.packet_id = question.packet_id.max(1);
            // the thread ends at the next packet if the connection has
            drop(wire.send(&wire::publish(Version::V5, &answer)));
        }
    });
}

fn acknowledge(wire: &mut Wire, message: &Message) {
    if message.qos == Qos::One {
        wire.send(&wire::puback(message.packet_id)).expect("the broker takes an acknowledgement");
    }
}

fn connected(address: SocketAddr, account: Option<&Account>, name: &str, filter: &str, qos: Qos) -> Wire {
    let mut wire = Wire::open(address, Version::V5).expect("the broker listens");
    wire.send(&wire::connect(Version::V5, name, account)).expect("the broker takes CONNECT");
    assert_eq!(wire.receive().expect("the broker answers"), Packet::ConnAck(0));
    wire.send(&wire::subscribe(Version::V5, 1, &[filter], qos)).expect("the broker takes SUBSCRIBE");
    assert_eq!(wire.receive().expect("the broker answers"), Packet::SubAck(1, vec![qos.number()]));
    wire
}
