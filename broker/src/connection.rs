//! One connection, from the first byte to the last, on one task.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    auth::Exchange,
    conversation::{Conversation, End},
    figures::{add, count, uncount},
    handshake::{Hands, Manners, seat, shake_hands},
    hub::Hub,
    link::{Link, Turn},
    listener::{Knock, Waiting},
    report::Notice,
    session::Session,
};

/// Serves a connection until either side ends it.
pub(crate) async fn serve<S>(hub: Arc<Hub>, knock: Knock, mut waiting: Waiting, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut link = Link::new(stream, hub.limits.packet);
    let hands = waiting.wait_for(shake_hands(&hub, knock.visitor(), &mut link)).await;
    drop(waiting);
    let hands = match hands {
        Ok(hands) => hands,
        Err(unwelcome) => return knock.refuse(&hub, unwelcome.text()),
    };
    let seated = match hands {
        Some(guest) => seat(&hub, knock.visitor(), guest, &mut link).await,
        None => None,
    };
    if let Some(Hands { session, mut conversation, mut manners }) = seated {
        count(&hub.counters.accepted);
        let end = converse(&hub, &session, &mut conversation, &mut manners, &mut link).await;
        note(&hub, &session, end);
        conversation.finish(end, &mut link.outbox);
    }
    link.close().await;
}

/// Turns bytes into packets and mail into bytes, until the end.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Hub,
    session: &Session,
    conversation: &mut Conversation,
    manners: &mut Manners,
    link: &mut Link<S>,
) -> End {
    loop {
        let was_reading = match take_all(hub, session, conversation, manners, link).await {
            Ok(was_reading) => was_reading,
            Err(end) => return end,
        };
        if let Err(violation) = conversation.deliver(&mut link.outbox) {
            return violation.into();
        }
        let is_reading = conversation.is_reading(&link.outbox) && manners.pace.is_open();
        if is_reading && !was_reading {
            continue;
        }
        let Some(turn) = manners.pace.bound(link.turn(Some(&session.mailbox), is_reading)).await else { continue };
        match turn {
            Err(_) => return End::Lost,
            Ok(Turn { is_closed: true, .. }) => return End::Lost,
            Ok(turn) => {
                add(&hub.counters.bytes_in, turn.read);
                add(&hub.counters.bytes_out, turn.written);
                if turn.read > 0 {
                    session.hear(hub.now());
                }
            }
        }
    }
}

/// Takes all packets that have come, but no more than the broker can pass on.
///
/// Returns whether it took all, rather than leaving some for when the client has read more.
async fn take_all<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Hub,
    session: &Session,
    conversation: &mut Conversation,
    manners: &mut Manners,
    link: &mut Link<S>,
) -> Result<bool, End> {
    while conversation.is_reading(&link.outbox) && manners.pace.is_open() {
        let Some(frame) = link.frame()? else { return Ok(true) };
        if hub.router.is_congested() {
            hub.router.room().await;
        }
        if Exchange::takes(&frame, session) {
            manners.exchange.take(frame, session, &mut link.outbox).await?;
            continue;
        }
        if frame.kind() == 3 {
            manners.pace.took(frame.peek().len());
        }
        conversation.take(frame, &mut link.outbox)?;
    }
    Ok(false)
}

fn note(hub: &Hub, session: &Session, end: End) {
    uncount(&hub.counters.connected);
    if let End::Sent(violation) = end
        && violation.is_clients_fault()
    {
        count(&hub.counters.violations);
    }
    Notice::Gone { client: &session.id, reason: end.text() }.report();
}
