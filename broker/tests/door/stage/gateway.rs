//! A gateway that answers every request with its payload, and can be told to be slow, strict or full.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use hes_broker::{
    Allowance, Backend, Bearer, BoxFuture, Broker, Change, Client, Done, Hello, Properties, Publish, Refusal, Rights,
};
use hes_schemas::{Filter, Topic, rights::Grants};

#[derive(Default)]
pub(crate) struct Gateway {
    broker: OnceLock<Broker>,
    /// What it projects as retained messages of the interface.
    pub(crate) projection: Mutex<Vec<Publish>>,
    /// Whether the store keeps its answers back.
    pub(crate) is_slow: AtomicBool,
    kept_back: Mutex<Vec<Done>>,
    /// What was stored, as words.
    pub(crate) stored: Mutex<Vec<String>>,
    /// What was kept of sessions.
    pub(crate) kept: Mutex<Vec<Change>>,
    /// The retained messages that were stored.
    pub(crate) retained: Mutex<BTreeMap<Topic, Publish>>,
    /// What was asked of it, as words.
    pub(crate) asked: Mutex<Vec<String>>,
    /// The accounts that no longer hold.
    purged: Arc<Mutex<Vec<String>>>,
    /// The accounts whose short tokens have expired.
    expired: Arc<Mutex<Vec<String>>>,
    /// The accounts that went on for a client that is away, and the bounds of their rights.
    pub(crate) resumed: Mutex<Vec<(String, Option<Arc<Grants>>)>>,
    /// What every account may take.
    pub(crate) allowance: Arc<Mutex<Allowance>>,
    /// The topics that nobody may see any more.
    hidden: Arc<Mutex<Vec<String>>>,
}

/// `anna` may do everything, `guest` what lies below `open/`; without an account a client is `anna`.
///
/// The token `token of anna` is hers, and so on; `short token of anna` can expire, and has bounds. Asked about the topic `fault`, every
/// account panics, as a library does that has met its own fault.
struct Account {
    user: String,
    is_short: AtomicBool,
    allowance: Arc<Mutex<Allowance>>,
    hidden: Arc<Mutex<Vec<String>>>,
    purged: Arc<Mutex<Vec<String>>>,
    expired: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    pub(crate) fn meet(&self, broker: &Broker) {
        assert!(self.broker.set(broker.clone()).is_ok());
    }

    /// Lets the store answer all that it kept back.
    pub(crate) fn settle(&self, is_stored: bool) {
        // one of them may ask for more to be stored
        let kept_back = std::mem::take(&mut *self.kept_back.lock().unwrap());
        kept_back.into_iter().for_each(|done| done(is_stored));
    }

    /// Returns how many answers the store keeps back.
    pub(crate) fn owes(&self) -> usize {
        self.kept_back.lock().unwrap().len()
    }

    /// Lets nobody see a topic any more.
    pub(crate) fn hide(&self, topic: &str) {
        self.hidden.lock().unwrap().push(topic.to_owned());
    }

    /// Says that something is on disk, at once or when it is told to.
    fn answer(&self, done: Done) {
        if self.is_slow.load(Ordering::SeqCst) {
            self.kept_back.lock().unwrap().push(done);
        } else {
            done(true);
        }
    }

    /// Changes a value: what lies below the interface's root is projected, under the lock that the change is told under.
    pub(crate) fn change(&self, publish: Publish) {
        let mut projection = self.projection.lock().unwrap();
        projection.retain(|old| old.topic != publish.topic);
        if publish.topic.as_str().starts_with("hes/1/") {
            projection.push(publish.clone());
        }
        self.broker.get().unwrap().publish(publish);
    }

    /// Ends an account.
    pub(crate) fn purge(&self, user: &str) {
        self.purged.lock().unwrap().push(user.to_owned());
    }

    /// Has the short tokens of an account expire.
    pub(crate) fn expire(&self, user: &str) {
        self.expired.lock().unwrap().push(user.to_owned());
    }

    fn account(&self, user: &str) -> Arc<dyn Rights> {
        self.account_with(user, false)
    }

    fn account_with(&self, user: &str, is_short: bool) -> Arc<dyn Rights> {
        let (is_short, allowance) = (AtomicBool::new(is_short), Arc::clone(&self.allowance));
        let (purged, expired) = (Arc::clone(&self.purged), Arc::clone(&self.expired));
        let hidden = Arc::clone(&self.hidden);
        Arc::new(Account { user: user.to_owned(), is_short, allowance, hidden, purged, expired })
    }

