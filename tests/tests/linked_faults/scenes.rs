//! Histories that break each promise, and such that only look like it: a checker that cannot fail is a defect.

use std::time::Duration;

use crate::{
    checker::Checker,
    history::{Entry, Fact, Name, Shown},
};

fn check(expect: Option<&str>, facts: &[(Name, Fact)]) {
    let mut checker = Checker::default();
    let built = [("oak", Fact::Built), ("elm", Fact::Built), ("oak", Fact::Linked("elm"))];
    let all = built.iter().chain(facts).map(|(home, fact)| Entry { home, fact: fact.clone() });
    let found = all.map(|entry| checker.take(&entry)).find_map(Result::err);
    assert_eq!(found.map(|violation| violation.promise), expect, "{facts:#?}");
}

const ACCEPTED: (Name, Fact) = ("oak", Fact::Accepted(1));
const QUIET: (Name, Fact) = ("oak", Fact::Quiet);
const RESUMED: (Name, Fact) = ("elm", Fact::Resumed);
const ASKED: (Name, Fact) = ("oak", Fact::Asked(1));
const ACTED: (Name, Fact) = ("elm", Fact::Acted(1));

fn heard(home: Name) -> (Name, Fact) {
    (home, Fact::Heard { of: "oak", event: 1 })
}

fn told(seq: u64, event: u64) -> (Name, Fact) {
    ("elm", Fact::Told { of: "oak", sid: "oak-1".to_owned(), seq, event: Some(event) })
}

fn value(version: u64) -> (Name, Fact) {
    ("elm", Fact::Value { topic: "hes/1/oak/zigbee/counter/property/count".to_owned(), version })
}

fn answered(status: u64) -> (Name, Fact) {
    ("oak", Fact::Answered { ticket: 1, status })
}

#[test]
fn an_accepted_event_must_arrive() {
    let pressed = ("oak", Fact::Pressed(1));
    check(Some("P1"), &[pressed.clone(), ACCEPTED, QUIET]);
    check(Some("P1"), &[ACCEPTED, heard("oak"), QUIET]);
    check(Some("P1"), &[ACCEPTED, ("oak", Fact::Killed), QUIET]);
    check(None, &[ACCEPTED, heard("elm"), QUIET]);
    check(None, &[heard("elm"), ACCEPTED, QUIET]);
    check(None, &[pressed.clone(), ("oak", Fact::Refused(1)), QUIET]);
    check(None, &[pressed, ("oak", Fact::Killed), QUIET]);
    check(None, &[ACCEPTED, ("oak", Fact::Dropped(1)), QUIET]);
    check(Some("P1"), &[ACCEPTED, ("oak", Fact::Accepted(2)), ("oak", Fact::Dropped(1)), QUIET]);
}

#[test]
fn a_subscriber_must_be_told() {
    let subscribed = ("elm", Fact::Subscribed("oak"));
    check(Some("P1"), &[subscribed.clone(), ACCEPTED, heard("elm"), QUIET]);
    check(None, &[subscribed.clone(), ACCEPTED, heard("elm"), told(1, 1), QUIET]);
    check(None, &[subscribed.clone(), told(1, 1), ACCEPTED, heard("elm"), QUIET]);
    check(None, &[subscribed, ACCEPTED, heard("elm"), ("elm", Fact::Killed), QUIET]);
    check(Some("P2"), &[told(2, 1), told(2, 1)]);
    check(Some("P2"), &[told(2, 1), told(3, 1)]);
    check(Some("P2"), &[told(2, 1), told(1, 2)]);
    check(None, &[told(2, 1), RESUMED, told(2, 1), told(3, 2)]);
    check(Some("P2"), &[told(2, 1), RESUMED, told(3, 1)]);
}

#[test]
fn nothing_has_two_effects() {
    check(Some("P2"), &[ACCEPTED, heard("elm"), heard("elm")]);
    check(None, &[ACCEPTED, heard("elm"), RESUMED, heard("elm"), QUIET]);
    check(Some("P2"), &[ACCEPTED, heard("elm"), RESUMED, heard("elm"), heard("elm")]);
    check(Some("P2"), &[ASKED, ACTED, ACTED]);
    check(None, &[ASKED, ACTED, ("elm", Fact::Killed), ACTED]);
}

