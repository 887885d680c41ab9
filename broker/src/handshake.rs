//! CONNECT: who is it, may it come in, and is its client id free?

use std::{collections::hash_map::RandomState, hash::BuildHasher, net::SocketAddr, sync::Arc};

use bytestring::ByteString;
use rmqtt_codec::v5::{ConnectAckReason as Code, DisconnectReasonCode};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    Bearer, Client, Hello, Password, Refusal, Rights, Version,
    auth::{Exchange, prove},
    conversation::Conversation,
    figures::count,
    hub::Hub,
    link::Link,
    listener::Knock,
    pace::Pace,
    report::Notice,
    session::Session,
    stay::Rejection,
    sync::read,
    terms::Terms,
    wire::{self, Connack, Connect, ConnectFault, Violation},
};

/// A CONNECT is not larger than this: a will of 64 KiB, and as much for all the rest.
const CONNECT_LIMIT: usize = 128 * 1024;

/// Who knocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor<'k> {
    pub(crate) remote: SocketAddr,
    /// Whether it may come in without an account.
    pub(crate) anonymous: bool,
    /// The name in its certificate.
    pub(crate) certificate: Option<&'k ByteString>,
    /// Whether that name is its account.
    pub(crate) certificate_is_user: bool,
    pub(crate) knock: &'k Knock,
}

/// A client that may come in.
#[derive(Debug)]
pub(crate) struct Guest {
    connect: Connect,
    client: Client,
    /// The client id, if it was assigned.
    assigned: Option<ByteString>,
    terms: Terms,
    manners: Manners,
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

/// Finds out who knocks, and whether it may come in.
///
/// Returns nothing if it may not; then what it is told is in the link's outbox.
pub(crate) async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Hub,
    visitor: Visitor<'_>,
    link: &mut Link<S>,
) -> Option<Guest> {
    link.set_limit(CONNECT_LIMIT.min(hub.limits.packet));
    let connect = match read_connect(link).await? {
        Ok(connect) => connect,
        Err(fault) => {
            refuse(hub, visitor, "", &fault.to_string());
            link.outbox.add(|out| wire::connack_fault(out, fault));
            return None;
        }
    };
    let (version, id) = (connect.version, connect.client.clone());
    let token = match prove(link, &connect).await? {
        Ok(token) => token,
        Err(rejection) => {
            reject(hub, visitor, version, &id, rejection, link);
            return None;
        }
    };
    match admit(hub, visitor, connect, token).await {
        Ok(guest) => Some(guest),
        Err(rejection) => {
            reject(hub, visitor, version, &id, rejection, link);
            None
        }
    }
}

/// Gives a guest its session, and begins the conversation; the CONNACK is then in the link's outbox.
///
/// Must not be given up half-way: a session that was given has to be let go of by its conversation.
pub(crate) async fn seat<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Arc<Hub>,
    visitor: Visitor<'_>,
    guest: Guest,
    link: &mut Link<S>,
) -> Option<Hands> {
    let Guest { connect, client, assigned, terms, manners } = guest;
    let limits = terms.limits(&hub.limits);
    let version = connect.version;
    let response_information = answers(hub, &connect, &client);
    let (session, luggage) = match hub.begin(&connect, client, terms).await {
        Ok(seat) => seat,
        Err(rejection) => {
            reject(hub, visitor, version, &connect.client, rejection, link);
            return None;
        }
    };
    let keep_alive = keep_alive(hub, &connect);
    session.hearing.begin(u64::from(keep_alive) * 1500, hub.now());
    let connack = Connack {
        session_present: luggage.is_some(),
        assigned,
        response_information,
        session_expiry: Some(session.expiry()).filter(|expiry| *expiry != connect.session_expiry()),
        keep_alive: Some(keep_alive).filter(|keep_alive| *keep_alive != connect.keep_alive),
        receive_maximum: limits.receive_maximum,
        packet_limit: u32::try_from(hub.limits.packet).unwrap_or(u32::MAX),
        topic_aliases: hub.limits.topic_aliases,
        auth_method: connect.asked.method.clone(),
    };
    link.outbox.add(|out| wire::connack(out, version, connack));
    link.set_limit(hub.limits.packet);
    let user = session.client();
    Notice::Connected { remote: visitor.remote, client: &session.id, user: user.rights().user() }.report();
    let conversation = Conversation::new(Arc::clone(hub), Arc::clone(&session), connect, luggage, &limits);
    Some(Hands { session, conversation, manners })
}

