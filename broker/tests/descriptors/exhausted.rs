//! A broker that has no file descriptor left.

use std::{io, net::SocketAddr, sync::Arc};

use hes_broker::{
    Backend, BoxFuture, Broker, Change, Client, Config, Done, Door, Hello, Limits, Publish, Refusal, Rights, RouterKind,
};
use hes_schemas::{Filter, HomeId, Root, Topic, rights::Grants};
use rlimit::Resource;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Lets all in, and has nothing to say.
struct Anyone;

impl Backend for Anyone {
    fn connect(&self, _hello: Hello) -> BoxFuture<'_, Result<Arc<dyn Rights>, Refusal>> {
        let rights: Arc<dyn Rights> = Arc::new(Self);
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
        done.into_iter().for_each(|done| done(true));
    }
}

impl Rights for Anyone {
    fn user(&self) -> &str {
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

async fn open() -> Broker {
    let config = Config {
        doors: vec![Door::new(TcpListener::bind("127.0.0.1:0").await.unwrap())],
        limits: Limits::default(),
        root: Root::default(),
        home: HomeId::new("oak").unwrap(),
        router: RouterKind::Direct,
        retained: Vec::new(),
        sessions: Vec::new(),
    };
    Broker::start(config, Arc::new(Anyone)).await.unwrap()
}

/// Connects and is let in.
async fn enter(address: SocketAddr) -> io::Result<()> {
    let mut client = TcpStream::connect(address).await?;
    client.write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a").await?;
    let mut connack = [0; 4];
    client.read_exact(&mut connack).await?;
    assert_eq!(connack, [0x20, 2, 0, 0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lets_clients_in_again_after_the_mute_took_all_file_descriptors() {
    let address = open().await.addresses()[0];
    Resource::NOFILE.set(200, Resource::NOFILE.get_hard().unwrap()).unwrap();
    let mut mute = Vec::new();
    let exhausted = loop {
        match TcpStream::connect(address).await {
            Ok(stream) => mute.push(stream),
            Err(error) => break error,
        }
    };
    // 24 is EMFILE
    assert_eq!(exhausted.raw_os_error(), Some(24), "{exhausted}");
    // room for one client; what the broker needs for it, it takes from those that have waited longest
    drop(mute.pop());
    enter(address).await.unwrap();
}
