//! Tokens: wanted, given, renewed, shown again, and revoked.

use hes_schemas::link::{LinkMessage, TokenMessage};
use serde_json::{Value, json};

use crate::world::{World, anna, home};

/// Returns what was said about tokens between two homes since the last call: `Wanted`, `Given`.
fn said(world: &mut World, from: &str, to: &str) -> Vec<&'static str> {
    let word = |message: &LinkMessage| match message {
        LinkMessage::Token(TokenMessage::Wanted { .. }) => Some("Wanted"),
        LinkMessage::Token(TokenMessage::Given { .. }) => Some("Given"),
        LinkMessage::Token(TokenMessage::Refused { .. }) => Some("Refused"),
        LinkMessage::Token(TokenMessage::Shown { .. }) => Some("Shown"),
        LinkMessage::Token(TokenMessage::Revoked { .. }) => Some("Revoked"),
        _ => None,
    };
    let arrived = world.arrived.iter().filter(|it| it.from.as_str() == from && it.to.as_str() == to);
    let said = arrived.filter_map(|it| word(&it.message)).collect();
    world.arrived.retain(|it| it.from.as_str() != from || it.to.as_str() != to);
    said
}

fn token(world: &mut World, at: &str, user: &str, what: Value) -> (u16, Value) {
    let answer = world.ask(at, user, "token", what);
    (answer.status.code(), serde_json::to_value(answer.info).unwrap())
}

#[test]
fn a_token_is_renewed_when_two_thirds_of_its_life_are_over() {
    let mut world = World::of(&["oak", "elm"]);
    world.join("oak", "elm");
    world.arrived.clear();
    world.later(380_000);
    assert_eq!(said(&mut world, "oak", "elm"), [""; 0]);
    world.later(20_000);
    for (from, to) in [("oak", "elm"), ("elm", "oak")] {
        let mut said = said(&mut world, from, to);
        said.sort_unstable();
        assert_eq!(said, ["Given", "Wanted"], "{from}");
    }
    world.later(3_600_000);
    assert_eq!(said(&mut world, "oak", "elm").iter().filter(|it| **it == "Wanted").count(), 9);
}

#[test]
fn a_token_is_shown_again_on_a_new_link_and_after_a_restart_of_who_issued_it() {
    let mut world = World::of(&["oak", "elm"]);
    world.join("oak", "elm");
    let jti = |world: &mut World| token(world, "oak", &anna("oak"), json!("list")).1;
    let before = jti(&mut world);
    world.cut("oak", "elm");
    world.arrived.clear();
    world.mend("oak", "elm");
    assert_eq!(said(&mut world, "oak", "elm"), ["Shown"]);
    assert_eq!(jti(&mut world), before);
    world.restart("elm");
    assert_eq!(said(&mut world, "oak", "elm"), ["Shown", "Given"]);
    let listed = token(&mut world, "elm", &anna("elm"), json!("list")).1;
    assert!(listed.as_array().unwrap().iter().any(|it| it["bearer"] == "oak"), "{listed}");
}

#[test]
fn a_revoked_token_ends_at_once_and_no_other_follows_while_it_would_have_held() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    for choice in [json!({"federation": id}), json!({"home": "elm"})] {
        assert!(world.reads("elm", "oak", &id));
        let (status, info) = token(&mut world, "oak", &anna("oak"), json!({"revoke": choice}));
        assert_eq!((status, info), (200, json!({"revoked": 1})));
        assert!(!world.reads("elm", "oak", &id));
        world.deliver();
        assert_eq!(world.may(), ["oak may elm"]);
        world.restart("oak");
        world.later(590_000);
        assert_eq!(world.may(), ["oak may elm"]);
        assert!(!world.reads("elm", "oak", &id));
        world.later(400_000);
        assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
    }
    let (status, _) = token(&mut world, "oak", &anna("oak"), json!({"revoke": {"jti": "9-9"}}));
    assert_eq!(status, 404);
    let (status, _) = token(&mut world, "oak", &anna("oak"), json!({"revoke": {}}));
    assert_eq!(status, 400);
}

