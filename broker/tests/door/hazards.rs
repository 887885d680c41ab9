//! What is known to kill or to block other brokers: each story is named after what the client does.

use hes_broker::RouterKind;

use crate::stage::{Guest, House, VERSIONS, body, packet, prop, text};

const ROUTERS: [RouterKind; 2] = [RouterKind::Direct, RouterKind::Rumqttd];

/// Has two newcomers talk to each other through a wildcard.
async fn is_well(house: &House) {
    let (mut one, mut two) = (house.client(5, "well-1").await, house.client(4, "well-2").await);
    one.subscribe("well/+", 1).await;
    two.publish(2, "well/x", "fine").await;
    one.hears("well/x fine qos1").await;
    one.leave().await;
    two.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_to_a_topic_that_begins_outside_ascii() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        for version in VERSIONS {
            let mut client = house.enter(Guest::new(version, "k1").will("été/will", "w", false)).await;
            let mut heir = house.client(version, "heir").await;
            heir.subscribe("+/#", 0).await;
            client.publish(2, "été/x", "1").await;
            heir.hears("été/x 1").await;
            client.vanish();
            heir.hears("été/will w").await;
        }
        is_well(&house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_with_an_id_made_of_wildcards() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        for id in ["+", "#", "$SYS", "a/b", "été"] {
            for version in VERSIONS {
                house.client(version, id).await.ping().await;
                house.client(version, id).await.ping().await;
            }
        }
        is_well(&house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_before_the_connack_again_and_again() {
    let house = House::open().await;
    for version in VERSIONS {
        for _ in 0..50 {
            let mut client = house.knock().await;
            client.say(&Guest::new(version, "k3").bytes()).await;
            client.vanish();
        }
    }
    is_well(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_packets_that_only_a_broker_sends() {
    let house = House::open().await;
    for version in VERSIONS {
        for first in [0x20, 0x90, 0xb0, 0xd0] {
            for _ in 0..3 {
                let mut client = house.client(version, "k4").await;
                client.say(&packet(first, &[0, 1, 0])).await;
                client.is_told_to_go(0x82).await;
            }
        }
    }
    is_well(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_properties_to_a_subscriber_of_the_older_version() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        let (mut old, mut new) = (house.client(4, "old").await, house.client(5, "new").await);
        old.subscribe("#", 1).await;
        let properties = body(&[&[0x03], &text("text/plain"), &[0x26], &text("k"), &text("v")]);
        new.publish_as(2, "a", "x", &properties).await;
        old.hears("a x qos1").await;
        is_well(&house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_a_shared_group_alone_and_disconnects() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut client = house.enter(Guest::new(version, &format!("k6-{version}")).flags(0)).await;
        assert_eq!(client.subscribe("$share/g/a/#", 1).await, 1);
        house.client(5, "sender").await.publish(2, "a/b", "x").await;
        client.hears("a/b x qos1").await;
        client.vanish();
    }
    is_well(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disconnects_while_a_burst_is_delivered() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        let mut sender = house.client(5, "sender").await;
        for round in 0..20 {
            let mut client = house.client(5, "k7").await;
            client.subscribe("a/#", 1).await;
            for number in 0..50 {
                sender.publish(2, "a/b", &number.to_string()).await;
            }
            client.hears("a/b 0 qos1").await;
            if round % 2 == 0 { client.vanish() } else { client.say(&[0xe0, 0]).await }
        }
        is_well(&house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disconnects_as_another_connects() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        for number in 0..50 {
            let mut going = house.client(5, "going").await;
            going.subscribe("a/#", 0).await;
            going.say(&[0xe0, 0]).await;
            let mut coming = house.client(5, &format!("coming-{number}")).await;
            coming.subscribe("a/#", 0).await;
            coming.publish(0, "a/b", "x").await;
            coming.hears("a/b x").await;
        }
        is_well(&house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_with_half_of_three_hundred_during_a_burst() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        for _ in 0..3 {
            let mut crowd = Vec::new();
            for number in 0..300 {
                let mut client = house.client(5, &format!("c{number}")).await;
                let filter = if number % 3 == 0 { format!("a/{number}/#") } else { "a/#".to_owned() };
                client.subscribe(&filter, u8::from(number % 2 == 0)).await;
                crowd.push(client);
            }
            let mut sender = house.client(5, "sender").await;
            let burst: Vec<u8> = (0..200)
                .flat_map(|n| packet(0x30, &body(&[&text(&format!("a/{n}/x")), &prop(5, &[]), b"x"])))
                .collect();
            sender.say(&burst).await;
            for client in crowd.drain(..150) {
                client.vanish();
            }
            sender.ping().await;
            sender.publish(2, "a/last", "").await;
            for mut client in crowd.into_iter().skip(1).step_by(3) {
                while !client.hear().await.starts_with("a/last") {}
            }
            is_well(&house).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_two_hundred_connections_mute() {
    let house = House::open().await;
    let mut mute = Vec::new();
    for _ in 0..200 {
        mute.push(house.knock().await);
    }
    is_well(&house).await;
}