    fn admit(&self, hello: &Hello) -> Result<Arc<dyn Rights>, Refusal> {
        if let Some(bearer) = &hello.token {
            let (user, is_short) = bearer_of(bearer).ok_or(Refusal::NotAuthorized)?;
            return Ok(self.account_with(&user, is_short));
        }
        let password = hello.password.as_ref().map(|password| password.expose().to_vec());
        let shown = hello.certificate.as_deref().filter(|_| hello.certificate_is_user);
        match (hello.user.as_deref(), password.as_deref()) {
            (None, None) if matches!(shown, Some("anna" | "guest")) => Ok(self.account(shown.unwrap())),
            (None, None) if hello.anonymous => Ok(self.account("anna")),
            (Some(user @ ("anna" | "guest")), Some(b"secret")) => Ok(self.account(user)),
            (Some("banned"), _) => Err(Refusal::NotAuthorized),
            _ => Err(Refusal::Credentials),
        }
    }
}

impl Backend for Gateway {
    fn connect(&self, hello: Hello) -> BoxFuture<'_, Result<Arc<dyn Rights>, Refusal>> {
        Box::pin(async move { self.admit(&hello) })
    }

    fn interface(&self, client: &Client, publish: Publish) {
        let payload = String::from_utf8_lossy(&publish.payload).into_owned();
        let retained = if publish.retain { " retained" } else { "" };
        self.asked.lock().unwrap().push(format!("{} {payload}{retained}", publish.topic));
        if let Some(topic) = publish.properties.response_topic.and_then(|topic| Topic::new(&topic).ok()) {
            let correlation_data = publish.properties.correlation_data;
            let answer = Publish::new(topic, publish.payload).at_least_once();
            let answer = answer.with(Properties { correlation_data, ..Properties::default() });
            self.broker.get().unwrap().send(client.id(), client.rights().user(), answer);
        }
    }

    fn retained(&self, filter: &Filter, each: &mut dyn FnMut(Publish)) {
        let projection = self.projection.lock().unwrap();
        projection.iter().filter(|message| filter.matches(&message.topic)).for_each(|message| each(message.clone()));
    }

    fn store_retained(&self, topic: &Topic, message: Option<&Publish>, done: Done) {
        let payload = message.map(|message| String::from_utf8_lossy(&message.payload).into_owned());
        let mut retained = self.retained.lock().unwrap();
        match message {
            Some(message) => retained.insert(topic.clone(), message.clone()),
            None => retained.remove(topic),
        };
        drop(retained);
        self.stored.lock().unwrap().push(format!("{topic} {}", payload.as_deref().unwrap_or("cleared")));
        self.answer(done);
    }

    fn rights(&self, user: &str, bounds: Option<Arc<Grants>>) -> Option<Arc<dyn Rights>> {
        self.resumed.lock().unwrap().push((user.to_owned(), bounds));
        Some(self.account(user))
    }

    fn keep(&self, changes: Vec<Change>, done: Option<Done>) {
        self.kept.lock().unwrap().extend(changes);
        done.into_iter().for_each(|done| self.answer(done));
    }
}

/// Returns whose a token is, and whether it is a short one.
fn bearer_of(bearer: &Bearer) -> Option<(String, bool)> {
    let token = std::str::from_utf8(bearer.token.expose()).ok()?;
    let (kind, user) = token.split_once("token of ")?;
    (bearer.acts_for.as_deref().is_none_or(|name| name == user)).then(|| (user.to_owned(), kind == "short "))
}

impl Rights for Account {
    fn user(&self) -> &str {
        &self.user
    }

    fn may_publish(&self, topic: &Topic) -> bool {
        assert_ne!(topic.as_str(), "fault", "this panic is meant");
        self.user == "anna" || topic.as_str().starts_with("open/")
    }

    fn may_subscribe(&self, filter: &Filter) -> bool {
        self.user == "anna" || filter.as_str().starts_with("open/") || filter.as_str() == "#"
    }

    fn may_receive(&self, topic: &Topic) -> bool {
        if self.hidden.lock().unwrap().iter().any(|hidden| hidden == topic.as_str()) {
            return false;
        }
        self.user == "anna" || topic.as_str().starts_with("open/")
    }

    fn is_live(&self) -> bool {
        !self.purged.lock().unwrap().contains(&self.user) && !self.has_expired()
    }

    fn has_expired(&self) -> bool {
        self.is_short.load(Ordering::SeqCst) && self.expired.lock().unwrap().contains(&self.user)
    }

    fn renew(&self, token: Bearer) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(async move {
            let (user, is_short) = bearer_of(&token).ok_or(Refusal::NotAuthorized)?;
            self.is_short.store(is_short, Ordering::SeqCst);
            if user == self.user { Ok(()) } else { Err(Refusal::NotAuthorized) }
        })
    }

    fn bounds(&self) -> Option<Arc<Grants>> {
        self.is_short.load(Ordering::SeqCst).then(Arc::default)
    }

    fn allowance(&self) -> Allowance {
        *self.allowance.lock().unwrap()
    }
}
