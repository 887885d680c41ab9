//! The broker against a model, and another broker against the same model: what three clients may observe whatever they
//! do.
//!
//! `PROPTEST_CASES` sets how many conversations are held; they are the same ones each time.

mod comparison;
mod filters;
mod model;
mod player;
mod session;

use std::net::SocketAddr;

use hes_broker::RouterKind;
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use self::{
    model::{Habits, Model},
    player::Player,
};
use crate::{script::Other, stage::House};

/// How many clients there are.
const CLIENTS: usize = 3;
/// How many conversations are held unless the environment says otherwise.
const CASES: u32 = 100;

const TOPICS: [&str; 5] = ["a/b", "a/c", "b/b", "s/1", "s/2"];
const FILTERS: [&str; 9] = ["a/b", "a/c", "a/+", "a/#", "+/b", "+/c/#", "$share/g/s/+", "$share/g/s/1", "$share/h/s/+"];

/// What a client does.
#[derive(Debug, Clone)]
enum Deed {
    /// Connects, with a session that is kept or not, and with a will or without.
    Connect {
        is_kept: bool,
        has_will: bool,
    },
    /// Says goodbye.
    Leave,
    /// Falls silent for ever.
    Vanish,
    Subscribe {
        filter: usize,
        options: u8,
    },
    Unsubscribe {
        filter: usize,
    },
    Publish {
        topic: usize,
        qos: u8,
        retain: bool,
        is_empty: bool,
    },
    /// Publishes with `QoS` 2, and leaves it at the PUBREC.
    Begin {
        topic: usize,
    },
    /// Repeats what it began, and takes it to its end.
    Finish,
    /// Has the broker killed and started again.
    Kill,
    /// Changes how far it acknowledges what it is sent: to the end, not at all, or to the PUBREC.
    Acknowledge {
        habit: u8,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let options = (0_u8..3, any::<bool>(), any::<bool>(), 0_u8..3).prop_map(|(qos, no_local, as_is, handling)| {
        qos | u8::from(no_local) << 2 | u8::from(as_is) << 3 | handling << 4
    });
    prop_oneof![
        3 => any::<(bool, bool)>().prop_map(|(is_kept, has_will)| Deed::Connect { is_kept, has_will }),
        1 => Just(Deed::Leave),
        2 => Just(Deed::Vanish),
        4 => (0..FILTERS.len(), options).prop_map(|(filter, options)| Deed::Subscribe { filter, options }),
        1 => (0..FILTERS.len()).prop_map(|filter| Deed::Unsubscribe { filter }),
        8 => (0..TOPICS.len(), 0_u8..3, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(topic, qos, retain, is_empty)| Deed::Publish { topic, qos, retain, is_empty }),
        1 => (0..TOPICS.len()).prop_map(|topic| Deed::Begin { topic }),
        1 => Just(Deed::Finish),
        1 => Just(Deed::Kill),
        1 => (0_u8..3).prop_map(|habit| Deed::Acknowledge { habit }),
    ]
}

type Story = ([u8; CLIENTS], Vec<(usize, Deed)>);

fn story() -> impl Strategy<Value = Story> {
    let versions = prop::array::uniform3(prop_oneof![Just(4), Just(5)]);
    (versions, prop::collection::vec((0..CLIENTS, deed()), 1..60))
}

/// The broker that is compared with the model.
enum Host {
    Ours(House, RouterKind),
    Other(Other),
}

impl Host {
    fn address(&self) -> SocketAddr {
        match self {
            Self::Ours(house, _) => house.broker.addresses()[0],
            Self::Other(other) => other.address,
        }
    }

    fn habits(&self) -> Habits {
        match self {
            Self::Ours(..) => Habits::Ours,
            Self::Other(_) => Habits::Mosquittos,
        }
    }

    /// Kills our broker, and starts it with what is on disk; the players move on to it.
    async fn kill(&mut self, players: &mut [Player]) {
        if let Self::Ours(house, router) = self {
            let again = house.reopen_with(|config| config.router = *router).await;
            let killed = std::mem::replace(house, again);
            players.iter_mut().for_each(|player| player.move_to(house.broker.addresses()[0]));
            killed.broker.shutdown().await;
        }
    }
}

/// Tells a story to a broker, and compares what each client observes with the model after each deed.
async fn tell(host: &mut Host, (versions, deeds): &Story) -> Result<(), TestCaseError> {
    let (habits, address) = (host.habits(), host.address());
    let mut model = Model::new(habits, *versions);
    let mut players: Vec<Player> =
        versions.iter().enumerate().map(|(who, version)| Player::new(who, *version, address)).collect();
    for who in 0..CLIENTS {
        let deed = Deed::Connect { is_kept: who > 0, has_will: false };
        step(host, &mut model, &mut players, who, &deed, 0).await?;
    }
    for (number, (who, deed)) in deeds.iter().enumerate() {
        step(host, &mut model, &mut players, *who, deed, number + 1).await?;
    }
    Ok(())
}

async fn step(
    host: &mut Host,
    model: &mut Model,
    players: &mut [Player],
    who: usize,
    deed: &Deed,
    number: usize,
) -> Result<(), TestCaseError> {
    if !model.makes_sense(who, deed) {
        return Ok(());
    }
    let context = format!("client {who} at step {number}: {deed:?}");
    model.expect(who, deed, number);
    if matches!(deed, Deed::Kill) {
        host.kill(players).await;
    }
    let told = players[who].act(deed, number).await;
    model.compare_answer(who, &told).map_err(|why| TestCaseError::fail(format!("{why}; {context}")))?;
    for (observer, player) in players.iter_mut().enumerate() {
        if model.is_online(observer) {
            let seen = player.observe(model.due(observer)).await;
            let owed = model
                .compare(observer, &seen)
                .map_err(|why| TestCaseError::fail(format!("client {observer} {why}; {context}")))?;
            player.acknowledge(&owed).await;
        }
    }
    model.conclude().map_err(|why| TestCaseError::fail(format!("{why}; {context}")))
}

fn hold(one: impl Fn(&Story) -> Result<(), TestCaseError>) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng).run(&story(), |story| one(&story)).unwrap_or_else(|error| panic!("{error}"));
}

fn against_the_model(router: RouterKind) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    hold(|story| {
        runtime.block_on(async {
            let mut host = Host::Ours(House::open_routed(router).await, router);
            tell(&mut host, story).await
        })
    });
}

#[test]
fn observe_what_the_model_says_with_the_direct_router() {
    against_the_model(RouterKind::Direct);
}

#[test]
fn observe_what_the_model_says_with_rumqttds_router() {
    against_the_model(RouterKind::Rumqttd);
}

/// Where mosquitto is not installed there is nothing to compare with.
#[test]
fn observe_with_mosquitto_what_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if std::process::Command::new("mosquitto").arg("-h").output().is_err() {
        return;
    }
    hold(|story| {
        runtime.block_on(async {
            let mut host = Host::Other(Other::start_program("mosquitto").await);
            tell(&mut host, story).await
        })
    });
}
