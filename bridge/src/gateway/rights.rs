//! What one connected client may do, asked anew for every packet.

use std::sync::Arc;

use hes_broker::{Allowance, Bearer, BoxFuture, Refusal, Rights};
use hes_schemas::{Filter, HomeId, Root, Timestamp, Topic, rights::Grants};
use tokio::sync::SetOnce;

use super::{clock::Clock, gates::Gates, peers::roster::Roster, register::Register};
use crate::accounts::{Accounts, Session};

/// What the gates need to know about the house.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) root: Root,
    pub(crate) home: HomeId,
    pub(crate) register: Arc<Register>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) clock: Arc<Clock>,
    /// Is set when the gateway is complete, clusters and all.
    pub(crate) complete: Arc<SetOnce<()>>,
}

/// The rights of a client's account, as they are at the moment.
#[derive(Debug)]
pub(crate) struct ClientRights {
    session: Session,
    accounts: Accounts,
    house: Arc<House>,
}

impl ClientRights {
    pub(crate) const fn new(session: Session, accounts: Accounts, house: Arc<House>) -> Self {
        Self { session, accounts, house }
    }

    /// Asks a gate; the time is looked up only where it could matter.
    fn ask(&self, gate: impl FnOnce(&Gates<'_>, Timestamp, &Grants) -> bool) -> bool {
        let House { root, home, register, clock, .. } = &*self.house;
        let gates = Gates { root, home, register };
        self.session.with_grants(|grants| {
            let now = if grants.can_end() { clock.now() } else { Timestamp::from_millis(0) };
            gate(&gates, now, grants)
        })
    }
}

impl Rights for ClientRights {
    fn user(&self) -> &str {
        self.session.user()
    }

    fn may_publish(&self, topic: &Topic) -> bool {
        self.ask(|gates, now, grants| gates.publish(now, grants, topic).is_ok())
    }

    fn may_subscribe(&self, filter: &Filter) -> bool {
        let House { root, home, register, roster, .. } = &*self.house;
        if roster.caller(self.user()).is_some() {
            return roster.may_hear(root, home, self.user(), filter.as_str());
        }
        if root.strip(filter.as_str()).is_some_and(is_between_gateways) {
            return false;
        }
        let is_abroad = || filter.intersects(&root.everything()) && register.is_abroad(self.user());
        self.ask(|gates, now, grants| gates.subscribe(now, grants, filter).is_ok()) || is_abroad()
    }

    fn may_receive(&self, topic: &Topic) -> bool {
        let House { root, home, register, roster, clock, .. } = &*self.house;
        if let Some((other, rest)) = root.strip(topic.as_str()).and_then(|rest| rest.split_once('/'))
            && other != home.as_str()
        {
            return if other == LINK {
                roster.may_hear(root, home, self.user(), topic.as_str())
            } else {
                self.is_live()
                    && register.may_see_abroad(clock.now(), self.user(), self.session.bounds(), (other, rest))
            };
        }
        self.ask(|gates, now, grants| gates.receive(now, grants, topic).is_ok())
    }

    fn is_live(&self) -> bool {
        self.session.is_live() && !self.has_expired()
    }

    fn has_expired(&self) -> bool {
        self.session.until().is_some_and(|until| until <= self.house.clock.now())
    }

    fn renew(&self, token: Bearer) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(async move { self.accounts.renew(&self.session, &token).await })
    }

    fn bounds(&self) -> Option<Arc<Grants>> {
        self.session.bounds()
    }

    fn allowance(&self) -> Allowance {
        self.session.allowance()
    }
}

/// The level below which gateways speak to each other.
const LINK: &str = "$link";

fn is_between_gateways(rest: &str) -> bool {
    rest.split('/').next() == Some(LINK)
}
