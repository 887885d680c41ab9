//! TLS to brokers: the built-in one, and some that are wrong.

mod authority;

use std::{net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use hes_schemas::{Operation, message::Devices};
use rumqttc::v5::{
    AsyncClient, Event,
    mqttbytes::{QoS, v5::Packet},
};
use rustls::{ServerConfig, crypto::ring};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use self::authority::{Authority, Leaf};
use super::{
    tunnel::{FarEnd, Tunnel},
    *,
};
use crate::{
    client::{Client, ClientError, Connection},
    gateway::Gateway,
    settings::{Overrides, Settings},
};

/// Starts the gateway of a home; the text follows the keys that all have.
async fn start(home: &str, folder: &Path, text: &str) -> Gateway {
    let config = folder.join(format!("{home}.toml"));
    std::fs::write(&config, format!("home = '{home}'\ndata = '{home}'\n{text}")).unwrap();
    let options = Overrides { config: Some(config), ..Overrides::default() };
    Gateway::start(&Settings::load(&options, &[]).unwrap()).await.unwrap()
}

/// Returns a configuration with a listener with TLS, at which everybody on this machine is an owner.
fn with_tls(more: &str) -> String {
    format!(
        "[broker]\nlisten = ['127.0.0.1:0']\nanonymous = 'owner'\n[[broker.listener]]\naddress = '127.0.0.1:0'\n\
         certificate = 'broker.crt'\nkey = 'broker.key'\nanonymous = true\n{more}"
    )
}

fn trusting(folder: &Path) -> Trust {
    Trust { authority: Some(folder.join("authority.crt")), identity: None }
}

fn showing(folder: &Path, name: &str) -> Trust {
    let file = |kind: &str| folder.join(format!("{name}.{kind}"));
    Trust { identity: Some((file("crt"), file("key"))), ..trusting(folder) }
}

fn connection(scheme: &str, address: SocketAddr, trust: Trust) -> Connection {
    Connection::new(&format!("{scheme}://{address}")).unwrap().with_trust(trust)
}

/// Asks a gateway for its devices, and leaves.
async fn ask(connection: &Connection) -> Result<(), ClientError> {
    let client = Client::connect(connection).await?;
    let answer = client.ask(Operation::Devices, &Devices::default()).await?;
    assert!(answer.status.is_success(), "{answer:?}");
    client.close().await;
    Ok(())
}

async fn complaint(connection: &Connection) -> String {
    ask(connection).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_asks_the_built_in_broker_over_tls() {
    let folder = TempDir::new().unwrap();
    Authority::new("ours").write(folder.path(), "authority").sign(&Leaf::default()).write(folder.path(), "broker");
    let gateway = start("oak", folder.path(), &with_tls("")).await;
    let [plain, tls] = gateway.addresses() else { panic!("two listeners") };
    ask(&connection("mqtt", *plain, Trust::default())).await.unwrap();
    ask(&connection("mqtts", *tls, trusting(folder.path()))).await.unwrap();
    let named = Connection::new(&format!("mqtts://localhost:{}", tls.port())).unwrap();
    ask(&named.with_trust(trusting(folder.path()))).await.unwrap();
    let said = complaint(&connection("mqtts", *plain, trusting(folder.path()))).await;
    assert!(said.contains("does not speak TLS"), "{said}");
    gateway.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_shows_a_certificate_where_one_is_wanted() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new("ours").write(folder.path(), "authority");
    authority.sign(&Leaf::default()).write(folder.path(), "broker");
    authority.sign(&Leaf { names: &["panel"], ..Leaf::default() }).write(folder.path(), "panel");
    Authority::new("stranger").sign(&Leaf::default()).write(folder.path(), "stranger");
    let wanting = with_tls("client_certificate = 'required'\nclient_ca = 'authority.crt'\n");
    let gateway = start("oak", folder.path(), &wanting).await;
    let to = |trust| connection("mqtts", gateway.addresses()[1], trust);
    ask(&to(showing(folder.path(), "panel"))).await.unwrap();
    let said = complaint(&to(trusting(folder.path()))).await;
    assert!(said.contains("only who shows a certificate"), "{said}");
    let said = complaint(&to(showing(folder.path(), "stranger"))).await;
    assert!(said.contains("does not accept the certificate"), "{said}");
    gateway.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_and_the_interface_are_on_another_broker_over_tls() {
    let folder = TempDir::new().unwrap();
    Authority::new("ours").write(folder.path(), "authority").sign(&Leaf::default()).write(folder.path(), "broker");
    let broker = start("oak", folder.path(), &with_tls("")).await;
    let url = format!("url = 'mqtts://{}'\nca = 'authority.crt'\n", broker.addresses()[1]);
    let text = format!(
        "root = 'else/1'\n[broker]\nlisten = []\n[alongside]\nacts_as = 'owner'\n{url}[[cluster]]\nid = 'zigbee'\n\
         kind = 'zigbee2mqtt'\n{url}"
    );
    let gateway = start("elm", folder.path(), &text).await;
    let to = connection("mqtts", broker.addresses()[1], trusting(folder.path()));
    let remote = Remote::new(to.host().to_owned(), to.port(), None).with_tls(trusting(folder.path()));
    let is_online = |payload: &[u8]| payload.starts_with(br#"{"state":"online""#);
    follow(&remote, "else/1/elm/$status", is_online).await;
    announce(&remote).await;
    follow(&remote, "else/1/elm/zigbee/$status", is_online).await;
    gateway.shutdown().await.unwrap();
    follow(&remote, "else/1/elm/$status", |payload| payload.starts_with(br#"{"state":"offline""#)).await;
    broker.shutdown().await.unwrap();
}

/// Follows a topic until something retained there fits.
async fn follow(remote: &Remote, topic: &str, fits: impl Fn(&[u8]) -> bool) {
    let way = remote.way().unwrap();
    let (client, mut events) = AsyncClient::new(way.options_v5("follower".to_owned()), 16);
    client.try_subscribe(topic, QoS::AtMostOnce).unwrap();
    loop {
        let event = events.poll().await.unwrap_or_else(|error| panic!("{}", way.reason_v5(&error)));
        if matches!(event, Event::Incoming(Packet::Publish(publish)) if fits(&publish.payload)) {
            return;
        }
    }
}

/// Says what a Zigbee2MQTT without devices says.
async fn announce(remote: &Remote) {
    let mut way = remote.way().unwrap();
    let (client, mut events) = AsyncClient::new(way.options_v5("zigbee".to_owned()), 16);
    for (topic, payload) in [("state", r#"{"state":"online"}"#), ("devices", "[]"), ("groups", "[]")] {
        client.try_publish(format!("zigbee2mqtt/bridge/{topic}"), QoS::AtLeastOnce, true, payload).unwrap();
    }
    client.try_disconnect().unwrap();
    while events.poll().await.is_ok() {}
    drop(events);
    way.closed().await;
}

/// Serves TLS with a certificate, and nothing else, on this machine.
async fn shown(leaf: &authority::Signed) -> SocketAddr {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(leaf.chain(), leaf.key()).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shaken = acceptor.accept(stream).await;
            drop(shaken);
        }
    });
    address
}

/// Connects to who shows a certificate of an authority that is trusted, and holds the complaint against what it should be.
async fn check(leaf: Leaf<'_>, expect: &str) {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new("ours").write(folder.path(), "authority");
    let address = shown(&authority.sign(&leaf)).await;
    let said = complaint(&connection("mqtts", address, trusting(folder.path()))).await;
    assert_eq!(said, format!("{address}: {expect}"));
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_named_with_the_way_out() {
    let past = Leaf { not_after: 2001, ..Leaf::default() };
    check(past, "its certificate has expired: renew it there, unless the clock here is wrong").await;
    let future = Leaf { not_before: 2998, ..Leaf::default() };
    check(future, "its certificate is not valid yet: is the clock here wrong?").await;
    let other = Leaf { names: &["oak.example"], ..Leaf::default() };
    let instead = "its certificate is not for 127.0.0.1: call it by what it is for, oak.example";
    check(other, instead).await;
}

#[tokio::test]
async fn who_signed_it_has_to_be_known() {
    let folder = TempDir::new().unwrap();
    Authority::new("ours").write(folder.path(), "authority");
    // one that is unknown, and one that has the name of one that is known
    for signer in ["theirs", "ours"] {
        let address = shown(&Authority::new(signer).sign(&Leaf::default())).await;
        let said = complaint(&connection("mqtts", address, trusting(folder.path()))).await;
        assert!(said.ends_with("its certificate is signed by nobody who is trusted here"), "{said}");
    }
}

#[tokio::test]
async fn a_link_names_the_key_that_helps() {
    let folder = TempDir::new().unwrap();
    Authority::new("ours").write(folder.path(), "authority");
    let address = shown(&Authority::new("theirs").sign(&Leaf::default())).await;
    let to = connection("mqtts", address, trusting(folder.path()));
    let remote = Remote::new(to.host().to_owned(), to.port(), None).with_tls(trusting(folder.path()));
    let way = remote.way().unwrap();
    let (_client, mut events) = AsyncClient::new(way.options_v5("me".to_owned()), 1);
    let said = way.reason_v5(&events.poll().await.unwrap_err());
    assert!(said.ends_with("name the file of who signed it in the key ca"), "{said}");
}

#[tokio::test]
async fn nobody_there_is_no_fault_of_tls() {
    let folder = TempDir::new().unwrap();
    Authority::new("ours").write(folder.path(), "authority");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = ask(&connection("mqtts", address, trusting(folder.path()))).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    let nowhere = Trust { authority: Some("/nowhere/a.crt".into()), identity: None };
    let said = complaint(&connection("mqtts", address, nowhere)).await;
    assert!(said.contains("/nowhere/a.crt cannot be read"), "{said}");
}

#[tokio::test]
async fn the_socket_is_for_this_account_alone_and_leaves_nothing_behind() {
    let far = FarEnd { host: "localhost".to_owned(), port: 1, trust: Trust::default() };
    let (unused, used) = (Tunnel::open(far.clone()).unwrap(), Tunnel::open(far).unwrap());
    let paths = [unused.path(), used.path()].map(|path| Path::new(path).to_owned());
    for path in &paths {
        let mode = path.parent().unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    let near = tokio::net::UnixStream::connect(used.path()).await.unwrap();
    drop(unused);
    while paths.iter().any(|path| path.parent().unwrap().exists()) {
        tokio::task::yield_now().await;
    }
    drop((near, used));
}
