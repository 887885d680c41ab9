//! What a peer's account may not say, nor hear.

use hes_tests::{
    client::{Client, Refused},
    gateway::Gateway,
    wire::{Account, Message, Version},
};

use crate::Village;

const SAID: &str = "said by a hostile peer";

const PLACES: [&str; 16] = [
    "hes/1/oak/zigbee/lamp/property/on/set",
    "hes/1/oak/zigbee/lamp/property/on",
    "hes/1/oak/$req/devices",
    "hes/1/oak/$status",
    "hes/1/elm/zigbee/lamp/property/on",
    "hes/1/elm/$req/devices",
    "hes/1/fir/zigbee/lamp/property/on",
    "hes/1/$link/fir/oak",
    "hes/1/$link/oak/fir",
    "hes/1/$link/oak/elm",
    "hes/1/$link/elm/fir",
    "hes/1/$link/elm/oak/more",
    "hes/1/x",
    "zigbee2mqtt/lamp/set",
    "homeassistant/light/x/config",
    "any/thing",
];

const FILTERS: [&str; 17] = [
    "#",
    "+/#",
    "hes/#",
    "hes/1/#",
    "hes/1/+/+/+",
    "hes/1/oak/#",
    "hes/1/oak/$res/owner",
    "hes/1/oak/zigbee/lamp/property/on",
    "hes/1/$link/#",
    "hes/1/$link/oak/+",
    "hes/1/$link/oak/fir",
    "hes/1/$link/fir/oak",
    "hes/1/$link/elm/oak",
    "$share/g/hes/1/#",
    "$share/g/hes/1/$link/oak/fir",
    "zigbee2mqtt/#",
    "$SYS/#",
];

fn connect(gateway: &Gateway, account: &Account) -> Client {
    Client::connect(gateway.address(), Version::V5, "another", Some(account)).unwrap()
}

#[test]
fn an_account_of_another_home_says_and_hears_nothing_but_its_own() {
    let mut village = Village::found();
    let account = village.elm.account();
    let mut witness = village.oak.gateway.client("owner");
    witness.subscribe(&["#", "hes/1/#"]).unwrap();
    let mut hostile = connect(&village.oak.gateway, &account);
    for filter in FILTERS {
        assert_eq!(hostile.subscribe(&[filter]), Err(Refused::Code(0x87)), "{filter}");
    }
    let mut refused = 0.0;
    for place in PLACES {
        for retain in [false, true] {
            let message = Message::new(place, SAID);
            let done = hostile.publish(if retain { message.retained() } else { message });
            match done {
                Ok(()) => {}
                Err(Refused::Code(0x87)) => refused += 1.0,
                Err(other) => panic!("{place}: {other:?}"),
            }
        }
    }
    hostile.publish(Message::new("hes/1/$link/elm/oak", SAID).retained()).unwrap();
    let counted = village.oak.gateway.metric("hes_peers_publishes_refused_total").unwrap();
    assert_eq!(refused + counted, 2.0 * 16.0 + 1.0, "each is refused, or set aside and counted");
    village.is_unharmed("what it may not say");
    village.elm.is_answered();
    witness.fence();
    assert!(witness.heard().iter().all(|it| !it.text().contains(SAID)), "{:?}", witness.heard());
    village.is_sound();
}

#[test]
fn a_will_of_another_home_is_not_done_where_it_may_not_speak() {
    let mut village = Village::found();
    let account = village.elm.account();
    let mut witness = village.oak.gateway.client("owner");
    witness.subscribe(&["#", "hes/1/#"]).unwrap();
    for (number, place) in PLACES.into_iter().enumerate() {
        let mut stream = std::net::TcpStream::connect(village.oak.gateway.address()).unwrap();
        let greeting = with_will(&format!("dying-{number}"), &account, place);
        std::io::Write::write_all(&mut stream, &greeting).unwrap();
        // it is refused, or let in; then it ends without a word
        drop(hes_tests::wire::read_any(&mut stream));
    }
    village.is_unharmed("wills");
    village.elm.is_answered();
    witness.fence();
    assert!(witness.heard().iter().all(|it| !it.text().contains(SAID)), "{:?}", witness.heard());
    village.is_sound();
}

/// Writes a CONNECT of MQTT 5 with a will.
fn with_will(client: &str, account: &Account, place: &str) -> Vec<u8> {
    let text = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    let head = [&text("MQTT")[..], &[5, 0xee, 0, 60, 0]].concat();
    let will = [&[0][..], &text(place), &text(SAID)].concat();
    let body = [head, text(client), will, text(&account.user), text(&account.password)].concat();
    let low = u8::try_from(body.len() & 0x7f).unwrap() | 0x80;
    [&[0x10, low, u8::try_from(body.len() >> 7).unwrap()][..], &body].concat()
}
