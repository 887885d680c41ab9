//! Whatever is forged, repeated, or somebody else's.

use super::*;

#[test]
fn takes_each_frame_once_and_in_any_order() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    let frames: Vec<_> = (0..50_u8).map(|number| wire.say("elm", &[number])).collect();
    for frame in frames.iter().rev().chain(&frames) {
        wire.give("oak", frame);
    }
    assert_eq!(wire.told.len(), 50);
    assert_eq!(wire.oak.figures().refused(Refused::Repeated), 50);
}

#[test]
fn refuses_a_frame_that_was_changed_anywhere() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    let frame = wire.say("elm", &[3; 40]);
    let long = wire.say("elm", &[3; 70_000]);
    for at in 0..frame.len() {
        let mut changed = frame.clone();
        changed[at] ^= 1;
        wire.give("oak", &changed);
    }
    for length in [0, 1, 17, 18, 30, frame.len() - 1] {
        wire.give("oak", &frame[..length]);
    }
    wire.give("oak", &long[..18 + 65_535]);
    wire.give("oak", &vec![1; LARGEST_FRAME + 1]);
    assert_eq!(wire.told, []);
    wire.give("oak", &frame);
    wire.give("oak", &long);
    assert_eq!(wire.told.len(), 2);
}

#[test]
fn opens_to_nobody_but_the_identity_that_was_pinned() {
    let (elm, oak) = neighbours();
    let stranger = House::new("elm");
    stranger.trust(&oak);
    let mut wire = Wire::new(&stranger, &oak);
    let events = wire.elm.open(wire.now);
    wire.take("elm", events);
    wire.settle();
    wire.pass(Millis::from_secs(10));
    assert!(!wire.oak.is_up() && !wire.elm.is_up());
    assert!(wire.oak.figures().refused(Refused::Unproven) > 0);
    oak.station.book().unpin(elm.station.home());
    let mut wire = Wire::new(&elm, &oak);
    let events = wire.elm.open(wire.now);
    wire.take("elm", events);
    wire.settle();
    assert!(!wire.oak.is_up(), "the trust has ended");
}

#[test]
fn opens_with_no_key_whose_time_is_over_or_to_come() {
    let (elm, oak) = neighbours();
    for day in [-1_i64, 2] {
        let mut wire = Wire::new(&elm, &oak);
        let events = wire.elm.open(noon());
        let mut events: Vec<Event> = events;
        while let Some(Event::Send(frame)) = events.pop() {
            // oak's clock is wrong
            let at = Timestamp::from_millis(noon().as_millis() + day * 86_400_000);
            assert_eq!(wire.oak.receive(at, &frame), [], "{day}");
        }
        assert!(!wire.oak.is_up());
    }
}

#[test]
fn says_of_a_peer_a_day_ahead_that_the_time_is_wrong_and_of_nobody_else() {
    let (elm, oak) = neighbours();
    let ahead = noon() + Millis::from_secs(86_400);
    elm.station.keys().rotate(ahead).unwrap();
    let mut wire = Wire::new(&elm, &oak);
    let sent = |events: Vec<Event>| match events.as_slice() {
        [Event::Send(frame), ..] => frame.clone(),
        other => panic!("{other:?}"),
    };
    let begun = sent(wire.elm.open(ahead));
    let answered = sent(wire.oak.receive(noon(), &begun));
    let finished = sent(wire.elm.receive(ahead, &answered));
    assert_eq!(wire.oak.receive(noon(), &finished), []);
    assert_eq!(wire.oak.figures().refused(Refused::Untimely), 1);
    assert!(!wire.oak.is_up());
}

#[test]
fn keeps_the_session_whatever_anybody_begins() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    for number in 0..2_000_u64 {
        let body = number.to_be_bytes().repeat(4);
        for kind in [Kind::Init, Kind::Reply, Kind::Final, Kind::Lost, Kind::Sealed] {
            let frame = Frame { kind, session: number, number, body: &body }.encode();
            wire.give("oak", &frame);
            wire.give("elm", &frame);
        }
        assert!(wire.elm.is_up() && wire.oak.is_up());
    }
    assert!(wire.oak.figures().refused(Refused::TooMany) > 1_900, "strangers cost little");
    assert!(wire.oak.figures().handshakes_begun <= 17);
    assert!(wire.told.is_empty() && wire.works());
    wire.to_elm.clear();
    wire.to_oak.clear();
    wire.pass(Millis::from_secs(300));
    assert!(wire.works());
}

#[test]
fn holds_a_forged_answer_against_nobody_but_the_forger() {
    let (elm, oak) = neighbours();
    let forger = House::new("oak");
    forger.trust(&elm);
    let mut wire = Wire::new(&elm, &oak);
    let mut other = Wire::new(&elm, &forger);
    let events = wire.elm.open(wire.now);
    wire.take("elm", events);
    let init = wire.to_oak.pop().unwrap();
    // somebody else answers first, with a handshake that is right but for who makes it
    other.give("oak", &init);
    let forged = other.to_elm.pop().unwrap();
    for _ in 0..5 {
        wire.give("elm", &forged);
    }
    wire.give("oak", &init);
    let reply = wire.to_elm.pop().unwrap();
    let mut broken = reply.clone();
    *broken.last_mut().unwrap() ^= 1;
    wire.give("elm", &broken);
    wire.give("elm", &reply);
    let last = wire.to_oak.pop().unwrap();
    for at in [18, 40, 70, last.len() - 1] {
        let mut broken = last.clone();
        broken[at] ^= 1;
        wire.give("oak", &broken);
    }
    wire.give("oak", &last);
    wire.settle();
    assert!(wire.works());
    assert_eq!(wire.elm.figures().refused(Refused::Unproven), 5);
    assert_eq!((wire.elm.figures().handshakes, wire.oak.figures().refused(Refused::Broken)), (1, 4));
}
