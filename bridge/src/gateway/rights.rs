//! What one connected client may do, asked anew for every packet.

use std::sync::Arc;

use hes_broker::{Allowance, Bearer, BoxFuture, Precedent, Refusal, Rights};
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
        self.session.with_grants(|grants| self.look(grants, gate))
    }

    fn look(&self, grants: &Grants, gate: impl FnOnce(&Gates<'_>, Timestamp, &Grants) -> bool) -> bool {
        let House { root, home, register, clock, .. } = &*self.house;
        let now = if grants.can_end() { clock.now() } else { Timestamp::from_millis(0) };
        gate(&Gates { root, home, register }, now, grants)
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

    fn may_receive_end(&self, topic: &Topic) -> bool {
        let House { root, register, clock, .. } = &*self.house;
        let abroad = root.strip(topic.as_str()).and_then(|rest| rest.split_once('/'));
        let might = |place| register.might_see_abroad(clock.now(), self.user(), self.session.bounds(), place);
        self.may_receive(topic) || (self.is_live() && abroad.is_some_and(might))
    }

    fn may_receive_after(&self, topic: &Topic, precedent: &Precedent) -> bool {
        // who may see what the interface says depends on its devices too
        if self.house.root.strip(topic.as_str()).is_some() {
            return self.may_receive(topic);
        }
        self.session.with_standing(|grants, standing| {
            if let Some(found) = standing.and_then(|standing| precedent.find(standing)) {
                return found;
            }
            let may = self.look(grants, |gates, now, grants| gates.receive(now, grants, topic).is_ok());
            standing.into_iter().for_each(|standing| precedent.note(standing, may));
            may
        })
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

#[cfg(test)]
mod tests {
    use hes_schemas::{
        UserName,
        rights::{Action, Grant, Role, Safety, Scope},
    };
    use tempfile::TempDir;
    use tokio::sync::mpsc;

    use super::*;
    use crate::{accounts::hash, store::Ledger};

    fn topic(text: &str) -> Topic {
        Topic::new(text).unwrap()
    }

    /// Returns what is found on a topic once the opposite has been noted for who stands as it does.
    fn found(rights: &ClientRights, text: &str) -> bool {
        let precedent = Precedent::default();
        let opposite = !rights.may_receive_after(&topic(text), &precedent);
        rights.session.with_standing(|_, standing| precedent.note(standing.unwrap(), opposite));
        rights.may_receive_after(&topic(text), &precedent)
    }

    #[tokio::test]
    async fn uses_what_was_found_for_the_same_rights_and_for_no_others() {
        let folder = TempDir::new().unwrap();
        let (own, command_line) =
            (Ledger::open(folder.path()).await.unwrap(), Ledger::open(folder.path()).await.unwrap());
        let anna = UserName::new("anna").unwrap();
        own.add(&anna, &hash(&"secret".into()).unwrap(), Some(Role::Cluster)).await.unwrap();
        let accounts = Accounts::open(own, None).await.unwrap();
        let (tell, mut told) = mpsc::unbounded_channel();
        accounts.follow(move |rights| tell.send(rights.len()).unwrap());
        let watching = tokio::spawn({
            let accounts = accounts.clone();
            async move { accounts.watch().await }
        });
        let house = Arc::new(House {
            root: Root::default(),
            home: HomeId::new("oak").unwrap(),
            register: Arc::default(),
            roster: Arc::default(),
            clock: Arc::new(Clock::start()),
            complete: Arc::default(),
        });
        let rights = || ClientRights::new(accounts.resume("anna", None).unwrap(), accounts.clone(), Arc::clone(&house));
        let (one, other, precedent) = (rights(), rights(), Precedent::default());
        assert!(one.may_receive_after(&topic("a"), &precedent) && other.may_receive_after(&topic("a"), &precedent));
        assert!(!found(&one, "a"), "what was noted holds");
        assert!(!found(&one, "hes/1/oak/zigbee/lamp/$doc"), "the interface is looked at each time");

        let scope = Scope::new("topic:b").unwrap();
        let grant = Grant { actions: vec![Action::Read], scope, safety: Safety::S0, until: None };
        one.session.with_standing(|_, standing| precedent.note(standing.unwrap(), false));
        assert!(!other.may_receive_after(&topic("a"), &precedent));
        command_line.grant(&anna, &grant).await.unwrap();
        told.recv().await.unwrap();
        assert!(other.may_receive_after(&topic("a"), &precedent), "what was noted of the old rights does not hold");
        let ending = Grant { until: Some(Timestamp::from_millis(i64::MAX)), ..grant };
        command_line.grant(&anna, &ending).await.unwrap();
        told.recv().await.unwrap();
        assert!(
            one.session.with_standing(|_, standing| standing.is_none()),
            "rights that can end are looked at each time"
        );
        command_line.remove(&anna).await.unwrap();
        told.recv().await.unwrap();
        assert!(!one.may_receive_after(&topic("a"), &precedent) && !other.may_receive_after(&topic("a"), &precedent));
        watching.abort();
    }
}
