//! CONNECT: who is it, may it come in, and is its client id free?

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use bytestring::ByteString;
use rmqtt_codec::v5::{ConnectAckReason as Code, DisconnectReasonCode};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    Bearer, Client, Hello, Limits, Password, Refusal, Rights, Version,
    auth::{Exchange, prove},
    conversation::Conversation,
    figures::count,
    gate::Place,
    hub::Hub,
    link::Link,
    pace::Pace,
    report::Notice,
    session::Session,
    sync::{read, write},
    wire::{self, Connack, Connect, ConnectFault, Violation},
};

/// A CONNECT is not larger than this: a will of 64 KiB, and as much for all the rest.
const CONNECT_LIMIT: usize = 128 * 1024;

/// Who knocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor {
    pub(crate) remote: SocketAddr,
    /// Whether it may come in without an account.
    pub(crate) anonymous: bool,
}

/// A client that was let in.
#[derive(Debug)]
pub(crate) struct Hands {
    pub(crate) session: Arc<Session>,
    pub(crate) conversation: Conversation,
    pub(crate) manners: Manners,
}

/// What its connection has to keep to.
#[derive(Debug)]
pub(crate) struct Manners {
    pub(crate) pace: Pace,
    pub(crate) exchange: Exchange,
}

/// Lets a client in; the CONNACK is then in the link's outbox.
///
/// Returns nothing if it was not let in; then what it is told is there.
pub(crate) async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Arc<Hub>,
    visitor: Visitor,
    link: &mut Link<S>,
) -> Option<Hands> {
    link.set_limit(CONNECT_LIMIT.min(hub.limits.packet));
    let connect = match read_connect(link).await? {
        Ok(connect) => connect,
        Err(fault) => {
            refuse(hub, visitor, "", &fault.to_string());
            link.outbox.add(|out| wire::connack_fault(out, fault));
            return None;
        }
    };
    let token = match prove(link, &connect).await? {
        Ok(token) => token,
        Err((code, text)) => {
            refuse(hub, visitor, &connect.client, text);
            link.outbox.add(|out| wire::connack_refusal(out, connect.version, code, text));
            return None;
        }
    };
    match welcome(hub, visitor, connect, token).await {
        Ok((hands, connack)) => {
            link.outbox.add(|out| wire::connack(out, hands.session.client.version(), connack));
            link.set_limit(hub.limits.packet);
            Some(hands)
        }
        Err((version, client, code, text)) => {
            refuse(hub, visitor, &client, text);
            link.outbox.add(|out| wire::connack_refusal(out, version, code, text));
            None
        }
    }
}

fn refuse(hub: &Hub, visitor: Visitor, client: &str, reason: &str) {
    count(&hub.counters.refused);
    Notice::Refused { remote: visitor.remote, client, reason }.report();
}

/// Reads the first packet; nothing if the stream ends before.
async fn read_connect<S: AsyncRead + AsyncWrite + Unpin>(link: &mut Link<S>) -> Option<Result<Connect, ConnectFault>> {
    loop {
        if link.first().is_some_and(|first| first != 0x10) {
            return Some(Err(ConnectFault::Foreign));
        }
        match link.frame() {
            Err(_) => return Some(Err(ConnectFault::Malformed)),
            Ok(Some(frame)) => return Some(wire::read_connect(frame)),
            Ok(None) => {}
        }
        let turn = link.turn(None, true).await.ok()?;
        if turn.is_closed {
            return None;
        }
    }
}

