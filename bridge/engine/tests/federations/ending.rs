//! Federations end, and with them all that followed from them; what has ended never begins again.

use hes_schemas::{link::FederationMessage, rights::Role};
use serde_json::{Value, json};

use crate::world::{World, anna, home};

/// Joins oak and elm, lets something happen, and says what may still be done across at once, and when all have heard.
fn after(what: impl FnOnce(&mut World, &str)) -> (Vec<String>, Vec<String>) {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    assert!(world.reads("elm", "oak", &id) && world.reads("oak", "elm", &id));
    what(&mut world, &id);
    let at_once = reads(&mut world, &id);
    world.later(30_000);
    assert_eq!(reads(&mut world, &id), world.may(), "who may is who can");
    for at in ["oak", "elm"] {
        world.restart(at);
    }
    world.later(30_000);
    assert_eq!(reads(&mut world, &id), world.may(), "after a restart too");
    (at_once, world.may())
}

fn reads(world: &mut World, id: &str) -> Vec<String> {
    let pairs = [("elm", "oak"), ("oak", "elm")];
    let able: Vec<_> = pairs.into_iter().filter(|(who, at)| world.reads(who, at, id)).collect();
    able.into_iter().map(|(who, at)| format!("{who} may {at}")).collect()
}

fn as_anna(world: &mut World, what: &str, id: &str) {
    world.does("oak", &anna("oak"), json!({what: {"federation": id}}));
}

#[test]
fn withdrawing_ends_what_is_given_here_and_nothing_else() {
    let (at_once, at_last) = after(|world, id| as_anna(world, "withdraw", id));
    assert_eq!((at_once, at_last), (vec!["oak may elm".to_owned()], vec!["oak may elm".to_owned()]));
}

#[test]
fn leaving_ends_it_here_at_once_and_there_as_soon_as_it_is_heard() {
    let (at_once, at_last) = after(|world, id| as_anna(world, "leave", id));
    assert_eq!((at_once, at_last), (vec!["oak may elm".to_owned()], Vec::new()));
}

#[test]
fn dissolving_ends_it_for_all() {
    assert!(after(|world, id| as_anna(world, "dissolve", id)).1.is_empty());
}

#[test]
fn ending_the_trust_in_a_home_ends_what_was_agreed_on_with_it() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    world.distrust("oak", "elm");
    assert!(!world.reads("elm", "oak", &id));
    assert_eq!(world.may(), ["elm may oak"], "elm has not heard of it, and cannot");
    world.restart("oak");
    world.later(10_000);
    assert_eq!(world.standing("oak", &id), "over");
    assert!(!world.reads("elm", "oak", &id));
}

#[test]
fn an_account_that_is_closed_leaves_its_federations() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("oak", "rosa", Role::Owner.grants());
    let id = world.create_as("oak", "rosa", "elm", &anna("elm"));
    world.deliver();
    world.accept("elm", &id);
    world.later(10_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
    world.close_account("oak", "rosa");
    world.later(10_000);
    assert!(world.may().is_empty());
    world.account("oak", "rosa", Role::Owner.grants());
    world.later(10_000);
    assert!(world.may().is_empty(), "another rosa is another person");
    assert_eq!(world.standing("elm", &id), "over");
}

#[test]
fn its_time_ends() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let end: hes_schemas::Timestamp = crate::world::UNTIL.parse().unwrap();
    let left = end.since(world.now).get();
    world.now = end + hes_schemas::Millis::new(0);
    assert!(left > 0);
    world.later(0);
    assert!(!world.reads("elm", "oak", &id));
    assert_eq!(world.standing("oak", &id), "over");
    assert!(world.may().is_empty());
}

#[test]
fn what_was_refused_is_over_for_who_proposed_it() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.create("oak", "elm");
    world.deliver();
    world.does("elm", &anna("elm"), json!({"leave": {"federation": id}}));
    world.deliver();
    assert_eq!(world.standing("oak", &id), "over");
    assert_eq!(world.fails("elm", &anna("elm"), json!({"accept": {"federation": id}})), (404, "unknown"));
}

#[test]
fn what_was_withdrawn_before_the_other_agreed_is_never_given() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.create("oak", "elm");
    world.does("oak", &anna("oak"), json!({"withdraw": {"federation": id}}));
    world.deliver();
    world.accept("elm", &id);
    world.later(60_000);
    assert_eq!(world.may(), ["oak may elm"]);
}

#[test]
fn nothing_that_was_said_before_brings_back_what_has_ended() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let said = world.arrived.clone();
    as_anna(&mut world, "dissolve", &id);
    world.later(10_000);
    for packet in said {
        world.arrive(packet);
    }
    world.later(10_000);
    assert_eq!((world.standing("oak", &id), world.standing("elm", &id)), ("dissolved".into(), "dissolved".into()));
    assert!(world.may().is_empty());
    let actions = ["accept", "approve", "withdraw", "leave", "dissolve"];
    for what in actions {
        let status = world.fails("oak", &anna("oak"), json!({what: {"federation": id}})).0;
        assert!([404, 409].contains(&status), "{what}: {status}");
    }
}

#[test]
fn a_home_that_missed_the_end_is_told_when_it_insists() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    as_anna(&mut world, "dissolve", &id);
    world.air.clear();
    world.later(3_600_000);
    assert_eq!(world.standing("elm", &id), "dissolved");
}

#[test]
fn the_records_stay_to_be_shown() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    as_anna(&mut world, "withdraw", &id);
    as_anna(&mut world, "dissolve", &id);
    world.restart("oak");
    let info = world.does("oak", &anna("oak"), json!({"show": {"federation": id}}));
    let consent = &info["consents"][0];
    for deed in ["consented", "approved", "withdrawn"] {
        assert_eq!(consent[deed]["by"], "anna-oak", "{deed}");
    }
    assert_ne!(info["ended"], Value::Null);
}

#[test]
fn an_end_that_is_heard_before_the_beginning_counts() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.create("oak", "elm");
    let proposal = world.air.pop_front().unwrap();
    world.forge("oak", "elm", FederationMessage::Dissolved { federation: id.clone() });
    world.arrive(proposal);
    assert_eq!(world.fails("elm", &anna("elm"), json!({"accept": {"federation": id}})), (404, "unknown"));
    assert!(!world.homes[&home("elm")].shelf[&id].left.is_empty());
}
