//! What does not go together at a listener, or among listeners.

use std::net::SocketAddr;

use super::{ClientCertificateWord, ListenerSheet, TransportWord, in_order};
use crate::settings::{key::Key, sheet::BrokerSheet};

/// Returns the keys that are wrong, and why.
pub(in crate::settings) fn check(broker: &BrokerSheet) -> Vec<(Key, String)> {
    let mut found = clashes(broker);
    for (section, listener) in in_order(&broker.listener) {
        let faults = [files(listener), clients(listener), origins(listener), anonymous(broker, listener)];
        found.extend(faults.into_iter().flatten().map(|(name, text)| {
            let key = section.child(name);
            let text = format!("{key} {text}");
            (key, text)
        }));
    }
    found
}

/// A key of a listener, and what is wrong with it.
type Fault = Option<(&'static str, &'static str)>;

fn clashes(broker: &BrokerSheet) -> Vec<(Key, String)> {
    let plain = broker.listen.iter().map(|address| (Key::new(["broker", "listen"]), *address));
    let own = in_order(&broker.listener).into_iter().map(|(section, it)| (section.child("address"), it.address));
    let all: Vec<(Key, SocketAddr)> = plain.chain(own).collect();
    let mut found = Vec::new();
    for (index, (key, address)) in all.iter().enumerate() {
        if let Some((_, other)) = all.iter().take(index).find(|(_, other)| are_in_each_others_way(address, other)) {
            found.push((key.clone(), format!("{key}: {address} and {other} are in each other's way")));
        }
    }
    found
}

fn files(listener: &ListenerSheet) -> Fault {
    match (&listener.certificate, &listener.key) {
        (Some(_), None) => Some(("key", "is missing: a certificate needs its key")),
        (None, Some(_)) => Some(("certificate", "is missing: a key needs its certificate")),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

fn clients(listener: &ListenerSheet) -> Fault {
    let (is_asked, has_authority) =
        (listener.client_certificate != ClientCertificateWord::None, listener.client_ca.is_some());
    if listener.certificate.is_none() && (is_asked || has_authority) {
        return Some(("certificate", "is missing: without it there is no TLS, and clients show no certificates"));
    }
    match (is_asked, has_authority) {
        (true, false) => Some(("client_ca", "is missing: it says who may sign the clients' certificates")),
        (false, true) => Some(("client_ca", "does nothing unless client_certificate is \"optional\" or \"required\"")),
        (false, false) if listener.certificate_is_user => {
            Some(("certificate_is_user", "does nothing unless client_certificate is \"optional\" or \"required\""))
        }
        (true, true) | (false, false) => None,
    }
}

fn origins(listener: &ListenerSheet) -> Fault {
    let does_nothing = listener.transport == TransportWord::Tcp && !listener.origins.is_empty();
    does_nothing.then_some(("origins", "does nothing unless transport is \"websocket\""))
}

fn anonymous(broker: &BrokerSheet, listener: &ListenerSheet) -> Fault {
    if !listener.anonymous {
        return None;
    }
    if broker.anonymous.is_none() {
        return Some(("anonymous", "needs a role: broker.anonymous is \"none\""));
    }
    let text = "is for an address that is this machine's alone, 127.0.0.1 or [::1]";
    (!listener.address.ip().is_loopback()).then_some(("anonymous", text))
}

fn are_in_each_others_way(one: &SocketAddr, other: &SocketAddr) -> bool {
    let is_same_place = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && one.is_ipv4() == other.is_ipv4() && is_same_place
}
