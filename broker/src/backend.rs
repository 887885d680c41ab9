//! What the broker asks of the gateway behind it.

use std::{fmt, future::Future, net::SocketAddr, pin::Pin, sync::Arc};

use bytes::Bytes;
use bytestring::ByteString;
use hes_schemas::{ClientId, Filter, Topic, rights::Grants};

use crate::{Allowance, Change, Precedent, Publish};

/// A future behind a pointer, as traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Is called once when a change of the retained messages is on disk (`true`) or could not be put there (`false`).
pub type Done = Box<dyn FnOnce(bool) + Send>;

/// The gateway behind the broker.
///
/// Except [`Backend::connect`], nothing here may block: it is called on the task that read the client's packet.
pub trait Backend: Send + Sync + 'static {
    /// Lets a client in with its rights, or refuses it.
    ///
    /// May take its time, as verifying a password does; the connection's deadline goes on.
    fn connect(&self, hello: Hello) -> BoxFuture<'_, Result<Arc<dyn Rights>, Refusal>>;

    /// Takes what a client asks of the interface: `$req`, `get`, `set` and `$link` below the root.
    ///
    /// Called for every such message, also for one that arrived retained, without asking [`Rights::may_publish`]:
    /// the answer has to say why not. What is sent with [`crate::Broker::send`] before it returns leaves in the
    /// same write as the acknowledgement.
    fn interface(&self, client: &Client, publish: Publish);

    /// Gives each retained message of the interface that a filter matches: a projection of what the gateway knows.
    ///
    /// No subscription brings an older value after a newer one if the lock that is held here is also held when the
    /// gateway changes a value and hands it to [`crate::Broker::publish`].
    fn retained(&self, filter: &Filter, each: &mut dyn FnMut(Publish));

    /// Stores the retained message of a topic outside the interface, or clears it, and calls `done` when that is
    /// on disk; the client's PUBACK waits for it.
    ///
    /// Called in the order of the changes, under the broker's lock: it must not call the broker, except by `done`.
    fn store_retained(&self, topic: &Topic, message: Option<&Publish>, done: Done);

    /// Returns the rights of an account, narrowed to bounds if there are any, for a session whose client is away and
    /// has to prove who it is when it comes back; nothing if the account is no more.
    fn rights(&self, user: &str, bounds: Option<Arc<Grants>>) -> Option<Arc<dyn Rights>>;

    /// Keeps what outlives a restart: all of these changes or none, after those of every earlier call, and calls `done`
    /// when they are on disk. Without `done` there is no hurry.
    ///
    /// Must not call the broker, except by `done`.
    fn keep(&self, changes: Vec<Change>, done: Option<Done>);

    /// Says that a client has gone; another with the same id may already be there.
    fn client_gone(&self, client: &Client) {
        let _unused = client;
    }
}

/// What one connected client may do.
///
/// Asked for every message, at times under the broker's locks or from within [`Backend::retained`]: it must answer
/// from what it holds itself, without a lock that anyone holds while calling the broker.
pub trait Rights: Send + Sync + 'static {
    /// Returns the account; only the same account may take a client id over.
    fn user(&self) -> &str;

    /// Says whether the client may publish on a topic outside the interface.
    fn may_publish(&self, topic: &Topic) -> bool;

    /// Says whether the client may subscribe to a filter, one over the broker's own `$SYS` topics too. Its own answers and notifications are not asked about.
    fn may_subscribe(&self, filter: &Filter) -> bool;

    /// Says whether the client may see what is published on a topic; asked for every message.
    fn may_receive(&self, topic: &Topic) -> bool;

    /// Says the same of a message that is being given to many: what was found for another client may be used, if it stands
    /// as this one does.
    fn may_receive_after(&self, topic: &Topic, precedent: &Precedent) -> bool {
        let _unused = precedent;
        self.may_receive(topic)
    }

    /// Says whether the client may see that what a topic held is no more, as who might see it until lately may.
    fn may_receive_end(&self, topic: &Topic) -> bool {
        self.may_receive(topic)
    }

    /// Says whether the account still holds; asked twice a second, and `false` ends the connection.
    fn is_live(&self) -> bool {
        true
    }

    /// Says whether it does not hold because its time is over, which another token would have prolonged.
    fn has_expired(&self) -> bool {
        false
    }

    /// Prolongs the session by another token of the same account.
    ///
    /// # Errors
    /// [`Refusal`]; the connection ends.
    fn renew(&self, token: Bearer) -> BoxFuture<'_, Result<(), Refusal>> {
        drop(token);
        Box::pin(std::future::ready(Err(Refusal::NotAuthorized)))
    }

    /// Returns what the rights of the account are narrowed to for this client, if they are.
    fn bounds(&self) -> Option<Arc<Grants>> {
        None
    }

    /// Returns what the account may take, where that is other than what [`crate::Limits`] say.
    fn allowance(&self) -> Allowance {
        Allowance::default()
    }
}

