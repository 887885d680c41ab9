//! One who asks and one who answers, through a broker.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use hes_tests::wire::{self, Message, Packet, Properties, Qos, Version, Wire};
use tokio::{io::AsyncWriteExt, net::TcpStream, runtime::Builder, task::LocalSet};

use crate::{
    clients::{connect, fill, subscribe},
    flow::PAYLOAD,
    frames::{Frames, published},
    peers::{Lane, TOPICS},
};

/// Both sides on one thread: each blocks until its packet comes, so that between two packets there is only the broker.
pub(crate) struct Pair {
    asker: Wire,
    answerer: Wire,
    question: Message,
    answer: Message,
}

/// Whether both sides subscribe to exactly their topics or to filters with wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filters {
    Exact,
    Wild,
}

impl Filters {
    /// Returns the filter under which messages of a topic come.
    fn filter(self, side: &str, name: &str) -> String {
        match self {
            Self::Exact => format!("{TOPICS}/{side}/{name}"),
            Self::Wild => format!("{TOPICS}/{side}/{name}/#"),
        }
    }
}

impl Pair {
    /// Connects both sides.
    pub(crate) fn open(lane: &Lane, name: &str, qos: Qos, filters: Filters) -> Self {
        let (questions, answers) = (format!("{TOPICS}/question/{name}"), format!("{TOPICS}/answer/{name}"));
        let properties = Properties {
            response_topic: Some(answers.clone()),
            correlation: Some(b"0123456789abcdef".to_vec()),
            ..Properties::default()
        };
        let back = Properties { correlation: properties.correlation.clone(), ..Properties::default() };
        Self {
            asker: open(lane, &format!("{name}-asker"), &filters.filter("answer", name), qos),
            answerer: open(lane, &format!("{name}-answerer"), &filters.filter("question", name), qos),
            question: Message::new(questions, vec![b'q'; PAYLOAD]).with_qos(qos).with(properties),
            answer: Message::new(answers, vec![b'a'; PAYLOAD]).with_qos(qos).with(back),
        }
    }

    /// Asks so many times and returns how long each answer took.
    pub(crate) fn ask(&mut self, count: usize) -> Vec<Duration> {
        (0..count).map(|_| self.ask_once()).collect()
    }

    fn ask_once(&mut self) -> Duration {
        for message in [&mut self.question, &mut self.answer] {
            message.packet_id = message.packet_id % 1_000 + 1;
        }
        let question = wire::publish(Version::V5, &self.question);
        let answer = wire::publish(Version::V5, &self.answer);
        let began = Instant::now();
        self.asker.send(&question).expect("the broker takes a question");
        hear(&mut self.answerer);
        self.answerer.send(&answer).expect("the broker takes an answer");
        hear(&mut self.asker);
        began.elapsed()
    }
}

/// Waits for a message, and acknowledges it; what acknowledges earlier ones is passed over.
fn hear(wire: &mut Wire) {
    loop {
        let packet = wire.receive().expect("the broker goes on");
        if let Packet::Publish(message) = packet {
            if message.qos != Qos::Zero {
                wire.send(&wire::puback(message.packet_id)).expect("the broker takes an acknowledgement");
            }
            return;
        }
        let is_acknowledgement = matches!(packet, Packet::PubAck(_, code) if code < 0x80);
        assert!(is_acknowledgement, "{packet:?} came instead of a message");
    }
}

/// Connects one side.
pub(crate) fn open(lane: &Lane, name: &str, filter: &str, qos: Qos) -> Wire {
    let mut wire = Wire::open(lane.address, Version::V5).expect("the broker listens");
    wire.send(&wire::connect(Version::V5, name, lane.account.as_ref())).expect("the broker takes CONNECT");
    assert_eq!(wire.receive().expect("the broker answers"), Packet::ConnAck(0));
    wire.send(&wire::subscribe(Version::V5, 1, &[filter], qos)).expect("the broker takes SUBSCRIBE");
    assert_eq!(wire.receive().expect("the broker answers"), Packet::SubAck(1, vec![qos.number()]));
    wire
}

/// Keeps so many questions of `QoS` 0 in flight, and returns how long each answer took.
pub(crate) fn ask_many(lane: &Lane, name: &str, in_flight: usize, count: usize) -> Vec<Duration> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    LocalSet::new().block_on(&runtime, async {
        let mut asker = connect(lane, &format!("{name}-asker")).await;
        let mut answerer = connect(lane, &format!("{name}-answerer")).await;
        subscribe(&mut answerer, &Filters::Exact.filter("question", name), Qos::Zero).await;
        subscribe(&mut asker, &Filters::Exact.filter("answer", name), Qos::Zero).await;
        let answering = tokio::task::spawn_local(answer_all(answerer, format!("{TOPICS}/answer/{name}")));
        let took = ask_all(asker, format!("{TOPICS}/question/{name}"), in_flight, count).await;
        answering.abort();
        took
    })
}

async fn ask_all(stream: TcpStream, topic: String, in_flight: usize, count: usize) -> Vec<Duration> {
    let question = packet(topic);
    let (reader, mut writer) = stream.into_split();
    let mut asked = VecDeque::from(vec![Instant::now(); in_flight]);
    writer.write_all(&question.repeat(in_flight)).await.expect("the broker takes questions");
    let (mut frames, mut took) = (Frames::new(), Vec::with_capacity(count));
    while took.len() < count && fill(&reader, &mut frames).await {
        let now = Instant::now();
        let mut answers = 0;
        while let Some((first, body)) = frames.next() {
            assert!(published(first, body).is_some(), "an answer comes");
            let began = asked.pop_front().expect("an answer has a question");
            took.push(now.duration_since(began));
            answers += 1;
        }
        asked.extend(vec![now; answers]);
        writer.write_all(&question.repeat(answers)).await.expect("the broker takes questions");
    }
    took
}

async fn answer_all(stream: TcpStream, topic: String) {
    let answer = packet(topic);
    let (reader, mut writer) = stream.into_split();
    let mut frames = Frames::new();
    while fill(&reader, &mut frames).await {
        let mut questions = 0;
        while frames.next().is_some() {
            questions += 1;
        }
        // who asked has gone when it has all its answers
        drop(writer.write_all(&answer.repeat(questions)).await);
    }
}

fn packet(topic: String) -> Vec<u8> {
    wire::publish(Version::V5, &Message::new(topic, vec![b'x'; PAYLOAD]).with_qos(Qos::Zero))
}
