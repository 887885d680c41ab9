//! Somebody who has the keys of a home, and speaks to another in its name.

use std::{fmt, sync::Arc};

use hes_bridge::{
    peers::{
        book::Book,
        channel::{Channel, Event},
        keys::Keys,
        station::Station,
        words::{pack, unpack},
    },
    store::{Ledger, PeerRow},
};
use hes_schemas::{
    HomeId, Root,
    link::{Beat, Heard, Hello, LinkLimits, LinkMessage, VERSION},
};
use secrecy::ExposeSecret;

use crate::{
    client::Client,
    forge,
    gateway::Gateway,
    wire::{Account, Message, Version},
};

/// A gateway in the wrong hands: it says what it is told to, through the same seal as an honest one.
pub struct Impostor {
    client: Client,
    channel: Channel,
    /// Where it speaks, and where it is spoken to.
    topics: (String, String),
    heard: Vec<LinkMessage>,
}

impl Impostor {
    /// Takes the place of a gateway that does not run any more and has met `victim` at the victim's own broker; when this
    /// returns, both have said hello.
    ///
    /// # Panics
    /// If the victim does not let it in.
    #[must_use]
    pub fn of(stolen: &Gateway, victim: &Gateway) -> Self {
        let row = stolen_row(stolen, victim);
        let keys = forge::keys(&stolen.path("data"), stolen.home());
        Self::with(keys, &row, stolen.home(), victim)
    }

    fn with(keys: Keys, row: &PeerRow, own: &str, victim: &Gateway) -> Self {
        let book = Book::default();
        book.pin(row.home.clone(), row.identity.clone());
        let station = Station::new(Arc::new(keys), Arc::new(book), Root::default()).expect("there is chance");
        let channel = Channel::new(Arc::new(station), row.home.clone()).expect("it is another home");
        let password = row.password.as_ref().expect("an account there").expose_secret();
        let account = Account::new(row.user.as_ref().expect("an account there"), password);
        let client = Client::connect(victim.address(), Version::V5, &format!("hes-bridge-{own}-x"), Some(&account));
        let (to, from) = (format!("hes/1/$link/{own}/{}", row.home), format!("hes/1/$link/{}/{own}", row.home));
        let client = client.expect("the account of the gateway is let in");
        let mut impostor = Self { client, channel, topics: (to, from), heard: Vec::new() };
        impostor.client.subscribe(&[&impostor.topics.1]).expect("it may hear what is said to it");
        let events = impostor.channel.open(forge::now());
        impostor.perform(events);
        impostor.until("hello is said", |said| matches!(said, LinkMessage::Hello(_)).then_some(()));
        impostor.say(&LinkMessage::Hello(hello(own)));
        impostor
    }

    /// Says something.
    ///
    /// # Panics
    /// If it cannot be said.
    pub fn say(&mut self, message: &LinkMessage) {
        for piece in pack(std::slice::from_ref(message)) {
            let frame = self.channel.seal(&piece).expect("there is a session");
            self.send(frame);
        }
    }

    /// Waits until something is said that a look finds; all before it is forgotten.
    ///
    /// # Panics
    /// If that does not happen in time, or the connection ends.
    pub fn until<T>(&mut self, what: &str, mut look: impl FnMut(&LinkMessage) -> Option<T>) -> T {
        loop {
            while !self.heard.is_empty() {
                if let Some(seen) = look(&self.heard.remove(0)) {
                    return seen;
                }
            }
            let (topic, what) = (self.topics.1.clone(), format!("{what}, to who took the place of a gateway"));
            let frame = self.client.until(&what, |client| client.take(&topic)).payload;
            let events = self.channel.receive(forge::now(), &frame);
            self.perform(events);
            let events = self.channel.handle_timeout(forge::now());
            self.perform(events);
        }
    }

    fn perform(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Send(frame) => self.send(frame),
                Event::Message(message) => self.hear(&message),
                Event::Up | Event::Down(_) => {}
            }
        }
    }

    fn hear(&mut self, message: &[u8]) {
        for said in unpack(message).into_iter().flatten() {
            let said = said.expect("what an honest gateway says");
            if matches!(said, LinkMessage::Beat(_)) {
                self.say(&LinkMessage::Beat(Beat { heard: Heard::default(), at: None }));
            }
            self.heard.push(said);
        }
    }

    fn send(&mut self, frame: Vec<u8>) {
        self.client.publish(Message::new(self.topics.0.clone(), frame)).expect("it may say what is its own to say");
    }
}

impl fmt::Debug for Impostor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Impostor").field("topics", &self.topics).finish_non_exhaustive()
    }
}

/// Reads what a gateway that does not run keeps of another.
///
/// # Panics
/// If it keeps nothing of it.
#[must_use]
pub fn stolen_row(stolen: &Gateway, of: &Gateway) -> PeerRow {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rows = runtime.block_on(async {
        let ledger = Ledger::open(&stolen.path("data")).await.expect("the store can be read");
        ledger.peers().await.expect("the store can be read")
    });
    rows.into_iter().find(|row| row.home.as_str() == of.home()).expect("there is trust with that home")
}

fn hello(own: &str) -> Hello {
    Hello {
        versions: vec![VERSION],
        formats: vec!["application/cbor".to_owned()],
        home: HomeId::new(own).expect("an id"),
        epoch: 1_000,
        limits: LinkLimits { bytes: 1 << 19, asks: 64 },
        heard: Heard::default(),
        at: None,
    }
}
