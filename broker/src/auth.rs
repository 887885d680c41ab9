//! Enhanced authentication: a client proves by a token who it is, when it connects and again before the token expires.
//!
//! Source: MQTT 5.0, 4.12; RFC 7628.

use rmqtt_codec::v5::{ConnectAckReason, DisconnectReasonCode};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    Bearer, Version,
    conversation::End,
    link::Link,
    outbox::Outbox,
    session::Session,
    wire::{self, Connect, Frame, METHOD, Step, Violation},
};

/// What a connection has agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// Its client did not ask for enhanced authentication.
    None,
    /// It has proved who it is.
    Proved,
    /// It is to say more.
    Asked,
}

/// Why a client has not proved anything: what its CONNACK says.
pub(crate) type Failed = (ConnectAckReason, &'static str);

const UNPROVED: Violation = Violation::new(DisconnectReasonCode::NotAuthorized, "token is not accepted");

/// Has a client prove who it is, if it offers to; nothing is returned if it goes away.
pub(crate) async fn prove<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    connect: &Connect,
) -> Option<Result<Option<Bearer>, Failed>> {
    let Some(method) = &connect.asked.method else { return Some(Ok(None)) };
    if method != METHOD {
        return Some(Err((ConnectAckReason::BadAuthenticationMethod, "authentication method is not offered")));
    }
    let data = match &connect.asked.data {
        Some(data) => data.clone(),
        None => match ask(link).await? {
            Ok(auth) if auth.step == Step::Continue && is_ours(&auth) => auth.data.unwrap_or_default(),
            Ok(_) => return Some(Err((ConnectAckReason::ProtocolError, "AUTH is not what was asked for"))),
            Err(violation) => return Some(Err((ConnectAckReason::MalformedPacket, violation.text))),
        },
    };
    let bearer = wire::read_bearer(&data);
    Some(bearer.map(Some).ok_or((ConnectAckReason::NotAuthorized, "authentication data holds no token")))
}

/// Asks for more, and reads the next packet.
async fn ask<S: AsyncRead + AsyncWrite + Unpin>(link: &mut Link<S>) -> Option<Result<wire::Auth, Violation>> {
    link.outbox.add(|out| wire::auth(out, Step::Continue));
    loop {
        match link.frame() {
            Err(violation) => return Some(Err(violation)),
            Ok(Some(frame)) => return Some(wire::read_auth(frame)),
            Ok(None) => {}
        }
        let turn = link.turn(None, true).await.ok()?;
        if turn.is_closed {
            return None;
        }
    }
}

impl Exchange {
    pub(crate) const fn of(connect: &Connect) -> Self {
        if connect.asked.method.is_some() { Self::Proved } else { Self::None }
    }

    /// Says whether a packet belongs to an exchange, rather than breaking a rule.
    pub(crate) fn takes(frame: &Frame, session: &Session) -> bool {
        frame.kind() == 15 && session.client().version() == Version::V5
    }

    /// Takes an AUTH: the session goes on with another token, or ends.
    ///
    /// # Errors
    /// [`End`] if it ends.
    pub(crate) async fn take(&mut self, frame: Frame, session: &Session, out: &mut Outbox) -> Result<(), End> {
        let auth = wire::read_auth(frame)?;
        let is_expected = match self {
            Self::None => return Err(Violation::protocol("no authentication method was agreed on").into()),
            Self::Proved => auth.step == Step::Again,
            Self::Asked => auth.step == Step::Continue,
        };
        if !is_expected {
            return Err(Violation::protocol("AUTH is not what was asked for").into());
        }
        if !is_ours(&auth) {
            return Err(Violation::protocol("authentication method is not the one of the connection").into());
        }
        let Some(data) = auth.data.filter(|data| !data.is_empty()) else {
            if *self == Self::Asked {
                return Err(UNPROVED.into());
            }
            *self = Self::Asked;
            out.reply(|out| wire::auth(out, Step::Continue));
            return Ok(());
        };
        let bearer = wire::read_bearer(&data).ok_or(UNPROVED)?;
        session.client().rights().renew(bearer).await.or(Err(UNPROVED))?;
        *self = Self::Proved;
        out.reply(|out| wire::auth(out, Step::Success));
        Ok(())
    }
}

fn is_ours(auth: &wire::Auth) -> bool {
    auth.method.as_deref() == Some(METHOD)
}
