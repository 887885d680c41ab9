//! That what is said between homes costs no signature, however much it is.

use hes_tests::{
    figures::{Figure, Goal, heading},
    gateway::Gateway,
    lane::Lane,
    patience::until,
    wire::Qos,
};

use crate::{
    Effort,
    homes::{Homes, Host, PERSON},
    latency::small,
    oneway::{EVENT, OneWay, PROPERTY},
};

/// What is counted, by both homes.
const COUNTED: [&str; 2] = ["hes_peers_signatures_total", "hes_peers_verifications_total"];

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("Signatures made and verified by both homes");
    let mut homes = Homes::start(Host::Teller, &small());
    let mut property = OneWay::between(&homes, "property", "d0", "property/illuminance", PROPERTY).warm();
    let mut event = OneWay::between(&homes, "event", "d1", "event/action", EVENT).warm();
    let mut read = reader(&homes);
    let before = count(&mut homes);
    for number in [effort.singles / 10, effort.singles, effort.singles * 2] {
        drop((property.round(number), event.round(number), read.round(number)));
        let more = count(&mut homes) - before;
        let what = format!("more than before {number} more properties, events and reads each");
        Figure::of(vec![more]).against(Goal::AtMost(0.0), "", &what);
    }
    Figure::of(vec![before]).alone("", "until then, for the pairing, the link, the federation and a token");
}

fn count(homes: &mut Homes) -> f64 {
    let all = [&mut homes.oak, &mut homes.elm].into_iter();
    let of = |home: &mut Gateway| COUNTED.iter().map(|name| home.metric(name).expect("it is counted")).sum::<f64>();
    all.map(of).sum()
}

fn reader(homes: &Homes) -> Lane {
    let (question, answers) = ("hes/1/elm/zigbee/d0/property/illuminance/get", "hes/1/oak/$res/reader");
    let account = Gateway::account(PERSON);
    let mut lane = Lane::open(homes.oak.address(), Some(&account), "reader", question, answers, Qos::One);
    until("the property can be read", || {
        let (_, answer) = lane.ask();
        answer.windows(12).any(|part| part == br#""status":200"#).then_some(())
    });
    lane
}
