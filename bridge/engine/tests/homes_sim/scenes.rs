//! Histories that break each promise, and such that only look like it: a checker that cannot fail is a defect.

use hes_schemas::Timestamp;
use serde_json::json;

use crate::{
    checker::Checker,
    consents::Consent,
    history::{Entry, Fact, Shown},
    topology::Name,
};

/// A history, each entry a step of its own and a second after the one before.
fn first_violation(facts: &[(Name, Fact)]) -> Option<String> {
    let mut checker = Checker::without(&[]);
    let built = ["oak", "elm", "ash"].map(|home| (home, Fact::Built));
    for (step, (home, fact)) in (0..).zip(built.iter().chain(facts)) {
        let entry = Entry { step, now: at(step), home, fact: fact.clone() };
        if let Err(violation) = checker.take(&entry) {
            return violation.promise.split(',').next().map(str::to_owned);
        }
    }
    None
}

fn check(expect: Option<&str>, facts: &[(Name, Fact)]) {
    assert_eq!(first_violation(facts).as_deref(), expect, "{facts:#?}");
}

fn at(step: u32) -> Timestamp {
    Timestamp::from_millis(i64::from(step) * 1_000)
}

/// Everything of oak is given to elm, and both know.
fn given() -> Vec<(Name, Fact)> {
    let consent = Consent { id: 1, to: "elm", device: None, is_private: true };
    vec![
        ("oak", Fact::Peer { name: "elm", is_passed_on: false }),
        ("elm", Fact::Peer { name: "oak", is_passed_on: false }),
        ("oak", Fact::Gave(consent)),
        ("oak", Fact::Stands { consent: 1 }),
    ]
}

fn with(facts: &[(Name, Fact)]) -> Vec<(Name, Fact)> {
    given().into_iter().chain(facts.iter().cloned()).collect()
}

fn happened(event: u64) -> (Name, Fact) {
    ("oak", Fact::Happened { event, device: "button" })
}

fn heard(home: Name, event: u64) -> (Name, Fact) {
    (home, Fact::Event { of: "oak", event })
}

fn value(home: Name, version: u64) -> (Name, Fact) {
    let (device, property) = ("lamp".to_owned(), "label".to_owned());
    (home, Fact::Value { of: "oak", device, property, version })
}

const COMMITTED: (Name, Fact) = ("oak", Fact::Committed);
const DIED: (Name, Fact) = ("oak", Fact::Died);
const QUIET: (Name, Fact) = ("oak", Fact::Quiet);
const TOOK: (Name, Fact) = ("oak", Fact::Took { consent: 1 });

#[test]
fn an_event_that_is_on_disk_must_arrive() {
    check(Some("P1"), &with(&[happened(1), COMMITTED, QUIET]));
    check(Some("P1"), &with(&[happened(1), COMMITTED, DIED, QUIET]));
    check(Some("P1"), &with(&[happened(1), COMMITTED, heard("oak", 1), QUIET]));
    check(None, &with(&[happened(1), COMMITTED, heard("elm", 1), QUIET]));
    check(None, &with(&[happened(1), DIED, QUIET]));
    check(None, &with(&[happened(1), COMMITTED, TOOK, QUIET]));
    check(None, &[happened(1), COMMITTED, QUIET]);
    let dropped = |count| ("oak", Fact::Dropped { count });
    check(None, &with(&[happened(1), COMMITTED, dropped(1), QUIET]));
    check(Some("P1"), &with(&[happened(1), happened(2), COMMITTED, dropped(1), QUIET]));
    let kept = |end| ("oak", Fact::Kept { event: 1, to: "elm", until: at(end) });
    check(None, &with(&[happened(1), kept(5), COMMITTED, QUIET]));
    check(Some("P1"), &with(&[happened(1), kept(500), COMMITTED, QUIET]));
}

