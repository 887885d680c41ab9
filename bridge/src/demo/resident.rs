//! The edge of the simulated house: carries its messages to and from a broker.

#[cfg(test)]
mod stories;

use std::{net::SocketAddr, time::Duration};

use hes_schemas::{Millis, Timestamp};
use rumqttc::{
    AsyncClient, ClientError, ConnectReturnCode, Event, EventLoop, LastWill, MqttOptions, Packet, Publish, QoS,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::house::{BASE, House, Message};

const CLIENT_ID: &str = "simulated-house";
/// The house hears all that is said in its tree, and must not fall over what is none of its business.
const LARGEST_PACKET: usize = 1 << 24;
const KEEP_ALIVE: Duration = Duration::from_secs(60);
const SAID_AHEAD: usize = 256;
const HEARD_AHEAD: usize = 1024;
/// A clock that was set back must not keep the house asleep for long.
const LONGEST_SLEEP: Millis = Millis::from_secs(60);
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);
const LEAVING: Duration = Duration::from_secs(1);

/// The account of the house at the broker.
#[derive(Debug)]
pub(crate) struct Key {
    /// Name of the account.
    pub(crate) user: String,
    /// Its password.
    pub(crate) password: SecretString,
}

/// Lets the house live at a broker until cancelled, and says farewell.
///
/// It connects as any Zigbee2MQTT does, with its last will, and again when the connection is lost; what happens while it
/// is away is not said. Chance in the house follows the seed.
pub(crate) async fn live_in(door: SocketAddr, key: Key, seed: u64, cancel: CancellationToken) {
    let (client, line) = AsyncClient::new(options(door, &key), SAID_AHEAD);
    let (mouth, heard) = mpsc::channel(HEARD_AHEAD);
    let (connected, connection) = watch::channel(false);
    let ears = Ears { line: nodelay(line), mouth, connected, cancel: cancel.clone() };
    let mut ears = tokio::spawn(ears.listen());
    let resident = Resident { house: House::new(now(), seed), client, heard, connection };
    resident.live(&cancel).await;
    if timeout(LEAVING, &mut ears).await.is_err() {
        ears.abort();
        debug!("The broker did not take the farewell of the house");
    }
}

struct Resident {
    house: House,
    client: AsyncClient,
    heard: mpsc::Receiver<Publish>,
    connection: watch::Receiver<bool>,
}

/// Polls the connection on a task of its own: its polling must not be interrupted half-way.
struct Ears {
    line: EventLoop,
    mouth: mpsc::Sender<Publish>,
    connected: watch::Sender<bool>,
    cancel: CancellationToken,
}

impl Resident {
    async fn live(mut self, cancel: &CancellationToken) {
        while let Some(Some(said)) = cancel.run_until_cancelled(self.next()).await {
            match cancel.run_until_cancelled(self.say(said)).await {
                Some(Ok(())) => {}
                Some(Err(_)) | None => break,
            }
        }
        if timeout(LEAVING, self.leave()).await.is_err() {
            debug!("The broker does not listen to the house any more");
        }
    }

    /// Waits for the next thing that happens, and returns what is said to it; nothing if nothing will happen any more.
    async fn next(&mut self) -> Option<Vec<Message>> {
        let pause = self.house.next_tick().since(now()).min(LONGEST_SLEEP).to_duration();
        tokio::select! {
            changed = self.connection.changed() => {
                changed.ok()?;
                if !*self.connection.borrow_and_update() {
                    return Some(Vec::new());
                }
                debug!("The house is connected");
                self.client.subscribe(format!("{BASE}/#"), QoS::AtMostOnce).await.ok()?;
                Some(self.house.start(now()))
            }
            heard = self.heard.recv() => heard.map(|heard| self.house.receive(now(), &heard.topic, &heard.payload)),
            () = sleep(pause) => Some(self.house.tick(now())),
        }
    }

    async fn say(&self, said: Vec<Message>) -> Result<(), ClientError> {
        if !*self.connection.borrow() {
            return Ok(());
        }
        for Message { topic, payload, retain } in said {
            let qos = if retain { QoS::AtLeastOnce } else { QoS::AtMostOnce };
            self.client.publish(topic, qos, retain, payload).await?;
        }
        Ok(())
    }

    async fn leave(&self) -> Result<(), ClientError> {
        self.say(vec![House::farewell()]).await?;
        self.client.disconnect().await
    }
}

impl Ears {
    /// Listens until the broker has hung up after the farewell: hanging up first might lose it on the way.
    async fn listen(mut self) {
        let mut retry = FIRST_RETRY;
        loop {
            match self.line.poll().await {
                Ok(Event::Outgoing(_)) => {}
                Ok(Event::Incoming(packet)) if self.take(&packet) => retry = FIRST_RETRY,
                Ok(Event::Incoming(_)) => {}
                Err(reason) => {
                    debug!(%reason, "The house has no connection");
                    self.connected.send_replace(false);
                    if self.cancel.run_until_cancelled(sleep(retry)).await.is_none() {
                        return;
                    }
                    retry = (retry * 2).min(LAST_RETRY);
                }
            }
        }
    }

    /// Passes on what matters of a packet, and says whether it was a new connection.
    ///
    /// A message that finds no room is lost, as on the air.
    fn take(&self, packet: &Packet) -> bool {
        let is_connected = matches!(packet, Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Success);
        if is_connected {
            self.connected.send_replace(true);
        }
        if let Packet::Publish(publish) = packet
            && self.mouth.try_send(publish.clone()).is_err()
        {
            debug!("The house has missed a message");
        }
        is_connected
    }
}

fn options(door: SocketAddr, key: &Key) -> MqttOptions {
    let Message { topic, payload, retain } = House::farewell();
    let mut options = MqttOptions::new(CLIENT_ID, door.ip().to_string(), door.port());
    options
        .set_credentials(&key.user, key.password.expose_secret())
        .set_keep_alive(KEEP_ALIVE)
        .set_max_packet_size(LARGEST_PACKET, LARGEST_PACKET)
        .set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, retain));
    options
}

fn nodelay(mut line: EventLoop) -> EventLoop {
    line.network_options.set_tcp_nodelay(true);
    line
}

fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
