//! Scopes: the part of a home that a grant is about.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ClusterId, DeviceId, Filter, FilterError, PropertyName, Uid};

/// A pattern over devices and properties, or over topics outside the interface.
///
/// Shape: `<cluster>/<device>[/<property>]` with the wildcards of MQTT (`zigbee/+`, `zigbee/lamp/brightness`, `#`), the
/// device by its id or as `uid:<uid>`, which outlives a rename; or `topic:<filter>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Scope {
    /// Devices and their properties.
    Devices(Filter),
    /// Topics outside the interface.
    Topics(Filter),
}

/// What a scope is held against.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The cluster.
    pub cluster: &'a ClusterId,
    /// The device by its id.
    pub device: &'a DeviceId,
    /// The device for good.
    pub uid: &'a Uid,
    /// One property or event of it; nothing means the device as such.
    pub property: Option<&'a str>,
}

/// Says why a text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// It is not a pattern of MQTT.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// It goes deeper than a property.
    #[error("a scope has at most three levels: cluster, device, property")]
    TooDeep,
    /// A level can be no id, so that nothing could ever be called so.
    #[error("{0:?} is not an id; a scope is made of ids, as topics are, not of names for people")]
    NotAnId(Box<str>),
}

impl Scope {
    /// Makes a scope from a text.
    ///
    /// # Errors
    /// [`ScopeError`] with the rule that the text breaks.
    pub fn new(text: &str) -> Result<Self, ScopeError> {
        if let Some(filter) = text.strip_prefix("topic:") {
            return Ok(Self::Topics(Filter::new(filter)?));
        }
        let filter = Filter::new(text)?;
        if filter.levels().count() > 3 {
            return Err(ScopeError::TooDeep);
        }
        if let Some((_, level)) = filter.levels().enumerate().find(|(depth, level)| !is_possible(*depth, level)) {
            return Err(ScopeError::NotAnId(level.into()));
        }
        Ok(Self::Devices(filter))
    }

    /// Returns the scope of one device or property, which outlives renames.
    #[must_use]
    pub fn of_device(cluster: &ClusterId, uid: &Uid, property: Option<&PropertyName>) -> Option<Self> {
        let text = match property {
            Some(property) => format!("{cluster}/uid:{uid}/{property}"),
            None => format!("{cluster}/uid:{uid}"),
        };
        Self::new(&text).ok()
    }

    /// Returns the names in a scope of one device, or of one of its properties; nothing if it holds for more, or is known
    /// for good.
    #[must_use]
    pub fn one_device(&self) -> Option<(ClusterId, DeviceId, Option<PropertyName>)> {
        let filter = match self {
            Self::Devices(filter) => filter,
            Self::Topics(_) => return None,
        };
        let mut levels = filter.levels();
        let cluster = ClusterId::new(levels.next()?).ok()?;
        let device = DeviceId::new(levels.next()?).ok()?;
        let property = levels.next().map(PropertyName::new).transpose().ok()?;
        Some((cluster, device, property))
    }

    /// Returns the scope of all devices.
    #[must_use]
    pub fn everything() -> Self {
        Self::Devices(all())
    }

    /// Returns the scope of all topics outside the interface.
    #[must_use]
    pub fn every_topic() -> Self {
        Self::Topics(all())
    }

    /// Says whether the scope covers all devices.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::Devices(filter) if filter.as_str() == "#")
    }

    /// Says whether the scope covers a device or one of its properties.
    ///
    /// A scope of two levels covers the device and all it has; one of three levels covers the device as such too, because
    /// whoever may see a property may know whose it is.
    #[must_use]
    pub fn covers(&self, subject: &Subject<'_>) -> bool {
        let Self::Devices(filter) = self else { return false };
        let mut levels = filter.levels();
        match levels.next() {
            Some("#") => return true,
            Some("+") => {}
            Some(cluster) if cluster == subject.cluster.as_str() => {}
            _ => return false,
        }
        match levels.next() {
            None | Some("#") => return true,
            Some("+") => {}
            Some(device) if names(device, subject) => {}
            Some(_) => return false,
        }
        match (levels.next(), subject.property) {
            (None | Some("#" | "+"), _) | (_, None) => true,
            (Some(wanted), Some(property)) => wanted == property,
        }
    }

    /// Says whether a scope covers all that another does, as far as their texts tell: a device may be named in two ways.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Devices(wide), Self::Devices(narrow)) => {
                wide.includes(narrow) || below(wide).is_some_and(|below| below.includes(narrow))
            }
            (Self::Topics(wide), Self::Topics(narrow)) => wide.includes(narrow),
            (Self::Devices(_), Self::Topics(_)) | (Self::Topics(_), Self::Devices(_)) => false,
        }
    }

    /// Returns the scope of what two scopes both cover, as far as their texts tell; nothing if that is nothing.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        if self.includes(other) {
            return Some(other.clone());
        }
        match (self, other) {
            _ if other.includes(self) => Some(self.clone()),
            (Self::Devices(one), Self::Devices(two)) => meet(one, two),
            (Self::Topics(_), _) | (_, Self::Topics(_)) => None,
        }
    }

    /// Returns the filter over topics, if the scope is one.
    #[must_use]
    pub const fn topics(&self) -> Option<&Filter> {
        match self {
            Self::Topics(filter) => Some(filter),
            Self::Devices(_) => None,
        }
    }
}

