//! Grants: what an account may do.

use std::sync::Arc;

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
pub struct Grants {
    grants: Vec<Grant>,
    /// What the rights are narrowed to: nothing is granted that is not granted here too.
    #[serde(skip)]
    within: Option<Arc<Self>>,
}

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
        Self { grants, within: None }
    }

    /// Narrows the grants: what results grants only what both do.
    #[must_use]
    pub fn within(&self, bounds: Arc<Self>) -> Self {
        let bounds = match &self.within {
            Some(within) => Arc::new(bounds.within(Arc::clone(within))),
            None => bounds,
        };
        Self { grants: self.grants.clone(), within: Some(bounds) }
    }

    /// Says whether the grants are narrowed, so that whoever has them does not speak for the account as a whole.
    #[must_use]
    pub const fn is_narrowed(&self) -> bool {
        self.within.is_some()
    }

    /// Returns the grants.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter()
    }

    /// Says whether any of it ends by itself, so that the time matters.
    #[must_use]
    pub fn can_end(&self) -> bool {
        self.grants.iter().any(|grant| grant.until.is_some()) || self.within.as_ref().is_some_and(|it| it.can_end())
    }

    /// Says whether an action on a device or property of the given class is granted.
    #[must_use]
    pub fn permits(&self, now: Timestamp, action: Action, subject: &Subject<'_>, class: Safety) -> bool {
        self.find(now, action, subject, class).is_some()
    }

    /// Returns the grant by which [`Grants::permits`] says yes.
    #[must_use]
    pub fn find(&self, now: Timestamp, action: Action, subject: &Subject<'_>, class: Safety) -> Option<&Grant> {
        let covers = |grant: &&Grant| grant.safety >= class && grant.scope.covers(subject);
        let found = self.valid(now, action).find(covers)?;
        self.is_within(|bounds| bounds.permits(now, action, subject, class)).then_some(found)
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
        self.find_event(now, subject, document).is_some()
    }

    /// Returns the grant by which [`Grants::show_event`] says yes.
    #[must_use]
    pub fn find_event(&self, now: Timestamp, subject: &Subject<'_>, document: &EventDocument) -> Option<&Grant> {
        [Action::Read, Action::Notify].into_iter().find_map(|it| self.find(now, it, subject, document.privacy))
    }

    /// Returns all actions granted on a device, whatever the class.
    #[must_use]
    pub fn actions(&self, now: Timestamp, subject: &Subject<'_>) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| self.find_action(now, *action, subject).is_some()).collect()
    }

    /// Returns a grant by which [`Grants::actions`] are not none.
    #[must_use]
    pub fn find_any(&self, now: Timestamp, subject: &Subject<'_>) -> Option<&Grant> {
        Action::ALL.into_iter().find_map(|action| self.find_action(now, action, subject))
    }

    fn find_action(&self, now: Timestamp, action: Action, subject: &Subject<'_>) -> Option<&Grant> {
        let found = self.valid(now, action).find(|grant| grant.scope.covers(subject))?;
        self.is_within(|bounds| bounds.find_action(now, action, subject).is_some()).then_some(found)
    }

    /// Says whether a topic outside the interface may be published to, or be delivered.
    #[must_use]
    pub fn permits_topic(&self, now: Timestamp, action: Action, topic: &Topic) -> bool {
        self.find_topic(now, action, topic).is_some()
    }

    /// Returns the grant by which [`Grants::permits_topic`] says yes.
    #[must_use]
    pub fn find_topic(&self, now: Timestamp, action: Action, topic: &Topic) -> Option<&Grant> {
        let matches = |grant: &&Grant| grant.scope.topics().is_some_and(|filter| filter.matches(topic));
        let found = self.valid(now, action).find(matches)?;
        self.is_within(|bounds| bounds.permits_topic(now, action, topic)).then_some(found)
    }

    /// Says whether a filter could match a topic outside the interface that may be delivered.
    #[must_use]
    pub fn permits_filter(&self, now: Timestamp, filter: &Filter) -> bool {
        self.find_filter(now, filter).is_some()
    }

    /// Returns the grant by which [`Grants::permits_filter`] says yes.
    #[must_use]
    pub fn find_filter(&self, now: Timestamp, filter: &Filter) -> Option<&Grant> {
        let meets = |grant: &&Grant| grant.scope.topics().is_some_and(|granted| granted.intersects(filter));
        let found = self.valid(now, Action::Read).find(meets)?;
        self.is_within(|bounds| bounds.permits_filter(now, filter)).then_some(found)
    }

    /// Says whether every device and all it tells may be read, so that no topic need be looked at.
    #[must_use]
    pub fn read_everything(&self, now: Timestamp) -> bool {
        self.find_everything(now, Action::Read).is_some()
    }

    /// Returns the grant that gives an action on all devices up to the highest class.
    #[must_use]
    pub fn find_everything(&self, now: Timestamp, action: Action) -> Option<&Grant> {
        let covers = |grant: &&Grant| grant.safety == Safety::S3 && grant.scope.is_everything();
        let found = self.valid(now, action).find(covers)?;
        self.is_within(|bounds| bounds.find_everything(now, action).is_some()).then_some(found)
    }

    /// Says whether the rights that this is narrowed to, if it is, give an action on all that a scope is about.
    #[must_use]
    pub fn bounds_include(&self, now: Timestamp, action: Action, scope: &Scope) -> bool {
        self.is_within(|bounds| bounds.valid(now, action).any(|grant| grant.scope.includes(scope)))
    }

    /// Says whether any device at all may be read, so that wildcards over devices make sense.
    #[must_use]
    pub fn has_devices(&self, now: Timestamp) -> bool {
        self.find_devices(now).is_some()
    }

    /// Returns the grant by which [`Grants::has_devices`] says yes.
    #[must_use]
    pub fn find_devices(&self, now: Timestamp) -> Option<&Grant> {
        let mut about = [Action::Read, Action::Notify].into_iter().flat_map(|action| self.valid(now, action));
        let found = about.find(|grant| grant.scope.topics().is_none())?;
        self.is_within(|bounds| bounds.has_devices(now)).then_some(found)
    }

    fn valid(&self, now: Timestamp, action: Action) -> impl Iterator<Item = &Grant> {
        self.grants
            .iter()
            .filter(move |grant| grant.actions.contains(&action) && grant.until.is_none_or(|until| now < until))
    }

    fn is_within(&self, permits: impl FnOnce(&Self) -> bool) -> bool {
        self.within.as_deref().is_none_or(permits)
    }
}
