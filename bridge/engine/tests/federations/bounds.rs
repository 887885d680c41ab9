//! Everything has a bound, and what is beyond it is refused and counted.

use hes_schemas::link::{LinkMessage, TokenMessage};
use serde_json::{Value, json};

use crate::world::{Packet, UNTIL, World, anna, everyday, home};

fn create(user: &str, purpose: &str, give: &Value) -> Value {
    json!({"create": {"with": "elm", "user": user, "give": give, "purpose": purpose, "until": UNTIL}})
}

#[test]
fn one_user_has_so_many_federations_and_no_more() {
    let mut world = World::of(&["oak", "elm"]);
    for at in 0..32 {
        world.does("oak", &anna("oak"), create(&format!("u{at}"), "p", &json!([])));
    }
    assert_eq!(world.fails("oak", &anna("oak"), create("x", "p", &json!([]))), (429, "too_many"));
    let id = world.does("oak", &anna("oak"), json!("list"))[0]["id"].clone();
    world.does("oak", &anna("oak"), json!({"leave": {"federation": id}}));
    world.does("oak", &anna("oak"), create("x", "p", &json!([])));
}

#[test]
fn a_peer_proposes_so_much_and_no_more() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    for user in 0..40 {
        let user = format!("u{user}");
        world.account("oak", &user, vec![]);
        world.does("oak", &user, create("anna-elm", "p", &json!([])));
    }
    world.deliver();
    assert_eq!(world.homes[&home("elm")].shelf.len(), 32);
    assert_eq!(world.homes[&home("elm")].engine.counters().unproven, 8);
    world.create("fir", "elm");
    world.deliver();
    assert_eq!(world.homes[&home("elm")].shelf.len(), 33, "another peer has room of its own");
    let id = world.does("elm", &anna("elm"), json!("list"))[5]["id"].clone();
    world.does("elm", &anna("elm"), json!({"leave": {"federation": id}}));
    world.does("oak", "u39", create("anna-elm", "once more", &json!([])));
    world.deliver();
    assert_eq!(world.homes[&home("elm")].shelf.len(), 33, "what was refused makes room");
}

#[test]
fn what_has_ended_is_kept_up_to_a_number() {
    let mut world = World::of(&["oak", "elm"]);
    for at in 0..300 {
        let info = world.does("oak", &anna("oak"), create(&format!("u{at}"), "p", &json!([])));
        world.does("oak", &anna("oak"), json!({"leave": {"federation": info["id"]}}));
    }
    assert_eq!(world.homes[&home("oak")].shelf.len(), 256);
    assert_eq!(world.homes[&home("oak")].engine.counters().federations_forgotten, 44);
    world.deliver();
    assert!(world.homes[&home("elm")].shelf.len() <= 32);
}

#[test]
fn a_proposal_says_what_it_is_for_and_gives_so_many_grants() {
    let mut world = World::of(&["oak", "elm"]);
    let mut fails = |purpose: &str, give: &Value| world.fails("oak", &anna("oak"), create("x", purpose, give));
    assert_eq!(fails(" ", &json!([])), (400, "malformed"));
    assert_eq!(fails(&"p".repeat(257), &json!([])), (400, "malformed"));
    let many: Vec<_> = (0..17).map(|at| everyday(&format!("zigbee/d{at}"))).collect();
    assert_eq!(fails("p", &json!(many)), (413, "too_large"));
    let late = json!({"create": {"with": "elm", "user": "x", "purpose": "p", "until": "2020-01-01T00:00:00Z"}});
    assert_eq!(world.fails("oak", &anna("oak"), late), (408, "expired"));
    let stranger = json!({"create": {"with": "ash", "user": "x", "purpose": "p", "until": UNTIL}});
    assert_eq!(world.fails("oak", &anna("oak"), stranger), (404, "unknown"));
}

#[test]
fn wishes_for_tokens_that_come_too_fast_are_not_looked_at() {
    let mut world = World::of(&["oak", "elm"]);
    let wanted = || TokenMessage::Wanted {
        federation: "oak-1-1".to_owned(),
        user: "x".parse().unwrap(),
        statement: String::new(),
    };
    for _ in 0..600 {
        world.arrive(Packet { from: home("elm"), to: home("oak"), message: LinkMessage::Token(wanted()) });
    }
    let counters = world.homes[&home("oak")].engine.counters();
    assert_eq!((counters.tokens_refused, counters.tokens_dropped), (512, 88));
    world.air.clear();
    world.later(60_000);
    world.arrive(Packet { from: home("elm"), to: home("oak"), message: LinkMessage::Token(wanted()) });
    assert_eq!(world.homes[&home("oak")].engine.counters().tokens_refused, 513);
}
