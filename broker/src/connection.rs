//! One connection, from the first byte to the last, on one task.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
};

use futures_util::FutureExt as _;
use rmqtt_codec::v5::DisconnectReasonCode as Code;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    auth::Exchange,
    conversation::{Conversation, End},
    figures::{add, count, uncount},
    handshake::{Hands, Manners, seat, shake_hands},
    hub::Hub,
    link::{Link, Turn},
    listener::{Knock, Unwelcome, Waiting},
    report::Notice,
    session::Session,
    wire::Violation,
};

/// Serves a connection until either side ends it.
pub(crate) async fn serve<S>(hub: Arc<Hub>, knock: Knock, waiting: Waiting, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut link = Link::new(stream, hub.limits.packet);
    // on the heap and gone again: what a handshake needs is not needed for the rest of the connection
    let hands = match Box::pin(receive(&hub, &knock, waiting, &mut link)).await {
        Ok(hands) => hands,
        Err(unwelcome) => return knock.refuse(&hub, unwelcome.text()),
    };
    if let Some(mut hands) = hands {
        count(&hub.counters.accepted);
        let connected = hub.counters.connected.load(Ordering::Relaxed);
        hub.counters.most_connected.fetch_max(connected, Ordering::Relaxed);
        // a session whose task is gone could never be had again, so even a fault of ours has to end in order
        let conversed = AssertUnwindSafe(converse(&hub, &mut hands, &mut link)).catch_unwind().await;
        let end = conversed.unwrap_or(End::Sent(Violation::FAULT));
        note(&hub, &hands.session, end);
        hands.conversation.finish(end, &mut link.outbox);
    }
    link.close().await;
}

/// Shakes hands; nothing if the client was refused and told so.
async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
    hub: &Arc<Hub>,
    knock: &Knock,
    mut waiting: Waiting,
    link: &mut Link<S>,
) -> Result<Option<Box<Hands>>, Unwelcome> {
    let guest = waiting.wait_for(shake_hands(hub, knock.visitor(), link)).await?;
    drop(waiting);
    let Some(guest) = guest else { return Ok(None) };
    Ok(seat(hub, knock.visitor(), guest, link).await.map(Box::new))
}

/// Turns bytes into packets and mail into bytes, until the end.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(hub: &Hub, hands: &mut Hands, link: &mut Link<S>) -> End {
    let Hands { session, conversation, manners } = hands;
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
                add(&hub.counters.packets_out, link.outbox.count_replies());
                if turn.read > 0 {
                    session.hearing.hear(hub.now());
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
        count(&hub.counters.packets_in);
        if hub.router.is_congested() {
            hub.router.room().await;
        }
        if Exchange::takes(&frame, session) {
            // seldom, and then it may ask the gateway
            Box::pin(manners.exchange.take(frame, session, &mut link.outbox)).await?;
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

impl Violation {
    const FAULT: Self = Self::new(Code::UnspecifiedError, "the broker has failed at what the client asked");
}
