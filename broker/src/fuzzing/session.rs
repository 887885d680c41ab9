//! A whole connection, from CONNECT to its end, over a stream in memory.

use std::sync::Arc;

use bytes::BytesMut;
use hes_schemas::{Filter, HomeId, Root, Topic, rights::Grants};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    runtime::Runtime,
};

use crate::{
    Backend, BoxFuture, Broker, Change, Client, Config, Done, Hello, Limits, Publish, Refusal, Rights, RouterKind,
    connection::serve,
    listener::alone,
    wire::{Cut, cut},
};

/// What a stream in memory holds.
const ROOM: usize = 1024 * 1024;

/// The ways in: as nobody yet, or as one whose CONNECT has been accepted, who keeps a session or does not.
const BEGINNINGS: [&[u8]; 5] = [
    b"",
    b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a",
    b"\x10\x0e\0\x04MQTT\x05\x02\0\0\0\0\x01a",
    b"\x10\x0d\0\x04MQTT\x04\0\0\0\0\x01b",
    b"\x10\x13\0\x04MQTT\x05\0\0\0\x05\x11\0\0\0\x09\0\x01b",
];

/// A broker that lets everyone in, and takes whatever bytes come.
#[derive(Debug)]
pub struct Door {
    runtime: Runtime,
    broker: Broker,
}

impl Door {
    /// Opens it.
    ///
    /// # Panics
    /// If the machine has no room for it.
    #[must_use]
    pub fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| unreachable!("{error}"));
        let config = Config {
            doors: Vec::new(),
            limits: Limits { queue_messages: 100, kept_sessions: 100, ..Limits::default() },
            root: Root::default(),
            home: HomeId::new("oak").unwrap_or_else(|error| unreachable!("{error}")),
            router: RouterKind::Direct,
            retained: Vec::new(),
            sessions: Vec::new(),
        };
        let broker = runtime.block_on(Broker::start(config, Arc::new(Anyone)));
        Self { broker: broker.unwrap_or_else(|error| unreachable!("{error}")), runtime }
    }

    /// Says the bytes behind a beginning that the first of them chooses, hangs up, and listens to the end.
    ///
    /// # Panics
    /// If what is heard are no packets, or the broker still counts the connection.
    pub fn converse(&self, bytes: &[u8]) {
        let Some((choice, bytes)) = bytes.split_first() else { return };
        let beginning = BEGINNINGS.get(usize::from(*choice) % BEGINNINGS.len()).copied().unwrap_or_default();
        let heard = self.runtime.block_on(self.hold(&[beginning, bytes].concat()));
        let mut heard = BytesMut::from(&heard[..]);
        while let Ok(Cut::Whole(_)) = cut(&mut heard, usize::MAX) {}
        assert!(heard.is_empty(), "no packet: {heard:?}");
        assert_eq!(self.broker.figures().connected, 0);
    }

    async fn hold(&self, bytes: &[u8]) -> Vec<u8> {
        let (ours, theirs) = duplex(ROOM);
        let (mut reading, mut writing) = tokio::io::split(ours);
        let (knock, waiting) = alone();
        let mut heard = Vec::new();
        let say = async {
            // a broker that has closed need not hear the rest
            let _gone = writing.write_all(bytes).await;
            let _gone = writing.shutdown().await;
        };
        let ((), (), _end) = tokio::join!(
            serve(Arc::clone(&self.broker.hub), knock, waiting, theirs),
            say,
            reading.read_to_end(&mut heard)
        );
        heard
    }
}

/// The gateway behind: everyone may do everything, and nothing is stored.
struct Anyone;

impl Backend for Anyone {
    fn connect(&self, _hello: Hello) -> BoxFuture<'_, Result<Arc<dyn Rights>, Refusal>> {
        Box::pin(std::future::ready(Ok(everything())))
    }

    fn interface(&self, _client: &Client, _publish: Publish) {}

    fn retained(&self, _filter: &Filter, _each: &mut dyn FnMut(Publish)) {}

    fn store_retained(&self, _topic: &Topic, _message: Option<&Publish>, done: Done) {
        done(true);
    }

    fn rights(&self, _user: &str, _bounds: Option<Arc<Grants>>) -> Option<Arc<dyn Rights>> {
        Some(everything())
    }

    fn keep(&self, _changes: Vec<Change>, done: Option<Done>) {
        if let Some(done) = done {
            done(true);
        }
    }
}

fn everything() -> Arc<dyn Rights> {
    Arc::new(Anyone)
}

impl Rights for Anyone {
    fn user(&self) -> &'static str {
        "anyone"
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
