//! Conversations written down: who says what to the broker, and what it answers.
//!
//! One line is one packet: `anna -> publish a/b hello qos1 id=7` is said, `anna <- puback 7` is heard. A line without
//! an arrow is about the house: `passes 2` lets so many seconds pass, `restart` kills the broker and starts it with what
//! is on disk.
//!
//! What need not be written goes by itself: a CONNECT, SUBSCRIBE, UNSUBSCRIBE or PUBLISH whose answer is not the next
//! line is answered with success; a PUBLISH that is heard without `id=` is acknowledged to the end. `id=$x` gives a
//! packet id a name. Messages are heard in their order, and so is the rest; which of both comes first is open. `nothing` says that nothing more waits for a client: what it then publishes to itself comes first.
//!
//! `MQTT_BROKER=mosquitto` holds the same conversations with another broker, started for each with `-p PORT`. It may
//! close without a word where this one says why (MQTT-4.13.1-1 leaves the choice).

mod actor;
mod heard;
mod other;
mod said;

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use hes_broker::{Config, RouterKind};

pub(crate) use self::other::Other;
use self::{actor::Actor, heard::Names};
use crate::stage::House;

pub(crate) const ROUTERS: [RouterKind; 2] = [RouterKind::Direct, RouterKind::Rumqttd];

/// Holds a conversation in MQTT 3.1.1 and 5, each with both routers.
pub(crate) async fn both(script: &str) {
    old(script).await;
    new(script).await;
}

/// Holds a conversation in MQTT 3.1.1.
pub(crate) async fn old(script: &str) {
    with(4, |_| {}, script).await;
}

/// Holds a conversation in MQTT 5.
pub(crate) async fn new(script: &str) {
    with(5, |_| {}, script).await;
}

/// Holds many conversations of one shape in MQTT 5, and names all that went wrong.
pub(crate) async fn new_each(cases: &[(&str, &str)], script: &str) {
    each(5, cases, script).await;
}

/// Does the same in MQTT 3.1.1.
pub(crate) async fn old_each(cases: &[(&str, &str)], script: &str) {
    each(4, cases, script).await;
}

async fn each(version: u8, cases: &[(&str, &str)], script: &str) {
    let mut all = tokio::task::JoinSet::new();
    for (name, case) in cases {
        let (name, script) = ((*name).to_owned(), script.replace("CASE", case));
        all.spawn(async move {
            let held = tokio::spawn(async move { with(version, |_| {}, &script).await }).await;
            held.err().map(|_| name)
        });
    }
    let wrong: Vec<String> = all.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Holds a conversation with a broker whose settings differ.
pub(crate) async fn with(version: u8, change: impl Fn(&mut Config) + Sync, script: &str) {
    if let Some(other) = Other::start().await {
        return Play::new(other.address, version, None).run(script).await;
    }
    for router in ROUTERS {
        let open = |config: &mut Config| {
            config.router = router;
            change(config);
        };
        let house = House::open_with(open).await;
        Play::new(house.broker.addresses()[0], version, Some((house, &open))).run(script).await;
    }
}

/// A house, and how it is opened.
type Opened<'h> = (House, &'h (dyn Fn(&mut Config) + Sync));

struct Play<'h> {
    address: SocketAddr,
    version: u8,
    /// Nothing if another broker is spoken to.
    house: Option<Opened<'h>>,
    actors: HashMap<String, Actor>,
    names: Names,
}

impl<'h> Play<'h> {
    fn new(address: SocketAddr, version: u8, house: Option<Opened<'h>>) -> Self {
        Self { address, version, house, actors: HashMap::new(), names: Names::default() }
    }

    /// Kills the broker, and starts it with what is on disk.
    async fn restart(&mut self) {
        let (house, open) = self.house.take().unwrap();
        let again = house.reopen_with(open).await;
        self.address = again.broker.addresses()[0];
        self.actors.clear();
        house.broker.shutdown().await;
        self.house = Some((again, open));
    }

    async fn run(mut self, script: &str) {
        let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        for (at, line) in lines.iter().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let next = lines.get(at + 1).map(|next| next.split_whitespace().collect::<Vec<_>>()).unwrap_or_default();
            let is_answered = next.first() == words.first()
                && next.get(1) == Some(&"<-")
                && !matches!(next.get(2), Some(&("publish" | "nothing")));
            let context = format!("{line}   (MQTT {}, line {})", if self.version == 5 { "5" } else { "3.1.1" }, at + 1);
            self.line(&words, is_answered, &context).await;
        }
    }

    async fn line(&mut self, words: &[&str], is_answered: bool, context: &str) {
        match words {
            ["restart"] => self.restart().await,
            ["passes", seconds] => tokio::time::sleep(Duration::from_millis(millis(seconds))).await,
            [name, "->", verb @ ("connect" | "reach"), rest @ ..] => {
                let rest = self.fill(rest);
                let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
                let mut actor = Actor::reach(self.address, name, &rest, self.version).await;
                if *verb == "connect" {
                    actor.connect(&rest, is_answered, context).await;
                }
                self.actors.insert((*name).to_owned(), actor);
            }
            [name, "->", rest @ ..] => {
                let rest = self.fill(rest);
                let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
                self.actor(name, context).says(&rest, is_answered, context).await;
            }
            [name, "<-", rest @ ..] => {
                let mut names = std::mem::take(&mut self.names);
                self.actor(name, context).hears(rest, &mut names, context).await;
                self.names = names;
            }
            _ => panic!("not understood: {context}"),
        }
    }

    fn fill(&self, words: &[&str]) -> Vec<String> {
        words.iter().map(|word| self.names.fill(word)).collect()
    }

    fn actor(&mut self, name: &str, context: &str) -> &mut Actor {
        self.actors.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}: {context}"))
    }
}

fn millis(seconds: &str) -> u64 {
    let (whole, tenths) = seconds.split_once('.').unwrap_or((seconds, "0"));
    whole.parse::<u64>().unwrap() * 1000 + tenths.parse::<u64>().unwrap() * 100
}
