//! Requests to the gateway, and its answers.

use hes_broker::RouterKind;

use crate::stage::{Client, Guest, House, VERSIONS, body, message, text};

const ANSWERS: &str = "hes/1/oak/$res/me";
const REQUEST: &str = "hes/1/oak/$req/devices";

async fn ask(client: &mut Client, flags: u8, topic: &str, payload: &str) -> u8 {
    let properties = body(&[&[0x08], &text(ANSWERS), &[0x09], &text("7")]);
    client.publish_as(flags, topic, payload, &properties).await
}

#[tokio::test]
async fn answers_a_request_to_its_asker_only() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let (mut me, mut spy) = (house.client(5, "me").await, house.client(5, "spy").await);
        spy.subscribe("#", 1).await;
        spy.subscribe("hes/1/#", 1).await;
        me.subscribe(ANSWERS, 1).await;
        ask(&mut me, 0, REQUEST, "x").await;
        me.hears(&format!("{ANSWERS} x qos1 correlation=7")).await;
        me.publish(0, "end", "").await;
        spy.hears("end ").await;
    }
}

#[tokio::test]
async fn passes_what_is_asked_to_the_gateway_and_to_nobody_else() {
    let house = House::open().await;
    let mut me = house.client(5, "me").await;
    me.subscribe("hes/1/#", 0).await;
    let topics = ["hes/1/oak/z/lamp/set", "hes/1/oak/z/lamp/property/on/get", "hes/1/oak/$req/nonsense"];
    for topic in topics {
        assert_eq!(me.publish(2, topic, "1").await, 0);
    }
    me.publish(3, topics[0], "2").await;
    assert_eq!(
        house.gateway.asked.lock().unwrap()[..],
        [
            "hes/1/oak/z/lamp/set 1",
            "hes/1/oak/z/lamp/property/on/get 1",
            "hes/1/oak/$req/nonsense 1",
            "hes/1/oak/z/lamp/set 2 retained",
        ]
    );
    me.ping().await;
}

#[tokio::test]
async fn keeps_what_is_a_users_from_another_user_who_took_the_client_id() {
    let house = House::open().await;
    house.client(5, "me").await.leave().await;
    let mut thief = house.enter(Guest::new(5, "me").account("guest", "secret")).await;
    thief.subscribe("hes/1/oak/$notify/me/#", 1).await;
    assert!(!house.broker.send("me", "anna", message("hes/1/oak/$notify/me/s1", "of anna's lock")));
    assert!(house.broker.send("me", "guest", message("hes/1/oak/$notify/me/s2", "of the lamp")));
    thief.hears("hes/1/oak/$notify/me/s2 of the lamp").await;
}

#[tokio::test]
async fn sends_what_belongs_to_a_client_there_whatever_its_version() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut me = house.client(version, "me").await;
        let notify = "hes/1/oak/$notify/me/s1";
        assert!(!house.broker.send("me", "anna", message(notify, "unheard")), "nobody is subscribed");
        assert!(!house.broker.send("nobody", "anna", message(notify, "unheard")));
        me.subscribe("hes/1/oak/$notify/me/#", 1).await;
        assert!(house.broker.send("me", "anna", message(notify, "1").at_least_once()));
        me.hears(&format!("{notify} 1 qos1")).await;
        house.broker.publish(message(notify, "2"));
        me.hears(&format!("{notify} 2")).await;
        me.unsubscribe("hes/1/oak/$notify/me/#").await;
        assert!(!house.broker.send("me", "anna", message(notify, "3")));
    }
}

#[tokio::test]
async fn gives_no_answers_to_a_client_whose_id_fits_no_topic() {
    let house = House::open().await;
    for id in ["+", "#", "a/b", "$me"] {
        let mut me = house.client(5, id).await;
        assert_eq!(me.subscribe(&format!("hes/1/oak/$res/{id}"), 0).await & 0x80, 0x80, "{id}");
        me.ping().await;
    }
}
