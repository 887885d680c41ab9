//! What was acknowledged reaches the sessions that it was for, over power cuts at any moment.
//!
//! `HES_ROUNDS=200` in the environment makes it 200 lives that are cut short, one in four of them by SIGTERM.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test panics to say what is wrong, whatever that is"
)]

mod ledger;
mod line;
mod listener;
mod publisher;

use std::{env, thread};

use hes_tests::{
    chance::Chance,
    gateway::Gateway,
    patience::until,
    wire::{Qos, Version},
};

use ledger::{LISTENERS, Ledger};
use listener::Listener;
use publisher::{Kind, Publisher};

/// How many lives of the gateway are cut short if nothing is said.
const ROUNDS: usize = 5;

#[test]
fn sessions_get_what_was_acknowledged_over_power_cuts_and_nothing_of_qos_2_twice() {
    let rounds = env::var("HES_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut house = House::start();
    let mut chance = Chance::new(11);
    for _ in 0..rounds {
        let most = *chance.pick(&[5, 50, 500]);
        let end = *chance.pick(&[Gateway::kill, Gateway::kill, Gateway::kill, stop]);
        house.live_until(house.ledger.acknowledged() + chance.below(most), end);
        house.power_up();
    }
    // whatever is sent twice comes after a life that brought everything to an end
    for end in [2, 3] {
        house.bring_to_an_end(end);
        house.gateway.kill();
        house.power_up();
    }
    house.listeners.iter().for_each(Listener::check);
}

/// Ends a gateway as one that is told to, which loses as little.
fn stop(gateway: &mut Gateway) {
    assert!(gateway.stop().success(), "the gateway ends well");
}

/// A gateway, who publishes, and who listens.
struct House {
    gateway: Gateway,
    ledger: Ledger,
    publishers: Vec<Publisher>,
    listeners: Vec<Listener>,
}

impl House {
    fn start() -> Self {
        let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).start();
        let publishers = vec![
            Publisher::new(Kind::One, Version::V311),
            Publisher::new(Kind::Two, Version::V5),
            Publisher::new(Kind::Kept, Version::V5),
        ];
        let names =
            [("at least", Version::V5, Qos::One), ("once", Version::V5, Qos::Two), ("old", Version::V311, Qos::Two)];
        let listeners = (0..LISTENERS).zip(names);
        let listeners =
            listeners.map(|(index, (name, version, qos))| Listener::new(index, name, version, qos)).collect();
        let mut house = Self { gateway, ledger: Ledger::default(), publishers, listeners };
        house.listeners.iter_mut().for_each(|listener| listener.subscribe(house.gateway.address()));
        house.publishers.iter_mut().for_each(|publisher| publisher.begin(house.gateway.address()));
        house
    }

    /// Lets all live until so many messages are acknowledged, and then ends the gateway.
    fn live_until(&mut self, enough: usize, end: impl FnOnce(&mut Gateway)) {
        let (address, ledger) = (self.gateway.address(), &self.ledger);
        ledger.begin();
        thread::scope(|scope| {
            self.publishers.iter_mut().for_each(|it| drop(scope.spawn(|| it.live(address, ledger))));
            self.listeners.iter_mut().for_each(|it| drop(scope.spawn(|| it.live(address, ledger))));
            until("enough is acknowledged", || (ledger.acknowledged() >= enough || ledger.is_cut()).then_some(()));
            end(&mut self.gateway);
            ledger.cut();
        });
    }

    /// Starts the gateway again, and sees that topics keep what was acknowledged last, or something that came later.
    fn power_up(&mut self) {
        self.gateway.restart();
        let mut reader = self.gateway.client("owner");
        reader.subscribe(&["kept/#"]).expect("an owner may listen");
        reader.fence();
        self.publishers.iter().for_each(|publisher| publisher.check_kept(reader.heard()));
    }

    /// Has everything that was begun brought to an end.
    fn bring_to_an_end(&mut self, end: usize) {
        let (address, ledger) = (self.gateway.address(), &self.ledger);
        ledger.begin();
        thread::scope(|scope| {
            self.listeners.iter_mut().for_each(|it| drop(scope.spawn(|| it.live_to_the_end(address, ledger, end))));
            let publishers = self.publishers.iter_mut();
            let all: Vec<_> = publishers.map(|it| scope.spawn(|| it.live_to_the_end(address, ledger))).collect();
            let all_well = all.into_iter().all(|publisher| publisher.join().is_ok());
            ledger.cut();
            assert!(all_well, "a publisher failed");
        });
    }
}