#[test]
fn a_subscriber_is_told() {
    let subscribed = |home| (home, Fact::Subscribed { to: "oak", until: at(500) });
    let told = |home, seq| {
        let (sid, of, event) = ("s1-1".to_owned(), "oak", Some(1));
        (home, Fact::Notified { sid, seq, of, event })
    };
    let (there, far) = (subscribed("oak"), subscribed("elm"));
    check(Some("P1 for subscribers"), &[there.clone(), happened(1), QUIET]);
    check(None, &[there.clone(), happened(1), told("oak", 1), QUIET]);
    check(None, &[there, happened(1), COMMITTED, DIED, QUIET]);
    let arrived = || heard("elm", 1);
    check(Some("P1 for subscribers"), &with(&[far.clone(), happened(1), COMMITTED, arrived(), QUIET]));
    check(None, &with(&[far.clone(), happened(1), COMMITTED, arrived(), told("elm", 1), QUIET]));
    check(None, &with(&[far.clone(), happened(1), arrived(), DIED, QUIET]));
    check(None, &with(&[far.clone(), TOOK, happened(1), COMMITTED, QUIET]));
    check(None, &[far, happened(1), COMMITTED, QUIET]);
    check(Some("P2"), &[told("oak", 2), told("oak", 2)]);
    check(Some("P2"), &[told("oak", 2), told("oak", 1)]);
    check(None, &[told("oak", 2), told("oak", 5), told("elm", 2), told("elm", 3), told("elm", 1)]);
    check(Some("P2"), &[told("elm", 2), told("elm", 2)]);
}

#[test]
fn nothing_has_two_effects() {
    check(Some("P2"), &with(&[happened(1), heard("elm", 1), heard("elm", 1)]));
    check(Some("P2"), &[happened(1), heard("oak", 1), DIED, heard("oak", 1)]);
    let asked = ("oak", Fact::Asked { ticket: 1, until: at(60) });
    let acted = ("oak", Fact::Acted { ticket: 1 });
    check(Some("P2"), &[asked.clone(), acted.clone(), acted.clone()]);
    check(None, &[asked.clone(), acted.clone()]);
    check(None, &[asked, acted.clone(), DIED, acted]);
}

#[test]
fn a_publish_is_delivered_once_to_each_other_home() {
    let open = || {
        let tie = |id, home: Name, name: Name| {
            let consent = Consent { id, to: name, device: None, is_private: true };
            [
                (home, Fact::Peer { name, is_passed_on: true }),
                (home, Fact::Gave(consent)),
                (home, Fact::Stands { consent: id }),
            ]
        };
        let ties = [tie(1, "oak", "elm"), tie(2, "elm", "oak"), tie(3, "elm", "ash"), tie(4, "ash", "elm")];
        ties.into_iter().flatten().chain([happened(1), COMMITTED, heard("elm", 1)]).collect::<Vec<_>>()
    };
    let then = |facts: &[(Name, Fact)]| open().into_iter().chain(facts.iter().cloned()).collect::<Vec<_>>();
    check(Some("P3"), &then(&[QUIET]));
    check(None, &then(&[heard("ash", 1), QUIET]));
    check(Some("P3"), &then(&[heard("ash", 1), heard("fir", 1)]));
    check(None, &with(&[happened(1), COMMITTED, heard("elm", 1), QUIET]));
}

#[test]
fn no_reader_sees_an_older_version_after_a_newer_one() {
    check(Some("P4"), &with(&[value("oak", 1), value("oak", 2), value("elm", 2), value("elm", 1)]));
    check(Some("P4"), &[value("oak", 2), DIED, value("oak", 1)]);
    check(None, &with(&[value("oak", 1), value("elm", 1), value("elm", 1), value("oak", 2), value("elm", 2)]));
    let hostile = ("oak", Fact::Hostile);
    check(None, &with(&[hostile, value("oak", 1), value("oak", 2), value("elm", 2), value("elm", 1)]));
}