/// Who wants in.
#[derive(Debug, Clone)]
pub struct Hello {
    /// The client id, as sent or as assigned.
    pub client: ByteString,
    /// The user name, if one was sent.
    pub user: Option<ByteString>,
    /// The password, if one was sent.
    pub password: Option<Password>,
    /// The token, if one was sent by enhanced authentication.
    pub token: Option<Bearer>,
    /// Where the client connects from.
    pub remote: SocketAddr,
    /// What it speaks.
    pub version: Version,
    /// Whether the listener lets clients in without an account.
    pub anonymous: bool,
    /// The name in the certificate that the client has shown and that was found to hold: its common name, or else its
    /// first alternative name.
    pub certificate: Option<ByteString>,
    /// Whether the listener takes that name for an account that needs no password.
    pub certificate_is_user: bool,
}

/// A password as a client sent it; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Bytes);

/// A token of whoever bears it, as a client sent it in MQTT 5's enhanced authentication.
///
/// Source: RFC 7628, 3.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The token; not printed either.
    pub token: Password,
    /// The account that it is to be used for, if the client said that.
    pub acts_for: Option<ByteString>,
}

/// Why a client is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such account, or the password is wrong.
    #[error("bad user name or password")]
    Credentials,
    /// The account exists and may not connect.
    #[error("not authorized")]
    NotAuthorized,
    /// The client id may not be used by this account.
    #[error("client identifier not valid")]
    ClientId,
    /// The account has as many connections as it may have.
    #[error("quota exceeded")]
    Quota,
    /// The account connects more often than it may.
    #[error("connection rate exceeded")]
    Rate,
    /// The gateway cannot decide at the moment.
    #[error("server unavailable")]
    Unavailable,
}

/// The protocol version of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// MQTT 3.1.1.
    V311,
    /// MQTT 5.0.
    V5,
}

/// A connected client.
#[derive(Clone)]
pub struct Client {
    id: Arc<str>,
    name: Option<ClientId>,
    version: Version,
    rights: Arc<dyn Rights>,
}

impl Password {
    /// Wraps the bytes that a client sent.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, to be verified and not kept.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Client {
    pub(crate) fn new(id: Arc<str>, version: Version, rights: Arc<dyn Rights>) -> Self {
        let name = ClientId::new(&id).ok();
        Self { id, name, version, rights }
    }

    /// Returns the client id, which may be any text; [`crate::Broker::send`] takes it.
    #[must_use]
    pub const fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Returns the client id if it fits a topic: only then has the client an answer space.
    #[must_use]
    pub const fn name(&self) -> Option<&ClientId> {
        self.name.as_ref()
    }

    /// Returns what the client speaks.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns the rights that [`Backend::connect`] gave it.
    #[must_use]
    pub const fn rights(&self) -> &Arc<dyn Rights> {
        &self.rights
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("user", &self.rights.user()).finish_non_exhaustive()
    }
}
