//! How the gateway comes to its clusters.

use hes_broker::{Part, Publish};

use super::{Arc, AtomicBool, ClusterId, ClusterSettings, Gateway, Input, Link, Ordering, link};

impl Gateway {
    pub(super) fn link_clusters(&mut self, clusters: &[ClusterSettings]) {
        for cluster in clusters {
            match &cluster.remote {
                None => self.attach(&cluster.id),
                Some(remote) => {
                    let (mind, cancel) = (Arc::clone(&self.mind), self.cancel.clone());
                    self.spawn(link::keep_linked(mind, cluster.id.clone(), remote.clone(), cancel));
                }
            }
        }
    }

    /// Links a cluster that is a client of the built-in broker: what it says is heard on the task that read it.
    ///
    /// Nobody is connected before the gateway is complete: a cluster that died with its last life may have left behind
    /// that it is online, and is not until it says so again.
    pub(super) fn attach(&mut self, cluster: &ClusterId) {
        let Some(broker) = &self.broker else { return };
        self.mind.sinks().link(cluster.clone(), Link::Own);
        let filters = self.mind.look(|engine| engine.filters_of(cluster));
        let (mind, own) = (Arc::clone(&self.mind), cluster.clone());
        // what is stored is told before `attach` returns
        let is_live = Arc::new(AtomicBool::new(false));
        let tap_is_live = Arc::clone(&is_live);
        let tap = move |publish: &Publish, part: Option<Part<'_>>| {
            let (cluster, topic, payload) = (&own, publish.topic.as_str(), publish.payload.as_ref());
            let input = if publish.retain && !tap_is_live.load(Ordering::Acquire) {
                Input::Retained { cluster, topic, payload }
            } else {
                Input::Heard { cluster, topic, payload }
            };
            mind.handle_for(input, part);
        };
        self.attachments.push(broker.attach(filters, Arc::new(tap)));
        is_live.store(true, Ordering::Release);
        self.mind.handle(Input::Unlinked(cluster.clone(), "it has not connected since the start".to_owned()));
        self.mind.handle(Input::Linked(cluster.clone()));
    }
}