#[test]
fn a_reader_shows_what_is_so_when_all_is_quiet() {
    let shows = |home: Name, topics: &[(&str, u64)]| {
        let shown: Shown = topics
            .iter()
            .map(|(topic, version)| ((*topic).to_owned(), json!({"version": version, "time": home})))
            .collect();
        (home, Fact::Shows(shown))
    };
    let (document, label) = ("oak/zigbee/lamp/$doc", "oak/zigbee/lamp/property/label");
    let truth = || shows("oak", &[(document, 1), (label, 2)]);
    let elm = |topics: &[(&str, u64)]| shows("elm", topics);
    check(None, &with(&[truth(), elm(&[(document, 1), (label, 2)]), QUIET]));
    check(Some("P5"), &with(&[truth(), elm(&[(document, 1), (label, 1)]), QUIET]));
    check(Some("P5"), &with(&[truth(), elm(&[(document, 1)]), QUIET]));
    check(Some("P5"), &with(&[truth(), elm(&[(label, 2)]), QUIET]));
    check(Some("P5"), &with(&[truth(), elm(&[(document, 1), (label, 2), ("oak/zigbee/old/$doc", 1)]), QUIET]));
    let lock = "oak/zigbee/door/property/lock_state";
    let public = Consent { id: 1, to: "elm", device: None, is_private: false };
    let public = |facts: &[(Name, Fact)]| {
        let mut all = with(facts);
        all[2] = ("oak", Fact::Gave(public));
        all
    };
    check(Some("P5"), &public(&[shows("oak", &[(lock, 1)]), elm(&[(lock, 1)]), QUIET]));
    check(None, &public(&[shows("oak", &[(lock, 1)]), elm(&[]), QUIET]));
    check(Some("P5"), &with(&[TOOK, truth(), elm(&[(document, 1), (label, 2)]), QUIET]));
    check(None, &with(&[TOOK, truth(), elm(&[]), QUIET]));
}

#[test]
fn memory_and_work_are_bounded() {
    let holds = |count| ("oak", Fact::Holds { what: "requests", count, limit: 12 });
    check(None, &[holds(12)]);
    check(Some("P6"), &[holds(13)]);
    check(None, &[("oak", Fact::Worked { outputs: 50 })]);
    check(Some("P10"), &[("oak", Fact::Worked { outputs: 50_000 })]);
}

#[test]
fn a_request_acts_in_time_or_never() {
    let asked = |end| ("oak", Fact::Asked { ticket: 1, until: at(end) });
    let acted = || ("elm", Fact::Acted { ticket: 1 });
    check(None, &[asked(60), acted()]);
    check(Some("P7"), &[asked(1), acted()]);
    check(Some("P7"), &[acted()]);
}

#[test]
fn a_request_is_answered_once_and_in_time() {
    let asked = |end| ("oak", Fact::Asked { ticket: 1, until: at(end) });
    let answered = |home| (home, Fact::Answered { ticket: 1, status: 200 });
    check(None, &[asked(60), answered("oak"), QUIET]);
    check(Some("P8"), &[asked(60), answered("oak"), answered("oak")]);
    check(None, &[asked(60), ("oak", Fact::AskedAgain { ticket: 1 }), answered("oak"), answered("oak"), QUIET]);
    check(Some("P8"), &[asked(60), answered("elm")]);
    check(Some("P8"), &[answered("oak")]);
    check(Some("P8"), &[asked(1), QUIET]);
    check(Some("P8"), &[asked(1), answered("oak")]);
    check(None, &[asked(1), DIED, QUIET]);
    check(None, &[asked(60), QUIET]);
}

#[test]
fn a_hostile_home_lies_about_itself_only() {
    check(None, &[("elm", Fact::Forged { by: "oak", of: "oak" })]);
    check(Some("P9"), &[("elm", Fact::Forged { by: "oak", of: "ash" })]);
    check(Some("P9"), &[("elm", Fact::Forged { by: "oak", of: "elm" })]);
}

#[test]
fn nobody_sees_what_no_consent_gives() {
    check(Some("rights"), &[value("oak", 1), value("elm", 1)]);
    check(Some("rights"), &with(&[value("oak", 1), value("ash", 1)]));
    check(Some("rights"), &with(&[value("oak", 1), value("elm", 7)]));
    check(None, &with(&[value("oak", 1), TOOK, value("elm", 1)]));
    check(Some("rights"), &with(&[TOOK, value("oak", 1), value("elm", 1)]));
    check(Some("rights"), &[happened(1), heard("elm", 1)]);
    check(None, &with(&[happened(1), TOOK, heard("elm", 1)]));
    check(Some("rights"), &with(&[TOOK, happened(1), heard("elm", 1)]));
    let only_meter = Consent { id: 1, to: "elm", device: Some("meter"), is_private: true };
    check(Some("rights"), &[("oak", Fact::Gave(only_meter)), value("oak", 1), value("elm", 1)]);
}
