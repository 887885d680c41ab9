//! A client of the interface, as any program is one: MQTT 5, requests with a Response Topic, answers by Correlation Data.
//!
//! [`Connection`] says where and as whom, [`Client`] asks and is told. The command line and the tests use it.

mod connection;
mod desk;
mod error;
mod line;

use std::time::Duration;

use hes_schemas::{
    Address, ClientId, Encoding, HomeId, Millis, Operation, Root, encode,
    message::{Answer, Notification},
};
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use serde::Serialize;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

pub use connection::{Connection, UrlError};
pub use error::ClientError;

pub use crate::remote::{TlsFault, Trust, TrustError};

use line::Line;

/// How much longer than a request may act its answer is waited for: the gateway answers 504 at the deadline.
const GRACE: Duration = Duration::from_secs(2);

/// How long a home that was named may take to be announced, where others are.
const LOOK: Duration = Duration::from_secs(1);

/// A connected client.
///
/// The connection is polled on a task of its own; when it is lost, all that waits is told so, and so is all that comes after.
#[derive(Debug)]
pub struct Client {
    line: Line,
    notifications: mpsc::Receiver<Notification>,
    root: Root,
    home: HomeId,
    id: ClientId,
    ttl: Millis,
}

impl Client {
    /// Connects, finds the home, and opens the client's answer space.
    ///
    /// # Errors
    /// [`ClientError`] if nobody listens, the broker refuses, the home that the connection names is not there but another,
    /// or it names none and no home or more than one is announced.
    pub async fn connect(connection: &Connection) -> Result<Self, ClientError> {
        let limit = connection.timeout();
        match timeout(limit, Self::open(connection)).await {
            Ok(opened) => opened,
            Err(_elapsed) => Err(ClientError::Silent { address: connection.address().to_owned(), limit }),
        }
    }

    async fn open(connection: &Connection) -> Result<Self, ClientError> {
        let (line, notifications) = Line::open(connection)?;
        let (root, id) = (connection.root().clone(), connection.client().clone());
        match move_in(&line, connection).await {
            Ok(home) => Ok(Self { line, notifications, root, home, id, ttl: connection.ttl() }),
            Err(error) => {
                line.close().await;
                Err(for_nobody(error, connection))
            }
        }
    }

    /// Returns the home that is asked.
    #[must_use]
    pub const fn home(&self) -> &HomeId {
        &self.home
    }

    /// Asks on one of the home's `$req` topics and waits for the final answer.
    ///
    /// # Errors
    /// As [`Client::request`].
    pub async fn ask<T: Serialize>(&self, operation: Operation, message: &T) -> Result<Answer, ClientError> {
        self.request(&Address::Request(self.home.clone(), operation), message, self.ttl).await
    }

    /// Sends a request, which may act for `ttl`, and waits for the final answer, which may say that it failed.
    ///
    /// # Errors
    /// [`ClientError`] if there is no answer: the connection is lost, the broker refuses the request, or nothing came in time.
    pub async fn request<T: Serialize>(
        &self,
        address: &Address,
        message: &T,
        ttl: Millis,
    ) -> Result<Answer, ClientError> {
        let topic = self.root.topic(address);
        let question =
            self.line.send(&topic, encode(Encoding::Json, message), |number| self.properties(number, ttl)).await?;
        let limit = ttl.to_duration().saturating_add(GRACE);
        match timeout(limit, question.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_dropped)) => Err(self.line.desk().why()),
            Err(_elapsed) => {
                self.line.desk().forget(question.number);
                Err(ClientError::NoAnswer { topic, limit })
            }
        }
    }

    fn properties(&self, number: u64, ttl: Millis) -> PublishProperties {
        let reply_to = self.root.topic(&Address::Answer(self.home.clone(), self.id.clone()));
        PublishProperties {
            response_topic: Some(reply_to.as_str().to_owned()),
            correlation_data: Some(number.to_string().into()),
            message_expiry_interval: u32::try_from(ttl.get().div_ceil(1000)).ok(),
            content_type: Some(Encoding::Json.content_type().to_owned()),
            ..PublishProperties::default()
        }
    }

    /// Returns how many requests were accepted with 202, which says that the final answer takes a while.
    #[must_use]
    pub fn accepted(&self) -> watch::Receiver<u64> {
        self.line.desk().accepted()
    }

    /// Opens the client's space for notifications; to be called before the first subscription.
    ///
    /// # Errors
    /// [`ClientError`] if the broker refuses or the connection is lost.
    pub async fn open_notifications(&self) -> Result<(), ClientError> {
        self.line.listen(&self.root.notifications(&self.home, &self.id)).await
    }

    /// Waits for the next notification of any subscription.
    ///
    /// # Errors
    /// [`ClientError`] if the connection is lost.
    pub async fn notification(&mut self) -> Result<Notification, ClientError> {
        self.notifications.recv().await.ok_or_else(|| self.line.desk().why())
    }

    /// Says farewell to the broker.
    pub async fn close(self) {
        self.line.close().await;
    }
}

