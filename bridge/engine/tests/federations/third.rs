//! A third identity is added: whoever gives it anything is asked, each for themself.

use serde_json::json;

use crate::world::{World, anna, lamp};

const HOMES: [&str; 3] = ["elm", "fir", "oak"];

/// Joins oak and elm, and has oak propose fir.
fn proposed() -> (World, String) {
    let mut world = World::of(&HOMES);
    let id = world.join("oak", "elm");
    world.add("oak", &id, "fir");
    world.deliver();
    (world, id)
}

/// Joins all three.
fn joined() -> (World, String) {
    let (mut world, id) = proposed();
    world.accept("fir", &id);
    world.accept("elm", &id);
    world.later(30_000);
    (world, id)
}

#[test]
fn the_new_identity_is_joined_with_each_of_the_others_that_consents() {
    let (mut world, id) = proposed();
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
    world.accept("fir", &id);
    world.later(30_000);
    assert_eq!(world.may(), ["elm may oak", "fir may oak", "oak may elm", "oak may fir"]);
    world.accept("elm", &id);
    world.later(30_000);
    let all = ["elm may fir", "elm may oak", "fir may elm", "fir may oak", "oak may elm", "oak may fir"];
    assert_eq!(world.may(), all);
    for (who, at) in [("elm", "fir"), ("fir", "elm"), ("fir", "oak")] {
        assert!(world.reads(who, at, &id), "{who} at {at}");
    }
}

#[test]
fn it_does_not_matter_who_accepts_first() {
    let (mut world, id) = proposed();
    world.accept("elm", &id);
    world.later(30_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
    world.accept("fir", &id);
    world.later(30_000);
    assert_eq!(world.may().len(), 6);
}

#[test]
fn only_a_member_of_a_federation_that_stands_can_add_to_it() {
    let mut world = World::of(&HOMES);
    let id = world.create("oak", "elm");
    world.deliver();
    let add = |world: &mut World, user: &str| {
        world.fails("oak", user, json!({"add": {"federation": id, "with": "fir", "user": "x"}}))
    };
    assert_eq!(add(&mut world, &anna("oak")), (409, "conflict"), "elm has not agreed");
    world.accept("elm", &id);
    world.deliver();
    world.account("oak", "rosa", vec![]);
    assert_eq!(add(&mut world, "rosa"), (404, "unknown"));
    let again = json!({"add": {"federation": id, "with": "elm", "user": "x"}});
    assert_eq!(world.fails("oak", &anna("oak"), again), (409, "conflict"));
}

#[test]
fn one_leaves_and_the_others_stay() {
    let (mut world, id) = joined();
    world.does("oak", &anna("oak"), json!({"leave": {"federation": id}}));
    world.later(30_000);
    assert_eq!(world.may(), ["elm may fir", "fir may elm"], "even the one that founded it");
    assert_eq!(world.standing("elm", &id), "active");
}

#[test]
fn one_dissolves_and_it_is_over_for_all() {
    for who in HOMES {
        let (mut world, id) = joined();
        world.does(who, &anna(who), json!({"dissolve": {"federation": id}}));
        world.later(30_000);
        assert!(world.may().is_empty(), "{who}");
        for at in HOMES {
            assert_eq!(world.standing(at, &id), "dissolved", "{who} {at}");
        }
    }
}

#[test]
fn the_end_reaches_a_home_by_way_of_another() {
    let (mut world, id) = joined();
    world.cut("oak", "fir");
    world.does("oak", &anna("oak"), json!({"dissolve": {"federation": id}}));
    world.later(1_000);
    assert_eq!(world.standing("fir", &id), "dissolved", "elm has told it");
}

#[test]
fn who_was_only_invited_cannot_end_it_for_the_others() {
    let (mut world, id) = proposed();
    world.does("fir", &anna("fir"), json!({"leave": {"federation": id}}));
    world.later(30_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
    let (mut world, id) = proposed();
    world.forge("fir", "oak", hes_schemas::link::FederationMessage::Dissolved { federation: id.clone() });
    world.later(30_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
    assert_eq!(world.standing("oak", &id), "active");
}

#[test]
fn several_open_proposals_are_accepted_one_by_one() {
    let mut world = World::of(&["ash", "elm", "fir", "oak"]);
    let id = world.join("oak", "elm");
    world.add("oak", &id, "fir");
    world.add("oak", &id, "ash");
    world.deliver();
    let accept = json!({"accept": {"federation": id}});
    assert_eq!(world.fails("elm", &anna("elm"), accept), (409, "ambiguous"));
    let info = world.does("elm", &anna("elm"), json!({"show": {"federation": id}}));
    for consent in info["consents"].as_array().unwrap().iter().skip(1) {
        let named = json!({"accept": {"federation": id, "proposal": consent["proposal"]}});
        world.does("elm", &anna("elm"), named);
    }
    for new in ["ash", "fir"] {
        world.accept(new, &id);
    }
    world.later(30_000);
    assert!(world.reads("ash", "elm", &id) && world.reads("elm", "fir", &id));
    assert!(!world.reads("ash", "fir", &id), "these two were never proposed to each other");
}

#[test]
fn a_member_that_gives_nothing_to_the_new_one_is_asked_all_the_same() {
    let mut world = World::of(&HOMES);
    let id = world.join("oak", "elm");
    world.does(
        "oak",
        &anna("oak"),
        json!({"add": {
            "federation": id, "with": "fir", "user": anna("fir"), "want": [lamp()],
        }}),
    );
    world.deliver();
    world.accept("fir", &id);
    world.later(30_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm", "oak may fir"]);
    world.accept("elm", &id);
    world.later(30_000);
    assert_eq!(world.may(), ["elm may fir", "elm may oak", "oak may elm", "oak may fir"]);
}