#[test]
fn nothing_goes_round() {
    let ring = [("ash", Fact::Built), ("elm", Fact::Linked("ash")), ("ash", Fact::Linked("oak"))];
    let then = |facts: &[(Name, Fact)]| ring.iter().chain(facts).cloned().collect::<Vec<_>>();
    check(Some("P3"), &then(&[ACCEPTED, heard("elm"), heard("ash"), heard("elm")]));
    check(Some("P3"), &then(&[heard("oak"), heard("oak")]));
    check(None, &then(&[ACCEPTED, heard("elm"), heard("ash"), heard("oak"), QUIET]));
    check(Some("P1"), &then(&[ACCEPTED, heard("elm"), QUIET]));
}

#[test]
fn no_listener_sees_an_older_version_after_a_newer_one() {
    check(Some("P4"), &[value(2), value(1)]);
    check(None, &[value(1), value(2), value(2), value(5)]);
    check(None, &[value(1), value(2), RESUMED, value(1)]);
    check(Some("P4"), &[value(2), RESUMED, value(1)]);
}

#[test]
fn all_see_in_the_end_what_is_so() {
    let shows = |home: Name, topics: &[(&str, &str)]| {
        let shown: Shown = topics.iter().map(|(topic, text)| ((*topic).to_owned(), (*text).to_owned())).collect();
        (home, Fact::Shows(shown))
    };
    let is_so = || shows("oak", &[("hes/1/oak/a", "1")]);
    check(None, &[is_so(), shows("elm", &[("hes/1/oak/a", "1")]), QUIET]);
    check(Some("P5"), &[is_so(), shows("elm", &[("hes/1/oak/a", "2")]), QUIET]);
    check(Some("P5"), &[is_so(), shows("elm", &[]), QUIET]);
    check(Some("P5"), &[is_so(), shows("elm", &[("hes/1/oak/a", "1"), ("hes/1/oak/gone", "1")]), QUIET]);
}

#[test]
fn memory_has_a_bound() {
    let holds = |count| ("oak", Fact::Holds { what: "entries", count, limit: 10 });
    check(None, &[holds(10)]);
    check(Some("P6"), &[holds(11)]);
}

#[test]
fn a_request_does_nothing_after_its_time() {
    check(Some("P7"), &[ASKED, answered(504), ACTED]);
    check(Some("P7"), &[ASKED, answered(408), ACTED]);
    check(None, &[ASKED, ACTED, answered(200), QUIET]);
    check(None, &[ASKED, ACTED, answered(504), QUIET]);
}

#[test]
fn a_request_is_answered_once() {
    check(Some("P8"), &[ASKED, QUIET]);
    check(Some("P8"), &[ASKED, answered(200), answered(200)]);
    check(Some("P8"), &[answered(200)]);
    check(None, &[ASKED, answered(503), QUIET]);
    check(None, &[ASKED, ("oak", Fact::Lost(1)), QUIET]);
}

#[test]
fn a_bad_message_blocks_nothing() {
    check(Some("P9"), &[("oak", Fact::Babbled), ACCEPTED, QUIET]);
    check(Some("P1"), &[ACCEPTED, ("oak", Fact::Babbled), QUIET]);
    check(None, &[("oak", Fact::Babbled), ACCEPTED, heard("elm"), QUIET]);
}

#[test]
fn no_peer_slows_another() {
    let pace = |beside| ("oak", Fact::Pace { alone: Duration::from_millis(2), beside: Duration::from_millis(beside) });
    check(None, &[pace(4)]);
    check(Some("P10"), &[pace(5)]);
}

#[test]
fn a_full_disk_takes_nothing_that_it_would_lose() {
    check(Some("P11"), &[("oak", Fact::Full), ACCEPTED, QUIET]);
    check(None, &[("oak", Fact::Full), ("oak", Fact::Refused(1)), QUIET]);
}

#[test]
fn who_is_asked_to_end_loses_nothing() {
    check(Some("P12"), &[ACCEPTED, ("oak", Fact::Stopped), QUIET]);
    check(Some("P12"), &[("oak", Fact::Failed)]);
    check(None, &[ACCEPTED, ("oak", Fact::Stopped), heard("elm"), QUIET]);
}
