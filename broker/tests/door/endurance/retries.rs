//! What the disk does not take at first, and has to be asked for again.

use std::sync::atomic::Ordering;

use hes_broker::Change;

use super::{keeper, lose, post, read_message, reads, say};
use crate::stage::{Guest, House, VERSIONS};

/// Has the disk fail at what it has been given, and at nothing more.
fn fail(house: &House) {
    house.gateway.is_slow.store(false, Ordering::SeqCst);
    house.gateway.settle(false);
}

/// A receiver that was sent PUBREL may use the packet id's message: a broker that forgot would send it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releases_no_message_before_the_store_has_noted_that_the_client_has_it() {
    for version in VERSIONS {
        for is_lost in [false, true] {
            let house = House::open().await;
            let mut reader = house.enter(keeper(version, "r")).await;
            reader.subscribe("t", 2).await;
            let mut writer = house.client(version, "w").await;
            post(&mut writer, 4, 7, "t", "x").await;
            reads(&mut writer, 0x50, 7, 0).await;
            let id = read_message(&mut reader, "x").await.id();
            house.gateway.is_slow.store(true, Ordering::SeqCst);
            say(&mut reader, 0x50, id).await;
            house.owes(1).await;
            house.gateway.settle(false);
            reader.ping().await;
            house.owes(1).await;
            if is_lost {
                lose(&house, reader).await;
                fail(&house);
                reader = house.enter(keeper(version, "r")).await;
            } else {
                house.gateway.is_slow.store(false, Ordering::SeqCst);
                house.gateway.settle(true);
            }
            reads(&mut reader, 0x62, id, 0).await;
            say(&mut reader, 0x70, id).await;
            reader.ping().await;
            let noted =
                house.gateway.kept.lock().unwrap().iter().filter(|it| matches!(it, Change::Released(..))).count();
            assert_eq!(noted, if is_lost { 3 } else { 2 });
        }
    }
}

/// Until the store has forgotten the packet id, a power cut would make the next message with it a repetition.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completes_no_exchange_that_the_store_could_not() {
    for version in VERSIONS {
        let house = House::open().await;
        let mut writer = house.enter(keeper(version, "w")).await;
        post(&mut writer, 4, 7, "t", "x").await;
        reads(&mut writer, 0x50, 7, 0).await;
        house.gateway.is_slow.store(true, Ordering::SeqCst);
        say(&mut writer, 0x62, 7).await;
        house.owes(1).await;
        house.gateway.settle(false);
        writer.ping().await;
        house.owes(1).await;
        house.gateway.is_slow.store(false, Ordering::SeqCst);
        house.gateway.settle(true);
        reads(&mut writer, 0x70, 7, 0).await;
        post(&mut writer, 4, 7, "t", "y").await;
        reads(&mut writer, 0x50, 7, 0).await;
    }
}

/// A session that the store still had would come back with the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn has_the_store_forget_a_session_until_it_has() {
    let house = House::open().await;
    house.enter(keeper(4, "a")).await.leave().await;
    house.holds(0).await;
    house.gateway.is_slow.store(true, Ordering::SeqCst);
    let mut again = house.knock().await;
    again.say(&Guest::new(4, "a").bytes()).await;
    house.owes(2).await;
    fail(&house);
    assert_eq!(again.next().await.body, [0, 0]);
    let ended = || house.gateway.kept.lock().unwrap().iter().filter(|it| matches!(it, Change::SessionGone(_))).count();
    while ended() < 2 {
        tokio::task::yield_now().await;
    }
    again.ping().await;
}
