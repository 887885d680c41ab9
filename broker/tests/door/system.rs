//! The broker's own figures, below `$SYS`.

use std::time::Duration;

use hes_broker::{Limits, RouterKind};

use crate::stage::{Client, Guest, House, VERSIONS};

async fn house(router: RouterKind) -> House {
    House::open_with(|config| {
        config.router = router;
        config.limits = Limits { system_interval: Some(Duration::from_millis(50)), ..Limits::default() };
    })
    .await
}

/// Reads on until a topic is told with a value, whether that was told before or comes anew.
async fn is_told(client: &mut Client, topic: &str, value: &str) {
    let expect = format!("$SYS/broker/{topic} {value}");
    while client.hear().await.trim_end_matches(" retained") != expect {}
}

#[tokio::test]
async fn tells_the_owner_what_goes_on() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = house(router).await;
        let mut owner = house.client(5, "owner").await;
        assert_eq!(owner.subscribe("$SYS/broker/#", 0).await, 0);
        is_told(&mut owner, "clients/connected", "1").await;
        let mut other = house.client(4, "other").await;
        other.subscribe("a", 0).await;
        other.publish(3, "b", "x").await;
        for (topic, value) in
            [("publish/messages/received", "1"), ("subscriptions/count", "3"), ("retained messages/count", "1")]
        {
            let mut watcher = house.client(5, "watcher").await;
            watcher.subscribe(&format!("$SYS/broker/{topic}"), 0).await;
            is_told(&mut watcher, topic, value).await;
        }
    }
}

#[tokio::test]
async fn has_them_all_at_once_for_who_subscribes() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut owner = house.client(version, "owner").await;
        assert_eq!(owner.subscribe("$SYS/broker/version", 0).await, 0);
        owner.hears(&format!("$SYS/broker/version hes-bridge {} retained", env!("CARGO_PKG_VERSION"))).await;
        owner.subscribe("$SYS/broker/hes/dropped/+", 0).await;
        for _ in 0..8 {
            assert!(owner.hear().await.ends_with(" 0 retained"));
        }
        owner.ping().await;
    }
}

#[tokio::test]
async fn tells_nobody_else_and_nobody_through_a_wildcard() {
    let house = house(RouterKind::Direct).await;
    let mut guest = house.enter(Guest::new(5, "guest").account("guest", "secret")).await;
    assert_eq!(guest.subscribe("$SYS/#", 0).await, 0x87);
    let mut owner = house.client(5, "owner").await;
    owner.subscribe("#", 0).await;
    owner.subscribe("+/broker/uptime", 0).await;
    let mut watcher = house.client(5, "watcher").await;
    watcher.subscribe("$SYS/broker/clients/connected", 0).await;
    is_told(&mut watcher, "clients/connected", "3").await;
    guest.leave().await;
    is_told(&mut watcher, "clients/connected", "2").await;
    owner.ping().await;
    assert_eq!(owner.publish(2, "$SYS/broker/uptime", "x").await, 0x87);
}
