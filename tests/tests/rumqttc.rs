//! rumqttc at the door of the built-in broker, as a client of 3.1.1 and of 5.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics to say what is wrong")]

use std::{
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use hes_tests::{gateway::Gateway, patience::until, wire::Version};

const VERSIONS: [Version; 2] = [Version::V311, Version::V5];
/// How long is rested before a broker that is away is tried again.
const REST: Duration = Duration::from_millis(20);

/// What a client has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    /// It was let in, to a session that was there before or to a new one.
    Connected {
        is_kept: bool,
    },
    Granted,
    Acknowledged,
    Heard {
        payload: String,
        qos: u8,
    },
}

type Diary = Arc<Mutex<Vec<Seen>>>;

/// Both versions have the same shape in rumqttc, and no type in common.
macro_rules! speaking {
    () => {
        /// Follows a connection, which comes back by itself, until its client leaves.
        pub(super) fn follow(mut connection: Connection, diary: &Diary) {
            for event in connection.iter() {
                let seen = match event {
                    Ok(Event::Incoming(Packet::ConnAck(ack))) => Seen::Connected { is_kept: ack.session_present },
                    Ok(Event::Incoming(Packet::SubAck(_))) => Seen::Granted,
                    Ok(Event::Incoming(Packet::PubAck(_) | Packet::PubComp(_))) => Seen::Acknowledged,
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let payload = String::from_utf8_lossy(&publish.payload).into_owned();
                        Seen::Heard { payload, qos: level(publish.qos) }
                    }
                    Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                    Ok(_) => continue,
                    Err(_) => {
                        thread::sleep(REST);
                        continue;
                    }
                };
                diary.lock().unwrap().push(seen);
            }
        }

        pub(super) fn qos(level: u8) -> QoS {
            [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][usize::from(level)]
        }

        fn level(wanted: QoS) -> u8 {
            (0..=2).find(|level| qos(*level) == wanted).unwrap()
        }
    };
}

mod v4 {
    use std::thread;

    pub(super) use rumqttc::{Client, Connection, Event, MqttOptions, Outgoing, Packet, QoS};

    use super::{Diary, REST, Seen};

    speaking!();
}

mod v5 {
    use std::thread;

    pub(super) use rumqttc::v5::{Client, Connection, Event, MqttOptions};
    use rumqttc::{
        Outgoing,
        v5::mqttbytes::{QoS, v5::Packet},
    };

    use super::{Diary, REST, Seen};

    speaking!();
}

enum Speaker {
    V4(v4::Client),
    V5(v5::Client),
}

/// A client of the owner, which comes back by itself.
struct Peer {
    speaker: Speaker,
    diary: Diary,
    follower: Option<JoinHandle<()>>,
}

impl Peer {
    /// Connects; a session that `is_kept` waits for an hour, or for ever in 3.1.1.
    fn connect(gateway: &Gateway, version: Version, name: &str, is_kept: bool) -> Self {
        let (host, port) = (gateway.address().ip().to_string(), gateway.address().port());
        let account = Gateway::account("owner");
        let diary = Diary::default();
        let own = Arc::clone(&diary);
        let (speaker, follower) = match version {
            Version::V311 => {
                let mut options = v4::MqttOptions::new(name, host, port);
                options.set_credentials(account.user, account.password).set_clean_session(!is_kept);
                let (client, connection) = v4::Client::new(options, 100);
                (Speaker::V4(client), thread::spawn(move || v4::follow(connection, &own)))
            }
            Version::V5 => {
                let mut options = v5::MqttOptions::new(name, host, port);
                options.set_credentials(account.user, account.password).set_clean_start(!is_kept);
                options.set_session_expiry_interval(is_kept.then_some(3600));
                let (client, connection) = v5::Client::new(options, 100);
                (Speaker::V5(client), thread::spawn(move || v5::follow(connection, &own)))
            }
        };
        let peer = Self { speaker, diary, follower: Some(follower) };
        peer.until("it is let in", |seen| matches!(seen, Seen::Connected { .. }), 1);
        peer
    }

    fn subscribe(&self, filter: &str, qos: u8) {
        match &self.speaker {
            Speaker::V4(client) => client.subscribe(filter, v4::qos(qos)).unwrap(),
            Speaker::V5(client) => client.subscribe(filter, v5::qos(qos)).unwrap(),
        }
        self.until("the filter is granted", |seen| *seen == Seen::Granted, 1);
    }

