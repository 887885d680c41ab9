//! A broker where homes meet and that is neither's: a built-in one, or mosquitto with `MQTT_BROKER=mosquitto`.

use std::{env, net::SocketAddr};

use hes_tests::{gateway::Gateway, mosquitto::Mosquitto};

/// The account by which homes are let in; mosquitto lets everybody in.
const GUEST: &str = "cluster";

/// A broker where homes meet.
#[derive(Debug)]
pub(crate) enum Inn {
    /// That of another gateway, whose own interface lies elsewhere.
    Own(Box<Gateway>),
    Mosquitto(Box<Mosquitto>),
}

impl Inn {
    pub(crate) fn open() -> Self {
        if env::var("MQTT_BROKER").is_ok_and(|broker| broker == "mosquitto") {
            return Self::Mosquitto(Box::new(Mosquitto::start()));
        }
        let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).named("inn");
        Self::Own(Box::new(gateway.launched_by(&["env", "HES_ROOT=inn"]).start()))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Own(gateway) => gateway.address(),
            Self::Mosquitto(mosquitto) => mosquitto.address(),
        }
    }

    /// Returns what a home that reaches it under `url` has in its settings about other homes.
    pub(crate) fn settings(&self, url: &str) -> String {
        let account = match self {
            Self::Own(gateway) => {
                let password = gateway.write("password", &Gateway::account(GUEST).password).display().to_string();
                format!("user = \"{GUEST}\"\npassword_file = \"{password}\"\n")
            }
            Self::Mosquitto(_) => String::new(),
        };
        format!("url = \"{url}\"\n{account}")
    }

    /// Ends it like a power cut.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Own(gateway) => gateway.kill(),
            Self::Mosquitto(mosquitto) => mosquitto.kill(),
        }
    }

    /// Starts it again on the same address.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Own(gateway) => gateway.restart(),
            Self::Mosquitto(mosquitto) => mosquitto.restart(),
        }
    }
}
