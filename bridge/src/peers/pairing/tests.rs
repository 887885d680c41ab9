use std::sync::Arc;

use hes_schemas::{Millis, Timestamp};

use super::{super::trial::*, *};
use crate::peers::{
    channel::{Frame, Kind, PAIRING, Side, Terms, read, write},
    invitation::Invitation,
};

const SECRET: [u8; 32] = [5; 32];

fn later(seconds: u32) -> Timestamp {
    noon() + Millis::from_secs(seconds)
}

fn invitation(host: &House, secret: [u8; 32]) -> Invitation {
    Invitation::new(host.station.keys(), "mqtts://oak.example", secret, later(900)).unwrap()
}

fn host(house: &House) -> Hosting {
    Hosting::new(Arc::clone(&house.station), invitation(house, SECRET))
}

fn join(guest: &House, invitation: Invitation) -> Joining {
    Joining::begin(Arc::clone(&guest.station), invitation, noon()).unwrap()
}

fn frames(events: &[PairEvent]) -> Vec<Vec<u8>> {
    events
        .iter()
        .filter_map(|event| if let PairEvent::Send(frame) = event { Some(frame.clone()) } else { None })
        .collect()
}

fn outcome(events: &[PairEvent]) -> Option<Paired> {
    events.iter().find_map(|event| if let PairEvent::Paired(paired) = event { Some((**paired).clone()) } else { None })
}

/// Carries everything between both sides; returns what each came to.
fn carry(guest: &mut Joining, host: &mut Hosting, from: &str) -> (Option<Paired>, Option<Paired>) {
    let mut to_host = frames(&guest.handle_timeout(noon()));
    let (mut one, mut two) = (None, None);
    while !to_host.is_empty() {
        let said: Vec<_> = to_host.drain(..).flat_map(|frame| host.receive(noon(), &home(from), &frame)).collect();
        two = two.or(outcome(&said));
        let said: Vec<_> = frames(&said).iter().flat_map(|frame| guest.receive(noon(), frame)).collect();
        one = one.or(outcome(&said));
        to_host = frames(&said);
    }
    (one, two)
}

#[test]
fn leads_to_both_identities_and_one_number() {
    let (elm, oak) = (House::new("elm"), House::new("oak"));
    let mut hosting = host(&oak);
    let code: Invitation = hosting.invitation().code().parse().unwrap();
    let (guest, host) = carry(&mut join(&elm, code), &mut hosting, "elm");
    let (guest, host) = (guest.unwrap(), host.unwrap());
    assert_eq!(guest.number, host.number);
    assert_eq!((guest.home, &guest.identity), (home("oak"), oak.station.keys().identity()));
    assert_eq!((host.home, &host.identity), (home("elm"), elm.station.keys().identity()));
    assert!(hosting.used().is_some());
    assert!(elm.station.book().identity(&home("oak")).is_none(), "a number must be confirmed first");
    let text = host.number.to_string();
    assert!(text.len() == 7 && host.number.is_read(&text) && host.number.is_read(&text.replace(' ', "")), "{text}");
    assert!(!host.number.is_read("") && !host.number.is_read(&format!("{text}0")));
}

#[test]
fn comes_to_nothing_without_the_secret() {
    let (elm, oak) = (House::new("elm"), House::new("oak"));
    let mut hosting = host(&oak);
    let outcome = carry(&mut join(&elm, invitation(&oak, [6; 32])), &mut hosting, "elm");
    assert_eq!(outcome, (None, None));
    assert!(hosting.used().is_none());
    let right = carry(&mut join(&elm, invitation(&oak, SECRET)), &mut hosting, "elm");
    assert!(right.0.is_some() && right.1.is_some(), "the invitation is as good as before");
}

#[test]
fn joins_nobody_with_another_fingerprint() {
    let (elm, oak, thief) = (House::new("elm"), House::new("oak"), House::new("oak"));
    let mut hosting = Hosting::new(Arc::clone(&thief.station), invitation(&thief, SECRET));
    assert_eq!(carry(&mut join(&elm, invitation(&oak, SECRET)), &mut hosting, "elm"), (None, None));
    assert!(hosting.used().is_none());
}

