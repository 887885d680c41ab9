//! The interface on another broker: requests come in, answers, values and events go out.

mod listener;
mod outbox;
mod session;

use std::sync::Arc;

use hes_schemas::UserName;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

pub(crate) use outbox::{Outbox, Outgoing};

use self::session::Session;
use super::{
    link::{LONGEST_PAUSE, pauses},
    mind::Mind,
    report,
};
use crate::remote::Remote;

/// Serves the interface on another broker until it is cancelled.
///
/// Whoever may publish there acts with the rights of one account, because the other broker does not tell who it was.
pub(crate) async fn serve(
    mind: Arc<Mind>,
    remote: Remote,
    acts_as: UserName,
    outbox: Outbox,
    mut outgoing: Receiver<Outgoing>,
    cancel: CancellationToken,
) {
    let mut pauses = pauses();
    loop {
        let reason = match Session::new(&mind, &remote, &acts_as, &outbox) {
            Err(fault) => fault.to_string(),
            Ok(mut session) => {
                let reason = tokio::select! {
                    () = cancel.cancelled() => return session.leave().await,
                    reason = session.run(&mut outgoing) => reason,
                };
                if session.was_up() {
                    pauses = self::pauses();
                }
                reason
            }
        };
        report::alongside_lost(remote.url(), &reason);
        // what waits here is either state, which is sent whole at the next connection, or too late for its asker
        while outgoing.try_recv().is_ok() {}
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)) => {}
        }
    }
}
