//! Who asks for changes in another home, one after the other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use hes_tests::{
    client::{Answer, Client, Refused},
    gateway::Gateway,
    patience::until,
    wire::{Message, Properties, Version},
};
use serde_json::json;

use crate::{
    bench::TICKET,
    history::{Fact, History, Name},
    world::PERSON,
};

/// Numbers all requests.
static TICKETS: AtomicU64 = AtomicU64::new(1);

/// Tells clients apart, because a session that has gone may still be there for a moment.
static CLIENTS: AtomicU64 = AtomicU64::new(1);

/// Somebody at a home.
#[derive(Debug)]
pub(crate) struct Asker {
    home: Name,
    client: Client,
    answers: String,
    history: Arc<History>,
}

impl Asker {
    pub(crate) fn new(home: Name, gateway: &Gateway, history: &Arc<History>) -> Self {
        let name = format!("asker-{}", CLIENTS.fetch_add(1, Ordering::Relaxed));
        let mut client = until("a person is let in", || gateway.named_client(PERSON, Version::V5, &name).ok());
        // answers are counted here, and so are heard like anything else
        client = client.at("nowhere");
        let answers = format!("hes/1/{home}/$res/{name}");
        client.subscribe(&[&answers]).expect("a person may hear answers");
        Self { home, client, answers, history: Arc::clone(history) }
    }

    /// Asks without end until it is over, or the gateway is gone.
    pub(crate) fn live(&mut self, to: Name, is_over: &AtomicBool) {
        while !is_over.load(Ordering::SeqCst) && self.set(to, 3).is_ok() {}
    }

    /// Asks the counter of a home for another label, within some seconds, and returns the status of the answer.
    ///
    /// # Errors
    /// [`Refused`] if the gateway is gone.
    pub(crate) fn set(&mut self, to: Name, seconds: u32) -> Result<u64, Refused> {
        let ticket = self.ask(to, seconds)?;
        self.await_answer(ticket)
    }

    /// Asks, and waits for nothing.
    ///
    /// # Errors
    /// [`Refused`] if the gateway is gone.
    pub(crate) fn ask(&mut self, to: Name, seconds: u32) -> Result<u64, Refused> {
        let ticket = TICKETS.fetch_add(1, Ordering::Relaxed);
        let topic = format!("hes/1/{to}/zigbee/counter/property/label/set");
        let body = json!({ "value": format!("{TICKET}{ticket}") });
        let properties = Properties {
            content_type: Some("application/json".to_owned()),
            response_topic: Some(self.answers.clone()),
            correlation: Some(ticket.to_string().into_bytes()),
            expiry: Some(seconds),
            user: Vec::new(),
        };
        self.history.note(self.home, Fact::Asked(ticket));
        let sent = self.client.put(Message::new(topic, body.to_string()).with(properties));
        self.or_lost(ticket, sent).map(|_| ticket)
    }

    /// Waits for a final answer.
    ///
    /// # Errors
    /// [`Refused`] if the gateway is gone.
    pub(crate) fn await_answer(&mut self, ticket: u64) -> Result<u64, Refused> {
        loop {
            let heard: Vec<Message> = self.client.heard().to_vec();
            self.client.forget();
            let answers = heard.iter().filter_map(Answer::read).filter(|answer| answer.status != 202);
            let mut found = None;
            for answer in answers {
                let ticket_of: u64 = answer.token.parse().expect("answers are to tickets");
                self.history.note(self.home, Fact::Answered { ticket: ticket_of, status: answer.status });
                found = found.or((ticket_of == ticket).then_some(answer.status));
            }
            if let Some(status) = found {
                return Ok(status);
            }
            let stepped = self.client.step();
            self.or_lost(ticket, stepped)?;
        }
    }

    fn or_lost<T>(&self, ticket: u64, result: Result<T, Refused>) -> Result<T, Refused> {
        if result.is_err() {
            self.history.note(self.home, Fact::Lost(ticket));
        }
        result
    }
}
