//! Stories of what is kept of the broker's sessions.

mod model;
mod random;

use std::sync::Arc;

use hes_broker::{Change, Properties, Publish, Qos, QueuedRecord, RestoredSession, SessionRecord, Will};
use hes_schemas::{
    Millis, Topic,
    rights::{Grants, Role},
};
use tempfile::TempDir;

use super::{NOW, Opened, Store, is_kept, open, open_at};
use crate::store::sessions::Sessions;

fn session(key: u64) -> SessionRecord {
    SessionRecord {
        key,
        client: format!("panel {key}").into(),
        user: "anna".into(),
        expiry: 3600,
        will: None,
        bounds: None,
    }
}

fn queued(place: u64, number: u64, publish: Publish) -> QueuedRecord {
    let packet_id = (publish.qos == Qos::ExactlyOnce).then_some(0x8001);
    QueuedRecord { place, packet_id, is_released: false, subscription: model::subscription(7), number, publish }
}

fn message(text: &str) -> Publish {
    Publish::new(Topic::new("doors/front").unwrap(), text.to_owned()).at_least_once()
}

fn exactly_once(publish: Publish) -> Publish {
    Publish { qos: Qos::ExactlyOnce, ..publish }
}

fn expiring(publish: Publish, seconds: u32) -> Publish {
    let properties =
        Properties { expiry: Some(seconds), content_type: Some("text/plain".into()), ..Properties::default() };
    publish.with(properties)
}

async fn keep(store: &Store, changes: Vec<Change>) {
    assert!(is_kept(|done| store.keep(changes, Some(done))).await);
}

async fn count(store: &Store, query: &'static str) -> i64 {
    let mut connection = store.ledger().connection().await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut *connection).await.unwrap()
}

fn texts(session: &RestoredSession) -> Vec<&str> {
    session.queue.iter().map(|record| std::str::from_utf8(&record.publish.payload).unwrap()).collect()
}

#[tokio::test]
async fn brings_a_session_back_with_all_that_belongs_to_it() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    let will = Will { publish: expiring(message("gone").retained(), 60), delay: 30 };
    let bounds = Some(Arc::new(Grants::new(Role::Guest.grants())));
    let record = SessionRecord { will: Some(will), expiry: u32::MAX, bounds, ..session(5) };
    let (first, second) = (queued(1, 0, message("a")), queued(4, 1, exactly_once(message("b").retained())));
    let subscription = model::subscription(255);
    let changes = vec![
        Change::Session(record.clone()),
        Change::Subscribed(5, subscription.clone()),
        Change::Queued(5, first.clone()),
        Change::Queued(5, second.clone()),
        Change::Arrived(5, u16::MAX),
    ];
    keep(&opened.store, changes).await;
    keep(&opened.store, vec![Change::Released(5, 4)]).await;
    drop(opened);

    let Opened { mut sessions, damaged, .. } = open(&folder).await;
    for (record, number) in sessions[0].queue.iter_mut().zip(0..) {
        record.number = number;
    }
    let queue = vec![first, QueuedRecord { is_released: true, ..second }];
    let expected = RestoredSession { record, subscriptions: vec![subscription], queue, arrived: vec![u16::MAX] };
    assert_eq!((sessions, damaged), (vec![expected], 0));
}

#[tokio::test]
async fn keeps_a_message_once_for_all_who_wait_for_it_and_no_longer() {
    let folder = TempDir::new().unwrap();
    let Opened { store, .. } = open(&folder).await;
    let mut changes: Vec<Change> = (1..=3).map(|key| Change::Session(session(key))).collect();
    changes.extend((1..=3).map(|key| Change::Queued(key, queued(1, 0, message("for all")))));
    keep(&store, changes).await;
    keep(&store, vec![Change::Queued(1, queued(2, 0, message("for all")))]).await;
    assert_eq!(count(&store, "SELECT count(*) FROM message").await, 1);
    keep(&store, vec![Change::Settled(1, 1), Change::Settled(2, 1), Change::SessionGone(3)]).await;
    assert_eq!(count(&store, "SELECT count(*) FROM message").await, 1);
    keep(&store, vec![Change::Settled(1, 2)]).await;
    assert_eq!(count(&store, "SELECT count(*) FROM message").await, 0);
}

#[test]
fn writes_nothing_of_what_came_and_went_since_the_last_transaction() {
    let mut waiting = Sessions::default();
    let came = [Change::Queued(1, queued(1, 0, message("a"))), Change::Released(1, 1), Change::Arrived(1, 9)];
    came.into_iter().for_each(|change| waiting.change(change, NOW));
    assert_eq!(waiting.len(), 2);
    [Change::Settled(1, 1), Change::Departed(1, 9)].into_iter().for_each(|change| waiting.change(change, NOW));
    assert_eq!(waiting.len(), 0);
}

#[test]
fn counts_each_thing_that_waits_to_be_written() {
    let mut waiting = Sessions::default();
    for place in 1..=100 {
        waiting.change(Change::Queued(place % 7, queued(place, place, message("a"))), NOW);
        waiting.change(Change::Session(session(place % 7)), NOW);
    }
    assert_eq!(waiting.len(), 107);
    waiting.change(Change::SessionGone(0), NOW);
    assert_eq!(waiting.len(), 93, "14 places go, and what is left is the end");
}

