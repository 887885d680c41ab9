//! Looks after all sessions from time to time, so that none needs a timer of its own.

use std::{sync::Arc, time::Duration};

use rmqtt_codec::v5::DisconnectReasonCode as Code;
use tokio::time::MissedTickBehavior;

use crate::{hub::Hub, session::Session, sync::read, wire::Violation};

/// How often sessions are looked at.
const PERIOD: Duration = Duration::from_millis(500);
/// How often, in periods, expired retained messages are cleared away.
const CLEARING: u32 = 60;

const SILENT: Violation = Violation::new(Code::KeepAliveTimeout, "client was silent for longer than it promised");
const EXPIRED: Violation = Violation::new(Code::MaximumConnectTime, "the token of this connection has expired");
const EXPELLED: Violation = Violation::new(Code::NotAuthorized, "account no longer holds");

/// Ends sessions that are silent or expelled, until the broker stops.
pub(crate) async fn watch(hub: Arc<Hub>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut periods = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = hub.stop.cancelled() => return,
        }
        look(&hub);
        periods = (periods + 1) % CLEARING;
        if periods == 0 {
            hub.expire();
        }
    }
}

fn look(hub: &Arc<Hub>) {
    hub.ended.try_again(hub.backend.as_ref());
    let now = hub.now();
    let sessions: Vec<Arc<Session>> = read(&hub.sessions).values().map(Arc::clone).collect();
    for session in sessions {
        session.try_again();
        if let Some(limits) = session.follow_account(&hub.limits) {
            hub.accounts.follow(session.client().rights().user(), &limits);
        }
        if session.mailbox.is_away() {
            hub.look_after(&session, now);
        } else if session.hearing.is_silent(now) {
            session.mailbox.end(SILENT);
        } else if !session.is_live() {
            session.mailbox.end(if session.client().rights().has_expired() { EXPIRED } else { EXPELLED });
        }
    }
}
