//! What has harmed MQTT brokers and bridges before: each story is named after what the other side does.

use std::{
    collections::BTreeSet,
    fs,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener},
    thread::{self, JoinHandle},
};

use hes_tests::{
    gateway::Gateway,
    patience::{WAIT, until},
    wire::{self, Message},
};

use crate::{
    draft::{packet, text},
    raw::{Hello, Raw, publish},
};

fn gateway() -> Gateway {
    let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).start();
    drop(gateway.client("owner"));
    gateway
}

/// Waits until an account that lost its right is refused what it asks for.
fn until_refused(gateway: &Gateway, user: &str, filter: &str) {
    until("the right is gone", || {
        let mut raw = Raw::enter(gateway.address(), &Hello::new(user, "asks"));
        (raw.subscribe(filter, 0) == 0x87).then_some(())
    });
}

#[test]
fn publishes_one_message_of_qos_2_a_thousand_times_and_never_releases_it() {
    let gateway = gateway();
    let mut witness = gateway.client("owner");
    witness.subscribe(&["twice/#"]).unwrap();
    let mut raw = Raw::enter(gateway.address(), &Hello::new("owner", "stubborn"));
    for round in 0..1_000 {
        let first = if round == 0 { 0x34 } else { 0x3c };
        raw.say(&publish(first, "twice/x", 8, &[], b"once"));
        assert_eq!(raw.hear().0, 0x50);
    }
    witness.fence();
    assert_eq!(witness.heard().len(), 1);
}

#[test]
fn begins_more_messages_of_qos_2_than_were_allowed() {
    let gateway = gateway();
    let mut raw = Raw::enter(gateway.address(), &Hello::new("owner", "greedy"));
    for id in 1..=400 {
        raw.say(&publish(0x34, "many/x", id, &[], b"x"));
    }
    assert_eq!(raw.is_ended(), 0x93);
}

#[test]
fn comes_back_for_a_session_and_retained_messages_after_its_right_is_gone() {
    let gateway = gateway();
    gateway.add_stranger("leaver");
    gateway.grant("leaver", "read,write", "topic:secret/#");
    drop(gateway.client("leaver"));
    let hello = Hello { expiry: 600, ..Hello::new("leaver", "kept") };
    let mut raw = Raw::enter(gateway.address(), &hello);
    assert_eq!(raw.subscribe("secret/#", 1), 1);
    drop(raw);
    let mut owner = gateway.client("owner");
    owner.publish(Message::new("secret/queued", "1")).unwrap();
    owner.publish(Message::new("secret/retained", "2").retained()).unwrap();
    gateway.revoke("leaver", "topic:secret/#");
    until_refused(&gateway, "leaver", "secret/#");
    owner.publish(Message::new("secret/later", "3")).unwrap();
    let mut raw = Raw::enter(gateway.address(), &Hello { is_clean: false, ..hello });
    assert_eq!(raw.hear_all(), []);
    assert_eq!(raw.subscribe("secret/#", 1), 0x87);
}

#[test]
fn loses_its_right_before_its_will_is_due() {
    let gateway = gateway();
    for user in ["leaver", "stayer"] {
        gateway.add_stranger(user);
        gateway.grant(user, "read,write", "topic:will/#");
        drop(gateway.client(user));
    }
    let mut witness = gateway.client("owner");
    witness.subscribe(&["will/#"]).unwrap();
    let leave = |user, topic| {
        let hello = Hello { expiry: 600, will: Some((topic, 3)), ..Hello::new(user, user) };
        drop(Raw::enter(gateway.address(), &hello));
    };
    leave("leaver", "will/leaver");
    gateway.revoke("leaver", "topic:will/#");
    until_refused(&gateway, "leaver", "will/#");
    leave("stayer", "will/stayer");
    witness.next("will/stayer");
    assert_eq!(witness.heard(), []);
}

#[test]
fn connects_with_an_empty_password_or_without_any_right() {
    let gateway = gateway();
    gateway.add_stranger("nobody");
    for user in ["owner", "cluster", "nobody", ""] {
        let hello = Hello { password: Some(""), ..Hello::new(user, "empty") };
        let (_, code) = Raw::greet(gateway.address(), &hello);
        assert_eq!(code, 0x86, "{user:?}");
    }
    let mut raw = Raw::enter(gateway.address(), &Hello::new("nobody", "nobody"));
    for filter in ["#", "+", "$SYS/#", "hes/1/#", "a"] {
        assert_eq!(raw.subscribe(filter, 0), 0x87, "{filter}");
    }
    raw.say(&publish(0x32, "a", 1, &[], b"x"));
    let (first, body) = raw.hear();
    assert_eq!((first, body[2]), (0x40, 0x87));
}

