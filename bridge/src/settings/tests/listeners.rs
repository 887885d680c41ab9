//! Listeners with rules of their own.

use std::num::NonZeroU32;

use hes_broker::{Allowance, Transport};
use rcgen::{CertificateParams, KeyPair};

use super::*;

/// Writes a certificate that holds until a year, with its key, under a name.
pub(super) fn write_certificate(folder: &Path, name: &str, year: i32) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(year, 1, 2);
    std::fs::write(folder.join(format!("{name}.crt")), params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// Loads a file beside which there is a certificate `good` and one that has ended, `old`.
fn load_beside(text: &str, more: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let (folder, options) = written(text);
    write_certificate(folder.path(), "good", 2999);
    write_certificate(folder.path(), "old", 2001);
    let folder = format!("{}/", folder.path().display());
    Settings::load(&options, &variables(more))
        .map_err(|error| error.complaints().iter().map(|line| line.to_string().replace(&folder, "")).collect())
}

#[test]
fn reads_listeners_in_their_order() {
    let text = "[broker]\nanonymous = 'guest'\n[[broker.listener]]\naddress = '0.0.0.0:8883'\ncertificate = 'good.crt'\n\
                key = 'good.key'\nclient_ca = 'old.crt'\nclient_certificate = 'required'\ncertificate_is_user = true\n\
                [[broker.listener]]\naddress = '[::1]:8083'\ntransport = 'websocket'\norigins = ['http://a', '*']\n\
                max_connections = 5\nconnection_rate = 7\nanonymous = true\nmessage_rate = 9\nbyte_rate = '2KiB'\n\
                max_subscriptions = 3\nmax_inflight = 4\nmax_queued_size = '1MiB'\n";
    let broker = load_beside(text, &[]).unwrap().broker;
    assert_eq!(broker.listen.len(), 1);
    let [tls, websocket] = broker.listeners.as_slice() else { panic!("{broker:?}") };
    assert_eq!((tls.transport, tls.has_tls(), tls.certificate_is_user), (Transport::Tcp, true, true));
    assert_eq!((tls.anonymous, tls.connection_rate), (false, None));
    let widest = Allowance {
        connections: Some(1_000_000),
        messages: None,
        bytes: None,
        subscriptions: Some(100_000),
        inflight: Some(65_535),
        queue_bytes: Some(1 << 30),
    };
    assert_eq!(tls.allowance, widest);
    assert_eq!((websocket.transport, websocket.has_tls()), (Transport::WebSocket, false));
    let narrow = Allowance {
        connections: Some(5),
        messages: NonZeroU32::new(9),
        bytes: NonZeroU32::new(2_048),
        subscriptions: Some(3),
        inflight: Some(4),
        queue_bytes: Some(1 << 20),
    };
    assert_eq!((websocket.anonymous, websocket.allowance), (true, narrow));
    assert_eq!((websocket.connection_rate.unwrap().get(), websocket.origins.len()), (7, 2));
}

#[test]
fn takes_listeners_from_the_file_and_the_environment_together() {
    let text = "[[broker.listener]]\naddress = '127.0.0.1:1'\n[[broker.listener]]\naddress = '127.0.0.1:2'\n";
    let more = [
        ("HES_BROKER_LISTENER_2_TRANSPORT", "websocket"),
        ("HES_BROKER_LISTENER_2_ORIGINS", "http://a, http://b"),
        ("HES_BROKER_LISTENER_10_ADDRESS", "127.0.0.1:10"),
        ("HES_BROKER_LISTENER_10_CONNECTION_RATE", "3"),
        ("HES_BROKER_LISTENER_10_ANONYMOUS", "false"),
    ];
    let listeners = load_beside(text, &more).unwrap().broker.listeners;
    let ports: Vec<u16> = listeners.iter().map(|listener| listener.address.port()).collect();
    assert_eq!(ports, [1, 2, 10]);
    assert_eq!((listeners[1].transport, listeners[1].origins.len()), (Transport::WebSocket, 2));
    let missing = [("HES_BROKER_LISTENER_1_TRANSPORT", "tcp")];
    check("", &missing, &["HES_BROKER_LISTENER_1_TRANSPORT: broker.listener.address is missing"]);
    let unknown = "HES_BROKER_LISTENER_1_ADRESS: there is no such key; did you mean HES_BROKER_LISTENER_1_ADDRESS?";
    check("", &[("HES_BROKER_LISTENER_1_ADRESS", "x")], &[unknown]);
}

#[test]
fn names_what_is_wrong_with_a_listener() {
    for (lines, expect) in [
        (
            "address = '8883'",
            "3: broker.listener.address: \"8883\" is not an address with a port, such as \"127.0.0.1:1883\"",
        ),
        ("transport = 'tcp'", "2: broker.listener.address is missing"),
        (
            "address = '127.0.0.1:1883'",
            "3: broker.listener.address: 127.0.0.1:1883 and 127.0.0.1:1883 are in each other's way",
        ),
        ("adress = '127.0.0.1:1'", "3: broker.listener.adress is not a key; did you mean broker.listener.address?"),
        (
            "address = '127.0.0.1:1'\ntransport = 'udp'",
            "4: broker.listener.transport: unknown variant `udp`, expected `tcp` or `websocket`",
        ),
        (
            "address = '127.0.0.1:1'\nkey = 'good.key'",
            "2: broker.listener.certificate is missing: a key needs its certificate",
        ),
        (
            "address = '127.0.0.1:1'\ncertificate = 'good.crt'",
            "2: broker.listener.key is missing: a certificate needs its key",
        ),
        (
            "address = '127.0.0.1:1'\ncertificate = 'none.crt'\nkey = 'good.key'",
            "4: broker.listener.certificate: none.crt cannot be read: No such file or directory (os error 2)",
        ),
        (
            "address = '127.0.0.1:1'\ncertificate = 'good.crt'\nkey = 'old.key'",
            "4: broker.listener.certificate: old.key: the key does not belong to the certificate",
        ),
        (
            "address = '127.0.0.1:1'\ncertificate = 'good.key'\nkey = 'good.key'",
            "4: broker.listener.certificate: good.key: there is no certificate that can be read",
        ),
        (
            "address = '127.0.0.1:1'\ncertificate = 'good.crt'\nkey = 'good.key'\nclient_certificate = 'optional'",
            "2: broker.listener.client_ca is missing: it says who may sign the clients' certificates",
        ),
        (
            "address = '127.0.0.1:1'\ncertificate = 'good.crt'\nkey = 'good.key'\ncertificate_is_user = true",
            "6: broker.listener.certificate_is_user does nothing unless client_certificate is \"optional\" or \"required\"",
        ),
        (
            "address = '127.0.0.1:1'\nmax_inflight = 70000",
            "4: broker.listener.max_inflight: invalid value: integer `70000`, expected a whole number from 1 to 65535",
        ),
        (
            "address = '127.0.0.1:1'\nmax_rate = 3",
            "4: broker.listener.max_rate is not a key; did you mean broker.listener.byte_rate?",
        ),
        (
            "address = '127.0.0.1:1'\norigins = ['*']",
            "4: broker.listener.origins does nothing unless transport is \"websocket\"",
        ),
        (
            "address = '127.0.0.1:1'\nanonymous = true",
            "4: broker.listener.anonymous needs a role: broker.anonymous is \"none\"",
        ),
    ] {
        let text = format!("\n[[broker.listener]]\n{lines}\n");
        assert_eq!(load_beside(&text, &[]).unwrap_err(), [format!("bridge.toml:{expect}")], "{lines}");
    }
    check("[broker]\nlistener = 1\n", &[], &["bridge.toml:2: broker.listener: write [[broker.listener]]"]);
    check("[broker.listener]\naddress = ''\n", &[], &["bridge.toml:1: broker.listener: write [[broker.listener]]"]);
    let open = "[broker]\nanonymous = 'guest'\n[[broker.listener]]\naddress = '0.0.0.0:1'\nanonymous = true\n";
    check(
        open,
        &[],
        &[
            "bridge.toml:5: broker.listener.anonymous is for an address that is this machine's alone, 127.0.0.1 or [::1]",
        ],
    );
}

#[test]
fn remarks_that_a_certificate_has_ended() {
    let text = "[[broker.listener]]\naddress = '127.0.0.1:1'\ncertificate = 'old.crt'\nkey = 'old.key'\n";
    let remarks = load_beside(text, &[]).unwrap().remarks;
    let said = remarks[0].to_string();
    assert!(said.ends_with("the certificate has ended on 2001-01-02 00:00 UTC: clients will not accept it"), "{said}");
    assert_eq!(remarks.len(), 1);
}

#[test]
fn needs_no_plain_address_beside_a_listener() {
    let text = "[broker]\nlisten = []\n[[broker.listener]]\naddress = '127.0.0.1:1'\n\
                [[cluster]]\nid = 'zigbee'\nkind = 'zigbee2mqtt'\n";
    assert!(load_beside(text, &[]).is_ok());
}
