//! The built-in broker with nothing behind it, where everybody may do everything: what rights cost is held against it.
//!
//! It prints ` on <address>;` when it listens, and ends when it is told to, or with its standard input.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a measurement prints, and stops if it cannot go on")]

use std::{
    io::{Read, Write, stdin, stdout},
    process::exit,
    sync::Arc,
};

use hes_broker::{
    Backend, BoxFuture, Broker, Change, Client, Config, Done, Door, Hello, Limits, Publish, Refusal, Rights, RouterKind,
};
use hes_schemas::{Filter, HomeId, Root, Topic, rights::Grants};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Lets everybody in, and keeps nothing.
struct Nobody;

/// May do everything.
struct Everything;

#[tokio::main]
async fn main() {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let config = Config {
        doors: vec![Door { anonymous: true, ..Door::new(socket) }],
        limits: Limits::default(),
        root: Root::new("nobody").expect("a root"),
        home: HomeId::new("home").expect("an id"),
        router: RouterKind::Direct,
        retained: Vec::new(),
        sessions: Vec::new(),
    };
    let broker = Broker::start(config, Arc::new(Nobody)).await.expect("the broker starts");
    for address in broker.addresses() {
        println!("Listening on {address};");
    }
    stdout().flush().expect("somebody reads");
    let mut told = signal(SignalKind::terminate()).expect("a signal can be heard");
    let ended = tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new()));
    tokio::select! {
        _told = told.recv() => {}
        _closed = ended => {}
    }
    broker.shutdown().await;
    // a thread that still reads would keep the runtime from ending
    exit(0);
}

impl Backend for Nobody {
    fn connect(&self, _hello: Hello) -> BoxFuture<'_, Result<Arc<dyn Rights>, Refusal>> {
        let rights: Arc<dyn Rights> = Arc::new(Everything);
        Box::pin(async { Ok(rights) })
    }

    fn interface(&self, _client: &Client, _publish: Publish) {}

    fn retained(&self, _filter: &Filter, _each: &mut dyn FnMut(Publish)) {}

    fn store_retained(&self, _topic: &Topic, _message: Option<&Publish>, done: Done) {
        done(true);
    }

    fn rights(&self, _user: &str, _bounds: Option<Arc<Grants>>) -> Option<Arc<dyn Rights>> {
        None
    }

    fn keep(&self, _changes: Vec<Change>, done: Option<Done>) {
        if let Some(done) = done {
            done(true);
        }
    }
}

impl Rights for Everything {
    fn user(&self) -> &str {
        "everybody"
    }

    fn may_publish(&self, _topic: &Topic) -> bool {
        true
    }

    fn may_subscribe(&self, _filter: &Filter) -> bool {
        true
    }

    fn may_receive(&self, _topic: &Topic) -> bool {
        true
    }
}
