//! The devices of a home: a button that is pressed, and what it then does.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hes_tests::{
    client::Refused,
    gateway::Gateway,
    wire::Version,
    zigbee::{Bridge, Network},
};
use serde_json::{Value, json};

use crate::history::{Fact, History, Name};

/// The numbers of one home's events begin here, times its place.
const NUMBERS: u64 = 10_000_000;

/// How the value of the label begins that a request asks for.
pub(crate) const TICKET: &str = "ticket ";

/// The devices of a home.
#[derive(Debug)]
pub(crate) struct Bench {
    home: Name,
    bridge: Bridge,
    pressed: u64,
    history: Arc<History>,
}

impl Bench {
    pub(crate) fn new(home: Name, place: u64, gateway: &Gateway, history: &Arc<History>) -> Self {
        let bridge = join(home, gateway, history);
        Self { home, bridge, pressed: place * NUMBERS, history: Arc::clone(history) }
    }

    /// Comes back to a gateway that has begun another life.
    pub(crate) fn rejoin(&mut self, gateway: &Gateway) {
        self.bridge = join(self.home, gateway, &self.history);
    }

    /// Presses the counter, whose count grows with that.
    ///
    /// # Errors
    /// [`Refused`] if the gateway does not take it.
    pub(crate) fn press(&mut self) -> Result<(), Refused> {
        self.pressed += 1;
        let event = self.pressed;
        self.history.note(self.home, Fact::Pressed(event));
        let told = self.bridge.try_tell("counter", &json!({ "action": format!("recall_{event}"), "count": event }));
        match told {
            Ok(()) => self.history.note(self.home, Fact::Accepted(event)),
            Err(Refused::Code(_)) => self.history.note(self.home, Fact::Refused(event)),
            Err(Refused::Closed) => {}
        }
        told
    }

    /// Lets the count change without an event.
    pub(crate) fn change(&mut self) {
        self.pressed += 1;
        let change = json!({ "count": self.pressed });
        self.bridge.try_report("counter", &change).expect("the gateway is there");
    }

    /// Lets the counter say what means nothing.
    pub(crate) fn babble(&mut self) {
        self.history.note(self.home, Fact::Babbled);
        for payload in [&b"{\"action\":\"recall_"[..], b"\xff\xfe", b"[]", b"{\"count\":{}}", b""] {
            self.bridge.babble("counter", payload).expect("the broker carries any bytes");
        }
    }

    /// Takes a device away.
    pub(crate) fn remove(&mut self, device: &str) {
        self.bridge.remove(device);
    }

    /// Presses the counter until it is over, or the gateway is gone.
    pub(crate) fn live(&mut self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::SeqCst) && self.press() != Err(Refused::Closed) {}
    }
}

fn join(home: Name, gateway: &Gateway, history: &Arc<History>) -> Bridge {
    let connect = |name: &str| gateway.named_client("cluster", Version::V5, name).expect("the bridge is let in");
    let bridge = Bridge::join(Network::house_with_counter(), connect);
    let history = Arc::clone(history);
    bridge.watch(Box::new(move |_, order| {
        if let Some(ticket) = ticket_of(order) {
            history.note(home, Fact::Acted(ticket));
        }
    }));
    bridge
}

fn ticket_of(order: &Value) -> Option<u64> {
    order["label"].as_str()?.strip_prefix(TICKET)?.parse().ok()
}
