//! What the built-in broker asks of the gateway.

use std::sync::Arc;

use hes_broker::{Backend, BoxFuture, Change, Client, Done, Hello, Publish, Refusal, Rights};
use hes_engine::{Asked, Asker, Delivery, Door as EngineDoor, Input};
use hes_schemas::{Filter, Millis, Topic, UserName, rights::Grants};

use super::{
    marks,
    mind::Mind,
    rights::{ClientRights, House},
    sinks::from_post,
};
use crate::accounts::Accounts;

/// The gateway as its own broker sees it.
#[derive(Debug)]
pub(crate) struct Door {
    mind: Arc<Mind>,
    accounts: Accounts,
    house: Arc<House>,
}

impl Door {
    pub(crate) const fn new(mind: Arc<Mind>, accounts: Accounts, house: Arc<House>) -> Self {
        Self { mind, accounts, house }
    }
}

impl Backend for Door {
    fn connect(&self, hello: Hello) -> BoxFuture<'_, Result<Arc<dyn Rights>, Refusal>> {
        Box::pin(async move {
            // who knocks while we start waits, because many a client gives up when it is refused
            self.house.complete.wait().await;
            let session = self.accounts.admit(&hello).await?;
            let rights: Arc<dyn Rights> =
                Arc::new(ClientRights::new(session, self.accounts.clone(), Arc::clone(&self.house)));
            Ok(rights)
        })
    }

    fn interface(&self, client: &Client, publish: Publish) {
        let peers = self.mind.sinks().peers();
        if peers.take(client.rights().user(), &publish) {
            return;
        }
        let Ok(user) = UserName::new(client.rights().user()) else { return };
        let properties = &publish.properties;
        self.mind.handle(Input::Asked(Asked {
            asker: Asker { user, door: EngineDoor::Own(client.name().cloned()) },
            bounds: client.rights().bounds(),
            topic: publish.topic.as_str(),
            payload: &publish.payload,
            retained: publish.retain,
            content_type: properties.content_type.as_deref(),
            response_topic: properties.response_topic.as_deref(),
            correlation: properties.correlation_data.as_deref(),
            expiry: properties.expiry.map(Millis::from_secs),
            trace: marks::trace(properties.user.iter().map(|(name, value)| (&**name, &**value))),
            // a client that does not want it so surely has subscribed so
            delivery: Delivery::AtLeastOnce,
        }));
    }

    fn retained(&self, filter: &Filter, each: &mut dyn FnMut(Publish)) {
        self.mind.retained(filter, &mut |post| each(from_post(post)));
    }

    fn store_retained(&self, topic: &Topic, message: Option<&Publish>, done: Done) {
        self.mind.sinks().store().retain(topic, message, done);
    }

    fn rights(&self, user: &str, bounds: Option<Arc<Grants>>) -> Option<Arc<dyn Rights>> {
        let session = self.accounts.resume(user, bounds)?;
        Some(Arc::new(ClientRights::new(session, self.accounts.clone(), Arc::clone(&self.house))))
    }

    fn client_gone(&self, client: &Client) {
        self.mind.sinks().peers().gone(client.rights().user());
    }

    fn keep(&self, changes: Vec<Change>, done: Option<Done>) {
        self.mind.sinks().store().keep(changes, done);
    }
}