    fn publish(&self, topic: &str, qos: u8, payload: &str) {
        match &self.speaker {
            Speaker::V4(client) => client.publish(topic, v4::qos(qos), false, payload.to_owned()).unwrap(),
            Speaker::V5(client) => client.publish(topic, v5::qos(qos), false, payload.to_owned()).unwrap(),
        }
    }

    fn seen(&self) -> Vec<Seen> {
        self.diary.lock().unwrap().clone()
    }

    fn until(&self, what: &str, is_it: impl Fn(&Seen) -> bool, times: usize) {
        until(what, || (self.seen().iter().filter(|seen| is_it(seen)).count() >= times).then_some(()));
    }

    /// Waits until it has heard so many messages, and returns them.
    fn hear(&self, count: usize) -> Vec<(String, u8)> {
        self.until("all is heard", |seen| matches!(seen, Seen::Heard { .. }), count);
        let heard = |seen| match seen {
            Seen::Heard { payload, qos } => Some((payload, qos)),
            Seen::Connected { .. } | Seen::Granted | Seen::Acknowledged => None,
        };
        self.seen().into_iter().filter_map(heard).collect()
    }

    fn sessions(&self) -> Vec<bool> {
        let session = |seen| match seen {
            Seen::Connected { is_kept } => Some(is_kept),
            Seen::Heard { .. } | Seen::Granted | Seen::Acknowledged => None,
        };
        self.seen().into_iter().filter_map(session).collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let told = match &self.speaker {
            Speaker::V4(client) => client.disconnect().is_ok(),
            Speaker::V5(client) => client.disconnect().is_ok(),
        };
        if let (true, false, Some(follower)) = (told, thread::panicking(), self.follower.take()) {
            assert!(follower.join().is_ok(), "rumqttc panicked");
        }
    }
}

fn gateway() -> Gateway {
    Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).start()
}

/// Returns messages that a test tells apart, each with its quality of service.
fn numbered(qos: u8) -> Vec<(String, u8)> {
    (0..20).map(|number| (number.to_string(), qos)).collect()
}

#[test]
fn speaks_each_quality_of_service_in_both_directions() {
    let gateway = gateway();
    for version in VERSIONS {
        for other in VERSIONS {
            let (listener, speaker) =
                (Peer::connect(&gateway, version, "listener", false), Peer::connect(&gateway, other, "speaker", false));
            listener.subscribe("each/+", 2);
            for (payload, qos) in [("zero", 0), ("one", 1), ("two", 2)] {
                speaker.publish("each/x", qos, payload);
            }
            assert_eq!(listener.hear(3), [("zero".to_owned(), 0), ("one".to_owned(), 1), ("two".to_owned(), 2)]);
            speaker.until("both are acknowledged", |seen| *seen == Seen::Acknowledged, 2);
        }
    }
}

#[test]
fn hears_after_a_power_cut_what_was_said_while_it_was_away() {
    let mut gateway = gateway();
    for version in VERSIONS {
        let name = format!("absent-{version:?}");
        let listener = Peer::connect(&gateway, version, &name, true);
        listener.subscribe("absent/+", 2);
        drop(listener);
        for qos in [1, 2] {
            let speaker = Peer::connect(&gateway, version, "speaker", false);
            for (payload, qos) in numbered(qos) {
                speaker.publish("absent/x", qos, &payload);
            }
            speaker.until("all are acknowledged", |seen| *seen == Seen::Acknowledged, 20);
        }
        gateway.kill();
        gateway.restart();
        let listener = Peer::connect(&gateway, version, &name, true);
        let mut heard = listener.hear(40);
        // order holds among messages of the same quality of service
        heard.sort_by_key(|(_, qos)| *qos);
        assert_eq!(heard, [numbered(1), numbered(2)].concat());
        assert_eq!(listener.sessions(), [true]);
    }
}

#[test]
fn comes_back_to_its_session_by_itself() {
    let mut gateway = gateway();
    for version in VERSIONS {
        let listener = Peer::connect(&gateway, version, &format!("faithful-{version:?}"), true);
        listener.subscribe("faithful/+", 2);
        gateway.kill();
        gateway.restart();
        listener.until("it has come back", |seen| matches!(seen, Seen::Connected { .. }), 2);
        let speaker = Peer::connect(&gateway, version, "speaker", false);
        for (payload, qos) in numbered(2) {
            speaker.publish("faithful/x", qos, &payload);
        }
        assert_eq!(listener.hear(20), numbered(2));
        assert_eq!(listener.sessions(), [false, true]);
        drop(speaker);
    }
}
