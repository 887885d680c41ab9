//! What a hostile home says.

use hes_schemas::{
    ClientId, Datum, Encoding, EventName, HomeId, Limits, Timestamp, UserName, decode, encode,
    link::{
        Ask, Beat, Entry, FederationMessage, Heard, Hello, Item, LinkEvent, LinkLimits, LinkMessage, LinkNotification,
        Log, Mark, Member, Reply, Stamp, State, TokenMessage,
    },
    message::{EventKind, Notification},
};

use crate::{home::home_id, outcome::FORGED, topology::Name, world::World};

impl World {
    /// Lets the hostile home, if there is one, say something untrue to somebody who listens.
    pub(crate) fn lie(&mut self) {
        let Some(liar) = self.liar.filter(|liar| self.is_alive(*liar)) else { return };
        let peers = self.homes[liar].peers.clone();
        let peer = &peers[self.chance.place(peers.len())].home;
        let Some(victim) = self.home_of(peer) else { return };
        let about = self.chance.place(self.homes.len());
        let message = self.untruth(self.name(liar), self.name(about));
        // what cannot be read never comes so far
        let bytes = encode(Encoding::Cbor, &message);
        if let Ok(message) = decode(Encoding::Cbor, &bytes, Limits::CLUSTER) {
            self.say(liar, victim, message);
        }
    }

    fn untruth(&mut self, liar: Name, about: Name) -> LinkMessage {
        let large = self.chance.pick(&[0, 1, 7, 1 << 40, i64::MAX.unsigned_abs()]);
        let small = self.chance.below(200);
        let number = self.chance.pick(&[small, large]);
        match self.chance.below(11) {
            0 | 1 => LinkMessage::State(self.states(liar, about, number)),
            2 | 3 => LinkMessage::Log(Log { seq: number, entry: Entry::Event(self.event(liar, about, number)) }),
            4 => LinkMessage::Beat(Beat { heard: self.heard(number), at: Some(number) }),
            5 => LinkMessage::Hello(hello(about, number, self.heard(number))),
            6 => LinkMessage::Reply(Reply { id: number, body: forged(liar) }),
            7 => LinkMessage::Ask(ask(liar, about, number)),
            8 => LinkMessage::Log(Log { seq: number, entry: Entry::Notification(notification(liar, self.now)) }),
            9 => LinkMessage::Token(token(number, self.now)),
            _ => {
                let member = Member { home: home_id(about), user: user() };
                let federation = format!("{about}-1-{small}");
                let message = match number % 2 {
                    0 => FederationMessage::Left { federation, member },
                    _ => FederationMessage::Dissolved { federation },
                };
                LinkMessage::Log(Log { seq: number, entry: Entry::Federation(message) })
            }
        }
    }

    fn states(&mut self, liar: Name, about: Name, number: u64) -> State {
        let device = self.chance.pick(&["lamp", "meter", "nosuch", "../up"]);
        let path = self.chance.pick(&["property/label", "$doc", "$status", "native/label", "label", "$req/peer"]);
        let body = self.chance.pick(&[Some(()), None]).map_or(Datum::Null, |()| forged(liar));
        let via = self.via();
        let item = Item { path: format!("{about}/zigbee/{device}/{path}"), stamp: stamp(number), body, via };
        let snapshot =
            self.chance.pick(&[None, Some(Mark::Whole), Some(Mark::First), Some(Mark::Last), Some(Mark::More)]);
        State { from: number, to: number.wrapping_add(self.chance.below(3)), snapshot, items: vec![item] }
    }

    fn event(&mut self, liar: Name, about: Name, number: u64) -> LinkEvent {
        let path = format!("{about}/zigbee/button/event/{}", EventName::new("action").unwrap());
        let until = Timestamp::from_millis(self.now.as_millis() + 60_000);
        LinkEvent { path, stamp: stamp(number), body: forged(liar), until, via: self.via() }
    }

    fn heard(&mut self, number: u64) -> Heard {
        Heard { epoch: self.chance.below(4), state: number, log: self.chance.pick(&[number, 0, u64::MAX]) }
    }

    fn via(&mut self) -> Vec<HomeId> {
        let names: Vec<Name> = self.homes.iter().map(|home| home.name).collect();
        (0..self.chance.below(3)).map(|_| home_id(self.chance.pick(&names))).collect()
    }
}

fn stamp(number: u64) -> Stamp {
    Stamp { epoch: number, seq: number }
}

fn user() -> UserName {
    UserName::new(crate::people::ANNA).unwrap()
}

fn forged(by: Name) -> Datum {
    let text = format!("{FORGED}{by}");
    let fields: [(Box<str>, Datum); 3] = [
        ("value".into(), Datum::text(&text)),
        ("version".into(), Datum::Integer(7)),
        ("id".into(), Datum::text(&text)),
    ];
    fields.into_iter().collect()
}

fn hello(about: Name, epoch: u64, heard: Heard) -> Hello {
    let limits = LinkLimits { bytes: 0, asks: 0 };
    Hello {
        versions: vec![1],
        formats: vec!["application/cbor".to_owned()],
        home: home_id(about),
        epoch,
        limits,
        heard,
        at: Some(epoch),
    }
}

fn ask(liar: Name, about: Name, id: u64) -> Ask {
    Ask {
        id,
        token: format!("{about}-{id}"),
        path: format!("{about}/zigbee/lamp/property/label/set"),
        body: forged(liar),
        ttl: hes_schemas::Millis::from_secs(600),
        since: Some(id),
        request: None,
        client: None,
        trace: None,
        via: Vec::new(),
    }
}

fn token(number: u64, now: Timestamp) -> TokenMessage {
    let (federation, jti) = (format!("oak-1-{number}"), format!("{number}-1"));
    match number % 3 {
        0 => TokenMessage::Revoked { jti },
        1 => TokenMessage::Refused { federation, user: user() },
        _ => TokenMessage::Given {
            federation,
            user: user(),
            token: "no".to_owned(),
            jti,
            until: now,
            grants: Vec::new(),
        },
    }
}

fn notification(liar: Name, now: Timestamp) -> LinkNotification {
    let notification = Notification {
        sid: hes_schemas::Sid::new("s1-1").unwrap(),
        seq: 1,
        event: EventKind::DeviceEvent,
        device: "oak/zigbee/button".to_owned(),
        property: Some("action".to_owned()),
        value: Some(forged(liar)),
        unit: None,
        quality: None,
        version: None,
        time: now,
        cause: None,
        request: None,
        initial: false,
    };
    let until = Timestamp::from_millis(now.as_millis() + 60_000);
    LinkNotification { user: user(), client: ClientId::new("anna-1").unwrap(), until, notification }
}
