//! The gates: what an account may publish, subscribe to and be shown, and by which of its rights.
//!
//! The broker asks them for every packet, and `hes-bridge acl explain` asks the same functions why.

use hes_schemas::{
    Filter, HomeId, Root, Safety, Timestamp, Topic,
    rights::{Action, Grant, Grants},
};

use super::register::Register;

/// What a gate says.
pub(crate) type Verdict<'g> = Result<&'g Grant, Closed>;

/// Why a gate stays closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// No right gives the action, up to the class that is needed.
    NotGranted(Action, Safety),
    /// There is nothing of that name.
    Unknown,
    /// It tells of several things, and not all of them may be known.
    TellsTooMuch,
    /// It can only be read.
    ReadOnly,
    /// It can only be written.
    WriteOnly,
}

/// What the gates look at beside the rights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gates<'h> {
    pub(crate) root: &'h Root,
    pub(crate) home: &'h HomeId,
    pub(crate) register: &'h Register,
}

impl Gates<'_> {
    /// Says whether a topic outside the interface may be published to.
    pub(crate) fn publish<'g>(&self, now: Timestamp, grants: &'g Grants, topic: &Topic) -> Verdict<'g> {
        granted(grants.find_topic(now, Action::Write, topic), Action::Write)
    }

    /// Says whether a filter may be subscribed to; what comes through it is held against [`Gates::receive`].
    pub(crate) fn subscribe<'g>(&self, now: Timestamp, grants: &'g Grants, filter: &Filter) -> Verdict<'g> {
        if is_system(filter.as_str()) {
            return granted(grants.find_everything(now, Action::Manage), Action::Manage);
        }
        // what lies below the root is all the interface's, however wide a right on topics is
        if self.root.strip(filter.as_str()).is_some() {
            return granted(grants.find_devices(now), Action::Read);
        }
        let is_on_interface = filter.intersects(&self.root.everything());
        let devices = is_on_interface.then(|| grants.find_devices(now)).flatten();
        granted(devices.or_else(|| grants.find_filter(now, filter)), Action::Read)
    }

    /// Says whether what is published on a topic may be shown; asked for every message.
    pub(crate) fn receive<'g>(&self, now: Timestamp, grants: &'g Grants, topic: &Topic) -> Verdict<'g> {
        let Some(rest) = self.root.strip(topic.as_str()) else {
            if is_system(topic.as_str()) {
                return granted(grants.find_everything(now, Action::Manage), Action::Manage);
            }
            return granted(grants.find_topic(now, Action::Read, topic), Action::Read);
        };
        let own = rest.strip_prefix(self.home.as_str()).and_then(|rest| rest.strip_prefix('/'));
        self.register.see(now, grants, own.ok_or(Closed::Unknown)?)
    }
}

fn granted(grant: Option<&Grant>, action: Action) -> Verdict<'_> {
    grant.ok_or(Closed::NotGranted(action, Safety::S0))
}

fn is_system(topic: &str) -> bool {
    topic.strip_prefix("$SYS").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
