//! Homes that lie, flood and reach for what is not theirs: contained, counted, and nobody else notices.

#[cfg(test)]
mod broker;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod liar;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod topics;

use hes_tests::{
    client::{Client, Request},
    gateway::Gateway,
    house::House,
    neighbours::{federate, pair},
    patience::until,
};
use serde_json::Value;

use crate::liar::Liar;

const BINARY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

/// Home oak, its neighbours fir, whose anna may use the lamp of oak, and elm, which lies.
struct Village {
    oak: House,
    _fir: Gateway,
    owner: Client,
    anna: Client,
    lamp: Value,
    elm: Liar,
}

impl Village {
    fn found() -> Self {
        let prepared = Gateway::prepare(BINARY).named("oak").with_metrics();
        let (oak, fir) = (House::start_in(prepared), Gateway::prepare(BINARY).named("fir").start());
        for gateway in [&oak.gateway, &fir] {
            gateway.add_user("anna", "resident");
        }
        pair(&oak.gateway, &fir);
        federate("anna", &fir, &oak.gateway, "read,write:zigbee/lamp");
        let (mut owner, mut anna) = (oak.gateway.client("owner"), fir.client("anna"));
        until("the lamp can be read from fir", || (ask(&mut anna).status == 200).then_some(()));
        let lamp = ask(&mut owner).value().clone();
        let elm = Liar::pair(&oak.gateway);
        Self { oak, _fir: fir, owner, anna, lamp, elm }
    }

    /// Has people at home and in the other home answered, and the lamp be as it was.
    fn is_unharmed(&mut self, after: &str) {
        for client in [&mut self.owner, &mut self.anna] {
            let answer = ask(client);
            assert_eq!((answer.status, answer.value()), (200, &self.lamp), "{after}");
        }
    }

    /// Says whether something happened at least so often at oak.
    fn counted(&mut self, name: &str, least: f64) -> bool {
        self.oak.gateway.metric(name).is_some_and(|count| count >= least)
    }

    /// Has nothing be wrong with the program, and nothing be told of what another home may not tell.
    fn is_sound(&mut self) {
        assert!(self.counted("hes_peer_up{peer=\"fir\"}", 1.0));
        let program = self.oak.gateway.program();
        assert!(program.is_running());
        let log = program.output();
        assert!(!log.contains("panicked"), "{log}");
        assert!(log.len() < 100_000, "the log is filled: {} bytes", log.len());
    }
}

/// Asks for the lamp of oak.
fn ask(client: &mut Client) -> hes_tests::client::Answer {
    client.ask(Request::get("zigbee/lamp/on").at("oak"))
}
