//! Last wills.

use crate::stage::{Client, Guest, House, VERSIONS};

async fn heir(house: &House, version: u8) -> Client {
    let mut heir = house.client(version, "heir").await;
    heir.subscribe("will/#", 1).await;
    heir
}

fn testator(version: u8) -> Guest {
    Guest::new(version, "testator").will("will/x", "gone", false)
}

#[tokio::test]
async fn publishes_the_will_of_who_vanishes() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut heir = heir(&house, version).await;
        house.enter(testator(version)).await.vanish();
        heir.hears("will/x gone qos1").await;
    }
}

#[tokio::test]
async fn publishes_the_will_of_who_breaks_the_rules_or_falls_silent() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut heir = heir(&house, version).await;
        let mut rude = house.enter(testator(version)).await;
        rude.say(&[0x20, 0]).await;
        heir.hears("will/x gone qos1").await;
        let _silent = house.enter(testator(version).keep_alive(1)).await;
        heir.hears("will/x gone qos1").await;
    }
}

#[tokio::test]
async fn forgets_the_will_of_who_says_goodbye() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut heir = heir(&house, version).await;
        house.enter(testator(version)).await.leave().await;
        heir.publish(0, "will/end", "").await;
        heir.hears("will/end ").await;
    }
}

#[tokio::test]
async fn publishes_the_will_of_who_asks_for_it_at_goodbye() {
    let house = House::open().await;
    let mut heir = heir(&house, 5).await;
    let mut testator = house.enter(testator(5)).await;
    testator.say(&[0xe0, 1, 4]).await;
    heir.hears("will/x gone qos1").await;
}

#[tokio::test]
async fn publishes_the_will_of_the_one_who_is_taken_over() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut heir = heir(&house, version).await;
        let _old = house.enter(Guest::new(version, "same").will("will/old", "old", false)).await;
        let new = house.enter(Guest::new(version, "same").will("will/new", "new", false)).await;
        heir.hears("will/old old qos1").await;
        new.leave().await;
        heir.publish(0, "will/end", "").await;
        heir.hears("will/end ").await;
    }
}

#[tokio::test]
async fn keeps_a_retained_will() {
    let house = House::open().await;
    let mut heir = heir(&house, 4).await;
    house.enter(Guest::new(4, "t").will("will/x", "offline", true)).await.vanish();
    heir.hears("will/x offline qos1").await;
    heir.subscribe("will/x", 0).await;
    heir.hears("will/x offline retained").await;
}

#[tokio::test]
async fn refuses_a_will_that_may_not_be_published() {
    let house = House::open().await;
    for (version, code) in [(4, 5), (5, 0x87)] {
        for topic in ["hes/1/oak/z/lamp/set", "hes/1/oak/$status", "$SYS/x", "closed/x"] {
            let mut client = house.knock().await;
            let guest = Guest::new(version, "g").account("guest", "secret");
            assert_eq!(client.connect(&guest.will(topic, "x", false)).await, code, "{topic}");
            client.is_closed().await;
        }
    }
}

#[tokio::test]
async fn forgets_the_will_of_an_account_that_no_longer_holds() {
    for version in VERSIONS {
        let house = House::open().await;
        let mut heir = house.client(version, "heir").await;
        heir.subscribe("open/#", 0).await;
        let guest = Guest::new(version, "guest").account("guest", "secret").will("open/will", "gone", false);
        let mut guest = house.enter(guest).await;
        house.gateway.purge("guest");
        guest.is_told_to_go(0x87).await;
        heir.publish(0, "open/end", "").await;
        heir.hears("open/end ").await;
    }
}

#[tokio::test]
async fn tells_of_the_state_of_its_own_connection_as_a_bridge_does() {
    let house = House::open().await;
    for version in VERSIONS {
        let (own, other) = ("$SYS/broker/connection/bridge/state", "$SYS/broker/connection/other/state");
        let mut bridge = house.enter(Guest::new(version, "bridge").will(own, "0", true)).await;
        assert_eq!(bridge.publish(2, own, "1").await, 0);
        let mut refused = house.knock().await;
        assert_ne!(refused.connect(&Guest::new(version, "bridge2").will(other, "0", true)).await, 0);
        if version == 5 {
            assert_eq!(bridge.publish(2, other, "1").await, 0x87);
        }
    }
}
