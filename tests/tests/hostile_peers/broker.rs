//! A broker that was to lead to another home, and speaks no MQTT.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use hes_tests::{
    client::Request,
    gateway::Gateway,
    neighbours::{await_link, pair, pair_at, state},
    patience::until,
    wire::read_any,
};

use crate::BINARY;

/// A way to a true broker that turns into a hostile one.
struct Turncoat {
    address: SocketAddr,
    /// Which case comes next; all before the first and behind the last are led to the true broker.
    next: Arc<AtomicUsize>,
}

const TRUE: usize = usize::MAX;

const LET_IN: [u8; 5] = [0x20, 3, 0, 0, 0];
const GRANTED: [u8; 6] = [0x90, 4, 0, 1, 0, 1];

/// How long a client is held that does not go by itself.
const HOLD: Duration = Duration::from_millis(500);

/// What is said once the client has said CONNECT.
fn cases() -> Vec<Vec<u8>> {
    let inside: [&[u8]; 12] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        &[0xff; 64],
        &[0x30, 0xff, 0xff, 0xff, 0xff, 0x7f],
        // a topic that is no text, a QoS that is none, a packet without its number
        &[0x30, 5, 0, 2, 0xff, 0xfe, 0],
        &[0x36, 6, 0, 1, b'a', 0, 1, 0],
        &[0x32, 4, 0, 1, b'a', 0],
        // properties longer than the packet, unknown, and twice
        &[0x30, 5, 0, 1, b'a', 0x7f, 0],
        &[0x30, 6, 0, 1, b'a', 2, 0x7e, 0],
        &[0x30, 9, 0, 1, b'a', 4, 0x01, 0, 0x01, 0],
        // what only a client says
        &[0x82, 7, 0, 1, 0, 0, 1, b'#', 0],
        &[0x10, 0],
        &[0xf0, 0],
    ];
    let mut cases: Vec<_> = inside.iter().map(|bytes| [&LET_IN[..], &GRANTED, bytes].concat()).collect();
    // a packet of 256 MB that never ends, and megabytes of nothing
    cases.push([&LET_IN[..], &GRANTED, &[0x30, 0xff, 0xff, 0xff, 0x7f], &vec![0; 8 << 20]].concat());
    cases.push(b"SSH-2.0-nothing\r\n".to_vec());
    cases.push(vec![0x20, 0xff, 0xff, 0xff, 0xff]);
    cases
}

impl Turncoat {
    fn new(broker: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, next) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(TRUE)));
        let (own, cases) = (Arc::clone(&next), cases());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let turn = own
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |at| Some(if at == TRUE { at } else { at + 1 }));
                match turn.ok().and_then(|at| cases.get(at).cloned()) {
                    Some(case) => drop(thread::spawn(move || deceive(client, &case))),
                    None => drop(lead(client, broker)),
                }
            }
        });
        Self { address, next }
    }
}

fn deceive(mut client: TcpStream, case: &[u8]) {
    drop(read_any(&mut client));
    client.set_read_timeout(Some(HOLD)).unwrap();
    let welcome = [&LET_IN[..], &GRANTED].concat();
    let rest = case.strip_prefix(welcome.as_slice()).unwrap_or(case);
    if rest.len() < case.len() {
        // who is let in and heard begins anew at the shortest pause
        drop(client.write_all(&LET_IN));
        drop(read_any(&mut client));
        drop(client.write_all(&GRANTED));
        // the next thing that it says shows that it has heard that
        drop(read_any(&mut client));
    }
    drop(client.write_all(rest));
    while client.read(&mut [0; 4_096]).is_ok_and(|read| read > 0) {}
}

fn lead(client: TcpStream, broker: SocketAddr) -> io::Result<()> {
    let broker = TcpStream::connect(broker)?;
    let pump = |mut from: TcpStream, mut to: TcpStream| {
        thread::spawn(move || {
            drop(io::copy(&mut from, &mut to));
            drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
        });
    };
    pump(client.try_clone()?, broker.try_clone()?);
    pump(broker, client);
    Ok(())
}

#[test]
fn a_broker_that_speaks_no_mqtt_costs_its_own_way_only() {
    let home = |name: &str| Gateway::prepare(BINARY).named(name).start();
    let (oak, mut elm, fir) = (home("oak"), home("elm"), home("fir"));
    pair(&elm, &fir);
    let turncoat = Turncoat::new(oak.address());
    pair_at(&format!("mqtt://{}", turncoat.address), &oak, &elm);
    let (mut owner, all) = (elm.client("owner"), cases().len());
    let before = elm.program().resident().unwrap();
    turncoat.next.store(0, Ordering::SeqCst);
    // the first way ends with its broker
    let mut oak = oak;
    oak.kill();
    oak.restart();
    for case in 1..=all {
        until("it has come again", || (turncoat.next.load(Ordering::SeqCst) >= case).then_some(()));
        let answer = owner.ask(Request::operation("devices", &serde_json::json!({})).at("elm"));
        assert_eq!(answer.status, 200, "case {case}");
    }
    assert_eq!(state(&elm, &fir).as_deref(), Some("online"));
    await_link(&oak, &elm);
    let after = elm.program().resident().unwrap();
    assert!(after < before + (64 << 10), "{before} KiB, then {after} KiB");
    let log = elm.program().output();
    assert!(!log.contains("panicked"), "{log}");
}
