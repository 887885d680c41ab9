//! TLS: certificates of both sides, and what is agreed on.

use hes_broker::{ClientCertificates, Door, Tls, TlsError, TlsMaterial, Transport};
use rustls::{
    ClientConfig,
    version::{TLS12, TLS13},
};
use tokio::io::AsyncWriteExt;

use super::{
    authority::{Authority, Paper},
    passage::{Gate, Way, passage},
};
use crate::stage::{Client, Guest};

/// Says whether a client is let in as far as MQTT; the broker may refuse after the client thinks that all is well.
async fn gets_in(gate: &Gate, config: ClientConfig, guest: &Guest) -> bool {
    let Ok(stream) = gate.try_tls(config).await else { return false };
    let mut client = Client::reach(passage(stream).await).await;
    client.try_say(&guest.bytes()).await;
    client.try_next().await.is_some_and(|connack| connack.body[1] == 0)
}

fn account() -> Guest {
    Guest::new(4, "a").account("anna", "secret")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speaks_both_versions_of_tls_and_no_other_protocol() {
    let gate = Gate::open(Way::Tls, |_| {}).await;
    for version in [&TLS12, &TLS13] {
        let mut config = gate.authority.believer_in(&[version], None);
        let plain = gate.try_tls(config.clone()).await.unwrap();
        assert_eq!(plain.get_ref().1.protocol_version(), Some(version.version));
        config.alpn_protocols = vec![b"h2".to_vec(), b"mqtt".to_vec()];
        let agreed = gate.try_tls(config.clone()).await.unwrap();
        assert_eq!(agreed.get_ref().1.alpn_protocol(), Some(&b"mqtt"[..]));
        config.alpn_protocols = vec![b"h2".to_vec()];
        assert!(gate.try_tls(config).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shows_another_certificate_to_who_comes_after_it_was_replaced() {
    let gate = Gate::open(Way::Tls, |_| {}).await;
    let shown = gate.tls.clone().unwrap();
    let mut before = gate.client(5, "before").await;
    let other = Authority::new();
    let new = other.material(Transport::Tcp, ClientCertificates::Unasked);
    let bad = TlsMaterial { key: b"no key".to_vec(), ..new.clone() };
    assert!(matches!(shown.replace(&bad), Err(TlsError::Key)));
    assert!(gets_in(&gate, gate.authority.believer(None), &account()).await);
    shown.replace(&new).unwrap();
    assert!(!gets_in(&gate, gate.authority.believer(None), &account()).await);
    assert!(gets_in(&gate, other.believer(None), &account()).await);
    before.ping().await;
}

#[test]
fn says_what_is_wrong_with_what_it_is_made_of() {
    let authority = Authority::new();
    let good = authority.material(Transport::Tcp, ClientCertificates::Required(authority.pem.clone().into()));
    assert!(Tls::new(&good).is_ok());
    let other = authority.material(Transport::Tcp, ClientCertificates::Unasked);
    let nothing = || b"nothing".to_vec();
    for (material, expect) in [
        (TlsMaterial { certificate: nothing(), ..good.clone() }, "there is no certificate that can be read"),
        (TlsMaterial { key: nothing(), ..good.clone() }, "there is no private key that can be read"),
        (TlsMaterial { key: other.key, ..good.clone() }, "the key does not belong to the certificate"),
        (
            TlsMaterial { clients: ClientCertificates::Optional(nothing()), ..good },
            "there is no certificate of a client authority that can be read",
        ),
    ] {
        assert_eq!(Tls::new(&material).unwrap_err().to_string(), expect);
    }
}

/// Opens a gate that nobody enters without an account, with a rule for the certificates of clients.
async fn strict(clients: fn(Vec<u8>) -> ClientCertificates, change: fn(&mut Door)) -> (Gate, Authority) {
    let people = Authority::new();
    let gate = Gate::open(Way::Tls, |config| {
        config.doors[0].anonymous = false;
        change(&mut config.doors[0]);
    });
    let gate = gate.await;
    gate.ask(clients(people.pem.clone().into_bytes()));
    (gate, people)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asks_clients_for_the_certificates_that_they_must_have() {
    let (gate, people) = strict(ClientCertificates::Required, |_| {}).await;
    let (mine, foreign) = (people.sign("anna"), Authority::new().sign("anna"));
    let try_in = async |own: Option<&Paper>| gets_in(&gate, gate.authority.believer(own), &account()).await;
    assert!(!try_in(None).await && !try_in(Some(&foreign)).await);
    assert!(try_in(Some(&mine)).await);
    assert!(!gets_in(&gate, gate.authority.believer(Some(&mine)), &Guest::new(4, "a")).await, "the name is no account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lets_clients_in_without_a_certificate_but_not_with_a_wrong_one() {
    let (gate, people) = strict(ClientCertificates::Optional, |_| {}).await;
    let (mine, foreign) = (people.sign("anna"), Authority::new().sign("anna"));
    let try_in = async |own: Option<&Paper>| gets_in(&gate, gate.authority.believer(own), &account()).await;
    assert!(try_in(None).await && try_in(Some(&mine)).await);
    assert!(!try_in(Some(&foreign)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_the_name_in_a_certificate_for_the_account() {
    let (gate, people) = strict(ClientCertificates::Optional, |door| door.certificate_is_user = true).await;
    for (name, expect) in [("anna", true), ("guest", true), ("stranger", false)] {
        let own = people.sign(name);
        let guest = Guest::new(5, "a-client-of-its-own");
        assert_eq!(gets_in(&gate, gate.authority.believer(Some(&own)), &guest).await, expect, "{name}");
    }
    assert!(!gets_in(&gate, gate.authority.believer(None), &Guest::new(5, "a")).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_what_is_no_handshake() {
    let gate = Gate::open(Way::Tls, |_| {}).await;
    for nonsense in
        [&b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"[..], b"GET / HTTP/1.1\r\n\r\n", &[0x16, 3, 1, 255, 255, 0]]
    {
        gate.socket().await.write_all(nonsense).await.unwrap();
    }
    gate.client(5, "a").await.ping().await;
}
