//! Addresses: the only place that spells a topic of the common interface.

mod operation;

use std::fmt::{self, Write};

pub use self::operation::Operation;
use crate::{
    ClientId, ClusterId, DeviceId, EventName, Filter, HomeId, NativeName, PropertyName, Sid, Topic, topic::TopicError,
};

/// The first levels of every topic of the interface, `hes/1` unless configured otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(Topic);

/// A device in full: `oak/zigbee/kitchen_bulb`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevicePath {
    /// The home that the device lives in.
    pub home: HomeId,
    /// The cluster that speaks for it.
    pub cluster: ClusterId,
    /// Its name there.
    pub device: DeviceId,
}

/// A property in full: `oak/zigbee/kitchen_bulb/brightness`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyPath {
    /// The device that has it.
    pub device: DevicePath,
    /// Its name there.
    pub property: PropertyName,
}

/// What a retrieve or an update is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Several properties of the device at once.
    Device,
    /// One property in the common vocabulary.
    Property(PropertyName),
    /// One property under its native name, with native values.
    Native(NativeName),
}

/// Where something of the interface is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// `<home>/$status`, retained: is the gateway there?
    HomeStatus(HomeId),
    /// `<home>/$jwks`, retained: which keys verify what the home signed?
    Keys(HomeId),
    /// `<home>/<cluster>/$status`, retained: is the cluster there?
    ClusterStatus(HomeId, ClusterId),
    /// `<home>/<cluster>/<device>/$doc`, retained: the device document.
    Document(DevicePath),
    /// `<home>/<cluster>/<device>/$status`, retained: is the device there?
    DeviceStatus(DevicePath),
    /// `.../property/<name>` or `.../native/<name>`, retained: a value. Never made for [`Target::Device`].
    Value(DevicePath, Target),
    /// `.../get`: a retrieve.
    Get(DevicePath, Target),
    /// `.../set`: an update.
    Set(DevicePath, Target),
    /// `.../event/<name>`: an event.
    Event(DevicePath, EventName),
    /// `<home>/$req/<op>`: a request.
    Request(HomeId, Operation),
    /// `<home>/$res/<client>`: answers to a client.
    Answer(HomeId, ClientId),
    /// `<home>/$notify/<client>/<sid>`: notifications of one subscription.
    Notify(HomeId, ClientId, Sid),
    /// `$link/<from>/<to>`: what one gateway says to another.
    Link(HomeId, HomeId),
}

impl Address {
    /// Returns the home that it is about; of a link, the one that speaks.
    #[must_use]
    pub const fn home(&self) -> &HomeId {
        match self {
            Self::HomeStatus(home)
            | Self::ClusterStatus(home, _)
            | Self::Request(home, _)
            | Self::Answer(home, _)
            | Self::Notify(home, ..)
            | Self::Keys(home)
            | Self::Link(home, _) => home,
            Self::Document(device)
            | Self::DeviceStatus(device)
            | Self::Value(device, _)
            | Self::Get(device, _)
            | Self::Set(device, _)
            | Self::Event(device, _) => &device.home,
        }
    }
}

impl Default for Root {
    fn default() -> Self {
        Self(Topic::from_levels("hes/1".to_owned()))
    }
}

impl Root {
    /// Makes a root from configured text.
    ///
    /// # Errors
    /// [`TopicError`] if no topic can begin so.
    pub fn new(text: &str) -> Result<Self, TopicError> {
        Topic::new(text.trim_end_matches('/')).map(Self)
    }

    /// Returns the root's own levels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns what follows the root in a topic, or nothing if the topic lies elsewhere.
    #[must_use]
    pub fn strip<'t>(&self, topic: &'t str) -> Option<&'t str> {
        topic.strip_prefix(self.as_str())?.strip_prefix('/')
    }

    /// Spells an address as a topic.
    #[must_use]
    pub fn topic(&self, address: &Address) -> Topic {
        let mut text = String::with_capacity(96);
        text.push_str(self.as_str());
        text.push('/');
        // writing into a String cannot fail
        let _infallible: fmt::Result = write!(text, "{address}");
        Topic::from_levels(text)
    }

    /// Reads a topic as an address; nothing if it is none of ours.
    #[must_use]
    pub fn parse(&self, topic: &str) -> Option<Address> {
        parse(self.strip(topic)?)
    }

    /// Returns the filter for all that is said under the root.
    #[must_use]
    pub fn everything(&self) -> Filter {
        self.filter("#")
    }

    /// Returns the filter for the announcements of all homes.
    #[must_use]
    pub fn homes(&self) -> Filter {
        self.filter("+/$status")
    }

    /// Returns the filter for all answers to a client, whatever the request put behind its topic.
    #[must_use]
    pub fn answers(&self, home: &HomeId, client: &ClientId) -> Filter {
        self.filter(&format!("{home}/$res/{client}/#"))
    }

    /// Returns the filter for all notifications to a client.
    #[must_use]
    pub fn notifications(&self, home: &HomeId, client: &ClientId) -> Filter {
        self.filter(&format!("{home}/$notify/{client}/#"))
    }

    /// Returns the filters for all that is asked of a home: what a gateway subscribes to on a foreign broker.
    #[must_use]
    pub fn requests(&self, home: &HomeId) -> Vec<Filter> {
        ["$req/+", "+/+/get", "+/+/set", "+/+/+/+/get", "+/+/+/+/set"]
            .map(|rest| self.filter(&format!("{home}/{rest}")))
            .into()
    }

    /// Returns the filters for all that a home retains on a foreign broker; none of them matches a request.
    #[must_use]
    pub fn retained(&self, home: &HomeId) -> Vec<Filter> {
        ["$status", "$jwks", "+/$status", "+/+/$status", "+/+/$doc", "+/+/property/+", "+/+/native/+"]
            .map(|rest| self.filter(&format!("{home}/{rest}")))
            .into()
    }

    fn filter(&self, rest: &str) -> Filter {
        let topic = Filter::from(&self.0);
        Filter::new(&format!("{topic}/{rest}")).unwrap_or(topic)
    }
}

