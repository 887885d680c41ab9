//! The link to a cluster on another broker.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use hes_engine::Input;
use hes_schemas::{ClusterId, Filter};
use rumqttc::{
    AsyncClient, ConnectReturnCode, Event, EventLoop, MqttOptions, Packet, Publish, QoS, SubscribeFilter,
    SubscribeReasonCode,
};
use tokio_util::sync::CancellationToken;

use super::{mind::Mind, report, sinks::Link};
use crate::remote::{DEAF, Remote, Way, network};

/// How many packets may wait for the other broker.
const QUEUE: usize = 256;

/// The payload, in bytes, above which a message is understood on a thread of its own: the lists of several large clusters,
/// which come together at a start, would otherwise take all threads on which clients are served.
const LONG: usize = 64 * 1024;

/// Keeps a cluster linked until it is cancelled.
///
/// Each connection has its own client: rumqttc would otherwise send what it had in flight again after a reconnection,
/// however late, and an expired command must never act.
pub(crate) async fn keep_linked(mind: Arc<Mind>, cluster: ClusterId, remote: Remote, cancel: CancellationToken) {
    let mut pauses = pauses();
    loop {
        let session = Session { mind: &mind, cluster: &cluster, remote: &remote, is_up: false };
        let ended = tokio::select! {
            () = cancel.cancelled() => return,
            ended = session.run() => ended,
        };
        mind.sinks().unlink(&cluster);
        report::unlinked(&cluster, &ended.reason);
        mind.handle(Input::Unlinked(cluster.clone(), ended.reason));
        if ended.was_up {
            pauses = self::pauses();
        }
        let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The longest pause between two attempts: a broker that comes back is noticed within this time.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Returns the pauses between attempts: half a second, doubling, with jitter.
pub(super) fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}

struct Session<'s> {
    mind: &'s Arc<Mind>,
    cluster: &'s ClusterId,
    remote: &'s Remote,
    is_up: bool,
}

struct Ended {
    was_up: bool,
    reason: String,
}

impl Session<'_> {
    async fn run(mut self) -> Ended {
        let way = match self.remote.way() {
            Ok(way) => way,
            Err(fault) => return Ended { was_up: false, reason: fault.to_string() },
        };
        let (client, mut events) = AsyncClient::new(self.options(&way), QUEUE);
        events.set_network_options(network());
        let reason = loop {
            match self.step(&client, &mut events, &way).await {
                Ok(()) => {}
                Err(reason) => break reason,
            }
        };
        Ended { was_up: self.is_up, reason }
    }

    fn options(&self, way: &Way) -> MqttOptions {
        let id = format!("hes-bridge-{}-{}", self.mind.look(|engine| engine.home().clone()), self.cluster);
        let mut options = way.options(id);
        options.set_clean_session(true);
        options
    }

    async fn step(&mut self, client: &AsyncClient, events: &mut EventLoop, way: &Way) -> Result<(), String> {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(ack))) if ack.code == ConnectReturnCode::Success => {
                let filters = self.mind.look(|engine| engine.filters_of(self.cluster));
                let filters =
                    filters.iter().map(|filter: &Filter| SubscribeFilter::new(filter.to_string(), QoS::AtLeastOnce));
                client.try_subscribe_many(filters).map_err(|error| error.to_string())?;
                self.up(client);
            }
            Ok(Event::Incoming(Packet::SubAck(ack))) if ack.return_codes.contains(&SubscribeReasonCode::Failure) => {
                return Err(DEAF.to_owned());
            }
            Ok(Event::Incoming(Packet::Publish(publish))) if publish.payload.len() > LONG => {
                let (mind, cluster) = (Arc::clone(self.mind), self.cluster.clone());
                let hear = move || hear(&mind, &cluster, &publish);
                tokio::task::spawn_blocking(hear).await.map_err(|error| error.to_string())?;
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => hear(self.mind, self.cluster, &publish),
            Ok(_) => {}
            Err(error) => return Err(way.reason(&error)),
        }
        Ok(())
    }

    /// The subscription is on its way; what the broker retains may come before its acknowledgement does.
    fn up(&mut self, client: &AsyncClient) {
        self.is_up = true;
        self.mind.sinks().link(self.cluster.clone(), Link::Remote(client.clone()));
        report::linked(self.cluster, self.remote.url());
        self.mind.handle(Input::Linked(self.cluster.clone()));
    }
}

fn hear(mind: &Mind, cluster: &ClusterId, publish: &Publish) {
    let (topic, payload) = (publish.topic.as_str(), publish.payload.as_ref());
    mind.handle(if publish.retain {
        Input::Retained { cluster, topic, payload }
    } else {
        Input::Heard { cluster, topic, payload }
    });
}
