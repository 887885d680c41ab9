//! What is asked on the other broker, and what is left behind there.

use hes_engine::{Asked, Asker, Delivery, Door, Input, Post};
use hes_schemas::{Filter, Millis, Topic, UserName};
use rumqttc::v5::{
    AsyncClient, Event, EventLoop,
    mqttbytes::{
        QoS,
        v5::{Packet, Publish, PublishProperties, SubscribeReasonCode},
    },
};

use super::{
    super::{marks, mind::Mind},
    Outbox,
};
use crate::remote::{DEAF, Way};

/// What listens to the other broker.
pub(super) struct Listener<'s> {
    pub(super) mind: &'s Mind,
    pub(super) acts_as: &'s UserName,
    pub(super) outbox: &'s Outbox,
    pub(super) client: &'s AsyncClient,
    pub(super) way: &'s Way,
    /// Where requests come.
    pub(super) requests: Vec<Filter>,
}

impl Listener<'_> {
    /// Takes in what comes; returns why it ended.
    pub(super) async fn listen(&self, events: &mut EventLoop) -> String {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    self.hear(&publish);
                    if let Err(reason) = self.acknowledge(&publish) {
                        return reason;
                    }
                }
                Ok(Event::Incoming(Packet::SubAck(ack))) if ack.return_codes.iter().any(is_refusal) => {
                    return DEAF.to_owned();
                }
                Ok(_) => {}
                Err(error) => return self.way.reason_v5(&error),
            }
        }
    }

    fn hear(&self, publish: &Publish) {
        let text = std::str::from_utf8(&publish.topic).ok();
        let Some(topic) = text.and_then(|text| Topic::new(text).ok()) else { return };
        let is_request = self.requests.iter().any(|filter| filter.matches(&topic));
        if is_request {
            self.ask(&topic, publish);
        }
        // a request that is retained is refused, but would come again at each connection
        let is_unwanted = || is_request || !self.mind.look(|engine| engine.retains(&topic));
        if publish.retain && !publish.payload.is_empty() && is_unwanted() {
            self.outbox.publish(&Post { topic, payload: Vec::new(), retain: true, origin: None });
        }
    }

    fn ask(&self, topic: &Topic, publish: &Publish) {
        let none = PublishProperties::default();
        let properties = publish.properties.as_ref().unwrap_or(&none);
        self.mind.handle(Input::Asked(Asked {
            bounds: None,
            asker: Asker { user: self.acts_as.clone(), door: Door::Alongside },
            topic: topic.as_str(),
            payload: &publish.payload,
            retained: publish.retain,
            content_type: properties.content_type.as_deref(),
            response_topic: properties.response_topic.as_deref(),
            correlation: properties.correlation_data.as_deref(),
            expiry: properties.message_expiry_interval.map(Millis::from_secs),
            trace: marks::trace(properties.user_properties.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
            delivery: if publish.qos == QoS::AtMostOnce { Delivery::AtMostOnce } else { Delivery::AtLeastOnce },
        }));
    }

    /// Acknowledges a message behind its answer, or at once if there is no room: it must not be left out.
    fn acknowledge(&self, publish: &Publish) -> Result<(), String> {
        if publish.qos == QoS::AtMostOnce || self.outbox.acknowledge(publish) {
            return Ok(());
        }
        self.client.try_ack(publish).map_err(|error| error.to_string())
    }
}

const fn is_refusal(code: &SubscribeReasonCode) -> bool {
    !matches!(code, SubscribeReasonCode::Success(_))
}