fn parse(rest: &str) -> Option<Address> {
    let levels: Vec<&str> = rest.splitn(8, '/').collect();
    match *levels.as_slice() {
        ["$link", from, to] => Some(Address::Link(id(from)?, id(to)?)),
        [home, "$status"] => Some(Address::HomeStatus(id(home)?)),
        [home, "$jwks"] => Some(Address::Keys(id(home)?)),
        [home, "$req", operation] => Some(Address::Request(id(home)?, Operation::parse(operation)?)),
        [home, "$res", client] => Some(Address::Answer(id(home)?, id(client)?)),
        [home, "$notify", client, sid] => Some(Address::Notify(id(home)?, id(client)?, id(sid)?)),
        [home, cluster, "$status"] => Some(Address::ClusterStatus(id(home)?, id(cluster)?)),
        [home, cluster, device, ref rest @ ..] => {
            let device = DevicePath { home: id(home)?, cluster: id(cluster)?, device: id(device)? };
            parse_device(device, rest)
        }
        _ => None,
    }
}

fn parse_device(device: DevicePath, rest: &[&str]) -> Option<Address> {
    match *rest {
        ["$doc"] => Some(Address::Document(device)),
        ["$status"] => Some(Address::DeviceStatus(device)),
        ["get"] => Some(Address::Get(device, Target::Device)),
        ["set"] => Some(Address::Set(device, Target::Device)),
        ["event", name] => Some(Address::Event(device, id(name)?)),
        [space, name] => Some(Address::Value(device, target(space, name)?)),
        [space, name, "get"] => Some(Address::Get(device, target(space, name)?)),
        [space, name, "set"] => Some(Address::Set(device, target(space, name)?)),
        _ => None,
    }
}

fn target(space: &str, name: &str) -> Option<Target> {
    match space {
        "property" => id(name).map(Target::Property),
        "native" => id(name).map(Target::Native),
        _ => None,
    }
}

fn id<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

impl fmt::Display for DevicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.home, self.cluster, self.device)
    }
}

impl fmt::Display for PropertyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.device, self.property)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device => Ok(()),
            Self::Property(name) => write!(f, "/property/{name}"),
            Self::Native(name) => write!(f, "/native/{name}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HomeStatus(home) => write!(f, "{home}/$status"),
            Self::Keys(home) => write!(f, "{home}/$jwks"),
            Self::ClusterStatus(home, cluster) => write!(f, "{home}/{cluster}/$status"),
            Self::Document(device) => write!(f, "{device}/$doc"),
            Self::DeviceStatus(device) => write!(f, "{device}/$status"),
            Self::Value(device, target) => write!(f, "{device}{target}"),
            Self::Get(device, target) => write!(f, "{device}{target}/get"),
            Self::Set(device, target) => write!(f, "{device}{target}/set"),
            Self::Event(device, event) => write!(f, "{device}/event/{event}"),
            Self::Request(home, operation) => write!(f, "{home}/$req/{}", operation.as_str()),
            Self::Answer(home, client) => write!(f, "{home}/$res/{client}"),
            Self::Notify(home, client, sid) => write!(f, "{home}/$notify/{client}/{sid}"),
            Self::Link(from, to) => write!(f, "$link/{from}/{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_topic_that_it_spells() {
        for text in [
            "hes/1/oak/$status",
            "hes/1/oak/$jwks",
            "hes/1/oak/zigbee/$status",
            "hes/1/oak/zigbee/lamp/$doc",
            "hes/1/oak/zigbee/lamp/$status",
            "hes/1/oak/zigbee/lamp/property/on",
            "hes/1/oak/zigbee/lamp/property/on/get",
            "hes/1/oak/zigbee/lamp/property/on/set",
            "hes/1/oak/zigbee/lamp/get",
            "hes/1/oak/zigbee/lamp/set",
            "hes/1/oak/zigbee/lamp/native/Some State",
            "hes/1/oak/zigbee/lamp/native/state/set",
            "hes/1/oak/zigbee/lamp/event/action",
            "hes/1/oak/$req/devices",
            "hes/1/oak/$res/cli-1",
            "hes/1/oak/$notify/cli-1/s1-2",
            "hes/1/$link/oak/elm",
        ] {
            let root = Root::default();
            let address = root.parse(text).unwrap_or_else(|| panic!("{text} is an address"));
            assert_eq!(root.topic(&address).as_str(), text);
        }
    }

    #[test]
    fn leaves_alone_what_is_not_ours() {
        for text in [
            "hes/1",
            "hes/2/oak/$status",
            "hes/1/oak",
            "hes/1/oak/$req/x",
            "hes/1/Oak/$status",
            "x",
            "hes/1/oak/zigbee/lamp/property/on/get/more",
            "hes/1/oak/zigbee/lamp/property",
            "hes/1/a/b/c/d/e/f/g/h/i",
        ] {
            assert_eq!(Root::default().parse(text), None, "{text}");
        }
    }

    #[test]
    fn asks_a_foreign_broker_for_requests_only() {
        let home = HomeId::new("oak").unwrap();
        let filters = Root::default().requests(&home);
        let asked = |text: &str| filters.iter().any(|filter| filter.matches_text(text));
        assert!(asked("hes/1/oak/$req/devices") && asked("hes/1/oak/z/lamp/native/state/set"));
        assert!(!asked("hes/1/oak/z/lamp/property/on") && !asked("hes/1/elm/$req/devices"));
    }
}
