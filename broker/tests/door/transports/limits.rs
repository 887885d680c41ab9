//! What holds at one listener and not at another.

use std::{num::NonZeroU32, time::Duration};

use hes_broker::{Door, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::passage::{Gate, WAYS, Way};
use crate::stage::{Client, Guest, House};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_a_handshake_that_takes_too_long() {
    for way in WAYS {
        let limits = Limits { connect_deadline: Duration::from_millis(50), ..Limits::default() };
        let gate = Gate::open(way, |config| config.limits = limits).await;
        for beginning in [&b""[..], &[0x16, 3, 1], b"GET /mqtt HTTP/1.1\r\n"] {
            let mut slow = gate.socket().await;
            slow.write_all(beginning).await.unwrap();
            let mut rest = Vec::new();
            // closed or reset, but not left open
            drop(slow.read_to_end(&mut rest).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_one_that_says_nothing_after_the_handshake() {
    let limits = Limits { connect_deadline: Duration::from_secs(2), ..Limits::default() };
    for way in WAYS {
        let gate = Gate::open(way, |config| config.limits = limits.clone()).await;
        gate.knock().await.is_closed().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_no_more_clients_at_a_listener_than_it_has_seats() {
    let mut sockets = vec![TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let house = House::open_with(|config| {
        config.doors[0].allowance.connections = Some(1);
        config.doors.extend(sockets.drain(..).map(|socket| Door { anonymous: true, ..Door::new(socket) }));
    })
    .await;
    for (version, code) in [(4, 3), (5, 0x89)] {
        let one = house.client(version, "one").await;
        assert_eq!(house.knock().await.connect(&Guest::new(version, "two")).await, code);
        let mut elsewhere = Client::reach(house.broker.addresses()[1]).await;
        assert_eq!(elsewhere.connect(&Guest::new(version, "three")).await, 0);
        one.leave().await;
        // the seat is free when the broker has seen that the client has gone
        while house.knock().await.connect(&Guest::new(version, "two")).await != 0 {}
        while house.broker.figures().connected > 1 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_all_in_the_end_who_come_faster_than_it_takes_them() {
    let rate = NonZeroU32::new(20);
    let gate = Gate::open(Way::WebSocket, |config| config.doors[0].connection_rate = rate).await;
    for number in 0..30 {
        gate.client(5, &number.to_string()).await.ping().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lets_the_nameless_in_at_one_listener_and_not_at_another() {
    let mut sockets = vec![TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let house = House::open_with(|config| config.doors.extend(sockets.drain(..).map(Door::new))).await;
    house.client(5, "a").await.leave().await;
    for (version, code) in [(4, 4), (5, 0x86)] {
        let mut strict = Client::reach(house.broker.addresses()[1]).await;
        assert_eq!(strict.connect(&Guest::new(version, "a")).await, code);
    }
}
