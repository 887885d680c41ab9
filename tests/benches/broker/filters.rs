//! What filters that have gone cost those who publish.

use std::time::Instant;

use hes_tests::{
    figures::{Figure, Goal, heading, micros},
    mosquitto::Mosquitto,
    wire::{self, Message, Packet, Qos, Version, Wire},
};

use crate::{
    Effort,
    flow::PAYLOAD,
    pair::open,
    peers::{Lane, TOPICS, gateway, lane},
};

/// How many filters come and go.
const FILTERS: usize = 20_000;
/// How many one packet names.
const AT_ONCE: usize = 100;

/// Publishes to topics that nobody has used before, and hears them through a wildcard.
struct Publisher {
    wire: Wire,
    published: usize,
}

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("One publish on a new topic to a wildcard, after 20,000 filters came and went, and without them");
    let (used, fresh) = (Mosquitto::start(), Mosquitto::start());
    let of = |mosquitto: &Mosquitto| Lane { name: "mosquitto", address: mosquitto.address(), account: None };
    compare([of(&used), of(&fresh)], effort);
    for router in ["rumqttd", "direct"] {
        let gateways = [gateway(router).start(), gateway(router).start()];
        compare(gateways.each_ref().map(|gateway| lane(router, gateway, "owner")), effort);
    }
}

fn compare([used, fresh]: [Lane; 2], effort: Effort) {
    let name = used.name;
    let mut publishers = [used.clone(), fresh].map(|lane| Publisher::open(&lane));
    for publisher in &mut publishers {
        let _warming_up = publisher.round(effort.asked);
    }
    storm(&used);
    let mut rounds: [Vec<f64>; 2] = Default::default();
    for _ in 0..effort.rounds {
        for (publisher, rounds) in publishers.iter_mut().zip(&mut rounds) {
            rounds.push(publisher.round(effort.asked));
        }
    }
    let [used, fresh] = rounds;
    Figure::of(fresh.clone()).alone(" µs", &format!("{name}, empty"));
    Figure::of(used.clone()).alone(" µs", &format!("{name}, after the filters"));
    let ratio = Figure::ratio(&used, &fresh);
    if name == "mosquitto" {
        ratio.alone(" x", name);
    } else {
        ratio.against(Goal::AtMost(2.0), " x", name);
    }
}

/// Has filters come and go.
fn storm(lane: &Lane) {
    let mut wire = open(lane, "storm", &format!("{TOPICS}/storm"), Qos::Zero);
    for first in (0..FILTERS).step_by(AT_ONCE) {
        let filters: Vec<String> =
            (first..first + AT_ONCE).map(|number| format!("{TOPICS}/storm/{number}/+")).collect();
        let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
        wire.send(&wire::subscribe(Version::V5, 2, &filters, Qos::Zero)).expect("the broker takes SUBSCRIBE");
        assert_eq!(wire.receive().expect("the broker answers"), Packet::SubAck(2, vec![0; AT_ONCE]));
        wire.send(&wire::unsubscribe(Version::V5, 3, &filters)).expect("the broker takes UNSUBSCRIBE");
        assert_eq!(wire.receive().expect("the broker answers"), Packet::UnsubAck(3));
    }
}

impl Publisher {
    fn open(lane: &Lane) -> Self {
        Self { wire: open(lane, "publisher", &format!("{TOPICS}/new/+"), Qos::Zero), published: 0 }
    }

    /// Publishes one after the other so many times, each when the one before has come back; returns the microseconds each.
    fn round(&mut self, count: usize) -> f64 {
        let mut took = Vec::with_capacity(count);
        for _ in 0..count {
            self.published += 1;
            let message = Message::new(format!("{TOPICS}/new/{}", self.published), vec![b'x'; PAYLOAD]);
            let began = Instant::now();
            self.wire.send(&wire::publish(Version::V5, &message.with_qos(Qos::Zero))).expect("the broker takes it");
            let back = self.wire.receive().expect("the broker goes on");
            took.push(began.elapsed());
            assert!(matches!(back, Packet::Publish(_)), "{back:?}");
        }
        micros(hes_tests::figures::percentile(&mut took, 50))
    }
}
