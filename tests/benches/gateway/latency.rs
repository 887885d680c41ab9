//! A property read, answered from what is known, against a bare request and response through mosquitto.

use std::{net::SocketAddr, time::Duration};

use hes_tests::{
    HOME,
    figures::{Figure, Goal, heading, micros, percentile, skipped},
    gateway::Gateway,
    lane::{Lane, respond},
    mosquitto::Mosquitto,
    patience::until,
    wire::{Account, Qos, Version},
    zigbee::{Bridge, Network},
};

use crate::GATEWAY;

const ROUNDS: usize = 11;
const ASKED: usize = 2_000;
const READ: &str = "hes/1/home/zigbee/sensor/property/temperature/get";

/// What one lane took in each round: the median and the 99th percentile.
struct Taken {
    lane: Lane,
    median: Vec<f64>,
    worst: Vec<f64>,
}

/// Measures and prints.
pub(crate) fn measure() {
    heading("Property read from the cache, one in flight, TCP_NODELAY everywhere");
    if !Mosquitto::is_installed() {
        return skipped("latency", "mosquitto is not installed");
    }
    let mosquitto = Mosquitto::start();
    let own = Gateway::prepare(GATEWAY).with_cluster("zigbee", "zigbee2mqtt").start();
    let beside =
        Gateway::prepare(GATEWAY).without_door().with_remote_cluster("zigbee", "zigbee2mqtt", mosquitto.address());
    let _beside = beside.alongside(mosquitto.address()).start();
    let _bridges = (
        Bridge::join(Network::house(), |name| own.named_client("cluster", Version::V5, name).expect("it is let in")),
        Bridge::join(Network::house(), |name| mosquitto.client(name)),
    );
    for qos in [Qos::One, Qos::Zero] {
        compare(own.address(), mosquitto.address(), qos);
    }
}

fn compare(own: SocketAddr, other: SocketAddr, qos: Qos) {
    let mut read = read_lane(own, Some(&Gateway::account("owner")), qos);
    let answer = good_answer(&mut read);
    let mut beside = read_lane(other, None, qos);
    good_answer(&mut beside);
    let name = format!("bare-{}", qos.number());
    respond(other, &format!("{name}-responder"), &format!("{name}/question"), answer, qos);
    let bare = Lane::open(other, None, &name, &format!("{name}/question"), &format!("{name}/answer"), qos);
    let [bare, read, beside] = interleaved([bare, read, beside]);

    let qos = qos.number();
    Figure::of(bare.median.clone())
        .alone(" µs", &format!("QoS {qos}: bare request and response through mosquitto, p50"));
    Figure::of(read.median.clone()).alone(" µs", &format!("QoS {qos}: read through the built-in broker, p50"));
    Figure::of(beside.median.clone()).alone(" µs", &format!("QoS {qos}: read alongside mosquitto, p50"));
    let ratio = Figure::ratio;
    ratio(&read.median, &bare.median).against(
        Goal::AtMost(0.6),
        "",
        &format!("QoS {qos}: built-in broker : bare mosquitto, p50"),
    );
    ratio(&read.worst, &bare.worst).against(
        Goal::AtMost(0.8),
        "",
        &format!("QoS {qos}: built-in broker : bare mosquitto, p99"),
    );
    ratio(&beside.median, &bare.median).against(
        Goal::AtMost(1.15),
        "",
        &format!("QoS {qos}: alongside mosquitto : bare mosquitto, p50"),
    );
}

fn read_lane(address: SocketAddr, account: Option<&Account>, qos: Qos) -> Lane {
    let name = format!("reader-{}", qos.number());
    Lane::open(address, account, &name, READ, &format!("{HOME}/$res/{name}"), qos)
}

/// Asks until the devices are known, and returns the good answer.
fn good_answer(lane: &mut Lane) -> Vec<u8> {
    until("the property is known", || {
        let (_, answer) = lane.ask();
        answer.windows(12).any(|part| part == br#""status":200"#).then_some(answer)
    })
}

/// Lets the lanes take turns.
fn interleaved(lanes: [Lane; 3]) -> [Taken; 3] {
    let mut all = lanes.map(|lane| Taken { lane, median: Vec::new(), worst: Vec::new() });
    all.iter_mut().for_each(|taken| drop(taken.lane.round(ASKED)));
    for _ in 0..ROUNDS {
        all.iter_mut().for_each(Taken::round);
    }
    all
}

impl Taken {
    fn round(&mut self) {
        let mut times: Vec<Duration> = self.lane.round(ASKED);
        self.median.push(micros(percentile(&mut times, 50)));
        self.worst.push(micros(percentile(&mut times, 99)));
    }
}
