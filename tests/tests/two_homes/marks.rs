//! What MQTT 5 says beside a message: where it comes from, and which trace it is a part of.

use hes_tests::{
    client::{Client, Request},
    wire::Version,
};
use serde_json::json;

use crate::{LAMP, anna_at, homes_of_anna};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Returns the user properties of what is retained of the lamp, as a new client of anna's hears it.
fn marks(mut client: Client, topic: &str) -> Vec<(String, String)> {
    assert_eq!(client.subscribe(&[topic]), Ok(()));
    client.next(topic).properties.user
}

#[test]
fn what_is_shown_of_another_home_says_where_it_comes_from_in_mqtt_5() {
    let (oak, elm) = homes_of_anna();
    drop(anna_at(&oak));
    let shown = marks(oak.client("anna"), LAMP);
    let value = |name: &str| shown.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    let (epoch, seq) = (value("hes-epoch").unwrap(), value("hes-seq").unwrap());
    assert_eq!(value("hes-id"), Some(format!("elm-{epoch}-{seq}").as_str()), "{shown:?}");
    assert_eq!(value("hes-via"), None, "nobody is in between");
    assert_eq!(marks(oak.client_of("anna", Version::V311), LAMP), [], "MQTT 3.1.1 has no room for it");
    assert_eq!(marks(elm.gateway.client("anna"), LAMP), [], "it is at home");
}

#[test]
fn the_trace_of_a_request_comes_back_with_the_answer_of_the_other_home() {
    let (oak, _elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    let set = || Request::set("zigbee/lamp/on", &json!(true)).at("elm");
    assert_eq!(anna.ask(set().marked("traceparent", TRACE)).trace.as_deref(), Some(TRACE));
    assert_eq!(anna.ask(set().marked("traceparent", "00-none")).trace, None);
    assert_eq!(anna.ask(set()).trace, None);
}
