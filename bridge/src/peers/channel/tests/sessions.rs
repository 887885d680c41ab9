//! Sessions: how they begin, follow each other, and end.

use super::*;

#[test]
fn opens_from_either_side_and_carries_messages_both_ways() {
    let (elm, oak) = neighbours();
    for first in ["elm", "oak"] {
        let mut wire = Wire::new(&elm, &oak);
        let events = if first == "elm" { wire.elm.open(wire.now) } else { wire.oak.open(wire.now) };
        wire.take(first, events);
        wire.settle();
        assert_eq!(wire.told, [("elm", Told::Up), ("oak", Told::Up)], "{first}");
        assert!(wire.works());
        assert_eq!((wire.elm.figures().handshakes, wire.oak.figures().handshakes), (1, 1));
        assert_eq!(wire.elm.figures().all_refused() + wire.oak.figures().all_refused(), 0);
    }
}

#[test]
fn opens_once_when_both_sides_want_to_at_the_same_time() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::new(&elm, &oak);
    let (one, two) = (wire.elm.open(wire.now), wire.oak.open(wire.now));
    wire.take("elm", one);
    wire.take("oak", two);
    wire.settle();
    wire.pass(Millis::from_secs(120));
    assert_eq!(wire.elm.figures().handshakes, 1);
    assert!(wire.works());
}

#[test]
fn carries_messages_of_any_size_up_to_the_limit() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    for length in [0, 1, 65_513, 65_514, 65_515, 131_033, LARGEST] {
        let said = vec![7; length];
        let frame = wire.say("elm", &said);
        assert!(frame.len() <= LARGEST_FRAME);
        wire.give("oak", &frame);
        assert_eq!(wire.told.pop(), Some(("oak", Told::Heard(said))), "{length}");
    }
    assert_eq!(wire.elm.seal(&vec![7; LARGEST + 1]), Err(SealError::TooLarge));
}

#[test]
fn costs_no_signature_while_it_is_steady() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    let before = (elm.station.keys().figures(), oak.station.keys().figures());
    for _ in 0..100 {
        assert!(wire.works());
    }
    assert_eq!((elm.station.keys().figures(), oak.station.keys().figures()), before);
    assert_eq!((before.0.verified, before.1.verified), (2, 2), "a certificate and a voice each");
}

#[test]
fn goes_on_with_another_signing_key_without_a_break() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    for (round, house) in [&elm, &oak].into_iter().enumerate() {
        house.station.keys().rotate(wire.now).unwrap();
        let under_way = wire.say("elm", b"sealed before");
        wire.tick();
        while !wire.to_elm.is_empty() || !wire.to_oak.is_empty() {
            for frame in std::mem::take(&mut wire.to_oak) {
                wire.give("oak", &frame);
                let said = wire.say("oak", b"meanwhile");
                wire.to_elm.push(said);
            }
            for frame in std::mem::take(&mut wire.to_elm) {
                wire.give("elm", &frame);
            }
        }
        wire.give("oak", &under_way);
        assert!(wire.told.iter().all(|(_, told)| matches!(told, Told::Heard(_))), "{:?}", wire.told);
        assert!(wire.told.contains(&("oak", Told::Heard(b"sealed before".to_vec()))));
        assert_eq!(wire.elm.figures().handshakes, 2 + u64::try_from(round).unwrap());
        assert!(wire.works());
    }
    let kid = oak.station.keys().current(wire.now).unwrap().certificate().key().id().to_string();
    assert!(elm.station.book().find(oak.station.home(), &kid, wire.now).is_some());
}

#[test]
fn changes_the_session_every_day_and_ends_one_that_cannot_be_changed() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    wire.pass(Millis::from_secs(23 * 3_600));
    for house in [&elm, &oak] {
        house.station.keys().tend(wire.now).unwrap();
    }
    wire.pass(Millis::from_secs(2 * 3_600));
    assert!(wire.elm.figures().handshakes >= 2);
    assert_eq!(wire.told, []);
    assert!(wire.works());
    wire.told.clear();
    // nothing arrives any more
    wire.now = wire.now + Millis::from_secs(26 * 3_600);
    wire.tick();
    assert_eq!(wire.told, [("elm", Told::Down), ("oak", Told::Down)]);
    assert_eq!(wire.elm.seal(b"x"), Err(SealError::Down));
}

#[test]
fn tells_when_the_peer_has_started_anew() {
    for which in ["elm", "oak"] {
        let (mut elm, mut oak) = neighbours();
        let mut wire = Wire::up(&elm, &oak);
        let other = if which == "elm" {
            elm.restart();
            wire.elm = Channel::new(Arc::clone(&elm.station), home("oak")).unwrap();
            let events = wire.elm.open(wire.now);
            wire.take("elm", events);
            "oak"
        } else {
            oak.restart();
            wire.oak = Channel::new(Arc::clone(&oak.station), home("elm")).unwrap();
            // elm does not know, and goes on
            let frame = wire.say("elm", b"lost");
            wire.give("oak", &frame);
            "elm"
        };
        wire.settle();
        let told: Vec<_> = wire.told.iter().filter(|(who, _)| *who == other).map(|(_, told)| told.clone()).collect();
        assert_eq!(told, [Told::Down, Told::Up], "{which}");
        assert!(wire.works());
    }
}
