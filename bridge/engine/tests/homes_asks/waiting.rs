//! Who asks before the token is there waits for it; who gets none is a stranger.

use hes_schemas::{
    Datum,
    link::{Entry, FederationMessage, LinkMessage, Reply},
};
use serde_json::json;

use crate::{
    asking::{Ticket, joined},
    world::{Packet, World, anna, home},
};

const GET: &str = "elm/zigbee/lamp/property/on/get";

impl World {
    /// Holds back what is said about tokens from now on.
    fn hold_tokens(&mut self) {
        self.held_tokens = Some(Vec::new());
    }

    /// Lets what was held back arrive.
    fn release_tokens(&mut self) {
        for packet in self.held_tokens.take().unwrap_or_default() {
            self.arrive(packet);
        }
        self.deliver();
    }
}

/// Two homes with a new link, on which nothing that is said about tokens arrives.
fn linked_anew() -> World {
    let mut world = joined();
    world.hold_tokens();
    world.restart("oak");
    world
}

#[test]
fn a_request_waits_for_the_token_and_is_then_asked() {
    let mut world = linked_anew();
    let ticket = world.oak_asks(GET, "");
    assert!(world.answers(&ticket).is_empty());
    world.release_tokens();
    assert_eq!(world.answer(&ticket).status.code(), 200);
}

#[test]
fn it_waits_no_longer_than_its_own_time() {
    let mut world = linked_anew();
    let ticket = world.oak_asks(GET, r#"{"ttl":2}"#);
    world.later(2_000);
    assert_eq!(world.error(&ticket), (504, "not_confirmed"));
    world.release_tokens();
    world.later(60_000);
    assert_eq!(world.answers(&ticket).len(), 1);
    assert!(!world.arrived.iter().any(|it| matches!(&it.message, LinkMessage::Ask(ask) if ask.path == GET)));
}

#[test]
fn only_so_many_wait() {
    let mut world = linked_anew();
    let tickets: Vec<Ticket> = (0..70).map(|_| world.oak_asks(GET, "")).collect();
    let turned_away = tickets.iter().filter(|it| !world.answers(it).is_empty());
    assert_eq!(turned_away.map(|it| world.error(it)).collect::<Vec<_>>(), [(429, "too_many"); 6]);
}

#[test]
fn it_fails_with_the_link() {
    let mut world = linked_anew();
    let ticket = world.oak_asks(GET, "");
    world.cut("oak", "elm");
    assert_eq!(world.error(&ticket), (503, "home_offline"));
}

#[test]
fn nobody_can_answer_what_has_not_been_asked_yet() {
    let mut world = linked_anew();
    let ticket = world.oak_asks(GET, "");
    let body: Datum = [("status", Datum::Integer(200)), ("value", Datum::Bool(false))].into_iter().collect();
    let first = 2 << 32;
    for id in first..first + 4 {
        let reply = LinkMessage::Reply(Reply { id, body: Datum::clone(&body) });
        world.arrive(Packet { from: home("elm"), to: home("oak"), message: reply });
    }
    assert!(world.answers(&ticket).is_empty());
    world.release_tokens();
    assert_eq!(world.answer(&ticket).value, Some(true.into()));
}

#[test]
fn who_is_given_none_learns_no_more_than_a_stranger() {
    let mut world = joined();
    let federations = world.does("elm", &anna("elm"), json!("list"));
    let id = federations[0]["id"].as_str().unwrap().to_owned();
    world.does("elm", &anna("elm"), json!({"withdraw": {"federation": id}}));
    world.deliver();
    let given_none = world.oak_asks(GET, "");
    let stranger = world.asks("oak", "rosa", GET, "");
    let nowhere = world.oak_asks("nowhere/zigbee/lamp/property/on/get", "");
    let told = |ticket| {
        let answer = world.answer(ticket);
        (answer.status, answer.error, answer.detail)
    };
    assert_eq!(told(&given_none).0.code(), 404);
    assert_eq!(told(&given_none), told(&stranger));
    assert_eq!(told(&given_none), told(&nowhere));
}

#[test]
fn who_asks_right_after_agreeing_is_patient_with_a_home_that_has_not_heard_yet() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.create("oak", "elm");
    world.deliver();
    world.does("elm", &anna("elm"), json!({"accept": {"federation": id}}));
    // oak hears that elm agrees, and refuses elm's first wish, as if it came before that
    let is_agreed = |it: &Packet| {
        matches!(&it.message, LinkMessage::Log(log)
            if matches!(log.entry, Entry::Federation(FederationMessage::Agreed { .. })))
    };
    let late: Vec<Packet> = world.air.iter().filter(|it| is_agreed(it)).cloned().collect();
    world.air.retain(|it| !is_agreed(it));
    let ticket = world.asks("elm", &anna("elm"), "oak/zigbee/lamp/property/on/get", "");
    assert!(world.answers(&ticket).is_empty(), "one refusal may be too early");
    late.into_iter().for_each(|packet| world.arrive(packet));
    world.later(3_000);
    assert_eq!(world.answer(&ticket).status.code(), 200);
}
