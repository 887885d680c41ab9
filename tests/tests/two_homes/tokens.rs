//! Tokens between homes end, and all that they were used for ends with them.

use hes_tests::{
    client::{Client, Request},
    gateway::Gateway,
    neighbours::{say, text},
    patience::until,
};
use serde_json::{Value, json};

use crate::{LAMP, anna_at, homes_of_anna};

/// Lists the tokens that a home gave and holds.
fn tokens(at: &Gateway) -> Vec<Value> {
    say(at, &["token", "list"]).as_array().cloned().unwrap_or_default()
}

/// Has anna shown what there is at elm, and told what changes about the lamp.
fn look_and_listen(anna: &mut Client) {
    assert!(anna.subscribe(&["hes/1/elm/#"]).is_ok());
    anna.until("the lamp is shown", |anna| anna.take(LAMP));
    anna.follow("oak", &json!({ "scope": "elm/zigbee/lamp", "events": ["property_changed"], "initial": false }));
}

/// Has something end what anna may do at elm while she reads, is told and is shown it; asserts that all of it is over when
/// that is answered, with nothing restarted.
fn everything_ends(end: impl FnOnce(&Gateway)) {
    let (oak, mut elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    look_and_listen(&mut anna);
    elm.bridge.report("lamp", &json!({ "power": 1 }));
    let told = anna.await_told(1).len();
    end(&elm.gateway);
    elm.bridge.report("lamp", &json!({ "power": 2 }));
    anna.await_end(LAMP);
    anna.await_end("hes/1/elm/zigbee/lamp/property/power");
    for request in [Request::get("zigbee/lamp/on"), Request::set("zigbee/lamp/on", &json!(true))] {
        let refused = anna.ask(request.at("elm"));
        assert!(matches!(refused.status, 403 | 404), "{refused:?}");
    }
    assert_eq!(anna.told().len(), told, "{:?}", anna.told());
    until("no token is left", || tokens(&oak).is_empty().then_some(()));
}

#[test]
fn a_token_that_is_revoked_ends_requests_values_and_subscriptions() {
    everything_ends(|elm| {
        let given = tokens(elm).into_iter().find(|it| it["bearer"] == "oak").unwrap();
        assert_eq!(say(elm, &["token", "revoke", text(&given, "jti")])["revoked"], 1);
        assert!(tokens(elm).is_empty());
    });
}

#[test]
fn tokens_of_a_home_that_are_revoked_end_the_same() {
    everything_ends(|elm| assert_eq!(say(elm, &["token", "revoke", "--peer", "oak"])["revoked"], 1));
}

#[test]
fn a_home_that_is_trusted_no_more_can_do_nothing_and_what_it_shows_is_stale() {
    let (oak, mut elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    look_and_listen(&mut anna);
    say(&elm.gateway, &["peer", "remove", "oak"]);
    elm.bridge.report("lamp", &json!({ "power": 2 }));
    let stale = |anna: &mut Client| anna.take(LAMP).filter(|shown| shown.text().contains("stale"));
    anna.until("the lamp is stale", stale);
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).refusal(), (503, "home_offline"));
    assert_eq!((anna.told(), tokens(&elm.gateway)), (Vec::new(), Vec::new()));
    say(&oak, &["peer", "remove", "elm"]);
    anna.await_end(LAMP);
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).refusal(), (404, "unknown"));
    assert!(tokens(&oak).is_empty());
}
