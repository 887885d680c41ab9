//! What one connected client may do, asked anew for every packet.

use std::sync::Arc;

use hes_broker::Rights;
use hes_schemas::{Filter, HomeId, Root, Topic, rights::Action};
use tokio::sync::SetOnce;

use super::{clock::Clock, register::Register};
use crate::accounts::Session;

/// What the gates need to know about the house.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) root: Root,
    pub(crate) home: HomeId,
    pub(crate) register: Arc<Register>,
    pub(crate) clock: Arc<Clock>,
    /// Is set when the gateway is complete, clusters and all.
    pub(crate) complete: Arc<SetOnce<()>>,
}

/// The rights of a client's account, as they are at the moment.
#[derive(Debug)]
pub(crate) struct ClientRights {
    session: Session,
    house: Arc<House>,
}

impl ClientRights {
    pub(crate) const fn new(session: Session, house: Arc<House>) -> Self {
        Self { session, house }
    }
}

impl Rights for ClientRights {
    fn user(&self) -> &str {
        self.session.user()
    }

    fn may_publish(&self, topic: &Topic) -> bool {
        self.session.grants().permits_topic(self.house.clock.now(), Action::Write, topic)
    }

    fn may_subscribe(&self, filter: &Filter) -> bool {
        let (now, grants) = (self.house.clock.now(), self.session.grants());
        let interface = self.house.root.everything();
        if interface.includes(filter) {
            // nothing there is anybody's who has no device; to be refused tells more than silence
            return grants.has_devices(now);
        }
        (filter.intersects(&interface) && grants.has_devices(now)) || grants.permits_filter(now, filter)
    }

    fn may_receive(&self, topic: &Topic) -> bool {
        let (now, grants) = (self.house.clock.now(), self.session.grants());
        let Some(rest) = self.house.root.strip(topic.as_str()) else {
            return grants.permits_topic(now, Action::Read, topic);
        };
        let own = rest.strip_prefix(self.house.home.as_str()).and_then(|rest| rest.strip_prefix('/'));
        own.is_some_and(|rest| self.house.register.may_see(now, &grants, rest))
    }

    fn is_live(&self) -> bool {
        self.session.is_live()
    }
}