type Welcome = (Hands, Connack);
type Rejection = (Version, ByteString, Code, &'static str);

async fn welcome(
    hub: &Arc<Hub>,
    visitor: Visitor,
    mut connect: Connect,
    token: Option<Bearer>,
) -> Result<Welcome, Rejection> {
    let assigned = connect.client.is_empty().then(assign);
    if let Some(assigned) = &assigned {
        connect.client = assigned.clone();
    }
    let (version, id) = (connect.version, connect.client.clone());
    let rejection = |(code, text)| (version, id.clone(), code, text);
    let rights = hub.backend.connect(hello(visitor, &connect, token)).await.map_err(refusal).map_err(rejection)?;
    permit_will(hub, &connect, rights.as_ref()).map_err(rejection)?;
    let limits = rights.allowance().over(&hub.limits);
    let is_takeover = read(&hub.sessions).contains_key(&*connect.client);
    let pace = hub.accounts.enter(rights.user(), &limits, is_takeover, &hub.counters);
    let manners = Manners { pace: pace.map_err(refusal).map_err(rejection)?, exchange: Exchange::of(&connect) };
    let client = Client::new(Arc::from(&*connect.client), version, rights);
    let connack = Connack {
        response_information: answers(hub, &connect, &client),
        assigned,
        receive_maximum: limits.receive_maximum,
        packet_limit: u32::try_from(hub.limits.packet).unwrap_or(u32::MAX),
        topic_aliases: hub.limits.topic_aliases,
        auth_method: connect.auth_method.clone(),
    };
    let session = register(hub, &connect, client, &limits).map_err(rejection)?;
    let user = session.client.rights().user();
    Notice::Connected { remote: visitor.remote, client: session.client.id(), user }.report();
    let conversation = Conversation::new(Arc::clone(hub), Arc::clone(&session), connect, &limits);
    Ok((Hands { session, conversation, manners }, connack))
}

fn hello(visitor: Visitor, connect: &Connect, token: Option<Bearer>) -> Hello {
    Hello {
        client: connect.client.clone(),
        user: connect.user.clone(),
        password: connect.password.clone().map(Password::new),
        token,
        remote: visitor.remote,
        version: connect.version,
        anonymous: visitor.anonymous,
    }
}

const fn refusal(refusal: Refusal) -> (Code, &'static str) {
    match refusal {
        Refusal::Credentials => (Code::BadUserNameOrPassword, "bad user name or password"),
        Refusal::NotAuthorized => (Code::NotAuthorized, "not authorized"),
        Refusal::ClientId => (Code::ClientIdentifierNotValid, "client id is not valid"),
        Refusal::Quota => (Code::QuotaExceeded, "too many clients of this account"),
        Refusal::Rate => (Code::ConnectionRateExceeded, "clients of this account connect too often"),
        Refusal::Unavailable => (Code::ServerUnavailable, "server is not available"),
    }
}

fn permit_will(hub: &Hub, connect: &Connect, rights: &dyn Rights) -> Result<(), (Code, &'static str)> {
    let Some(will) = &connect.will else { return Ok(()) };
    if hub.gate.place(will.topic.as_str()) == Place::Open && rights.may_publish(&will.topic) {
        return Ok(());
    }
    Err((Code::NotAuthorized, "will may not be published on its topic"))
}

fn answers(hub: &Hub, connect: &Connect, client: &Client) -> Option<ByteString> {
    let name = client.name().filter(|_| connect.wants_response_information)?;
    Some(hub.gate.answers(name).as_str().into())
}

/// Gives the session its client id; one of the same account that has it must go.
fn register(hub: &Arc<Hub>, connect: &Connect, client: Client, limits: &Limits) -> Result<Arc<Session>, (Code, &'static str)> {
    let patience = u64::from(connect.keep_alive) * 1500;
    let mut sessions = write(&hub.sessions);
    // checked under the lock, so that none is missed by those who tell all sessions to go
    if hub.stop.is_cancelled() {
        return Err((Code::ServerUnavailable, "server is shutting down"));
    }
    let old = sessions.get(client.id()).map(Arc::clone);
    if let Some(old) = &old
        && old.client.rights().user() != client.rights().user()
    {
        return Err((Code::ClientIdentifierNotValid, "client id is in use by another account"));
    }
    if old.is_none() && sessions.len() >= hub.limits.connections {
        return Err((Code::ServerBusy, "too many clients"));
    }
    let session = Session::new(hub.next_key(), client, patience, limits, Arc::clone(&hub.counters));
    session.hear(hub.now());
    let session = Arc::new(session);
    sessions.insert(Arc::clone(session.client.id()), Arc::clone(&session));
    hub.counters.connected.fetch_add(1, Ordering::Relaxed);
    drop(sessions);
    if let Some(old) = old {
        count(&hub.counters.taken_over);
        old.mailbox.end(Violation::TAKEN_OVER);
    }
    Ok(session)
}

/// Makes a client id that nobody can guess.
fn assign() -> ByteString {
    let (one, two) = (RandomState::new().hash_one(1), RandomState::new().hash_one(2));
    format!("auto-{one:016x}{two:016x}").into()
}

impl Violation {
    const TAKEN_OVER: Self =
        Self::new(DisconnectReasonCode::SessionTakenOver, "another connection has the same client id");
}
