//! Who listens at a home: to all that is said there of any home, and to what it subscribed to be told.

use std::{
    collections::BTreeSet,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use hes_tests::{
    client::Answer,
    gateway::Gateway,
    patience::until,
    wire::{self, Hangup, Message, Packet, Properties, Qos, Version, Wire},
};
use serde_json::{Value, json};

use crate::{
    history::{Fact, History, Name, Shown},
    world::PERSON,
};

/// The id of the client, in every home.
const NAME: &str = "ear";

/// A listener, with a session that outlives its connections.
#[derive(Debug)]
pub(crate) struct Ear {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    home: Name,
    address: SocketAddr,
    history: Arc<History>,
    shown: Mutex<Shown>,
    /// The homes whose events it is still to be told of.
    wanted: Mutex<BTreeSet<Name>>,
    is_over: AtomicBool,
    hangup: Mutex<Option<Hangup>>,
}

impl Ear {
    /// Listens at a home; when this returns, it is subscribed to be told of all others.
    pub(crate) fn start(home: Name, address: SocketAddr, others: BTreeSet<Name>, history: &Arc<History>) -> Self {
        let shared = Arc::new(Shared {
            home,
            address,
            history: Arc::clone(history),
            shown: Mutex::default(),
            wanted: Mutex::new(others),
            is_over: AtomicBool::new(false),
            hangup: Mutex::default(),
        });
        let own = Arc::clone(&shared);
        let thread = Some(thread::spawn(move || own.live()));
        until("the listener is subscribed to all homes", || lock(&shared.wanted).is_empty().then_some(()));
        Self { shared, thread }
    }

    /// Returns what is shown there, without times.
    pub(crate) fn shown(&self) -> Shown {
        lock(&self.shared.shown).clone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        lock(&self.shared.hangup).iter().for_each(Hangup::now);
        if let Some(thread) = self.thread.take() {
            let is_well = thread.join().is_ok();
            assert!(is_well || thread::panicking(), "the listener at {} failed", self.shared.home);
        }
    }
}

impl Shared {
    fn live(&self) {
        let mut is_known = false;
        while !self.is_over.load(Ordering::SeqCst) {
            let ended = self.connect(&mut is_known).and_then(|mut wire| self.listen(&mut wire));
            if ended.is_err_and(|error| error.kind() == ErrorKind::InvalidData) {
                panic!("the listener at {} cannot read what came", self.home);
            }
            thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    fn connect(&self, is_known: &mut bool) -> io::Result<Wire> {
        let mut wire = Wire::open(self.address, Version::V5)?;
        *lock(&self.hangup) = Some(wire.hangup()?);
        wire.send(&wire::resume(Version::V5, NAME, Some(&Gateway::account(PERSON))))?;
        match (wire.receive()?, *is_known) {
            (Packet::Resumed, true) => self.history.note(self.home, Fact::Resumed),
            (Packet::ConnAck(0), false) => self.subscribe(&mut wire)?,
            (Packet::ConnAck(code), _) if code != 0 => return Err(ErrorKind::ConnectionRefused.into()),
            (other, _) => panic!("the listener at {} got {other:?}, known: {is_known}", self.home),
        }
        *is_known = true;
        Ok(wire)
    }

    fn subscribe(&self, wire: &mut Wire) -> io::Result<()> {
        let own = |what: &str| format!("hes/1/{}/{what}", self.home);
        let filters = [
            "hes/1/+/+/+/event/#".to_owned(),
            "hes/1/+/+/+/property/#".to_owned(),
            "hes/1/+/+/+/$doc".to_owned(),
            own(&format!("$res/{NAME}")),
            own(&format!("$notify/{NAME}/#")),
        ];
        wire.send(&wire::subscribe(Version::V5, 1, &filters.each_ref().map(String::as_str), Qos::One))?;
        let wanted = lock(&self.wanted).clone();
        wanted.into_iter().try_for_each(|of| self.want(wire, of))
    }

    /// Asks to be told of the events of a home.
    fn want(&self, wire: &mut Wire, of: Name) -> io::Result<()> {
        let body = json!({
            "scope": format!("{of}/zigbee/counter"), "events": ["device_event"], "initial": false, "lease": 3600,
        });
        let properties = Properties {
            content_type: Some("application/json".to_owned()),
            response_topic: Some(format!("hes/1/{}/$res/{NAME}", self.home)),
            correlation: Some(of.as_bytes().to_vec()),
            expiry: Some(10),
            user: Vec::new(),
        };
        let topic = format!("hes/1/{}/$req/subscribe", self.home);
        wire.send(&wire::publish(
            Version::V5,
            &Message::new(topic, body.to_string()).with(properties).with_qos(Qos::Zero),
        ))
    }

    fn listen(&self, wire: &mut Wire) -> io::Result<()> {
        loop {
            match wire.receive()? {
                Packet::Publish(message) => {
                    self.hear(wire, &message)?;
                    if message.qos == Qos::One {
                        wire.send(&wire::puback(message.packet_id))?;
                    }
                }
                Packet::SubAck(_, codes) => assert!(codes.iter().all(|code| *code < 0x80), "{}: {codes:?}", self.home),
                Packet::Disconnect(_) => return Err(ErrorKind::ConnectionAborted.into()),
                _ => {}
            }
        }
    }

    fn hear(&self, wire: &mut Wire, message: &Message) -> io::Result<()> {
        let levels: Vec<&str> = message.topic.split('/').skip(2).collect();
        match levels.as_slice() {
            [_, "$res", ..] => return self.answered(wire, message),
            [_, "$notify", _, sid] => self.told(sid, message),
            [of, _, _, "event", _] => {
                if let (Some(of), Some(event)) = (known(of), event_in(&message.text())) {
                    self.history.note(self.home, Fact::Heard { of, event });
                }
            }
            [_, _, device, "property" | "$doc", ..] => self.shows(device, message),
            other => panic!("{} hears {other:?}", self.home),
        }
        Ok(())
    }

    fn answered(&self, wire: &mut Wire, message: &Message) -> io::Result<()> {
        let answer = Answer::read(message).unwrap_or_else(|| panic!("{message:?} is no answer"));
        let Some(of) = known(&answer.token) else { return Ok(()) };
        match answer.status {
            201 => {
                lock(&self.wanted).remove(of);
                self.history.note(self.home, Fact::Subscribed(of));
                Ok(())
            }
            _ => self.want(wire, of),
        }
    }

    fn told(&self, sid: &str, message: &Message) {
        let told: Value = serde_json::from_slice(&message.payload).expect("a notification is JSON");
        let of = told["device"].as_str().and_then(|device| known(device.split('/').next()?));
        let (Some(of), Some(seq)) = (of, told["seq"].as_u64()) else { panic!("{} is told {told}", self.home) };
        let event = event_in(&message.text());
        self.history.note(self.home, Fact::Told { of, sid: sid.to_owned(), seq, event });
    }

    /// Takes note of what is shown; of other devices than the counter only that they are there.
    fn shows(&self, device: &str, message: &Message) {
        let topic = message.topic.clone();
        let is_document = topic.ends_with("/$doc");
        if message.payload.is_empty() {
            lock(&self.shown).remove(&topic);
        } else if is_document {
            lock(&self.shown).insert(topic, "there".to_owned());
        } else if device == "counter" {
            let mut value: Value = serde_json::from_slice(&message.payload).expect("a value is JSON");
            let version = value["version"].as_u64().unwrap_or_default();
            value.as_object_mut().expect("a value is a map").remove("time");
            lock(&self.shown).insert(topic.clone(), value.to_string());
            self.history.note(self.home, Fact::Value { topic, version });
        }
    }
}

/// Returns the name of a home that may be.
fn known(name: &str) -> Option<Name> {
    crate::world::NAMES.into_iter().find(|known| *known == name)
}

fn event_in(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("recall_")?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
