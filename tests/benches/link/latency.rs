//! How long it takes from what a device says in one home to who is shown it in the other, one at a time.

use std::time::Duration;

use hes_tests::{
    figures::{Figure, Goal, heading, micros, percentile},
    zigbee::{Model, Network},
};

use crate::{
    Effort,
    commit::Disk,
    homes::{Bridged, Homes, Host},
    oneway::{EVENT, OneWay, PROPERTY},
};

/// The medians of all rounds, and their 99th percentiles.
#[derive(Default)]
struct Taken {
    median: Vec<f64>,
    worst: Vec<f64>,
}

impl Taken {
    fn add(&mut self, mut times: Vec<Duration>) {
        self.median.push(micros(percentile(&mut times, 50)));
        self.worst.push(micros(percentile(&mut times, 99)));
    }

    fn print(&self, what: &str) {
        Figure::of(self.median.clone()).alone(" µs", &format!("{what}, p50"));
        Figure::of(self.worst.clone()).alone(" µs", &format!("{what}, p99"));
    }
}

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("One-way latency between homes, QoS 1, one in flight, TCP_NODELAY everywhere");
    let brokers = Bridged::start();
    for host in Host::ALL {
        compare(effort, &brokers, host);
    }
}

fn compare(effort: Effort, brokers: &Bridged, host: Host) {
    let homes = Homes::start(host, &small());
    let mut disk = Disk::open();
    let name = host.name();
    let mut bridged = OneWay::bridged(brokers, name).warm();
    let mut property = OneWay::between(&homes, "property", "d0", "property/illuminance", PROPERTY).warm();
    let mut event = OneWay::between(&homes, "event", "d1", "event/action", EVENT).warm();
    drop((disk.commits(20), disk.syncs(20)));
    let [mut plain, mut told, mut happened, mut commits, mut syncs]: [Taken; 5] = Default::default();
    for _ in 0..effort.rounds {
        plain.add(bridged.round(effort.singles));
        told.add(property.round(effort.singles));
        happened.add(event.round(effort.singles));
        commits.add(disk.commits(effort.singles));
        syncs.add(disk.syncs(effort.singles));
    }
    plain.print("mosquitto to mosquitto");
    told.print(&format!("property, {name}"));
    happened.print(&format!("event, {name}"));
    commits.print("one group commit");
    syncs.print("one page put on the disk");
    let sum =
        |these: &[f64], those: &[f64]| these.iter().zip(those).map(|(one, other)| one + other).collect::<Vec<_>>();
    let ratio = Figure::ratio;
    ratio(&told.median, &plain.median).against(Goal::AtMost(1.0), "", &format!("property : mosquitto, p50, {name}"));
    ratio(&happened.median, &sum(&plain.median, &commits.median)).against(
        Goal::AtMost(1.0),
        "",
        &format!("event : mosquitto and one group commit, p50, {name}"),
    );
    ratio(&told.worst, &plain.worst).alone("", &format!("property : mosquitto, p99, {name}"));
    ratio(&happened.worst, &sum(&plain.worst, &commits.worst))
        .alone("", &format!("event : mosquitto and one group commit, p99, {name}"));
}

/// A sensor and a button: `d0` and `d1`.
pub(crate) fn small() -> Network {
    let mut network = Network::only("zigbee2mqtt", Model::Sensor, 0, 1);
    network.devices.extend(Network::only("zigbee2mqtt", Model::Button, 1, 1).devices);
    network
}