/// Returns the keep-alive that holds, in seconds: what the client asks for, or the broker's if that is shorter.
fn keep_alive(hub: &Hub, connect: &Connect) -> u16 {
    match (hub.limits.keep_alive, connect.keep_alive, connect.version) {
        (0, asked, _) | (_, asked, Version::V311) => asked,
        (most, 0, Version::V5) => most,
        (most, asked, Version::V5) => asked.min(most),
    }
}

fn reject<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Hub,
    visitor: Visitor<'_>,
    version: Version,
    client: &str,
    (code, text): Rejection,
    link: &mut Link<S>,
) {
    refuse(hub, visitor, client, text);
    link.outbox.add(|out| wire::connack_refusal(out, version, code, text));
}

fn refuse(hub: &Hub, visitor: Visitor<'_>, client: &str, reason: &str) {
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
            Err(violation) => return Some(Err(ConnectFault::Malformed(violation.text))),
            Ok(Some(frame)) => return Some(wire::read_connect(frame)),
            Ok(None) => {}
        }
        let turn = link.turn(None, true).await.ok()?;
        if turn.is_closed {
            return None;
        }
    }
}

async fn admit(
    hub: &Hub,
    visitor: Visitor<'_>,
    mut connect: Connect,
    token: Option<Bearer>,
) -> Result<Guest, Rejection> {
    let assigned = connect.client.is_empty().then(assign);
    if let Some(assigned) = &assigned {
        connect.client = assigned.clone();
    }
    if !visitor.knock.sit_down() {
        return Err((Code::ServerBusy, "too many clients at this listener"));
    }
    let rights = hub.backend.connect(hello(visitor, &connect, token)).await.map_err(refusal)?;
    permit_will(hub, &connect, rights.as_ref())?;
    let terms = Terms { account: rights.allowance(), door: visitor.knock.allowance() };
    let limits = terms.limits(&hub.limits);
    let is_takeover = read(&hub.sessions).get(&*connect.client).is_some_and(|old| !old.mailbox.is_away());
    let rates = visitor.knock.rates();
    let pace = hub.accounts.enter(rights.user(), &limits, is_takeover, rates, &hub.counters).map_err(refusal)?;
    let manners = Manners { pace, exchange: Exchange::of(&connect) };
    let client = Client::new(Arc::from(&*connect.client), connect.version, rights);
    Ok(Guest { connect, client, assigned, terms, manners })
}

fn hello(visitor: Visitor<'_>, connect: &Connect, token: Option<Bearer>) -> Hello {
    Hello {
        client: connect.client.clone(),
        user: connect.user.clone(),
        password: connect.password.clone().map(Password::new),
        token,
        remote: visitor.remote,
        version: connect.version,
        anonymous: visitor.anonymous,
        certificate: visitor.certificate.cloned(),
        certificate_is_user: visitor.certificate_is_user,
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
    let Some(will) = connect.will.as_ref().map(|will| &will.publish) else { return Ok(()) };
    if hub.may_publish(&connect.client, rights, &will.topic) {
        return Ok(());
    }
    Err((Code::NotAuthorized, "will may not be published on its topic"))
}

fn answers(hub: &Hub, connect: &Connect, client: &Client) -> Option<ByteString> {
    let name = client.name().filter(|_| connect.asked.response_information == Some(true))?;
    Some(hub.gate.answers(name).as_str().into())
}

/// Makes a client id that nobody can guess.
fn assign() -> ByteString {
    let (one, two) = (RandomState::new().hash_one(1), RandomState::new().hash_one(2));
    format!("auto-{one:016x}{two:016x}").into()
}

impl Violation {
    pub(crate) const TAKEN_OVER: Self =
        Self::new(DisconnectReasonCode::SessionTakenOver, "another connection has the same client id");
}
