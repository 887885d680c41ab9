//! What a topic or filter is by its place: the rules that hold for every account.

use hes_schemas::{Address, ClientId, Filter, HomeId, Root, Topic};

/// Where the interface is.
#[derive(Debug)]
pub struct Gate {
    root: Root,
    home: HomeId,
}

/// What a client's publish is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Something for the gateway itself.
    Interface,
    /// A topic that only the gateway or the broker publishes on.
    Reserved,
    /// Any other topic.
    Open,
}

/// What a client's filter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Its own answers or notifications.
    Own,
    /// What nobody may subscribe to, or another client's answers.
    Closed,
    /// What this home says to one other home.
    Link,
    /// The broker's own topics.
    System,
    /// Any other filter.
    Open,
}

impl Gate {
    /// Makes the gate of a home.
    #[must_use]
    pub const fn new(root: Root, home: HomeId) -> Self {
        Self { root, home }
    }

    /// Says whether a topic lies below the interface's root.
    #[must_use]
    pub fn is_ours(&self, topic: &str) -> bool {
        self.root.strip(topic).is_some() || topic == self.root.as_str()
    }

    /// Says what a publish on a topic is.
    #[must_use]
    pub fn place(&self, topic: &str) -> Place {
        match self.root.strip(topic) {
            Some(rest) if self.is_request(topic, rest) => Place::Interface,
            Some(_) => Place::Reserved,
            None if topic == self.root.as_str() || is_system(topic) => Place::Reserved,
            None => Place::Open,
        }
    }

    /// A request that is misspelt is still one, so that it gets an answer.
    fn is_request(&self, topic: &str, rest: &str) -> bool {
        let mut levels = rest.split('/');
        if let (Some("$link"), _) | (Some(_), Some("$req")) = (levels.next(), levels.next()) {
            return true;
        }
        match self.root.parse(topic) {
            Some(Address::Get(..) | Address::Set(..) | Address::Request(..) | Address::Link(..)) => true,
            Some(
                Address::HomeStatus(_)
                | Address::Keys(_)
                | Address::ClusterStatus(..)
                | Address::Document(_)
                | Address::DeviceStatus(_)
                | Address::Value(..)
                | Address::Event(..)
                | Address::Answer(..)
                | Address::Notify(..),
            ) => false,
            None => rest.ends_with("/get") || rest.ends_with("/set"),
        }
    }

    /// Says what a filter is for a client, which has a name if it has an answer space.
    #[must_use]
    pub fn space(&self, filter: &Filter, name: Option<&ClientId>) -> Space {
        let Some(rest) = self.root.strip(filter.as_str()) else {
            return if is_system(filter.as_str()) { Space::System } else { Space::Open };
        };
        let mut levels = rest.split('/');
        match (levels.next(), levels.next(), levels.next()) {
            (Some("$link"), Some(from), Some(_)) if !filter.has_wildcard() && from == self.home.as_str() => Space::Link,
            (Some("$link"), _, _) | (_, Some("$req"), _) => Space::Closed,
            (Some(home), Some("$res" | "$notify"), owner) => {
                let is_own = home == self.home.as_str() && name.is_some() && owner == name.map(ClientId::as_str);
                if is_own { Space::Own } else { Space::Closed }
            }
            _ if !filter.has_wildcard() && self.place(filter.as_str()) == Place::Interface => Space::Closed,
            _ => Space::Open,
        }
    }

    /// Returns whose answers or notifications a topic belongs to.
    pub(crate) fn owner(&self, topic: &Topic) -> Option<ClientId> {
        let mut levels = self.root.strip(topic.as_str())?.split('/').skip(1);
        match levels.next() {
            Some("$res" | "$notify") => levels.next().and_then(|owner| ClientId::new(owner).ok()),
            _ => None,
        }
    }

    /// Returns where answers to a client may go.
    pub(crate) fn answers(&self, name: &ClientId) -> Topic {
        self.root.topic(&Address::Answer(self.home.clone(), name.clone()))
    }
}

/// Says whether a topic is where a bridge says of its own connection whether it is there, as mosquitto's does.
pub(crate) fn is_state_of(id: &str, topic: &str) -> bool {
    topic.strip_prefix("$SYS/broker/connection/").and_then(|rest| rest.strip_suffix("/state")) == Some(id)
}

fn is_system(topic: &str) -> bool {
    topic == "$SYS" || topic.starts_with("$SYS/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::new(Root::default(), HomeId::new("oak").unwrap())
    }

    #[test]
    fn knows_what_a_publish_is() {
        for (topic, expect) in [
            ("zigbee2mqtt/lamp/set", Place::Open),
            ("hes/1/oak/zigbee/lamp/set", Place::Interface),
            ("hes/1/oak/zigbee/lamp/property/on/get", Place::Interface),
            ("hes/1/oak/$req/devices", Place::Interface),
            ("hes/1/oak/$req/nonsense", Place::Interface),
            ("hes/1/$link/elm/oak", Place::Interface),
            ("hes/1/oak/zigbee/UPPER/set", Place::Interface),
            ("hes/1/oak/zigbee/lamp/property/on", Place::Reserved),
            ("hes/1/oak/zigbee/lamp/property/get", Place::Reserved),
            ("hes/1/oak/$res/cli", Place::Reserved),
            ("hes/1", Place::Reserved),
            ("$SYS/x", Place::Reserved),
        ] {
            assert_eq!(gate().place(topic), expect, "{topic}");
        }
    }

    #[test]
    fn gives_each_client_its_own_answers_only() {
        let name = ClientId::new("cli").unwrap();
        for (filter, expect) in [
            ("hes/1/oak/$res/cli", Space::Own),
            ("hes/1/oak/$res/cli/#", Space::Own),
            ("hes/1/oak/$notify/cli/+", Space::Own),
            ("hes/1/oak/$res/other", Space::Closed),
            ("hes/1/oak/$res/+", Space::Closed),
            ("hes/1/+/$res/cli", Space::Closed),
            ("hes/1/oak/$res/#", Space::Closed),
            ("hes/1/oak/$req/#", Space::Closed),
            ("hes/1/$link/#", Space::Closed),
            ("hes/1/$link/oak/elm", Space::Link),
            ("hes/1/$link/oak/+", Space::Closed),
            ("hes/1/$link/elm/oak", Space::Closed),
            ("hes/1/oak/zigbee/lamp/set", Space::Closed),
            ("hes/1/#", Space::Open),
            ("#", Space::Open),
            ("$SYS/#", Space::System),
        ] {
            assert_eq!(gate().space(&Filter::new(filter).unwrap(), Some(&name)), expect, "{filter}");
        }
        assert_eq!(gate().space(&Filter::new("hes/1/oak/$res/cli").unwrap(), None), Space::Closed);
    }
}
