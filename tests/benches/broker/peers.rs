//! The brokers that are compared, and who speaks to them.

use std::{net::SocketAddr, time::Duration};

use hes_tests::{gateway::Gateway, mosquitto::Mosquitto, program::Program, wire::Account};

use crate::GATEWAY;

/// Where the topics begin that every account of a measurement may use.
pub(crate) const TOPICS: &str = "bench";

/// The account that may use few topics; what it uses here is covered by the last of its grants.
pub(crate) const PANEL: &str = "panel";

/// All brokers, running.
pub(crate) struct Peers {
    pub(crate) mosquitto: Mosquitto,
    pub(crate) rumqttd: Gateway,
    pub(crate) direct: Gateway,
}

/// One broker with one account.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) account: Option<Account>,
}

impl Peers {
    pub(crate) fn start() -> Self {
        Self { mosquitto: Mosquitto::start(), rumqttd: gateway("rumqttd").start(), direct: gateway("direct").start() }
    }

    /// Returns all lanes, mosquitto first.
    pub(crate) fn lanes(&self) -> Vec<Lane> {
        let mosquitto = Lane { name: "mosquitto", address: self.mosquitto.address(), account: None };
        let lane = |name, gateway, user| lane(name, gateway, user);
        vec![
            mosquitto,
            lane("rumqttd, owner", &self.rumqttd, "owner"),
            lane("rumqttd, panel", &self.rumqttd, PANEL),
            lane("direct, owner", &self.direct, "owner"),
            lane("direct, panel", &self.direct, PANEL),
        ]
    }

    /// Returns how much time processors have spent on the broker of each lane.
    pub(crate) fn processor_times(&mut self) -> Vec<Duration> {
        let spent = |program: &Program| program.processor_time().unwrap_or_default();
        let mosquitto = spent(self.mosquitto.program());
        let (rumqttd, direct) = (spent(self.rumqttd.program()), spent(self.direct.program()));
        vec![mosquitto, rumqttd, rumqttd, direct, direct]
    }
}

/// Makes a lane to a gateway, once that lets the user in.
pub(crate) fn lane(name: &'static str, gateway: &Gateway, user: &str) -> Lane {
    drop(gateway.client(user));
    Lane { name, address: gateway.address(), account: Some(Gateway::account(user)) }
}

/// Prepares a gateway without clusters that has both accounts.
pub(crate) fn gateway(router: &str) -> Gateway {
    let gateway = Gateway::prepare(GATEWAY).with_broker(&format!("router = \"{router}\"\nmax_connections = 20000"));
    gateway.add_stranger(PANEL);
    for (actions, scope) in [
        ("read,notify", "zigbee/lamp"),
        ("read,write", "topic:zigbee2mqtt/lamp/#"),
        ("read,write", &format!("topic:{TOPICS}/#")),
    ] {
        gateway.grant(PANEL, actions, scope);
    }
    gateway
}
