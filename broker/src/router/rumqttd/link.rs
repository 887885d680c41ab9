//! The link into rumqttd's router, and the words that go through it.

use std::{
    fmt, panic,
    sync::Once,
    thread,
    time::{Duration, Instant},
};

use bytes::{BufMut, Bytes, BytesMut};
use hes_schemas::Filter;
use rumqttd::{
    Notification, RouterConfig,
    local::{LinkBuilder, LinkError, LinkRx, LinkTx},
    protocol::{
        self, Disconnect, DisconnectReasonCode, Packet, QoS, RetainForwardRule, Subscribe, SubscribeProperties,
        Unsubscribe,
    },
};

use crate::router::FilterKey;

/// What may be in the router at once, as its log of one filter counts bytes: one segment.
///
/// Each filter keeps up to two segments for ever, in which a message takes ten times what it counts.
pub(crate) const MAX_COST: usize = 16 * 1024;
/// How many messages may be in the router at once.
pub(crate) const MAX_COUNT: usize = 1024;

const ROUTER_ID: usize = 1;
const ROUTER_THREAD: &str = "router-1";
const MARKER: &str = "h";

/// The way in. Nothing here waits.
pub(crate) struct Sender(LinkTx);

/// The way out. All here may wait.
#[derive(Debug)]
pub(crate) struct Receiver(LinkRx);

/// What comes out of the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// A message matches a filter.
    Match(u64, FilterKey),
    /// A marker has gone round.
    Marker(u64),
    /// Something that means nothing here, or nothing at all.
    Nothing,
    /// The router is gone.
    Gone,
}

/// Starts a router with one link. Blocks until it answers.
///
/// # Errors
/// What the library says.
pub(crate) fn build() -> Result<(Sender, Receiver), Box<LinkError>> {
    hush();
    let config = RouterConfig {
        max_connections: 4,
        max_outgoing_packet_count: 10_000,
        max_segment_size: MAX_COST,
        max_segment_count: 2,
        ..RouterConfig::default()
    };
    let router = rumqttd::Router::new(ROUTER_ID, config).spawn();
    let (tx, rx, _) = LinkBuilder::new("door", router).build()?;
    let mut sender = Sender(tx);
    sender.push(subscribe(MARKER.to_owned(), None));
    Ok((sender, Receiver(rx)))
}

/// Says what a topic costs the router's log of one filter.
pub(crate) const fn cost(topic: &str) -> usize {
    topic.len() + 4 + 2 + 8
}

impl Sender {
    pub(crate) fn publish(&mut self, number: u64, topic: &str) {
        self.send(inner(topic).freeze(), number);
    }

    pub(crate) fn mark(&mut self, round: u64) {
        self.send(Bytes::from_static(MARKER.as_bytes()), round);
    }

    pub(crate) fn subscribe(&mut self, key: FilterKey, filter: &Filter) {
        self.push(subscribe(inner_text(filter), usize::try_from(key.0).ok()));
    }

    pub(crate) fn unsubscribe(&mut self, filter: &Filter) {
        self.push(Packet::Unsubscribe(Unsubscribe { pkid: 1, filters: vec![inner_text(filter)] }, None));
    }

    /// Ends the link; [`Receiver::finish`] ends the router with it.
    pub(crate) fn leave(&mut self) {
        let disconnect = Disconnect { reason_code: DisconnectReasonCode::NormalDisconnection };
        self.push(Packet::Disconnect(disconnect, None));
    }

    /// Ends the router's thread, as a topic outside ASCII would without a prefix.
    #[cfg(test)]
    pub(crate) fn kill(&mut self) {
        self.send(Bytes::from_static("é".as_bytes()), 0);
    }

    /// Queues a packet, and lets the router know with a message that matches nothing.
    fn push(&mut self, packet: Packet) {
        self.0.buffer().push_back(packet);
        self.send(Bytes::from_static(b"n"), 0);
    }

    /// Publishes without waiting: if the router's channel is full, an event is in it that brings this message too.
    fn send(&mut self, topic: Bytes, number: u64) {
        let payload = Bytes::copy_from_slice(&number.to_be_bytes());
        let _full_or_gone = self.0.try_publish(topic, payload);
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl Receiver {
    /// Waits for the next word.
    pub(crate) fn next(&mut self, patience: Duration) -> Word {
        match self.0.recv_deadline(Instant::now() + patience) {
            Ok(Some(Notification::Forward(forward))) => word(&forward),
            // all before it has been taken, so the router may fill the link again
            Ok(Some(Notification::Unschedule)) if self.0.ready().is_err() => Word::Gone,
            Ok(Some(Notification::Disconnect(..))) => Word::Gone,
            Ok(_) => Word::Nothing,
            Err(LinkError::RecvTimeout(error)) if error.to_string().contains("timed out") => Word::Nothing,
            Err(_) => Word::Gone,
        }
    }

    /// Ends a router whose link has left: an event of a link that is gone ends its thread.
    ///
    /// There is no gentler end, and a router that is left alone keeps its thread and its memory for ever.
    pub(crate) fn finish(self) {
        let _gone = self.0.ready();
    }
}

fn word(forward: &rumqttd::Forward) -> Word {
    let Ok(number) = <[u8; 8]>::try_from(forward.publish.payload.as_ref()).map(u64::from_be_bytes) else {
        return Word::Nothing;
    };
    if forward.publish.topic == MARKER.as_bytes() {
        return Word::Marker(number);
    }
    let key = forward.properties.as_ref().and_then(|properties| properties.subscription_identifiers.first());
    match key.and_then(|key| u64::try_from(*key).ok()) {
        Some(key) => Word::Match(number, FilterKey(key)),
        None => Word::Nothing,
    }
}

fn subscribe(path: String, id: Option<usize>) -> Packet {
    let filter = protocol::Filter {
        path,
        qos: QoS::AtMostOnce,
        nolocal: false,
        preserve_retain: false,
        retain_forward_rule: RetainForwardRule::Never,
    };
    let properties = id.map(|id| SubscribeProperties { id: Some(id), user_properties: Vec::new() });
    Packet::Subscribe(Subscribe { pkid: 1, filters: vec![filter] }, properties)
}

/// Puts a topic under an inner prefix.
///
/// The library splits topics after their first byte and leaves out all that begin with `$`; so the prefix is ASCII,
/// and those with `$` have one of their own, which no wildcard at the first level reaches.
fn inner(topic: &str) -> BytesMut {
    let mut inner = BytesMut::with_capacity(topic.len() + 2);
    inner.put_slice(prefix(topic).as_bytes());
    inner.put_slice(topic.as_bytes());
    inner
}

fn inner_text(filter: &Filter) -> String {
    format!("{}{filter}", prefix(filter.as_str()))
}

fn prefix(text: &str) -> &'static str {
    if text.starts_with('$') { "r/" } else { "m/" }
}

/// Keeps the end of a router's thread off the standard error; the supervisor reports it.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(ROUTER_THREAD) {
                previous(info);
            }
        }));
    });
}
