//! A gateway that pairs honestly, and then says whatever it is told to.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use hes_bridge::peers::{
    book::Book,
    channel::{Channel, Event},
    invitation::Invitation,
    keys::{Keys, LIFE},
    pairing::{Joining, PairEvent, Paired},
    station::Station,
    words::unpack,
};
use hes_schemas::{
    Encoding, HomeId, Millis, Root, Timestamp, encode,
    link::{Ask, Heard, Hello, LinkLimits, LinkMessage},
};
use hes_tests::{
    client::{Client, Refused},
    gateway::Gateway,
    neighbours::{say, text},
    wire::{Account, Message, Version},
};
use secrecy::ExposeSecret;
use tempfile::TempDir;

/// What is within the seal, by its first byte.
const SAID: u8 = 0;
const ACCOUNT: u8 = 1;
const CALL: u8 = 2;

/// One gateway of home `elm`, at the broker of the home that it is paired with.
pub(crate) struct Liar {
    _data: TempDir,
    client: Client,
    channel: Channel,
    to: String,
    from: String,
    account: Option<Account>,
    heard: Vec<LinkMessage>,
    asked: u64,
    epoch: u64,
    /// All frames that it has sent.
    pub(crate) sent: Vec<Vec<u8>>,
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(since.as_millis().try_into().unwrap())
}

fn home(name: &str) -> HomeId {
    HomeId::new(name).unwrap()
}

impl Liar {
    /// Comes to be trusted as home `elm` by a home, as any gateway does, and is linked with it.
    pub(crate) fn pair(victim: &Gateway) -> Self {
        let data = TempDir::new().unwrap();
        let keys = Arc::new(Keys::open_or_make(data.path(), &home("elm"), LIFE, now()).unwrap());
        let station = Arc::new(Station::new(keys, Arc::new(Book::default()), Root::default()).unwrap());
        let invited = say(victim, &["peer", "invite", &format!("mqtt://{}", victim.address())]);
        let invitation: Invitation = text(&invited, "code").parse().unwrap();
        let (to, from) = (format!("hes/1/$link/elm/{}", victim.home()), format!("hes/1/$link/{}/elm", victim.home()));
        let (user, password) = invitation.account();
        let mut client = connect(victim, &Account::new(&user, password.expose_secret()), &from);
        let paired = join(&station, invitation, &mut client, (&to, &from));
        say(victim, &["peer", "confirm", "elm", &paired.number.to_string()]);
        station.book().pin(paired.home.clone(), paired.identity);
        let channel = Channel::new(station, paired.home).unwrap();
        let (heard, sent) = (Vec::new(), Vec::new());
        let mut liar = Self { _data: data, client, channel, to, from, account: None, heard, asked: 0, epoch: 1, sent };
        liar.open();
        liar.take_account(victim);
        liar
    }

    /// Exchanges the account of the invitation for the one that it is handed.
    fn take_account(&mut self, victim: &Gateway) {
        while self.account.is_none() {
            self.step();
        }
        self.client = connect(victim, &self.account(), &self.from);
        self.open();
    }

    /// Returns its account at the broker.
    pub(crate) fn account(&self) -> Account {
        self.account.clone().unwrap()
    }

    /// Connects anew, as it does when it was sent away.
    pub(crate) fn come_back(&mut self, victim: &Gateway) {
        self.client = connect(victim, &self.account(), &self.from);
        self.open();
    }

    /// Begins a session, and says hello on it.
    fn open(&mut self) {
        let before = self.channel.figures().handshakes;
        let events = self.channel.open(now());
        self.perform(events);
        while self.channel.figures().handshakes == before {
            self.step();
        }
        self.hello();
    }

    /// Says hello as an honest gateway does, in a life of its own.
    pub(crate) fn hello(&mut self) {
        self.epoch += 1;
        let limits = LinkLimits { bytes: 1 << 19, asks: 64 };
        let formats = vec!["application/cbor".to_owned()];
        let (home, epoch, heard) = (home("elm"), self.epoch, Heard::default());
        self.say(&LinkMessage::Hello(Hello { versions: vec![1], formats, home, epoch, limits, heard, at: None }));
    }

    /// Says a word.
    pub(crate) fn say(&mut self, message: &LinkMessage) {
        self.say_cbor(&encode(Encoding::Cbor, message));
    }

    /// Says any bytes where a word should be.
    pub(crate) fn say_cbor(&mut self, bytes: &[u8]) {
        self.say_bytes(&[&[SAID], bytes].concat());
    }

    /// Says any bytes within the seal.
    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        let frame = self.channel.seal(bytes).unwrap();
        self.send(frame).unwrap();
        self.take_in();
    }

    /// Sends any bytes as a frame.
    pub(crate) fn send(&mut self, frame: Vec<u8>) -> Result<(), Refused> {
        self.sent.push(frame.clone());
        self.client.publish(Message::new(self.to.as_str(), frame))
    }

    /// Asks by a token that nobody knows, and returns when it is told so; nothing if it is not listened to in the end.
    pub(crate) fn is_answered(&mut self) {
        self.asked += 1;
        let id = 1_000_000 + self.asked;
        self.say(&LinkMessage::Ask(Ask {
            id,
            token: "none".to_owned(),
            path: "oak/zigbee/lamp/property/on/get".to_owned(),
            body: hes_schemas::Datum::Null,
            ttl: Millis::from_secs(5),
            since: None,
            request: None,
            client: None,
            trace: None,
            via: Vec::new(),
        }));
        while !self.heard.iter().any(|it| matches!(it, LinkMessage::Reply(reply) if reply.id == id)) {
            self.step();
        }
        self.heard.clear();
    }

    /// Takes in what comes next.
    fn step(&mut self) {
        self.client.step().unwrap();
        self.take_in();
    }

    fn take_in(&mut self) {
        while let Some(message) = self.client.take(&self.from) {
            let events = self.channel.receive(now(), &message.payload);
            self.perform(events);
        }
    }

    fn perform(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Send(frame) => self.send(frame).unwrap(),
                Event::Message(message) => self.hear(&message),
                Event::Up | Event::Down(_) => {}
            }
        }
    }

    fn hear(&mut self, message: &[u8]) {
        if let Some(messages) = unpack(message) {
            return self.heard.extend(messages.map(Result::unwrap));
        }
        match message.split_first() {
            Some((&ACCOUNT, account)) => {
                let account: serde_json::Value = serde_json::from_slice(account).unwrap();
                self.account = Some(Account::new(text(&account, "user"), text(&account, "password")));
            }
            // how long the way takes is not answered: it is nobody's business
            Some((&CALL, _)) => {}
            other => panic!("{other:?} is nothing that is known"),
        }
    }
}

fn connect(victim: &Gateway, account: &Account, from: &str) -> Client {
    let mut client =
        Client::connect(victim.address(), Version::V5, &format!("liar-{}", account.user), Some(account)).unwrap();
    client.subscribe(&[from]).unwrap();
    client
}

fn join(station: &Arc<Station>, invitation: Invitation, client: &mut Client, (to, from): (&str, &str)) -> Paired {
    let mut joining = Joining::begin(Arc::clone(station), invitation, now()).unwrap();
    let mut events = joining.handle_timeout(now());
    loop {
        for event in std::mem::take(&mut events) {
            match event {
                PairEvent::Send(frame) => client.publish(Message::new(to, frame)).unwrap(),
                PairEvent::Paired(paired) => return *paired,
                PairEvent::Failed(reason) => panic!("{reason}"),
            }
        }
        match client.take(from) {
            Some(message) => events = joining.receive(now(), &message.payload),
            None => client.step().unwrap(),
        }
    }
}