#[test]
fn can_be_used_once_and_in_its_time() {
    let (elm, fir, oak) = (House::new("elm"), House::new("fir"), House::new("oak"));
    let mut hosting = host(&oak);
    assert!(carry(&mut join(&elm, invitation(&oak, SECRET)), &mut hosting, "elm").1.is_some());
    assert_eq!(carry(&mut join(&fir, invitation(&oak, SECRET)), &mut hosting, "fir"), (None, None));
    let late = Invitation::new(oak.station.keys(), "", SECRET, noon()).unwrap();
    assert!(Joining::begin(Arc::clone(&elm.station), late, noon()).is_none());
    assert!(Joining::begin(Arc::clone(&oak.station), invitation(&oak, SECRET), noon()).is_none(), "its own");
    let mut joining = join(&elm, invitation(&oak, SECRET));
    let first = frames(&joining.handle_timeout(noon()));
    assert_eq!(host(&oak).receive(later(900), &home("elm"), &first[0]), []);
    assert!(matches!(joining.handle_timeout(later(900)).as_slice(), [PairEvent::Failed(_)]));
    assert_eq!(joining.next_timeout(), None);
}

#[test]
fn goes_on_when_frames_are_lost_doubled_or_forged() {
    let (elm, oak) = (House::new("elm"), House::new("oak"));
    let mut hosting = host(&oak);
    let mut joining = join(&elm, invitation(&oak, SECRET));
    let from = home("elm");
    let (mut guest, mut host) = (None, None);
    for second in 0..12_u32 {
        let now = later(second);
        for frame in frames(&joining.handle_timeout(now)) {
            let mut forged = frame.clone();
            *forged.last_mut().unwrap() ^= 1;
            // what is changed of the first message is another first message
            let said: Vec<_> = [&forged, &frame, &frame].map(|it| hosting.receive(now, &from, it)).concat();
            host = host.or(outcome(&said));
            // every other answer is lost
            for frame in frames(&said).iter().filter(|_| second % 2 == 1) {
                let mut forged = frame.clone();
                *forged.last_mut().unwrap() ^= 1;
                let said: Vec<_> = [&forged, frame, frame].map(|it| joining.receive(now, it)).concat();
                guest = guest.or(outcome(&said));
            }
        }
    }
    let (guest, host): (Paired, Paired) = (guest.unwrap(), host.unwrap());
    assert_eq!(guest.number, host.number);
}

/// Another run of the home that has invited, with what it has kept.
fn restart(house: &mut House, hosting: &Hosting) -> Hosting {
    house.restart();
    Hosting::restored(Arc::clone(&house.station), hosting.invitation().clone(), hosting.used().cloned())
}

/// Carries everything until both have come to an end, a second at a time, from a second on.
fn go_on(guest: &mut Joining, host: &mut Hosting, seconds: std::ops::Range<u32>) -> (Option<Paired>, Option<Paired>) {
    let (mut one, mut two) = (None, None);
    for now in seconds.map(later) {
        let mut to_host = frames(&guest.handle_timeout(now));
        while !to_host.is_empty() {
            let said: Vec<_> = to_host.drain(..).flat_map(|frame| host.receive(now, &home("elm"), &frame)).collect();
            two = outcome(&said).or(two);
            let said: Vec<_> = frames(&said).iter().flat_map(|frame| guest.receive(now, frame)).collect();
            one = outcome(&said).or(one);
            to_host = frames(&said);
        }
    }
    (one, two)
}

#[test]
fn outlives_the_end_of_either_gateway_at_any_step() {
    for lost in 0..4 {
        let (elm, mut oak) = (House::new("elm"), House::new("oak"));
        let mut hosting = host(&oak);
        let mut joining = join(&elm, invitation(&oak, SECRET));
        let mut said = frames(&joining.handle_timeout(noon()));
        for step in 0..lost {
            let heard: Vec<_> = match step % 2 {
                0 => said.iter().flat_map(|frame| hosting.receive(noon(), &home("elm"), frame)).collect(),
                _ => said.iter().flat_map(|frame| joining.receive(noon(), frame)).collect(),
            };
            said = frames(&heard);
        }
        hosting = restart(&mut oak, &hosting);
        let first = hosting.used().cloned();
        let (guest, host) = go_on(&mut joining, &mut hosting, 1..20);
        let guest = guest.unwrap_or_else(|| panic!("the host stopped after {lost} frames"));
        assert_eq!(host.is_none(), first.is_some(), "it is through once");
        assert!(host.is_none_or(|host| host.number == guest.number));
    }
}