/// Finds the home and opens the client's answer space there.
async fn move_in(line: &Line, connection: &Connection) -> Result<HomeId, ClientError> {
    let Some(home) = connection.home() else { return find_home(line, connection).await };
    let home = named_home(line, home, connection).await?;
    open_answers(line, &home, connection).await?;
    Ok(home)
}

async fn open_answers(line: &Line, home: &HomeId, connection: &Connection) -> Result<(), ClientError> {
    line.listen(&connection.root().answers(home, connection.client())).await
}

/// Says that an account is wanted to who gave none, since no password can be wrong then.
fn for_nobody(error: ClientError, connection: &Connection) -> ClientError {
    if let (ClientError::Credentials { address }, None) = (&error, connection.user()) {
        return ClientError::Nameless { address: address.clone() };
    }
    error
}

/// Waits for the announcement of the home whose broker it is.
///
/// Homes that are joined with it are announced there too; the gateway grants no answer space of theirs.
async fn find_home(line: &Line, connection: &Connection) -> Result<HomeId, ClientError> {
    if let Err(error) = line.listen(&connection.root().homes()).await {
        let user = connection.user().unwrap_or("nobody").to_owned();
        return Err(if let ClientError::Denied { .. } = error { ClientError::Blind { user } } else { error });
    }
    let mut refused = Refused { homes: Vec::new(), error: None };
    let home = match timeout(connection.timeout() / 2, refused.until_granted(line, connection)).await {
        Ok(home) => home?,
        Err(_elapsed) => {
            let address = connection.address().to_owned();
            return Err(refused.error.unwrap_or(ClientError::NoHome { address }));
        }
    };
    // all that is retained has come before the answer space was granted
    let known = line.desk().homes();
    for other in known.iter().filter(|other| **other != home && !refused.homes.contains(other)) {
        match open_answers(line, other, connection).await {
            Err(ClientError::Denied { .. }) => {}
            Err(error) => return Err(error),
            Ok(()) => return Err(ClientError::SeveralHomes { homes: known }),
        }
    }
    line.desk().check_online(&home)?;
    Ok(home)
}

/// The homes that did not grant an answer space, and how that was said.
struct Refused {
    homes: Vec<HomeId>,
    error: Option<ClientError>,
}

impl Refused {
    /// Tries the homes that are announced until one grants an answer space.
    async fn until_granted(&mut self, line: &Line, connection: &Connection) -> Result<HomeId, ClientError> {
        loop {
            let home = line.desk().other_home(&self.homes).await?;
            match open_answers(line, &home, connection).await {
                Err(error @ ClientError::Denied { .. }) => {
                    self.homes.push(home);
                    self.error = Some(error);
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(home),
            }
        }
    }
}

/// Looks whether a home is there, as far as the account is told which are.
async fn named_home(line: &Line, home: &HomeId, connection: &Connection) -> Result<HomeId, ClientError> {
    match line.listen(&connection.root().homes()).await {
        // who may only write is told of no home, and asks all the same
        Err(ClientError::Denied { .. }) => return Ok(home.clone()),
        granted => granted?,
    }
    match timeout(LOOK.min(connection.timeout()), line.desk().named_home(home)).await {
        Ok(there) => there?,
        Err(_elapsed) => line.desk().check_no_other_home(home)?,
    }
    Ok(home.clone())
}
