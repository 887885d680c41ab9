//! Who may do what.

use hes_broker::{Change, RouterKind};

use crate::stage::{Client, Guest, House, body, message, packet, prop, text};

async fn guest(house: &House, version: u8, id: &str) -> Client {
    house.enter(Guest::new(version, id).account("guest", "secret")).await
}

#[tokio::test]
async fn refuses_a_publish_where_the_account_may_not() {
    let house = House::open().await;
    let mut owner = house.client(5, "owner").await;
    owner.subscribe("#", 0).await;
    for (version, code) in [(4, 0), (5, 0x87)] {
        let mut guest = guest(&house, version, "guest").await;
        for topic in ["closed/x", "hes/1/oak/z/lamp/property/on", "hes/1/oak/$res/owner", "$SYS/x", "hes/1"] {
            assert_eq!(guest.publish(3, topic, "x").await, code, "{topic}");
            guest.publish(1, topic, "x").await;
        }
        assert_eq!(guest.publish(2, "open/x", "y").await, 0);
        owner.hears("open/x y").await;
    }
    assert_eq!(house.broker.figures().refused_publishes, 20);
    assert!(house.gateway.stored.lock().unwrap().is_empty());
}

#[tokio::test]
async fn refuses_a_subscription_where_the_account_may_not() {
    let house = House::open().await;
    for (version, code) in [(4, 0x80), (5, 0x87)] {
        let mut guest = guest(&house, version, "guest").await;
        for filter in ["closed/#", "closed/x", "hes/1/#", "$own/#", "$SYS/#"] {
            assert_eq!(guest.subscribe(filter, 1).await, code, "{filter}");
        }
        assert_eq!(guest.subscribe("open/#", 1).await, 1);
    }
}

#[tokio::test]
async fn shows_through_a_wildcard_only_what_the_account_may_see() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let stored = vec![message("closed/old", "1").retained(), message("open/old", "1").retained()];
        let house = House::open_with(|config| {
            config.router = router;
            config.retained = stored;
        })
        .await;
        let mut guest = guest(&house, 5, "guest").await;
        guest.subscribe("#", 0).await;
        guest.hears("open/old 1 retained").await;
        let mut owner = house.client(5, "owner").await;
        owner.publish(0, "closed/x", "1").await;
        owner.publish(0, "open/x", "2").await;
        guest.hears("open/x 2").await;
    }
}

#[tokio::test]
async fn gives_nobody_the_control_topics_or_anothers_answers() {
    let house = House::open().await;
    for (version, code) in [(4, 0x80), (5, 0x87)] {
        let mut owner = house.client(version, "owner").await;
        for filter in [
            "hes/1/oak/$res/other",
            "hes/1/oak/$res/#",
            "hes/1/+/$res/owner",
            "hes/1/oak/$notify/other/#",
            "hes/1/oak/$req/#",
            "hes/1/$link/#",
            "hes/1/oak/z/lamp/set",
        ] {
            assert_eq!(owner.subscribe(filter, 0).await, code, "{filter}");
        }
    }
}

#[tokio::test]
async fn leaves_nothing_of_a_kept_session_whose_account_no_longer_holds() {
    let house = House::open().await;
    let (mut owner, mut sender) = (house.client(5, "owner").await, house.client(5, "sender").await);
    owner.subscribe("#", 1).await;
    let hour = [0, 0, 0x0e, 0x10];
    let head = body(&[&text("MQTT"), &[5, 0xce, 0, 0], &prop(5, &body(&[&[0x11], &hour])), &text("kept")]);
    let will = body(&[&prop(5, &body(&[&[0x18], &hour])), &text("open/will"), &text("late")]);
    let mut guest = house.knock().await;
    guest.version = 5;
    guest.say(&packet(0x10, &body(&[&head, &will, &text("guest"), &text("secret")]))).await;
    assert_eq!(guest.next().await.body[..2], [0, 0]);
    guest.subscribe("open/#", 1).await;
    guest.vanish();
    while house.broker.figures().away == 0 {
        owner.ping().await;
    }
    sender.publish(2, "open/x", "waits").await;
    owner.hears("open/x waits qos1").await;

    house.gateway.purge("guest");
    while house.broker.figures().kept_sessions > 0 {
        owner.ping().await;
    }
    let is_gone = |change: &Change| matches!(change, Change::SessionGone(_));
    assert!(house.gateway.kept.lock().unwrap().iter().any(is_gone), "on disk too");
    sender.publish(2, "open/end", "no will before").await;
    owner.hears("open/end no will before qos1").await;
}
