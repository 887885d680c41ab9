//! One connection to the other broker.

use std::time::Duration;

use bytes::Bytes;
use hes_engine::{Delivery, Letter, Post};
use hes_schemas::{Encoding, Filter, HomeId, Root, UserName, message::Presence};
use rumqttc::v5::{
    AsyncClient, Event, EventLoop,
    mqttbytes::{
        QoS,
        v5::{Filter as Wish, LastWill, Packet, PublishProperties},
    },
};
use tokio::sync::mpsc::Receiver;

use super::{
    super::{marks, mind::Mind, report},
    Outbox, Outgoing,
    listener::Listener,
};
use crate::remote::{Remote, TlsFault, Way};

/// How many packets may wait between this task and the connection.
const QUEUE: usize = 256;

/// How long the last words may take at a shutdown.
const LAST_WORDS: Duration = Duration::from_secs(2);

pub(super) struct Session<'s> {
    mind: &'s Mind,
    remote: &'s Remote,
    acts_as: &'s UserName,
    outbox: &'s Outbox,
    way: Way,
    client: AsyncClient,
    events: EventLoop,
    is_up: bool,
}

impl<'s> Session<'s> {
    /// # Errors
    /// [`TlsFault`] if there is no way to the broker.
    pub(super) fn new(
        mind: &'s Mind,
        remote: &'s Remote,
        acts_as: &'s UserName,
        outbox: &'s Outbox,
    ) -> Result<Self, TlsFault> {
        let home = mind.look(|engine| engine.home().clone());
        let way = remote.way()?;
        let mut options = way.options_v5(format!("hes-bridge-{home}"));
        options.set_clean_start(true);
        // the acknowledgement of a request follows its answer, which so does not wait for it
        options.set_manual_acks(true);
        let last = mind.look(|engine| engine.presence_post(Presence::Offline));
        options.set_last_will(LastWill::new(last.topic.as_str(), last.payload, QoS::AtLeastOnce, true, None));
        let (client, events) = AsyncClient::new(options, QUEUE);
        Ok(Self { mind, remote, acts_as, outbox, way, client, events, is_up: false })
    }

    pub(super) const fn was_up(&self) -> bool {
        self.is_up
    }

    /// Connects and serves; returns why it ended.
    pub(super) async fn run(&mut self, outgoing: &mut Receiver<Outgoing>) -> String {
        if let Err(reason) = self.connect().await {
            return reason;
        }
        let Self { mind, acts_as, outbox, way, client, events, .. } = self;
        let requests = mind.look(|engine| engine.root().requests(engine.home()));
        let listener = Listener { mind, acts_as, outbox, client, way, requests };
        tokio::select! {
            reason = listener.listen(events) => reason,
            reason = speak(mind, outbox, client, outgoing) => reason,
        }
    }

    async fn connect(&mut self) -> Result<(), String> {
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => break,
                Ok(_) => {}
                Err(error) => return Err(self.way.reason_v5(&error)),
            }
        }
        let (root, home) = self.mind.look(|engine| (engine.root().clone(), engine.home().clone()));
        self.client.try_subscribe_many(wishes(&root, &home)).map_err(|error| error.to_string())?;
        self.is_up = true;
        report::alongside(self.remote.url());
        Ok(())
    }

    /// Says goodbye, because a client that leaves in good order leaves no last will.
    ///
    /// The home goes first and its clusters follow: a last will is one message only, and could tell of the home alone.
    pub(super) async fn leave(self) {
        if !self.is_up {
            return;
        }
        let Self { mind, mut way, client, mut events, .. } = self;
        let say = async {
            for post in mind.farewell() {
                say(&client, post).await?;
            }
            client.disconnect().await.map_err(|error| error.to_string())
        };
        let hear = async { while events.poll().await.is_ok() {} };
        // whoever does not take the last words in time has the last will
        drop(tokio::time::timeout(LAST_WORDS, async { tokio::join!(say, hear) }).await);
        drop(events);
        way.closed().await;
    }
}

/// Returns what is asked of this home, and what is retained of it: some of that may be of devices long gone.
fn wishes(root: &Root, home: &HomeId) -> Vec<Wish> {
    let wish = |filter: Filter, qos| {
        let mut wish = Wish::new(filter.to_string(), qos);
        wish.nolocal = true;
        wish.preserve_retain = true;
        wish
    };
    let asked = root.requests(home).into_iter().map(|filter| wish(filter, QoS::AtLeastOnce));
    let retained = root.retained(home).into_iter().map(|filter| wish(filter, QoS::AtMostOnce));
    asked.chain(retained).collect()
}

/// Says all that is retained, and then what comes; returns why it ended.
async fn speak(mind: &Mind, outbox: &Outbox, client: &AsyncClient, outgoing: &mut Receiver<Outgoing>) -> String {
    let mut is_behind = true;
    loop {
        if std::mem::take(&mut is_behind)
            && let Err(reason) = say_all(mind, client).await
        {
            return reason;
        }
        let Some(message) = outgoing.recv().await else { return "the gateway is closing".to_owned() };
        let said = match message {
            Outgoing::Post(post) => say(client, post).await,
            Outgoing::Letter(letter) => send(client, letter).await,
            Outgoing::Acknowledgement(publish) => client.ack(&publish).await.map_err(|error| error.to_string()),
        };
        if let Err(reason) = said {
            return reason;
        }
        is_behind = outgoing.is_empty() && outbox.was_behind();
    }
}

/// Says all that is retained, one device at a time, so that the engine is never held up for long.
async fn say_all(mind: &Mind, client: &AsyncClient) -> Result<(), String> {
    for filter in mind.look(hes_engine::Engine::retained_parts) {
        let mut posts = Vec::new();
        mind.retained(&filter, &mut |post| posts.push(post));
        for post in posts {
            say(client, post).await?;
        }
    }
    Ok(())
}

async fn say(client: &AsyncClient, post: Post) -> Result<(), String> {
    let properties = PublishProperties {
        content_type: Some(Encoding::Json.content_type().to_owned()),
        user_properties: marks::of_post(&post),
        ..Default::default()
    };
    let Post { topic, payload, retain, origin: _ } = post;
    let said = client.publish_with_properties(topic.as_str(), QoS::AtLeastOnce, retain, payload, properties).await;
    said.map_err(|error| error.to_string())
}

async fn send(client: &AsyncClient, letter: Letter) -> Result<(), String> {
    let user_properties = marks::of_letter(&letter);
    let properties = PublishProperties {
        content_type: Some(letter.encoding.content_type().to_owned()),
        correlation_data: letter.correlation.map(|bytes| Bytes::from(bytes.into_vec())),
        user_properties,
        ..Default::default()
    };
    let topic = letter.topic.as_str();
    let qos = match letter.delivery {
        Delivery::AtMostOnce => QoS::AtMostOnce,
        Delivery::AtLeastOnce => QoS::AtLeastOnce,
    };
    let sent = client.publish_with_properties(topic, qos, false, letter.payload, properties).await;
    sent.map_err(|error| error.to_string())
}