#[tokio::test]
async fn tells_messages_of_two_lives_of_the_broker_apart() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    keep(&opened.store, vec![Change::Session(session(1)), Change::Queued(1, queued(1, 0, message("old")))]).await;
    drop(opened);
    let opened = open(&folder).await;
    let old = opened.sessions[0].queue[0].clone();
    let changes = vec![
        Change::Queued(1, queued(2, 0, message("new"))),
        Change::Session(session(2)),
        Change::Queued(2, QueuedRecord { place: 1, ..old }),
        Change::Settled(1, 1),
    ];
    keep(&opened.store, changes).await;
    drop(opened);
    let sessions = open(&folder).await.sessions;
    assert_eq!(sessions.iter().map(texts).collect::<Vec<_>>(), [["new"], ["old"]]);
}

#[tokio::test]
async fn lets_waiting_messages_expire_unless_their_client_has_them() {
    let folder = TempDir::new().unwrap();
    let Opened { store, .. } = open(&folder).await;
    let released = QueuedRecord { is_released: true, ..queued(3, 2, exactly_once(expiring(message("had"), 10))) };
    let changes = vec![
        Change::Session(session(1)),
        Change::Queued(1, queued(1, 0, expiring(message("late"), 10))),
        Change::Queued(1, queued(2, 1, expiring(message("in time"), 60))),
        Change::Queued(1, released),
    ];
    keep(&store, changes).await;
    store.close().await.unwrap();
    drop(store);
    let later = open_at(&folder, NOW + Millis::from_secs(20)).await;
    let [session] = &later.sessions[..] else { panic!() };
    assert_eq!(texts(session), ["in time", "had"]);
    let left = session.queue[0].publish.properties.expiry.unwrap();
    assert!((40..=60).contains(&left), "{left}");
    assert_eq!(count(&later.store, "SELECT count(*) FROM message").await, 2);
}

#[tokio::test]
async fn leaves_nothing_of_a_session_that_has_ended() {
    let folder = TempDir::new().unwrap();
    let Opened { store, .. } = open(&folder).await;
    let life = |key| {
        vec![
            Change::Session(session(key)),
            Change::Subscribed(key, model::subscription(1)),
            Change::Queued(key, queued(1, key, message("x"))),
            Change::Arrived(key, 1),
        ]
    };
    keep(&store, life(1)).await;
    keep(&store, [life(2), vec![Change::SessionGone(1), Change::SessionGone(2)]].concat()).await;
    let everything = "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM session_subscription)
        + (SELECT count(*) FROM queued) + (SELECT count(*) FROM message) + (SELECT count(*) FROM arrived)";
    assert_eq!(count(&store, everything).await, 0);
}

#[tokio::test]
async fn starts_without_the_parts_of_sessions_that_are_damaged() {
    let folder = TempDir::new().unwrap();
    let Opened { store, .. } = open(&folder).await;
    let will = Will { publish: message("gone"), delay: 0 };
    let changes = vec![
        Change::Session(SessionRecord { will: Some(will), ..session(1) }),
        Change::Queued(1, queued(1, 0, message("whole"))),
        Change::Queued(1, queued(2, 1, message("damaged"))),
    ];
    keep(&store, changes).await;
    let spoil = "UPDATE session SET will = x'00';
         UPDATE message SET head = x'ff' WHERE payload = CAST('damaged' AS BLOB)";
    store.ledger().run(spoil).await;
    store.close().await.unwrap();
    drop(store);

    let Opened { store, sessions, damaged, .. } = open(&folder).await;
    assert_eq!(damaged, 3, "the will, the message, and the place that it had");
    assert_eq!((sessions[0].record.clone(), texts(&sessions[0])), (session(1), vec!["whole"]));
    keep(&store, vec![Change::Queued(1, queued(2, 0, message("anew")))]).await;
    drop(store);
    assert_eq!(texts(&open(&folder).await.sessions[0]), ["whole", "anew"]);
}

#[tokio::test]
async fn does_not_bring_back_what_was_given_up_while_the_disk_was_full() {
    let folder = TempDir::new().unwrap();
    let Opened { store, .. } = open(&folder).await;
    keep(&store, vec![Change::Session(session(1)), Change::Arrived(1, 1)]).await;
    store.ledger().run("PRAGMA max_page_count = 1").await;
    let large = Publish { payload: vec![7; 1 << 20].into(), ..message("") };
    let changes = vec![Change::Queued(1, queued(1, 0, large.clone())), Change::Queued(1, queued(2, 0, large))];
    let second = store.clone();
    let give_up = |done: hes_broker::Done| {
        store.keep(
            changes,
            Some(Box::new(move |is_on_disk| {
                second.keep(vec![Change::Settled(1, 1), Change::Departed(1, 1)], None);
                done(is_on_disk);
            })),
        );
    };
    assert!(!is_kept(give_up).await);
    keep(&store, vec![]).await;
    drop(store);
    let sessions = open(&folder).await.sessions;
    let places: Vec<u64> = sessions[0].queue.iter().map(|record| record.place).collect();
    assert_eq!((places, &sessions[0].arrived), (vec![2], &vec![]));
}

#[tokio::test]
async fn brings_the_tables_of_an_older_version_up_to_date() {
    let folder = TempDir::new().unwrap();
    let Opened { store, .. } = open(&folder).await;
    let back = "DROP TABLE session; DROP TABLE session_subscription; DROP TABLE queued; DROP TABLE message;
         DROP TABLE arrived; DROP TABLE account_client; DROP TABLE account_limit; DROP TABLE peer;
         DROP TABLE invitation; DROP TABLE pairing; DROP TABLE parcel; DROP TABLE log; DROP TABLE mirror; DROP TABLE federation; PRAGMA user_version = 1";
    store.ledger().run(back).await;
    drop(store);
    let Opened { store, sessions, .. } = open(&folder).await;
    assert!(sessions.is_empty());
    keep(&store, vec![Change::Session(session(1))]).await;
}