/// Says whether something can have the id that a level spells.
fn is_possible(depth: usize, level: &str) -> bool {
    match (level, depth) {
        ("+" | "#", _) => true,
        (cluster, 0) => ClusterId::new(cluster).is_ok(),
        (device, 1) => match device.strip_prefix("uid:") {
            Some(uid) => Uid::new(uid).is_ok(),
            None => DeviceId::new(device).is_ok(),
        },
        (property, _) => PropertyName::new(property).is_ok(),
    }
}

/// Returns the pattern of what a pattern of fewer than three levels covers beside what it matches.
fn below(filter: &Filter) -> Option<Filter> {
    if filter.levels().count() > 2 {
        return None;
    }
    Filter::new(&format!("{filter}/#")).ok()
}

/// Returns the pattern of what two patterns over devices both cover; one that ends early covers all below.
fn meet(one: &Filter, two: &Filter) -> Option<Scope> {
    let at = |filter: &Filter, depth| filter.levels().nth(depth).filter(|level| *level != "#").map(str::to_owned);
    let level = |depth| match (at(one, depth), at(two, depth)) {
        (None, None) => None,
        (Some(level), None) | (None, Some(level)) => Some(Some(level)),
        (Some(one), Some(two)) if one == "+" || one == two => Some(Some(two)),
        (Some(one), Some(two)) => Some((two == "+").then_some(one)),
    };
    let levels: Vec<String> = (0..3).map_while(level).collect::<Option<_>>()?;
    Scope::new(&levels.join("/")).ok()
}

fn names(pattern: &str, subject: &Subject<'_>) -> bool {
    match pattern.strip_prefix("uid:") {
        Some(uid) => uid == subject.uid.as_str(),
        None => pattern == subject.device.as_str(),
    }
}

#[expect(clippy::expect_used, reason = "# is a filter")]
fn all() -> Filter {
    Filter::new("#").expect("# is a filter")
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Devices(filter) => filter.fmt(f),
            Self::Topics(filter) => write!(f, "topic:{filter}"),
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        Self::new(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_nothing_could_be_called() {
        for (text, wrong) in [
            ("Front door", "Front door"),
            ("zigbee/Front door", "Front door"),
            ("zigbee/lamp/On", "On"),
            ("zigbee/uid:a b/on", "uid:a b"),
            ("/lamp", ""),
        ] {
            assert_eq!(Scope::new(text), Err(ScopeError::NotAnId(wrong.into())), "{text}");
        }
    }

    #[test]
    fn meets_in_what_both_cover() {
        for (one, two, expect) in [
            ("#", "zigbee/lamp", Some("zigbee/lamp")),
            ("zigbee/+", "+/lamp", Some("zigbee/lamp")),
            ("zigbee/lamp", "+/+/on", Some("zigbee/lamp/on")),
            ("zigbee/#", "+/+/on", Some("zigbee/+/on")),
            ("zigbee", "zigbee/lamp/on", Some("zigbee/lamp/on")),
            ("zigbee/lamp", "zigbee/plug", None),
            ("zigbee/uid:0x1", "zigbee/lamp", None),
            ("topic:#", "#", None),
            ("topic:a/#", "topic:a/b", Some("topic:a/b")),
        ] {
            let scope = |text: &str| Scope::new(text).unwrap();
            assert_eq!(scope(one).meet(&scope(two)), expect.map(scope), "{one} {two}");
            assert_eq!(scope(two).meet(&scope(one)), expect.map(scope), "{two} {one}");
        }
    }

    #[test]
    fn covers_devices_by_id_and_by_uid() {
        let cluster = ClusterId::new("zigbee").unwrap();
        let (device, uid) = (DeviceId::new("lamp").unwrap(), Uid::new("0x1").unwrap());
        for (scope, property, expect) in [
            ("#", None, true),
            ("zigbee", Some("on"), true),
            ("zigbee/+", Some("on"), true),
            ("zigbee/lamp", Some("on"), true),
            ("zigbee/lamp/on", Some("on"), true),
            ("zigbee/lamp/on", None, true),
            ("zigbee/lamp/on", Some("brightness"), false),
            ("zigbee/uid:0x1/on", Some("on"), true),
            ("zigbee/uid:0x2", None, false),
            ("+/+/on", Some("on"), true),
            ("other/+", None, false),
            ("topic:#", None, false),
        ] {
            let subject = Subject { cluster: &cluster, device: &device, uid: &uid, property };
            assert_eq!(Scope::new(scope).unwrap().covers(&subject), expect, "{scope} {property:?}");
        }
    }
}
