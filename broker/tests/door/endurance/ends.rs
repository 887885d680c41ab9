//! How sessions end, and what they leave.

use hes_broker::{Change, Limits, RestoredSession, SessionRecord};

use super::{keeper, lose, post, reads};
use crate::stage::{House, VERSIONS};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgets_the_older_of_two_sessions_that_a_power_cut_left() {
    let session = |key| RestoredSession {
        record: SessionRecord { key, client: "a".into(), user: "anna".into(), expiry: 1000, will: None, bounds: None },
        subscriptions: Vec::new(),
        queue: Vec::new(),
        arrived: Vec::new(),
    };
    let house = House::open_with(|config| config.sessions = vec![session(3), session(7)]).await;
    assert_eq!(house.broker.figures().kept_sessions, 1);
    assert_eq!(*house.gateway.kept.lock().unwrap(), [Change::SessionGone(3)]);
    assert_eq!(house.enter(keeper(5, "a")).await.connack[0], 1);
}

/// What was not read when the connection was lost takes no room afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_no_room_for_what_was_lost_with_a_connection() {
    let house = House::open_limited(Limits { queue_messages: 40, ..Limits::default() }).await;
    let mut reader = house.enter(keeper(5, "r")).await;
    reader.subscribe("t", 1).await;
    let mut writer = house.client(5, "w").await;
    let large = "x".repeat(64 * 1024);
    while house.broker.figures().dropped_queue_full == 0 {
        post(&mut writer, 0, 0, "t", &large).await;
        writer.ping().await;
    }
    lose(&house, reader).await;
    for payload in 0..40 {
        assert_eq!(writer.publish(2, "t", &payload.to_string()).await, 0);
    }
    assert_eq!(house.broker.figures().dropped_session_full, 0);
    let mut reader = house.enter(keeper(5, "r")).await;
    for payload in 0..40 {
        reader.hears(&format!("t {payload} qos1")).await;
    }
}

/// A client may say again how long its session is kept, however short the broker keeps any.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_no_offence_at_an_expiry_that_it_has_cut_itself() {
    let house = House::open_limited(Limits { session_expiry: 0, ..Limits::default() }).await;
    let mut reader = house.client(5, "r").await;
    reader.subscribe("will", 0).await;
    let mut client = house.enter(keeper(5, "a").will("will", "x", false)).await;
    client.say(&[0xe0, 7, 0, 5, 0x11, 0, 0, 3, 0xe8]).await;
    client.is_closed().await;
    house.holds(1).await;
    reader.ping().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_one_session_of_many_connections_that_fight_for_it() {
    for version in VERSIONS {
        let house = House::open().await;
        house.enter(keeper(version, "a")).await.subscribe("t", 2).await;
        let fights = (0..20).map(|_| {
            let address = house.broker.addresses()[0];
            tokio::spawn(async move {
                let mut client = crate::stage::Client::reach(address).await;
                assert_eq!(client.connect(&keeper(version, "a")).await, 0);
                client
            })
        });
        let fighters: Vec<_> = fights.collect();
        for fighter in fighters {
            drop(fighter.await.unwrap());
        }
        house.holds(0).await;
        assert_eq!(house.broker.figures().kept_sessions, 1);
        let mut writer = house.client(version, "w").await;
        post(&mut writer, 4, 1, "t", "x").await;
        reads(&mut writer, 0x50, 1, 0).await;
        let mut last = house.enter(keeper(version, "a")).await;
        assert_eq!((last.connack[0], last.next().await.first), (1, 0x34));
    }
}

/// What breaks in the middle of a conversation takes neither the session nor the other clients with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lets_a_client_come_back_after_a_fault_of_our_own() {
    for version in VERSIONS {
        let house = House::open().await;
        let mut client = house.enter(keeper(version, "a")).await;
        client.subscribe("t", 1).await;
        post(&mut client, 0, 0, "fault", "x").await;
        client.is_told_to_go(0x80).await;
        let mut writer = house.client(version, "w").await;
        assert_eq!(writer.publish(2, "t", "kept").await, 0);
        let mut client = house.enter(keeper(version, "a")).await;
        assert_eq!(client.connack[0], 1);
        client.hears("t kept qos1").await;
    }
}
