//! A client's connection to a broker where other homes are met.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock as _};
use hes_schemas::{Address, HomeId, Root};
use rumqttc::v5::{
    AsyncClient, Event, EventLoop,
    mqttbytes::{
        QoS,
        v5::{Filter, Packet, Publish, SubscribeReasonCode},
    },
};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::super::link::{LONGEST_PAUSE, pauses};
use crate::{
    remote::{DEAF, Remote},
    settings::PeersSettings,
};

/// How many packets may wait between this task and the connection.
const QUEUE: usize = 256;

/// How many messages may wait to be acknowledged: there are no more packet ids.
const MOST_HEARD: usize = 65_535;

/// How long the last words may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// One message for another home.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) to: HomeId,
    pub(super) frame: Vec<u8>,
}

/// Who hears what comes.
pub(super) trait Ear: Send + Sync {
    /// The connection is there, and subscribed.
    fn up(&self);

    /// A home says something, or somebody who says so.
    fn heard(&self, from: &HomeId, frame: &[u8]);

    /// The connection is not there.
    fn down(&self, reason: &str);
}

/// What a connection is for.
pub(super) struct Errand {
    pub(super) remote: Remote,
    pub(super) root: Root,
    pub(super) own: HomeId,
    /// Who is heard: `+`, or one home.
    pub(super) from: String,
    pub(super) client: String,
    pub(super) limits: PeersSettings,
}

/// Keeps a connection until it is cancelled; what waits then is still said, for a moment.
///
/// What comes faster than it may waits on the other side: it is not read.
pub(super) async fn keep(
    errand: Errand,
    ear: Arc<dyn Ear>,
    mut outgoing: Receiver<Outgoing>,
    cancel: CancellationToken,
) {
    let mut pauses = pauses();
    loop {
        let mut was_up = false;
        let reason = match Session::open(&errand) {
            Err(reason) => reason,
            Ok(mut session) => {
                let reason = tokio::select! {
                    () = cancel.cancelled() => return session.leave(&mut outgoing).await,
                    reason = session.run(ear.as_ref(), &mut outgoing) => reason,
                };
                was_up = session.is_up;
                reason
            }
        };
        if was_up {
            pauses = self::pauses();
        }
        ear.down(&reason);
        // whatever waited is said anew, or too late
        while outgoing.try_recv().is_ok() {}
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)) => {}
        }
    }
}

struct Session<'e> {
    errand: &'e Errand,
    way: crate::remote::Way,
    client: AsyncClient,
    events: EventLoop,
    is_up: bool,
}

impl<'e> Session<'e> {
    fn open(errand: &'e Errand) -> Result<Self, String> {
        let way = errand.remote.way().map_err(|fault| fault.to_string())?;
        let mut options = way.options_v5(errand.client.clone());
        options.set_clean_start(true).set_manual_acks(true);
        let (client, events) = AsyncClient::new(options, QUEUE);
        Ok(Self { errand, way, client, events, is_up: false })
    }

    async fn run(&mut self, ear: &dyn Ear, outgoing: &mut Receiver<Outgoing>) -> String {
        let Self { errand, way, client, events, is_up } = self;
        let speak = async {
            while let Some(message) = outgoing.recv().await {
                if let Err(reason) = errand.say(client, message).await {
                    return reason;
                }
            }
            "it is over".to_owned()
        };
        let listen = errand.listen(way, client, events, is_up, ear);
        // what was said is on its way before what was heard is acknowledged
        tokio::select! {
            biased;
            reason = speak => reason,
            reason = listen => reason,
        }
    }

    /// Says what waits, and leaves.
    async fn leave(mut self, outgoing: &mut Receiver<Outgoing>) {
        if !self.is_up {
            return;
        }
        let Self { errand, client, events, .. } = &mut self;
        let say = async {
            while let Ok(message) = outgoing.try_recv() {
                errand.say(client, message).await?;
            }
            client.disconnect().await.map_err(|error| error.to_string())
        };
        let hear = async { while events.poll().await.is_ok() {} };
        // whoever does not take the last words in time notices by itself
        drop(tokio::time::timeout(LAST_WORDS, async { tokio::join!(say, hear) }).await);
    }
}

impl Errand {
    async fn say(&self, client: &AsyncClient, message: Outgoing) -> Result<(), String> {
        let topic = self.root.topic(&Address::Link(self.own.clone(), message.to));
        let said = client.publish(topic.as_str(), QoS::AtLeastOnce, false, message.frame).await;
        said.map_err(|error| error.to_string())
    }

    async fn listen(
        &self,
        way: &crate::remote::Way,
        client: &AsyncClient,
        events: &mut EventLoop,
        is_up: &mut bool,
        ear: &dyn Ear,
    ) -> String {
        let pace = RateLimiter::direct(Quota::per_second(self.limits.messages));
        let mut heard = VecDeque::new();
        let wish = Filter::new(format!("{}/$link/{}/{}", self.root.as_str(), self.from, self.own), QoS::AtLeastOnce);
        loop {
            acknowledge(client, &mut heard);
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    if let Err(error) = client.try_subscribe_many([wish.clone()]) {
                        return error.to_string();
                    }
                }
                Ok(Event::Incoming(Packet::SubAck(ack))) => {
                    if ack.return_codes.iter().any(|code| !matches!(code, SubscribeReasonCode::Success(_))) {
                        return DEAF.to_owned();
                    }
                    *is_up = true;
                    ear.up();
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    wait_for(&pace).await;
                    self.hear(&publish, ear);
                    heard.push_back(Publish { payload: Bytes::new(), ..publish });
                    if heard.len() > MOST_HEARD {
                        return "it says more than can be acknowledged".to_owned();
                    }
                    // whom it is passed on to comes first, and then who is told that it came
                    tokio::task::yield_now().await;
                }
                Ok(_) => {}
                Err(error) => {
                    // what came in one piece with the broker's goodbye was read before it
                    for event in std::mem::take(&mut events.state.events) {
                        if let Event::Incoming(Packet::Publish(publish)) = event {
                            self.hear(&publish, ear);
                        }
                    }
                    return way.reason_v5(&error);
                }
            }
        }
    }

    /// What is retained there was said to nobody, or long ago.
    fn hear(&self, publish: &Publish, ear: &dyn Ear) {
        let topic = std::str::from_utf8(&publish.topic).ok().filter(|_| !publish.retain);
        if let Some(Address::Link(from, to)) = topic.and_then(|topic| self.root.parse(topic))
            && to == self.own
            && from != self.own
        {
            ear.heard(&from, &publish.payload);
        }
    }
}

/// Acknowledges what was heard, as far as there is room for it between this task and the connection.
fn acknowledge(client: &AsyncClient, heard: &mut VecDeque<Publish>) {
    while heard.front().is_some_and(|publish| client.try_ack(publish).is_ok()) {
        heard.pop_front();
    }
}

async fn wait_for(pace: &DefaultDirectRateLimiter) {
    while let Err(refusal) = pace.check() {
        tokio::time::sleep(refusal.wait_time_from(pace.clock().now())).await;
    }
}
