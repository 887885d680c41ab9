//! WebSocket: what has to be asked for, and where packets and messages begin and end.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hes_broker::Limits;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::passage::{Gate, Socket, Way};
use crate::stage::Guest;

const MQTT: (&str, &str) = ("sec-websocket-protocol", "mqtt");
const PATIENCE: Duration = Duration::from_secs(30);

async fn gate() -> Gate {
    Gate::open(Way::WebSocket, |_| {}).await
}

async fn next(socket: &mut Socket) -> Option<Message> {
    timeout(PATIENCE, socket.next()).await.expect("the broker said nothing").and_then(Result::ok)
}

async fn say(socket: &mut Socket, bytes: &[u8]) {
    socket.send(Message::Binary(bytes.to_vec().into())).await.unwrap();
}

async fn hears(socket: &mut Socket, expect: &[u8]) {
    let mut heard = Vec::new();
    while heard.len() < expect.len() {
        match next(socket).await {
            Some(Message::Binary(bytes)) => heard.extend(bytes),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard, expect);
}

async fn is_closed_with(socket: &mut Socket, code: CloseCode) {
    let last = next(socket).await;
    assert!(matches!(&last, Some(Message::Close(Some(CloseFrame { code: given, .. }))) if *given == code), "{last:?}");
    assert_eq!(next(socket).await, None);
}

const CONNACK: [u8; 4] = [0x20, 2, 0, 0];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wants_the_subprotocol_mqtt() {
    let gate = gate().await;
    for headers in [&[][..], &[("sec-websocket-protocol", "soap")], &[("sec-websocket-protocol", "mqttx")]] {
        assert_eq!(gate.try_upgrade(headers).await.unwrap_err().status(), 400, "{headers:?}");
    }
    for offer in ["mqtt", "soap, mqtt"] {
        gate.try_upgrade(&[("sec-websocket-protocol", offer)]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_pages_from_its_own_host_and_those_listed_only() {
    let gate =
        Gate::open(Way::WebSocket, |config| config.doors[0].origins = vec!["https://panel.example".into()]).await;
    for (origin, status) in
        [("http://evil.example", Some(403)), ("https://panel.example", None), ("http://localhost", None)]
    {
        let answer = gate.try_upgrade(&[MQTT, ("origin", origin)]).await;
        assert_eq!(answer.err().map(|response| response.status().as_u16()), status, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn puts_a_packet_together_that_comes_in_three_messages() {
    let mut socket = gate().await.upgrade().await;
    let connect = Guest::new(4, "a").bytes();
    for part in [&connect[..1], &[], &connect[1..9], &connect[9..]] {
        say(&mut socket, part).await;
    }
    hears(&mut socket, &CONNACK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_several_packets_out_of_one_message() {
    let mut socket = gate().await.upgrade().await;
    let (connect, ping) = (Guest::new(4, "a").bytes(), [0xc0, 0]);
    say(&mut socket, &[&connect[..], &ping, &ping, &ping[..1]].concat()).await;
    say(&mut socket, &ping[1..]).await;
    hears(&mut socket, &[&CONNACK[..], &[0xd0, 0, 0xd0, 0, 0xd0, 0]].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_pings_before_and_after_the_client_is_let_in() {
    let mut socket = gate().await.upgrade().await;
    for connect in [None, Some(Guest::new(4, "a").bytes())] {
        if let Some(connect) = connect {
            say(&mut socket, &connect).await;
            hears(&mut socket, &CONNACK).await;
        }
        socket.send(Message::Ping("still there?".into())).await.unwrap();
        assert_eq!(next(&mut socket).await, Some(Message::Pong("still there?".into())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_no_text() {
    let mut socket = gate().await.upgrade().await;
    socket.send(Message::Text("CONNECT".into())).await.unwrap();
    is_closed_with(&mut socket, CloseCode::Unsupported).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_no_message_that_is_larger_than_a_packet_may_be() {
    let limits = Limits { packet: 2_000, ..Limits::default() };
    let gate = Gate::open(Way::WebSocket, |config| config.limits = limits).await;
    let mut socket = gate.upgrade().await;
    say(&mut socket, &[0xc0; 2_001]).await;
    is_closed_with(&mut socket, CloseCode::Size).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closes_in_good_order_whoever_begins() {
    let gate = gate().await;
    for version in [4, 5] {
        let mut socket = gate.upgrade().await;
        say(&mut socket, &Guest::new(version, "a").bytes()).await;
        assert!(matches!(next(&mut socket).await, Some(Message::Binary(_))));
        say(&mut socket, &[0xe0, 0]).await;
        let last = next(&mut socket).await;
        assert!(matches!(last, Some(Message::Close(_))), "{last:?}");
    }
    let mut socket = gate.upgrade().await;
    socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await.unwrap();
    is_closed_with(&mut socket, CloseCode::Normal).await;
}
