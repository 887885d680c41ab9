//! Grants: what an account may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Safety, Scope, Subject};
use crate::{EventDocument, Filter, PropertyDocument, Timestamp, Topic};

/// What can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Retrieve, and see values on their topics; of a `topic:` scope, subscribe.
    Read,
    /// Update; of a `topic:` scope, publish.
    Write,
    /// Subscribe to events.
    Notify,
    /// Change the home itself.
    Manage,
}

/// One right of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// What may be done.
    pub actions: Vec<Action>,
    /// With what.
    pub scope: Scope,
    /// Up to which danger, or which privacy.
    pub safety: Safety,
    /// Until when; nothing means until revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// All rights of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Grants(Vec<Grant>);

impl Action {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Notify, Self::Manage];

    /// Returns the name that messages and the command line use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Notify => "notify",
            Self::Manage => "manage",
        }
    }
}

impl Grants {
    /// Collects grants.
    #[must_use]
    pub const fn new(grants: Vec<Grant>) -> Self {
        Self(grants)
    }

    /// Returns the grants.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    /// Says whether an action on a device or property of the given class is granted.
    #[must_use]
    pub fn permits(&self, now: Timestamp, action: Action, subject: &Subject<'_>, class: Safety) -> bool {
        self.valid(now, action).any(|grant| grant.safety >= class && grant.scope.covers(subject))
    }

    /// Says whether a property may be known of: to whoever may read it, or write it where that can be done at all.
    #[must_use]
    pub fn show_property(&self, now: Timestamp, subject: &Subject<'_>, document: &PropertyDocument) -> bool {
        self.permits(now, Action::Read, subject, document.privacy)
            || (!document.read_only && self.permits(now, Action::Write, subject, Safety::S0))
    }

    /// Says whether an event may be known of: to whoever may hear it, on its topic or as a notification.
    #[must_use]
    pub fn show_event(&self, now: Timestamp, subject: &Subject<'_>, document: &EventDocument) -> bool {
        [Action::Read, Action::Notify].into_iter().any(|action| self.permits(now, action, subject, document.privacy))
    }

    /// Returns all actions granted on a device, whatever the class.
    #[must_use]
    pub fn actions(&self, now: Timestamp, subject: &Subject<'_>) -> Vec<Action> {
        Action::ALL
            .into_iter()
            .filter(|action| self.valid(now, *action).any(|grant| grant.scope.covers(subject)))
            .collect()
    }

    /// Says whether a topic outside the interface may be published to, or be delivered.
    #[must_use]
    pub fn permits_topic(&self, now: Timestamp, action: Action, topic: &Topic) -> bool {
        self.topics(now, action).any(|filter| filter.matches(topic))
    }

    /// Says whether a filter could match a topic outside the interface that may be delivered.
    #[must_use]
    pub fn permits_filter(&self, now: Timestamp, filter: &Filter) -> bool {
        self.topics(now, Action::Read).any(|granted| granted.intersects(filter))
    }

    /// Says whether every device and all it tells may be read, so that no topic need be looked at.
    #[must_use]
    pub fn read_everything(&self, now: Timestamp) -> bool {
        self.valid(now, Action::Read).any(|grant| grant.safety == Safety::S3 && grant.scope.is_everything())
    }

    /// Says whether any device at all may be read, so that wildcards over devices make sense.
    #[must_use]
    pub fn has_devices(&self, now: Timestamp) -> bool {
        [Action::Read, Action::Notify]
            .into_iter()
            .any(|action| self.valid(now, action).any(|grant| grant.scope.topics().is_none()))
    }

    fn valid(&self, now: Timestamp, action: Action) -> impl Iterator<Item = &Grant> {
        self.0
            .iter()
            .filter(move |grant| grant.actions.contains(&action) && grant.until.is_none_or(|until| now < until))
    }

    fn topics(&self, now: Timestamp, action: Action) -> impl Iterator<Item = &Filter> {
        self.valid(now, action).filter_map(|grant| grant.scope.topics())
    }
}
