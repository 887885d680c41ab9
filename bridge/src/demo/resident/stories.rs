//! Stories of the house at a broker, which is played here by hand.

use std::net::Ipv4Addr;

use bytes::BytesMut;
use rumqttc::{
    ConnAck, ConnectReturnCode, Login, Packet, PubAck, Publish, QoS, SubAck, SubscribeReasonCode, mqttbytes::Error,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Key, live_in};

const LARGEST: usize = 1 << 20;

/// A broker with one guest.
struct Door {
    listener: TcpListener,
    cancel: CancellationToken,
    resident: JoinHandle<()>,
}

/// A connection of the house.
struct Guest {
    stream: TcpStream,
    read: BytesMut,
}

impl Door {
    async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let cancel = CancellationToken::new();
        let key = Key { user: "zigbee".to_owned(), password: "key".to_owned().into() };
        let resident = tokio::spawn(live_in(listener.local_addr().unwrap(), key, 7, cancel.clone()));
        Self { listener, cancel, resident }
    }

    async fn accept(&self) -> Guest {
        let (stream, _) = self.listener.accept().await.unwrap();
        Guest { stream, read: BytesMut::new() }
    }

    /// Lets the house in, up to its subscription.
    async fn welcome(&self) -> Guest {
        let mut guest = self.accept().await;
        assert!(matches!(guest.hear().await, Packet::Connect(_)));
        guest.say(Packet::ConnAck(ConnAck::new(ConnectReturnCode::Success, false))).await;
        let Packet::Subscribe(subscribe) = guest.hear().await else { panic!("a subscription comes first") };
        assert_eq!(subscribe.filters[0].path, "zigbee2mqtt/#");
        let granted = vec![SubscribeReasonCode::Success(QoS::AtMostOnce)];
        guest.say(Packet::SubAck(SubAck::new(subscribe.pkid, granted))).await;
        guest
    }
}

impl Guest {
    async fn hear(&mut self) -> Packet {
        loop {
            match Packet::read(&mut self.read, LARGEST) {
                Ok(packet) => return packet,
                Err(Error::InsufficientBytes(_)) => {
                    let count = self.stream.read_buf(&mut self.read).await.unwrap();
                    assert!(count > 0, "the house is still there");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Hears on until something is published there.
    async fn hear_on(&mut self, path: &str) -> Value {
        loop {
            let Packet::Publish(publish) = self.hear().await else { continue };
            if publish.qos == QoS::AtLeastOnce {
                self.say(Packet::PubAck(PubAck::new(publish.pkid))).await;
            }
            if publish.topic == format!("zigbee2mqtt/{path}") {
                return serde_json::from_slice(&publish.payload).unwrap();
            }
        }
    }

    async fn say(&mut self, packet: Packet) {
        let mut written = BytesMut::new();
        packet.write(&mut written, LARGEST).unwrap();
        self.stream.write_all(&written).await.unwrap();
    }
}

#[tokio::test]
async fn the_house_comes_with_its_account_and_last_will() {
    let door = Door::open().await;
    let mut guest = door.accept().await;
    let Packet::Connect(connect) = guest.hear().await else { panic!("a connect comes first") };
    assert_eq!(connect.login, Some(Login::new("zigbee", "key")));
    let will = connect.last_will.unwrap();
    assert_eq!((will.topic.as_str(), will.retain), ("zigbee2mqtt/bridge/state", true));
    assert_eq!(&will.message[..], br#"{"state":"offline"}"#);
}

#[tokio::test]
async fn the_house_tells_what_there_is_and_does_what_it_is_told() {
    let door = Door::open().await;
    let mut guest = door.welcome().await;
    assert_eq!(guest.hear_on("bridge/state").await, json!({"state": "online"}));
    assert_eq!(guest.hear_on("bridge/devices").await.as_array().map(Vec::len), Some(12));
    assert_eq!(guest.hear_on("lamp").await["state"], "ON");
    guest.say(Packet::Publish(Publish::new("zigbee2mqtt/lamp/set", QoS::AtMostOnce, r#"{"state":"OFF"}"#))).await;
    assert_eq!(guest.hear_on("lamp").await["state"], "OFF");
}

#[tokio::test]
async fn the_house_comes_back_as_it_was_when_the_connection_is_lost() {
    let door = Door::open().await;
    let mut guest = door.welcome().await;
    guest.say(Packet::Publish(Publish::new("zigbee2mqtt/lamp/set", QoS::AtMostOnce, "OFF"))).await;
    while guest.hear_on("lamp").await["state"] != "OFF" {}
    drop(guest);
    let mut guest = door.welcome().await;
    assert_eq!(guest.hear_on("bridge/state").await, json!({"state": "online"}));
    assert_eq!(guest.hear_on("lamp").await["state"], "OFF");
}

#[tokio::test]
async fn the_house_says_farewell_when_it_is_left() {
    let door = Door::open().await;
    let mut guest = door.welcome().await;
    assert_eq!(guest.hear_on("bridge/state").await, json!({"state": "online"}));
    door.cancel.cancel();
    assert_eq!(guest.hear_on("bridge/state").await, json!({"state": "offline"}));
    assert_eq!(guest.hear().await, Packet::Disconnect);
    drop(guest);
    door.resident.await.unwrap();
}

#[tokio::test]
async fn the_house_is_left_although_nobody_ever_let_it_in() {
    let door = Door::open().await;
    let guest = door.accept().await;
    drop(guest);
    door.cancel.cancel();
    door.resident.await.unwrap();
}
