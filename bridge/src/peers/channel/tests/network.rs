//! A network that does whatever networks do, in any order.

use proptest::prelude::*;

use super::*;

/// What the network does next.
#[derive(Debug, Clone)]
enum Fate {
    Deliver(usize),
    Double(usize),
    Lose(usize),
    Change(usize, usize),
    Replay(usize),
    Say,
    Pass(u64),
    Rotate,
    Reopen,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        8 => any::<usize>().prop_map(Fate::Deliver),
        1 => any::<usize>().prop_map(Fate::Double),
        2 => any::<usize>().prop_map(Fate::Lose),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(which, at)| Fate::Change(which, at)),
        2 => any::<usize>().prop_map(Fate::Replay),
        4 => Just(Fate::Say),
        2 => (1..4_000_u64).prop_map(Fate::Pass),
        1 => Just(Fate::Rotate),
        1 => Just(Fate::Reopen),
    ];
    proptest::collection::vec(fate, 1..80)
}

/// A network that does what it is told to, and remembers all that ever went through it.
struct Network {
    wire: Wire,
    houses: (House, House),
    /// What travels: to whom, and what.
    travelling: Vec<(&'static str, Vec<u8>)>,
    seen: Vec<(&'static str, Vec<u8>)>,
    said: Vec<(&'static str, Vec<u8>)>,
}

impl Network {
    fn collect(&mut self) {
        let (to_elm, to_oak) = (std::mem::take(&mut self.wire.to_elm), std::mem::take(&mut self.wire.to_oak));
        let sent = to_elm.into_iter().map(|it| ("elm", it)).chain(to_oak.into_iter().map(|it| ("oak", it)));
        let sent: Vec<_> = sent.collect();
        self.seen.extend(sent.iter().cloned());
        self.travelling.extend(sent);
    }

    fn meet(&mut self, fate: Fate) {
        let count = self.travelling.len().max(1);
        let at = |which: usize| which % count;
        match fate {
            Fate::Deliver(which) if !self.travelling.is_empty() => {
                let (to, frame) = self.travelling.remove(at(which));
                self.wire.give(to, &frame);
            }
            Fate::Double(which) if !self.travelling.is_empty() => {
                let (to, frame) = self.travelling[at(which)].clone();
                self.wire.give(to, &frame);
            }
            Fate::Lose(which) if !self.travelling.is_empty() => drop(self.travelling.remove(at(which))),
            Fate::Change(which, place) if !self.travelling.is_empty() => {
                let (to, mut frame) = self.travelling[at(which)].clone();
                let place = place % frame.len();
                frame[place] ^= 1;
                self.wire.give(to, &frame);
            }
            Fate::Replay(which) if !self.seen.is_empty() => {
                let (to, frame) = self.seen[which % self.seen.len()].clone();
                self.wire.give(to, &frame);
                self.wire.give(if to == "elm" { "oak" } else { "elm" }, &frame);
            }
            Fate::Say => self.say(),
            Fate::Pass(millis) => {
                self.wire.now = self.wire.now + Millis::new(millis);
                self.wire.tick();
            }
            Fate::Rotate => drop(self.houses.1.station.keys().rotate(self.wire.now)),
            Fate::Reopen => {
                let events = self.wire.oak.open(self.wire.now);
                self.wire.take("oak", events);
            }
            Fate::Deliver(_) | Fate::Double(_) | Fate::Lose(_) | Fate::Change(..) | Fate::Replay(_) => {}
        }
        self.collect();
    }

    fn say(&mut self) {
        for (from, to) in [("elm", "oak"), ("oak", "elm")] {
            let message = format!("{from} {}", self.said.len()).into_bytes();
            let channel = if from == "elm" { &mut self.wire.elm } else { &mut self.wire.oak };
            if let Ok(frame) = channel.seal(&message) {
                self.said.push((to, message));
                self.seen.push((to, frame.clone()));
                self.travelling.push((to, frame));
            }
        }
    }

    /// Whatever was heard was said, to that side, and was heard once; and nobody was ever taken away.
    fn hold(&self) {
        let heard = self.wire.told.iter().filter_map(|(who, told)| match told {
            Told::Heard(message) => Some((*who, message.clone())),
            Told::Up | Told::Down => None,
        });
        let mut heard: Vec<_> = heard.collect();
        let count = heard.len();
        heard.sort();
        heard.dedup();
        assert_eq!(heard.len(), count, "something was heard twice");
        assert!(heard.iter().all(|it| self.said.contains(it)), "something was heard that was never said");
        assert!(!self.wire.told.iter().any(|(_, told)| *told == Told::Down), "the peer was there all the time");
    }
}

#[test]
fn holds_over_a_network_that_loses_doubles_mixes_and_forges() {
    // each case is two homes with keys of their own
    let cases = ProptestConfig::default().cases.div_ceil(16);
    let config = ProptestConfig { cases, ..ProptestConfig::default() };
    proptest!(config, |(fates in fates())| {
        let houses = neighbours();
        let wire = Wire::new(&houses.0, &houses.1);
        let mut network = Network { wire, houses, travelling: vec![], seen: vec![], said: vec![] };
        let events = network.wire.elm.open(noon());
        network.wire.take("elm", events);
        network.collect();
        for fate in fates {
            network.meet(fate);
            network.hold();
        }
        // the network is well again
        let late = std::mem::take(&mut network.travelling);
        late.into_iter().for_each(|(to, frame)| network.wire.give(to, &frame));
        network.wire.settle();
        network.wire.pass(Millis::from_secs(180));
        network.hold();
        prop_assert!(network.wire.works());
    });
}
