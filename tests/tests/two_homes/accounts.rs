//! What accounts may do changes at either home, and acts across at once.

use hes_tests::{
    client::{Client, Request},
    gateway::Gateway,
    house::House,
    neighbours::{federate, pair, say},
    patience::until,
};
use serde_json::{Value, json};

use crate::{LAMP, USE_THE_LAMP, anna_at, home, homes_of_anna, house};

/// Two homes that anna lives in; at elm her account has rights of its own: to the lamp and to the plug.
fn homes_with_grants() -> (Gateway, House) {
    let (oak, elm) = (home("oak"), house("elm"));
    oak.add_user("anna", "resident");
    elm.gateway.add_stranger("anna");
    for device in ["lamp", "plug"] {
        elm.gateway.grant("anna", "read,write,notify", &format!("zigbee/{device}"));
    }
    pair(&oak, &elm.gateway);
    federate("anna", &oak, &elm.gateway, "read,write,notify:zigbee/+");
    (oak, elm)
}

/// Waits until a request is answered with a status.
fn await_status(client: &mut Client, request: &Request, status: u64) {
    until(&format!("{request:?} comes to {status}"), || {
        (client.ask(request.clone().at("elm")).status == status).then_some(())
    });
}

/// Returns how the federations that a home knows stand.
fn standings(at: &Gateway) -> Vec<Value> {
    say(at, &["federation", "list"]).as_array().into_iter().flatten().map(|it| it["state"].clone()).collect()
}

#[test]
fn rights_of_the_account_at_the_giving_home_act_across_at_once() {
    let (oak, elm) = homes_with_grants();
    let mut anna = anna_at(&oak);
    anna.subscribe(&["hes/1/elm/#"]).unwrap();
    anna.until("the lamp is shown", |anna| anna.take(LAMP));
    let (read, write) = (Request::get("zigbee/plug/on"), Request::set("zigbee/plug/on", &json!(true)));
    await_status(&mut anna, &write, 200);
    elm.gateway.revoke("anna", "zigbee/plug");
    await_status(&mut anna, &read, 404);
    anna.await_end("hes/1/elm/zigbee/plug/property/on");
    elm.gateway.grant("anna", "read", "zigbee/plug");
    await_status(&mut anna, &read, 200);
    await_status(&mut anna, &write, 403);
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).status, 200);
    elm.gateway.revoke("anna", "zigbee/lamp");
    await_status(&mut anna, &Request::get("zigbee/lamp/on"), 404);
}

#[test]
fn an_account_that_is_removed_there_leaves_the_federation() {
    let (oak, elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    elm.gateway.manage(&["user", "remove", "anna"]);
    await_status(&mut anna, &Request::get("zigbee/lamp/on"), 404);
    until("elm has left", || (!standings(&elm.gateway).contains(&json!("active"))).then_some(()));
    until("oak knows", || (!standings(&oak).contains(&json!("active"))).then_some(()));
    elm.gateway.add_user("anna", "resident");
    until("another anna lives there", || {
        elm.gateway
            .client("anna")
            .ask(Request::operation("devices", &json!({})).at("elm"))
            .field("devices")
            .get(0)
            .map(drop)
    });
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).refusal(), (404, "unknown"));
}

#[test]
fn an_account_that_is_removed_here_is_nobody_there() {
    let (oak, elm) = homes_of_anna();
    drop(anna_at(&oak));
    oak.manage(&["user", "remove", "anna"]);
    until("elm gives no token any more", || say(&elm.gateway, &["token", "list"]).as_array()?.is_empty().then_some(()));
    until("elm knows", || (!standings(&elm.gateway).contains(&json!("active"))).then_some(()));
    oak.add_user("anna", "resident");
    let mut other = oak.client("anna");
    other.subscribe(&["hes/1/#"]).unwrap();
    assert_eq!(other.ask(Request::get("zigbee/lamp/on").at("elm")).refusal(), (404, "unknown"));
    assert!(other.heard().iter().all(|it| !it.topic.starts_with("hes/1/elm/")));
}

#[test]
fn a_new_password_changes_nothing_between_homes() {
    let (oak, elm) = homes_of_anna();
    drop(anna_at(&oak));
    for gateway in [&oak, &elm.gateway] {
        let file = gateway.write("password", "secret of anna").display().to_string();
        gateway.manage(&["user", "passwd", "anna", "--password-file", &file]);
    }
    let mut anna = anna_at(&oak);
    await_status(&mut anna, &Request::set("zigbee/lamp/on", &json!(true)), 200);
    assert_eq!((standings(&oak), standings(&elm.gateway)), (vec![json!("active")], vec![json!("active")]));
}

#[test]
fn a_resident_there_gives_no_more_than_it_may() {
    let (oak, elm) = (home("oak"), house("elm"));
    oak.add_user("anna", "owner");
    elm.gateway.add_user("anna", "guest");
    pair(&oak, &elm.gateway);
    federate("anna", &oak, &elm.gateway, &format!("{USE_THE_LAMP} read,write:zigbee/plug"));
    let mut anna = anna_at(&oak);
    let lock = Request::set("zigbee/plug/child_lock", &json!(false));
    assert_eq!(anna.ask(lock.at("elm")).refusal(), (403, "denied"));
    assert_eq!(anna.ask(Request::set("zigbee/plug/on", &json!(true)).at("elm")).status, 200);
}