#[test]
fn a_revocation_is_answered_when_it_outlives_a_power_cut() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let before = world.homes[&home("oak")].kept;
    let revoke = json!({"revoke": {"federation": id}});
    assert_eq!(token(&mut world, "oak", &anna("oak"), revoke.clone()).0, 200);
    assert_eq!(world.homes[&home("oak")].kept, before + 1);
    assert!(!world.homes[&home("oak")].shelf[&id].barred.is_empty());
    assert_eq!(token(&mut world, "oak", &anna("oak"), revoke).0, 404, "there is none any more");
}

#[test]
fn a_token_of_this_home_is_verified_and_any_other_is_not() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let given = world.arrived.iter().find_map(|it| match &it.message {
        LinkMessage::Token(TokenMessage::Given { token, .. }) if it.from.as_str() == "oak" => Some(token.clone()),
        _ => None,
    });
    let token_text = given.unwrap();
    let verify =
        |world: &mut World, text: &str| token(world, "oak", &anna("oak"), json!({"verify": {"token": text}})).1;
    let verdict = verify(&mut world, &token_text);
    assert_eq!((&verdict["holds"], &verdict["token"]["bearer"]), (&json!(true), &json!("elm")));
    for wrong in ["", "x", &token_text.replace("elm", "fir"), &format!("{token_text}0")] {
        assert_eq!(verify(&mut world, wrong), json!({"holds": false}));
    }
    world.does("oak", &anna("oak"), json!({"withdraw": {"federation": id}}));
    assert_eq!(verify(&mut world, &token_text), json!({"holds": false}), "what is revoked looks like what never was");
}

#[test]
fn a_user_is_told_of_the_token_that_is_held_or_waits_for_one() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let (status, info) = token(&mut world, "oak", &anna("oak"), json!({"issue": {"home": "elm"}}));
    assert_eq!(
        (status, &info["issuer"], &info["scope"]),
        (200, &json!("elm"), &json!("read,write,notify:zigbee/uid:u-lamp"))
    );
    let (status, _) = token(&mut world, "oak", &anna("oak"), json!({"issue": {"home": "fir"}}));
    assert_eq!(status, 404);
    world.does("elm", &anna("elm"), json!({"withdraw": {"federation": id}}));
    world.deliver();
    let door = hes_engine::Door::Own("anna".parse().ok());
    let issue = json!({"issue": {"home": "elm"}});
    assert_eq!(world.ask_through("oak", &anna("oak"), "token", issue.clone(), door, None), None, "it is awaited");
    world.deliver();
    world.cut("oak", "elm");
    let (status, _) = token(&mut world, "oak", &anna("oak"), issue);
    assert_eq!(status, 503);
}

#[test]
fn a_list_of_tokens_is_ones_own() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("oak", "rosa", hes_schemas::rights::Role::Resident.grants());
    world.join("oak", "elm");
    assert_eq!(token(&mut world, "oak", "rosa", json!("list")).1, json!([]));
    assert_eq!(token(&mut world, "oak", &anna("oak"), json!("list")).1.as_array().unwrap().len(), 2);
    assert_eq!(token(&mut world, "oak", "rosa", json!({"revoke": {"home": "elm"}})).0, 403);
    assert_eq!(token(&mut world, "oak", "rosa", json!({"verify": {"token": "x"}})).0, 403);
}

#[test]
fn what_another_home_gives_stays_known_while_it_is_away() {
    let mut world = World::of(&["oak", "elm"]);
    world.join("oak", "elm");
    world.cut("oak", "elm");
    world.later(3_600_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"], "so that what it told can be shown as stale");
    world.mend("oak", "elm");
    world.later(10_000);
    assert_eq!(token(&mut world, "oak", &anna("oak"), json!({"issue": {"home": "elm"}})).0, 200);
}
