//! The line to the broker: packets go out in order, and a task of its own takes in what comes.

use std::{sync::Arc, time::Duration};

use hes_schemas::{Filter, Topic, message::Notification};
use rumqttc::{
    Outgoing,
    v5::{
        AsyncClient, Event, EventLoop, Incoming,
        mqttbytes::{QoS, v5::PublishProperties},
    },
};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

use super::{
    ClientError, Connection,
    desk::{Desk, Question},
    error::lost,
};
use crate::remote::Way;

/// How many packets wait to be sent.
const AHEAD: usize = 16;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Line {
    mqtt: Mutex<AsyncClient>,
    desk: Arc<Desk>,
    ears: JoinHandle<Way>,
}

impl Line {
    /// # Errors
    /// [`ClientError::Tls`] if there is no way to the broker.
    pub(super) fn open(connection: &Connection) -> Result<(Self, mpsc::Receiver<Notification>), ClientError> {
        let way = connection.way()?;
        let (mqtt, events) = AsyncClient::new(way.options_v5(connection.client().to_string()), AHEAD);
        let (desk, notifications) = Desk::new(connection.root().clone());
        let desk = Arc::new(desk);
        let ears = tokio::spawn(hear(events, Arc::clone(&desk), connection.address().to_owned(), way));
        Ok((Self { mqtt: Mutex::new(mqtt), desk, ears }, notifications))
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Sends a request; the properties are made with its number.
    pub(super) async fn send(
        &self,
        topic: &Topic,
        payload: Vec<u8>,
        properties: impl FnOnce(u64) -> PublishProperties,
    ) -> Result<Question, ClientError> {
        // held until the packet is handed over: the desk matches packet ids by the order of sending
        let mqtt = self.mqtt.lock().await;
        let question = self.desk.ask(topic)?;
        let properties = properties(question.number);
        let sent = mqtt.publish_with_properties(topic.as_str(), QoS::AtLeastOnce, false, payload, properties).await;
        sent.map_err(|_gone| self.desk.why())?;
        Ok(question)
    }

    /// Subscribes, and waits until the broker has granted it.
    pub(super) async fn listen(&self, filter: &Filter) -> Result<(), ClientError> {
        let granted = {
            let mqtt = self.mqtt.lock().await;
            let granted = self.desk.apply(filter)?;
            mqtt.subscribe(filter.as_str(), QoS::AtLeastOnce).await.map_err(|_gone| self.desk.why())?;
            granted
        };
        granted.await.map_err(|_dropped| self.desk.why())?
    }

    pub(super) async fn close(mut self) {
        let said = self.mqtt.lock().await.disconnect().await.is_ok();
        if said {
            // a broker that does not take it is left all the same
            if let Ok(Ok(mut way)) = timeout(FAREWELL, &mut self.ears).await {
                way.closed().await;
            }
        }
    }
}

/// A client that nobody holds any more leaves without a word.
impl Drop for Line {
    fn drop(&mut self) {
        self.ears.abort();
    }
}

/// Takes in all that comes until the line is down; what was said last may still be on its way.
async fn hear(mut events: EventLoop, desk: Arc<Desk>, address: String, way: Way) -> Way {
    let mut is_up = false;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(packet)) => {
                is_up = true;
                take(&desk, packet);
            }
            Ok(Event::Outgoing(Outgoing::Publish(packet))) => desk.sent(packet),
            Ok(Event::Outgoing(Outgoing::Disconnect)) => {
                desk.end(ClientError::Closed);
                return way;
            }
            Ok(Event::Outgoing(_)) => {}
            Err(error) => {
                desk.end(lost(error, way.fault(), is_up, address));
                return way;
            }
        }
    }
}

fn take(desk: &Desk, packet: Incoming) {
    if let Incoming::Publish(publish) = packet {
        desk.receive(&publish);
    } else if let Incoming::PubAck(ack) = packet {
        desk.acknowledged(&ack);
    } else if let Incoming::SubAck(ack) = packet {
        desk.granted(&ack);
    }
}
