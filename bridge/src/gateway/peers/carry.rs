//! How frames come to a peer: by our own broker, or by another one.

use std::sync::{Arc, PoisonError};

use hes_broker::Publish;
use hes_schemas::{Address, HomeId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    super::report,
    Peers, ROOM,
    dial::{self, Ear},
    heir::Heir,
    line::{Carrier, Line},
    roster::Caller,
    trust,
};
use crate::{peers::invitation::INVITED, remote::Remote, store::PeerRow};

impl Peers {
    /// Has frames carried to and from a peer.
    pub(super) fn carry(self: &Arc<Self>, line: &Arc<Line>, row: &PeerRow, cancel: &CancellationToken) {
        if let Some(account) = &row.account {
            self.roster.add(account.as_str(), Caller::Peer(row.home.clone()));
            if let Some(invited) = &row.invited {
                self.roster.add(invited.as_str(), Caller::Invited(Some(row.home.clone())));
            }
            if let Some(broker) = self.broker.get() {
                line.set_carrier(Carrier::Own(broker.clone()));
                line.hand_over(trust::account_of(row));
                line.open();
            }
            return;
        }
        let Some(remote) = self.remote_of(row) else { return report::peer_without_way(&row.home) };
        let (queue, outgoing) = mpsc::channel(ROOM);
        line.set_carrier(Carrier::Elsewhere(queue));
        let (me, home) = (Arc::downgrade(self), row.home.clone());
        line.set_taker(move |account| {
            if let Some(me) = me.upgrade() {
                me.take_account(home.clone(), account);
            }
        });
        let errand = self.dial_errand(remote, row.home.as_str(), &purpose(row));
        let ear: Arc<dyn Ear> = Arc::<Line>::clone(line);
        self.around.tasks.spawn(dial::keep(errand, ear, outgoing, cancel.clone()));
    }

    /// Has frames carried to and from a peer by another account at its broker, and ends the way by the one before when that
    /// is there.
    pub(super) fn carry_over(self: &Arc<Self>, row: PeerRow) {
        let Some(remote) = self.remote_of(&row) else { return report::peer_without_way(&row.home) };
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = lines.get_mut(&row.home) else { return };
        let (queue, outgoing) = mpsc::channel(ROOM);
        let way = held.cancel.child_token();
        let old = std::mem::replace(&mut held.way, way.clone());
        let ear: Arc<dyn Ear> = Arc::new(Heir::new(Arc::clone(&held.line), queue, old));
        let errand = self.dial_errand(remote, row.home.as_str(), &purpose(&row));
        held.row = row;
        self.around.tasks.spawn(dial::keep(errand, ear, outgoing, way));
    }

    pub(super) fn dial_errand(&self, remote: Remote, from: &str, purpose: &str) -> dial::Errand {
        let own = self.around.station.home().clone();
        dial::Errand {
            remote,
            root: self.around.root.clone(),
            client: format!("hes-bridge-{own}-{purpose}"),
            own,
            from: from.to_owned(),
            limits: self.around.settings.clone(),
        }
    }

    /// Says something to a home that there may be no trust with, on our own broker.
    pub(super) fn publish_to(&self, home: &HomeId, frame: Vec<u8>) {
        let topic = self.around.root.topic(&Address::Link(self.around.station.home().clone(), home.clone()));
        if let Some(broker) = self.broker.get() {
            broker.publish(Publish::new(topic, frame).at_least_once());
        }
    }
}

/// Returns what a connection is for; while one takes over from another, there are two.
fn purpose(row: &PeerRow) -> String {
    let is_invited = row.user.as_ref().is_some_and(|user| user.starts_with(INVITED));
    if is_invited { format!("{}-invited", row.home) } else { row.home.to_string() }
}
