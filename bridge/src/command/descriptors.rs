//! How many files the gateway may have open; each connection is one.

use rlimit::{Resource, increase_nofile_limit};

use crate::settings::BrokerSettings;

/// So many are open besides connections: the store, links, and those who are about to connect.
const OTHERS: u64 = 256;

/// Raises the limit as far as the system lets us.
///
/// Returns what is to be said if the connections that are configured do not fit.
pub(super) fn raise(broker: &BrokerSettings) -> Option<String> {
    match increase_nofile_limit(u64::MAX) {
        Ok(limit) => shortage(broker, limit),
        Err(error) => Some(format!("broker.max_connections: the limit of open files cannot be raised: {error}")),
    }
}

/// Says what [`raise`] would say, and changes nothing.
pub(super) fn foresee(broker: &BrokerSettings) -> Option<String> {
    Resource::NOFILE.get_hard().ok().and_then(|limit| shortage(broker, limit))
}

fn shortage(broker: &BrokerSettings, limit: u64) -> Option<String> {
    if broker.listen.is_empty() && broker.listeners.is_empty() {
        return None;
    }
    let connections = broker.limits.connections;
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let text = || {
        format!(
            "broker.max_connections: {connections} connections do not fit, because the system lets the gateway have \
             {limit} files open: raise that to {needed} (ulimit -n, or LimitNOFILE= of systemd)"
        )
    };
    (limit < needed).then(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Overrides, Settings};

    #[test]
    fn says_when_connections_do_not_fit() {
        let variables = [("HOME".to_owned(), "/home/anna".to_owned())];
        let mut broker = Settings::load(&Overrides::default(), &variables).unwrap().broker;
        broker.limits.connections = 1_000;
        assert_eq!(shortage(&broker, 1_256), None);
        assert!(shortage(&broker, 1_255).is_some_and(|text| text.contains("raise that to 1256")));
        broker.listen.clear();
        assert_eq!(shortage(&broker, 10), None);
    }
}
