//! Members of a group that go, or have no room.

use std::sync::atomic::Ordering;

use hes_broker::{Change, Limits, RouterKind};

use super::{keeper, lose, post, reads};
use crate::stage::House;

const GROUP: &str = "$share/g/t/+";
const EXACT_GROUP: &str = "$share/g/t/1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hands_over_what_is_still_on_its_way_to_a_member_that_ends() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        for filter in [GROUP, EXACT_GROUP] {
            let house = House::open_routed(router).await;
            let mut member = house.enter(keeper(5, "m")).await;
            member.subscribe(filter, 1).await;
            let mut writer = house.client(5, "w").await;
            house.gateway.is_slow.store(true, Ordering::SeqCst);
            post(&mut writer, 2, 1, "t/1", "x").await;
            house.owes(1).await;
            let mut other = house.client(5, "o").await;
            other.subscribe(filter, 1).await;
            member.say(&[0xe0, 7, 0, 5, 0x11, 0, 0, 0, 0]).await;
            member.is_closed().await;
            house.gateway.settle(true);
            reads(&mut writer, 0x40, 1, 0).await;
            other.hears("t/1 x qos1").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gives_no_member_more_than_it_has_room_for_while_another_has_some() {
    let house = House::open_limited(Limits { queue_messages: 2, ..Limits::default() }).await;
    let mut slow = house.enter(keeper(5, "slow")).await;
    slow.subscribe(GROUP, 1).await;
    let mut quick = house.client(5, "quick").await;
    quick.subscribe(GROUP, 1).await;
    let mut writer = house.client(5, "w").await;
    house.gateway.is_slow.store(true, Ordering::SeqCst);
    for id in 1..=8 {
        post(&mut writer, 2, id, "t/1", "x").await;
        writer.ping().await;
        if id % 2 == 0 || id > 4 {
            quick.hears("t/1 x qos1").await;
        }
    }
    house.gateway.settle(true);
    for _ in 0..2 {
        slow.hears("t/1 x qos1").await;
    }
    slow.ping().await;
    assert_eq!(house.broker.figures().too_slow, 0);
}

/// So that a power cut in between loses none of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_what_it_hands_over_before_it_forgets_who_had_it() {
    let house = House::open().await;
    let mut member = house.enter(keeper(5, "m")).await;
    member.subscribe(GROUP, 1).await;
    lose(&house, member).await;
    let mut writer = house.client(5, "w").await;
    assert_eq!(writer.publish(2, "t/1", "x").await, 0);
    let mut heir = house.enter(keeper(5, "heir")).await;
    heir.subscribe(GROUP, 1).await;
    house.gateway.kept.lock().unwrap().clear();
    house.client(5, "m").await;
    heir.hears("t/1 x qos1").await;
    let kept = house.gateway.kept.lock().unwrap();
    let place = |wanted: fn(&Change) -> bool| kept.iter().position(wanted).unwrap();
    assert!(
        place(|change| matches!(change, Change::Queued { .. }))
            < place(|change| matches!(change, Change::SessionGone(_))),
        "{kept:?}"
    );
}