#[test]
fn acknowledges_out_of_order_and_what_it_never_got() {
    let gateway = gateway();
    let mut raw = Raw::enter(gateway.address(), &Hello::new("owner", "confused"));
    raw.subscribe("order/#", 1);
    let mut owner = gateway.client("owner");
    for number in 0..3 {
        owner.publish(Message::new("order/x", number.to_string())).unwrap();
    }
    let mut packet_id = || {
        let (_, body) = raw.hear();
        [body[9], body[10]]
    };
    let ids = [packet_id(), packet_id(), packet_id()];
    for id in [ids[2], [0x3a, 0x3a], ids[0], ids[0], ids[1]] {
        raw.say(&packet(0x40, &id));
    }
    raw.say(&packet(0x62, &[0x3a, 0x3a]));
    raw.say(&packet(0x70, &[0x3a, 0x3a]));
    assert_eq!(raw.hear_all(), [(0x70, vec![0x3a, 0x3a, 0x92])]);
    owner.publish(Message::new("order/x", "last")).unwrap();
    assert!(raw.hear().1.ends_with(b"last"));
}

#[test]
fn uses_an_alias_of_its_connection_before() {
    let gateway = gateway();
    let hello = Hello { expiry: 600, ..Hello::new("owner", "forgetful") };
    let mut raw = Raw::enter(gateway.address(), &hello);
    raw.say(&publish(0x30, "alias/x", 0, &[0x23, 0, 1], b"1"));
    raw.say(&publish(0x30, "", 0, &[0x23, 0, 1], b"2"));
    assert_eq!(raw.hear_all(), []);
    drop(raw);
    let mut raw = Raw::enter(gateway.address(), &Hello { is_clean: false, ..hello });
    raw.say(&publish(0x30, "", 0, &[0x23, 0, 1], b"3"));
    assert!(matches!(raw.is_ended(), 0x82 | 0x94));
}

#[test]
fn names_files_in_its_client_id_and_its_topics() {
    let gateway = gateway();
    // the database's own files come and go
    let files = || -> BTreeSet<String> {
        let names = fs::read_dir(gateway.path("data")).unwrap();
        let names = names.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with("hes-bridge.db")).collect()
    };
    let before = files();
    for name in ["../../hostile", "/tmp/hostile", "..", ".", "hostile\\..\\x", "hes-bridge.db", "a/../../b"] {
        let mut raw = Raw::enter(gateway.address(), &Hello { expiry: 600, ..Hello::new("owner", name) });
        raw.subscribe("#", 1);
        raw.say(&publish(0x33, name, 1, &[], b"x"));
        raw.hear_all();
    }
    assert_eq!(files(), before);
    assert!(fs::read_dir(gateway.path(".")).unwrap().all(|file| !is_hostile(&file.unwrap())));
}

fn is_hostile(file: &fs::DirEntry) -> bool {
    file.file_name().to_string_lossy().contains("hostile")
}

/// A broker that takes one CONNECT, says something, and waits until the gateway has had enough.
fn broker_that_says(words: Vec<Vec<u8>>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(WAIT)).unwrap();
        wire::read_any(&mut stream).unwrap();
        for word in &words {
            // the gateway may have had enough already
            drop(stream.write_all(word));
        }
        let end = stream.read_to_end(&mut Vec::new());
        let is_over = end.as_ref().map_or_else(|error| error.kind() == ErrorKind::ConnectionReset, |_| true);
        assert!(is_over, "{words:02x?}: {end:?}");
    });
    (address, thread)
}

#[test]
fn answers_as_a_broker_with_what_is_no_mqtt() {
    let hello = packet(0x20, &[0, 0, 0]);
    let subscribed = packet(0x90, &[0, 1, 0, 1]);
    let bad: Vec<Vec<Vec<u8>>> = vec![
        vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()],
        vec![packet(0x20, &[])],
        vec![packet(0x20, &[0, 0, 9, 0x7f, 1])],
        vec![vec![0x20, 0xff, 0xff, 0xff, 0xff, 0x7f]],
        vec![packet(0x10, &[0, 4])],
        vec![hello.clone(), packet(0x90, &[0])],
        vec![hello.clone(), packet(0x30, &[0xff, 0xff, b'x'])],
        vec![hello.clone(), packet(0x30, &[&text(b"\xff\xfe"), &[0][..]].concat())],
        vec![hello.clone(), subscribed.clone(), packet(0x36, &[&text(b"a"), &[0, 1, 0][..]].concat())],
        vec![hello.clone(), subscribed, vec![0x30, 0x80, 0x80, 0x80, 0x80, 0x01]],
        vec![hello.clone(), hello, packet(0xf0, &[0x18, 0])],
    ];
    let (addresses, brokers): (Vec<SocketAddr>, Vec<JoinHandle<()>>) = bad.into_iter().map(broker_that_says).unzip();
    let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway"));
    let with = |gateway: Gateway, (number, address): (usize, &SocketAddr)| {
        gateway.with_remote_cluster(&format!("z{number}"), &format!("z{number}"), *address)
    };
    let mut gateway = addresses.iter().enumerate().fold(gateway, with).start();
    for broker in brokers {
        broker.join().unwrap();
    }
    gateway.client("owner").fence();
    assert!(gateway.program().is_running());
    assert!(!gateway.program().output().contains("panicked"));
}
