//! A subscription that is renewed, and made anew when it was lost.

use std::time::Duration;

use hes_schemas::{
    Fault, HomeId, Millis, Operation, Sid, Symbol,
    message::{Answer, Listing, Notification, Outcome, Renew, Subscribe, Unsubscribe},
};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    client::{Client, ClientError},
    command::{
        Failure, outcomes,
        session::{self, Session},
    },
};

/// For how long the gateway keeps the subscription of a watcher that is gone without a word.
const LEASE: Millis = Millis::from_secs(60);

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A subscription, and the client that holds it.
pub(super) struct Subscription<'s> {
    session: &'s Session,
    client: Client,
    scope: String,
    sid: Sid,
    renewal: Instant,
    last: u64,
}

/// What comes next.
pub(super) enum Step {
    /// A notification, and how many before it are missing.
    Told(Notification, u64),
    /// The connection is lost.
    Lost(ClientError),
}

impl<'s> Subscription<'s> {
    /// Connects and subscribes.
    pub(super) async fn begin(session: &'s Session, pattern: &str, initial: bool) -> Result<Self, Failure> {
        let client = Client::connect(&session.connection).await?;
        let scope = scope(&client, pattern).await?;
        client.open_notifications().await?;
        let (sid, renewal) = subscribe(&client, &scope, initial).await?;
        Ok(Self { session, client, scope, sid, renewal, last: 0 })
    }

    pub(super) const fn home(&self) -> &HomeId {
        self.client.home()
    }

    /// Waits for what comes next; renews the subscription meanwhile.
    pub(super) async fn next(&mut self) -> Result<Step, Failure> {
        loop {
            tokio::select! {
                notification = self.client.notification() => match notification {
                    Ok(notification) if notification.sid == self.sid => return Ok(self.told(notification)),
                    Ok(_of_a_former_subscription) => {}
                    Err(error) => return Ok(Step::Lost(error)),
                },
                () = sleep_until(self.renewal) => if let Some(error) = self.renew().await? {
                    return Ok(Step::Lost(error));
                },
            }
        }
    }

    fn told(&mut self, notification: Notification) -> Step {
        let missing = notification.seq.saturating_sub(self.last.saturating_add(1));
        self.last = notification.seq;
        Step::Told(notification, missing)
    }

    /// Keeps the subscription, or makes another if the gateway knows it no more; returns why the connection is lost, if it is.
    async fn renew(&mut self) -> Result<Option<ClientError>, Failure> {
        let request = Renew { id: None, reply_to: None, ttl: None, sid: self.sid.clone(), lease: Some(LEASE) };
        match self.client.ask(Operation::Renew, &request).await {
            Ok(answer) if answer.status.is_success() => self.renewal = renewal(&answer),
            Ok(_unknown) => {
                (self.sid, self.renewal) = subscribe(&self.client, &self.scope, true).await?;
                self.last = 0;
            }
            Err(error) => return Ok(Some(error)),
        }
        Ok(None)
    }

    /// Connects again and subscribes anew.
    pub(super) async fn begin_again(&mut self) -> Result<(), Failure> {
        let client = Client::connect(&self.session.connection).await?;
        client.open_notifications().await?;
        // without this everything would be told twice until the lease ends
        unsubscribe(&client, &self.sid).await;
        (self.sid, self.renewal) = subscribe(&client, &self.scope, true).await?;
        self.client = client;
        self.last = 0;
        Ok(())
    }

    /// Ends the subscription and the connection.
    pub(super) async fn end(self) {
        let farewell = async {
            unsubscribe(&self.client, &self.sid).await;
            self.client.close().await;
        };
        // a gateway that does not answer forgets the subscription by itself
        let _said_or_late = timeout(FAREWELL, farewell).await;
    }
}

async fn subscribe(client: &Client, scope: &str, initial: bool) -> Result<(Sid, Instant), Failure> {
    let request = Subscribe {
        id: None,
        reply_to: None,
        ttl: None,
        scope: scope.to_owned(),
        events: Vec::new(),
        lease: Some(LEASE),
        min_interval: None,
        delta: None,
        initial,
    };
    let answer = client.ask(Operation::Subscribe, &request).await?;
    let renewal = renewal(&answer);
    match answer.sid {
        Some(sid) if answer.status.is_success() => Ok((sid, renewal)),
        _ => Err(refused(client, scope, answer).await),
    }
}

async fn refused(client: &Client, scope: &str, answer: Answer) -> Failure {
    let Answer { status, error, detail, .. } = answer;
    outcomes::failure(client, &Outcome { target: scope.to_owned(), status, error, detail, ..Outcome::default() }).await
}

async fn unsubscribe(client: &Client, sid: &Sid) {
    let request = Unsubscribe { id: None, reply_to: None, ttl: None, sid: sid.clone() };
    // whatever the answer, there is nothing left to be done
    let _answered_or_not = client.ask(Operation::Unsubscribe, &request).await;
}

/// Returns when to renew: at half of the lease.
fn renewal(answer: &Answer) -> Instant {
    Instant::now() + answer.lease.unwrap_or(LEASE).to_duration() / 2
}

/// Turns a pattern of one level into a scope: a cluster by its id, or a device by its name.
async fn scope(client: &Client, pattern: &str) -> Result<String, Failure> {
    if pattern.contains(['/', '+', '#']) {
        return Ok(pattern.to_owned());
    }
    let listings = session::devices(client).await?;
    named(pattern, &listings, client.home()).ok_or_else(|| {
        let fault = Fault::new(Symbol::Unknown, "there is no cluster or device of that name, or none that you may see");
        outcomes::failure_with(&Outcome { target: pattern.to_owned(), ..Outcome::failed(fault) }, &listings)
    })
}

/// Finds what a name means, here before other homes.
fn named(pattern: &str, listings: &[Listing], home: &HomeId) -> Option<String> {
    if listings.iter().any(|listing| listing.cluster.as_str() == pattern && listing.home == *home) {
        return Some(pattern.to_owned());
    }
    let mut called = listings.iter().filter(|listing| *listing.document.name == *pattern);
    let device = called.clone().find(|listing| listing.home == *home).or_else(|| called.next())?;
    let elsewhere = if device.home == *home { String::new() } else { format!("{}/", device.home) };
    Some(format!("{elsewhere}{}/{}", device.cluster, device.device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::sample::listing;

    #[test]
    fn one_level_is_a_cluster_or_the_name_of_a_device() {
        let listings = [listing("lamp", "Kitchen bulb"), listing("plug", "plug")];
        for (pattern, expect) in [
            ("zigbee", Some("zigbee")),
            ("Kitchen bulb", Some("zigbee/lamp")),
            ("plug", Some("zigbee/plug")),
            ("x", None),
        ] {
            assert_eq!(named(pattern, &listings, &"oak".parse().unwrap()).as_deref(), expect, "{pattern}");
        }
        let elsewhere = named("Kitchen bulb", &listings, &"elm".parse().unwrap());
        assert_eq!(elsewhere.as_deref(), Some("oak/zigbee/lamp"));
    }
}
