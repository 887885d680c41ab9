//! What the gateway keeps in the same step as what sessions are owed.

use std::sync::{Arc, Mutex};

use hes_broker::{Backend, Change, Done, Keep, RouterKind};

use super::{keeper, lose, read_message};
use crate::stage::{House, message};

type Outcomes = Arc<Mutex<Vec<bool>>>;

/// Publishes with a note; the store takes both, or neither.
fn publish(house: &House, payload: &'static str, is_stored: bool) -> Outcomes {
    let outcomes = Outcomes::default();
    let (gateway, told) = (Arc::clone(&house.gateway), Arc::clone(&outcomes));
    let keep: Keep = Box::new(move |changes: Vec<Change>, done: Done| {
        if is_stored {
            gateway.stored.lock().unwrap().push(format!("note with {}", changes.len()));
            gateway.keep(changes, None);
        }
        done(is_stored);
    });
    let done: Done = Box::new(move |is_taken| told.lock().unwrap().push(is_taken));
    house.broker.publish_with(message("hes/1/elm/z/b/event/action", payload).at_least_once(), keep, done);
    outcomes
}

async fn outcome(outcomes: &Outcomes) -> bool {
    loop {
        if let [outcome] = outcomes.lock().unwrap()[..] {
            return outcome;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_a_note_with_what_each_session_is_owed() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let mut here = house.enter(keeper(5, "here")).await;
        here.subscribe("hes/1/+/+/+/event/#", 1).await;
        let mut away = house.enter(keeper(5, "away")).await;
        away.subscribe("hes/1/elm/z/b/event/action", 1).await;
        lose(&house, away).await;
        assert!(outcome(&publish(&house, "1", true)).await);
        assert_eq!(*house.gateway.stored.lock().unwrap(), ["note with 2"]);
        read_message(&mut here, "1").await;

        let house = house.reopen().await;
        let mut away = house.enter(keeper(5, "away")).await;
        assert_eq!(away.connack[0], 1);
        read_message(&mut away, "1").await;
        away.ping().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_a_note_even_if_nobody_is_owed_anything() {
    let house = House::open().await;
    assert!(outcome(&publish(&house, "1", true)).await);
    assert_eq!(*house.gateway.stored.lock().unwrap(), ["note with 0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gives_nobody_whose_session_is_kept_what_could_not_be_noted() {
    let house = House::open().await;
    let mut reader = house.enter(keeper(5, "r")).await;
    reader.subscribe("hes/1/+/+/+/event/#", 1).await;
    assert!(!outcome(&publish(&house, "lost", false)).await);
    assert!(outcome(&publish(&house, "again", true)).await);
    read_message(&mut reader, "again").await;
}
