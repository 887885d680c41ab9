//! A property of the other home read through the own gateway, against a bare request and response over the bridge.

use hes_tests::{
    figures::{Figure, Goal, heading, micros, percentile},
    gateway::Gateway,
    lane::{Lane, respond},
    patience::until,
    wire::Qos,
};

use crate::{
    Effort,
    homes::{Bridged, Homes, Host, PERSON},
    latency::small,
};

const READ: &str = "hes/1/elm/zigbee/d0/property/illuminance/get";

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("Property of the other home, answered there, QoS 1, one in flight, TCP_NODELAY everywhere");
    let brokers = Bridged::start();
    for host in Host::ALL {
        compare(effort, &brokers, host);
    }
}

fn compare(effort: Effort, brokers: &Bridged, host: Host) {
    let homes = Homes::start(host, &small());
    let name = host.name().replace([' ', '\''], "-");
    let account = Gateway::account(PERSON);
    let (oak, answers) = (homes.oak.address(), format!("hes/1/oak/$res/{name}"));
    let mut read = Lane::open(oak, Some(&account), &name, READ, &answers, Qos::One);
    let answer = good_answer(&mut read);
    let (question, answers) = (format!("question/{name}"), format!("answer/{name}"));
    respond(brokers.far.address(), &format!("{name}-responder"), &question, answer, Qos::One);
    let mut bare = Lane::open(brokers.near.address(), None, &name, &question, &answers, Qos::One);
    drop((bare.round(effort.singles), read.round(effort.singles)));
    let [mut plain, mut across]: [[Vec<f64>; 2]; 2] = Default::default();
    for _ in 0..effort.rounds {
        for (lane, taken) in [(&mut bare, &mut plain), (&mut read, &mut across)] {
            let mut times = lane.round(effort.singles);
            for (rounds, percent) in taken.iter_mut().zip([50, 99]) {
                rounds.push(micros(percentile(&mut times, percent)));
            }
        }
    }
    let ([plain, plain_worst], [across, across_worst]) = (plain, across);
    let name = host.name();
    Figure::of(plain.clone()).alone(" µs", "bare request and response over the bridge, p50");
    Figure::of(across.clone()).alone(" µs", &format!("property read across, p50, {name}"));
    let ratio = Figure::ratio;
    ratio(&across, &plain).against(Goal::AtMost(1.0), "", &format!("read across : bare over the bridge, p50, {name}"));
    ratio(&across_worst, &plain_worst).alone("", &format!("read across : bare over the bridge, p99, {name}"));
}

/// Asks until the property may be read, and returns the good answer.
fn good_answer(lane: &mut Lane) -> Vec<u8> {
    until("the property can be read", || {
        let (_, answer) = lane.ask();
        answer.windows(12).any(|part| part == br#""status":200"#).then_some(answer)
    })
}
