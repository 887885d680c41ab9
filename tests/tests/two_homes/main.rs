//! Two homes and more come to trust each other, and people use devices of all.

mod accounts;
mod devices;
mod federations;
mod keys;
mod marks;
mod pairing;
mod sharing;
mod subscribing;
mod tokens;
mod words;

use hes_tests::{
    client::{Client, Request},
    gateway::Gateway,
    house::House,
    neighbours::{federate, pair},
    patience::until,
};

/// Where the lamp of elm is shown.
const LAMP: &str = "hes/1/elm/zigbee/lamp/property/on";

/// What anna may do at elm in most stories.
const USE_THE_LAMP: &str = "read,write,notify:zigbee/lamp";

/// Starts a home without devices.
fn home(name: &str) -> Gateway {
    Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).named(name).start()
}

/// Starts a home with devices.
fn house(name: &str) -> House {
    House::start_as(env!("CARGO_BIN_EXE_hes-tests-gateway"), name)
}

/// Two homes that `anna` lives in: oak, and elm with its house, of which she may use the lamp.
fn homes_of_anna() -> (Gateway, House) {
    homes_with(USE_THE_LAMP)
}

/// Two homes that `anna` lives in, who may do at elm what is said.
fn homes_with(want: &str) -> (Gateway, House) {
    let (oak, elm) = (home("oak"), house("elm"));
    for gateway in [&oak, &elm.gateway] {
        gateway.add_user("anna", "resident");
    }
    pair(&oak, &elm.gateway);
    federate("anna", &oak, &elm.gateway, want);
    (oak, elm)
}

/// Connects a client of anna's as soon as she can read the lamp of elm.
fn anna_at(oak: &Gateway) -> Client {
    let mut anna = oak.client("anna");
    await_lamp(&mut anna);
    anna
}

/// Waits until a client can read the lamp of elm.
fn await_lamp(client: &mut Client) {
    until("the lamp can be read", || {
        (client.ask(Request::get("zigbee/lamp/on").at("elm")).status == 200).then_some(())
    });
}
