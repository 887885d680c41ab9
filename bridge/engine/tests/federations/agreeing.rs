//! Two people, or one person twice, agree.

use hes_schemas::rights::Role;
use serde_json::json;

use crate::world::{UNTIL, World, anna, lamp};

#[test]
fn both_identities_agree_and_each_may_use_what_the_other_home_gives() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.create("oak", "elm");
    world.deliver();
    assert_eq!(world.standing("oak", &id), "proposed");
    assert_eq!(world.standing("elm", &id), "proposed");
    assert!(world.may().is_empty(), "nothing is given before both have agreed");
    world.accept("elm", &id);
    world.later(10_000);
    assert_eq!(world.standing("oak", &id), "active");
    assert_eq!(world.standing("elm", &id), "active");
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
}

#[test]
fn what_one_who_may_not_manage_gives_waits_for_one_who_may() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("oak", "rosa", Role::Resident.grants());
    let id = world.create_as("oak", "rosa", "elm", &anna("elm"));
    world.later(10_000);
    assert_eq!(world.fails("elm", &anna("elm"), json!({"accept": {"federation": id}})), (404, "unknown"));
    assert_eq!(world.fails("oak", "rosa", json!({"approve": {"federation": id}})), (403, "denied"));
    let info = world.does("oak", &anna("oak"), json!({"approve": {"federation": id}}));
    assert_eq!(info["consents"][0]["consented"]["by"], "rosa");
    assert_eq!(info["consents"][0]["approved"]["by"], "anna-oak");
    world.deliver();
    world.accept("elm", &id);
    world.later(10_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
}

#[test]
fn approval_at_the_other_home_is_needed_as_well() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("elm", "rosa", Role::Resident.grants());
    let id = world.create_as("oak", &anna("oak"), "elm", "rosa");
    world.deliver();
    world.does("elm", "rosa", json!({"accept": {"federation": id}}));
    world.later(60_000);
    assert!(world.may().is_empty());
    assert_eq!(world.standing("oak", &id), "proposed");
    world.does("elm", &anna("elm"), json!({"approve": {"federation": id}}));
    world.later(10_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
}

#[test]
fn whoever_gives_nothing_needs_nobodys_approval() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("oak", "rosa", Role::Resident.grants());
    let id = world.does(
        "oak",
        "rosa",
        json!({"create": {
            "with": "elm", "user": "anna-elm", "want": [lamp()], "purpose": "visits", "until": UNTIL,
        }}),
    );
    world.deliver();
    world.accept("elm", id["id"].as_str().unwrap());
    world.later(10_000);
    assert_eq!(world.may(), ["oak may elm"]);
}

#[test]
fn a_proposal_reaches_a_home_that_was_away() {
    let mut world = World::of(&["oak", "elm"]);
    world.cut("oak", "elm");
    let id = world.create("oak", "elm");
    world.later(60_000);
    world.mend("oak", "elm");
    world.accept("elm", &id);
    world.later(10_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
}

#[test]
fn everything_holds_after_a_restart() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    world.restart("oak");
    assert_eq!(world.standing("oak", &id), "active");
    assert_eq!(world.may(), ["elm may oak", "oak may elm"], "what the other home told last was kept");
    world.restart("elm");
    world.later(10_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
}

#[test]
fn a_list_shows_what_is_ones_own_and_all_to_one_who_may_manage() {
    let mut world = World::of(&["oak", "elm"]);
    for user in ["rosa", "gus"] {
        world.account("oak", user, Role::Resident.grants());
        world.create_as("oak", user, "elm", &anna("elm"));
    }
    let count = |world: &mut World, user: &str| world.does("oak", user, json!("list")).as_array().unwrap().len();
    assert_eq!((count(&mut world, "rosa"), count(&mut world, "gus"), count(&mut world, "anna-oak")), (1, 1, 2));
    let gus = world.does("oak", "gus", json!("list"))[0]["id"].clone();
    assert_eq!(world.fails("oak", "rosa", json!({"show": {"federation": gus}})), (404, "unknown"));
}

#[test]
fn the_answer_shows_who_consented_to_what_until_when() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let info = world.does("elm", &anna("elm"), json!({"show": {"federation": id}}));
    let consent = &info["consents"][0];
    assert_eq!(
        (&consent["user"], &consent["purpose"], &consent["until"]),
        (&json!("anna-elm"), &json!("my lights"), &json!(UNTIL))
    );
    assert_eq!(consent["to"], json!([{"home": "oak", "user": "anna-oak"}]));
    assert_eq!(consent["grants"], json!([lamp()]));
    assert_eq!(consent["consented"]["by"], "anna-elm");
    assert_eq!(info["members"][1]["state"], "active");
}
