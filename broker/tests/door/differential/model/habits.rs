//! The ways of a broker where the specification leaves the choice, and what is no fair question to it.

use super::{Model, is_shared};
use crate::differential::{Deed, TOPICS};

/// Whose ways the model follows where the specification leaves the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::differential) enum Habits {
    /// A copy for each subscription that matches; a message of `QoS` 2 is passed on when it comes.
    Ours,
    /// In MQTT 3.1.1 one copy for each client; a message of `QoS` 2 is passed on when it is released.
    Mosquittos,
}

impl Model {
    /// Says whether a client can do it: only who is connected can do anything but connect.
    pub(in crate::differential) fn makes_sense(&self, who: usize, deed: &Deed) -> bool {
        match deed {
            // it knows of no will when its client comes again
            Deed::Connect { .. } if self.habits == Habits::Mosquittos => self.sessions[who].has_will.is_none(),
            Deed::Connect { .. } => true,
            // it delivers at PUBREL, and ends who repeats a PUBLISH more than once
            Deed::Begin { .. } | Deed::Finish => self.is_online(who) && self.habits == Habits::Ours,
            // a subscription that is replaced keeps its old no-local and retain-as-published there
            Deed::Subscribe { options, .. } if self.habits == Habits::Mosquittos => {
                // and of overlapping ones of several qualities any may count
                let mut others = self.sessions[who].subscriptions.values();
                self.is_online(who) && options & 12 == 0 && others.all(|other| other.qos == options & 3)
            }
            // a shared subscription brings retained messages there
            Deed::Publish { topic, retain: true, .. } if self.habits == Habits::Mosquittos => {
                self.is_online(who) && !is_shared(TOPICS[*topic])
            }
            // when their wills are due then is another story
            Deed::Kill => self.habits == Habits::Ours && self.sessions.iter().all(|session| session.has_will.is_none()),
            Deed::Leave
            | Deed::Vanish
            | Deed::Subscribe { .. }
            | Deed::Unsubscribe { .. }
            | Deed::Publish { .. }
            | Deed::Acknowledge { .. } => self.is_online(who),
        }
    }
}
