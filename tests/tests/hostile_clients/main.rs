//! Clients that break the rules: each is refused as the specification says, none hangs, and nobody else notices.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test panics to say what is wrong")]

mod draft;
mod faults;
#[cfg(test)]
mod known_faults;
#[cfg(test)]
mod raw;

use std::{
    io::{self, ErrorKind, Write},
    net::{Shutdown, SocketAddr, TcpStream},
};

use hes_tests::{
    client::Client,
    gateway::Gateway,
    patience::WAIT,
    wire::{self, Message, Version},
};

use crate::faults::{Case, Expect, cases};

const PING: [u8; 2] = [0xc0, 0];

/// What a broker did about a case.
#[derive(Debug)]
struct Reaction {
    /// What it said, without what any client is told.
    said: Vec<(u8, Vec<u8>)>,
    is_closed: bool,
}

/// Sends what is wrong, and takes in what the broker does about it.
fn try_out(address: SocketAddr, case: &Case) -> Reaction {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(WAIT)).unwrap();
    if case.is_connected {
        let account = Gateway::account("hostile");
        let version = if case.version == 5 { Version::V5 } else { Version::V311 };
        stream.write_all(&wire::connect(version, "hostile", Some(&account))).unwrap();
        let connack = wire::read_any(&mut stream).unwrap();
        assert_eq!((connack.0, connack.1[1]), (0x20, 0), "{case:?}");
    }
    // the broker may have gone before it is all written; what is in order is answered with PINGRESP behind it
    drop(stream.write_all(&case.bytes));
    if case.expect == Expect::EndsWithTheStream {
        drop(stream.shutdown(Shutdown::Write));
    } else {
        drop(stream.write_all(&PING));
    }
    react(&mut stream, case)
}

fn react(stream: &mut TcpStream, case: &Case) -> Reaction {
    let mut said = Vec::new();
    loop {
        match wire::read_any(stream) {
            Ok(packet) => {
                let is_pong = packet.0 == 0xd0;
                said.push(packet);
                if is_pong {
                    return Reaction { said, is_closed: false };
                }
            }
            Err(error) => {
                assert!(!is_silence(&error), "the broker hangs: {case:02x?}");
                return Reaction { said, is_closed: true };
            }
        }
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Says what is wrong with what the broker did, if anything is.
fn verdict(case: &Case, reaction: &Reaction) -> Result<(), String> {
    let Reaction { said, is_closed } = reaction;
    let code = |(first, body): &(u8, Vec<u8>)| match first {
        0x20 => body.get(1).copied(),
        0xe0 => Some(body.first().copied().unwrap_or(0)),
        0x40 | 0x50 | 0x70 => body.get(2).copied(),
        0x90 | 0xb0 => body.last().copied(),
        _ => None,
    };
    match case.expect {
        Expect::EndsWithTheStream => is_closed.then_some(()).ok_or_else(|| "it goes on".to_owned()),
        Expect::EndsOrRefuses(codes) if !is_closed => {
            let refused = said.iter().filter_map(code).any(|code| codes.contains(&code));
            refused.then_some(()).ok_or_else(|| "it is neither refused nor ended".to_owned())
        }
        Expect::Ends(_) if !is_closed => Err("it goes on".to_owned()),
        Expect::Ends(codes) | Expect::EndsOrRefuses(codes) => said.iter().try_for_each(|packet| {
            match packet.0 {
                // 3.1.1 has return codes of its own, and no DISCONNECT from a broker
                0x20 if case.version == 4 => {
                    code(packet).is_some_and(|code| (1..=5).contains(&code) || is_foreign(case, code))
                }
                0xe0 if case.version == 4 => false,
                0x20 | 0xe0 => code(packet).is_some_and(|code| codes.contains(&code) || is_foreign(case, code)),
                0x40 | 0x50 | 0x70 | 0x90 | 0xb0 => code(packet).is_some_and(|code| code >= 0x80),
                _ => false,
            }
            .then_some(())
            .ok_or_else(|| "it ends with the wrong word".to_owned())
        }),
    }
}

/// A version that is not offered may be called so in the words of either that is.
fn is_foreign(case: &Case, code: u8) -> bool {
    !case.is_connected && matches!(code, 0x01 | 0x84)
}

/// Has a message come back to who sent it.
fn is_alive(witness: &mut Client, number: usize) {
    let topic = format!("alive/{number}");
    witness.publish(Message::new(topic.as_str(), "yes")).unwrap();
    witness.next(&topic);
}

fn break_the_rules(version: u8) {
    let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway"));
    gateway.add_user("hostile", "cluster");
    let mut gateway = gateway.start();
    drop(gateway.client("hostile"));
    let mut witness = gateway.client("owner");
    witness.subscribe(&["alive/#"]).unwrap();
    let hostile = Gateway::account("hostile");
    let mut faults = Vec::new();
    let cases: Vec<Case> = (1..=2).flat_map(|seed| cases(version, &hostile.user, &hostile.password, seed)).collect();
    assert!(cases.len() >= 600, "{}", cases.len());
    for (number, case) in cases.iter().enumerate() {
        let reaction = try_out(gateway.address(), case);
        if let Err(fault) = verdict(case, &reaction) {
            faults.push(format!("{}: {fault}: {:02x?} {:02x?}", case.name, reaction.said, case.bytes));
        }
        is_alive(&mut witness, number);
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
    assert!(gateway.program().is_running());
    let log = gateway.program().output();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn what_breaks_the_rules_of_the_older_version_ends_its_connection_only() {
    break_the_rules(4);
}

#[test]
fn what_breaks_the_rules_of_mqtt_5_ends_its_connection_only() {
    break_the_rules(5);
}