#[test]
fn begins_anew_for_the_home_that_has_used_it_and_for_nobody_under_its_name() {
    let (elm, thief, oak) = (House::new("elm"), House::new("elm"), House::new("oak"));
    let mut hosting = host(&oak);
    let (_, before) = carry(&mut join(&elm, invitation(&oak, SECRET)), &mut hosting, "elm");
    let (guest, host) = go_on(&mut join(&elm, invitation(&oak, SECRET)), &mut hosting, 1..3);
    let (guest, host) = (guest.unwrap(), host.unwrap());
    assert_eq!(guest.number, host.number);
    assert_eq!(before.unwrap().identity, host.identity);
    assert_eq!(go_on(&mut join(&thief, invitation(&oak, SECRET)), &mut hosting, 3..12), (None, None));
}

#[test]
fn lets_no_guest_show_another_identity_than_it_began_with() {
    let (elm, oak) = (House::new("elm"), House::new("oak"));
    for is_honest in [true, false] {
        let mut hosting = host(&oak);
        let prologue = prologue("hes/1", &home("elm"), &home("oak"));
        let voice = &elm.station.voice;
        let terms = Terms { pattern: PAIRING, voice, prologue: &prologue, secret: Some(&SECRET), chance: [3; 32] };
        let mut state = terms.initiator().unwrap();
        let begun = write(&mut state, &commitment(elm.station.keys().identity(), &[1; 32])).unwrap();
        let send = |hosting: &mut Hosting, kind, body: &[u8]| {
            hosting.receive(noon(), &home("elm"), &Frame { kind, session: 7, number: 0, body }.encode())
        };
        let reply = frames(&send(&mut hosting, Kind::PairInit, &begun)).remove(0);
        read(&mut state, Frame::decode(&reply).unwrap().body).unwrap();
        // whoever has seen what the host shows could look for a number by trying nonces
        let nonce = if is_honest { [1; 32] } else { [2; 32] };
        let card = card::show(&elm.station, &home("oak"), Side::Guest, &nonce, noon()).unwrap();
        let events = send(&mut hosting, Kind::PairFinal, &write(&mut state, &card).unwrap());
        assert_eq!(outcome(&events).is_some(), is_honest);
        assert_eq!(matches!(events.as_slice(), [PairEvent::Failed(_)]), !is_honest);
    }
}

#[test]
fn computes_the_number_from_all_that_both_show() {
    let (elm, oak) = (House::new("elm"), House::new("oak"));
    let (one, two) = (elm.station.keys().identity(), oak.station.keys().identity());
    let (elm, oak) = (home("elm"), home("oak"));
    let number = |guest: (&HomeId, &PublicKey, u8), host: (&HomeId, &PublicKey, u8)| {
        let (first, second) = ([guest.2; 32], [host.2; 32]);
        let guest = Shown { home: guest.0, identity: guest.1, nonce: &first };
        Number::of(guest, Shown { home: host.0, identity: host.1, nonce: &second })
    };
    let honest = number((&elm, one, 1), (&oak, two, 2));
    let others = [
        number((&oak, one, 1), (&oak, two, 2)),
        number((&elm, two, 1), (&oak, two, 2)),
        number((&elm, one, 3), (&oak, two, 2)),
        number((&elm, one, 1), (&elm, two, 2)),
        number((&elm, one, 1), (&oak, one, 2)),
        number((&elm, one, 1), (&oak, two, 3)),
    ];
    assert!(!others.contains(&honest));
    assert_ne!(commitment(one, &[1; 32]), commitment(one, &[2; 32]));
    assert_ne!(commitment(one, &[1; 32]), commitment(two, &[1; 32]));
}

#[test]
fn costs_strangers_more_than_it_costs_the_host() {
    let (elm, oak) = (House::new("elm"), House::new("oak"));
    let mut hosting = host(&oak);
    let before = oak.station.keys().figures().signed;
    for number in 0..1_000_u64 {
        let body = number.to_be_bytes().repeat(9);
        for kind in [Kind::PairInit, Kind::PairFinal, Kind::PairReply, Kind::PairDone, Kind::Sealed] {
            let frame = Frame { kind, session: number, number: 0, body: &body }.encode();
            drop(hosting.receive(noon(), &home("ash"), &frame));
        }
    }
    assert!(oak.station.keys().figures().signed - before <= 16);
    let mut joining = join(&elm, invitation(&oak, SECRET));
    let frame = frames(&joining.handle_timeout(later(30)));
    assert_eq!(frames(&hosting.receive(later(30), &home("elm"), &frame[0])).len(), 1);
}
