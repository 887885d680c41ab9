//! People ask on any topic, and devices do what they are told.

use hes_engine::{Asked, Asker, Delivery, Door, Input};
use hes_schemas::{Encoding, Limits, UserName, decode, message::Answer};
use serde_json::{Value, json};

use crate::world::{World, anna, home};

/// One who asks at a home, and the answers that came since.
#[derive(Debug)]
pub(crate) struct Ticket {
    at: String,
    correlation: String,
}

impl World {
    /// Asks as somebody on a topic below the root, and lets all arrive that is on its way.
    pub(crate) fn asks(&mut self, at: &str, user: &str, topic: &str, body: &str) -> Ticket {
        let correlation = format!("q{}", self.homes[&home(at)].engine.counters().requests);
        self.asks_as(at, user, topic, body, &correlation)
    }

    /// The same, with the Correlation Data of an earlier request or with new.
    pub(crate) fn asks_as(&mut self, at: &str, user: &str, topic: &str, body: &str, correlation: &str) -> Ticket {
        let asker = Asker { user: UserName::new(user).unwrap(), door: Door::Own(format!("{user}-1").parse().ok()) };
        let topic = format!("hes/1/{topic}");
        self.handle(
            at,
            Input::Asked(Asked {
                asker,
                bounds: None,
                topic: &topic,
                payload: body.as_bytes(),
                retained: false,
                content_type: None,
                response_topic: None,
                correlation: Some(correlation.as_bytes()),
                expiry: None,
                trace: None,
                delivery: Delivery::AtLeastOnce,
            }),
        );
        self.deliver();
        Ticket { at: at.to_owned(), correlation: correlation.to_owned() }
    }

    /// Asks as anna of oak.
    pub(crate) fn oak_asks(&mut self, topic: &str, body: &str) -> Ticket {
        self.asks("oak", &anna("oak"), topic, body)
    }

    /// Returns all answers so far.
    pub(crate) fn answers(&self, ticket: &Ticket) -> Vec<Answer> {
        let letters = self.homes[&home(&ticket.at)].letters.iter();
        let own = letters.filter(|letter| letter.correlation.as_deref() == Some(ticket.correlation.as_bytes()));
        own.map(|letter| decode(letter.encoding, &letter.payload, Limits::CLUSTER).unwrap()).collect()
    }

    /// Returns the only answer.
    pub(crate) fn answer(&self, ticket: &Ticket) -> Answer {
        let mut answers = self.answers(ticket);
        assert_eq!(answers.len(), 1, "answers to {ticket:?}: {answers:?}");
        answers.remove(0)
    }

    /// Returns the status and the error of the only answer.
    pub(crate) fn error(&self, ticket: &Ticket) -> (u16, &'static str) {
        let answer = self.answer(ticket);
        (answer.status.code(), answer.error.map_or("none", |symbol| symbol.as_str()))
    }

    /// Returns what was said to the devices of a home since the last call: `zigbee/u-lamp/set {"state":"ON"}`.
    pub(crate) fn commands(&mut self, at: &str) -> Vec<String> {
        let commands = std::mem::take(&mut self.homes.get_mut(&home(at)).unwrap().commands);
        let line = |command: hes_engine::cluster::Command| {
            format!("{} {}", command.topic.as_str(), String::from_utf8(command.payload).unwrap())
        };
        commands.into_iter().map(line).filter(|line| !line.contains("hello")).collect()
    }

    /// Returns where clients of a home were told something since the last call, and what.
    pub(crate) fn told(&mut self, at: &str) -> Vec<(String, Value)> {
        let told = std::mem::take(&mut self.homes.get_mut(&home(at)).unwrap().told);
        let line = |post: hes_engine::Post| {
            let said: Value = decode::<hes_schemas::Datum>(Encoding::Json, &post.payload, Limits::CLUSTER)
                .map(|datum| json!(datum))
                .unwrap();
            (post.topic.as_str().trim_start_matches("hes/1/").to_owned(), said)
        };
        told.into_iter().map(line).collect()
    }
}

/// Two homes whose annas may use each other's lamps.
pub(crate) fn joined() -> World {
    let mut world = World::of(&["oak", "elm"]);
    world.join("oak", "elm");
    world.commands("oak");
    world.commands("elm");
    world
}
