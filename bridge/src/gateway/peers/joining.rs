//! The use of an invitation on the broker that it leads to.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hes_schemas::{Fault, HomeId, Symbol, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::clock::Clock,
    Peers, ROOM,
    dial::{self, Ear, Outgoing},
    errands::internal,
};
use crate::{
    peers::{
        invitation::Invitation,
        pairing::{Joining, PairEvent, Paired},
    },
    remote::{CREDENTIALS, DEAF},
};

/// How often a pairing is looked at.
const TICK: Duration = Duration::from_millis(100);

/// Uses an invitation.
struct Guest {
    clock: Arc<Clock>,
    home: HomeId,
    url: String,
    queue: mpsc::Sender<Outgoing>,
    state: Mutex<State>,
}

/// How far it is.
struct State {
    joining: Joining,
    /// Who waits for the outcome; nothing once it is told.
    told: Option<oneshot::Sender<Result<Paired, Fault>>>,
    /// The broker has let us in, once at least.
    was_there: bool,
    /// Why it is not there at the moment.
    reason: Option<String>,
}

impl Peers {
    /// Speaks with who has invited, until it is known who that is.
    ///
    /// # Errors
    /// [`Fault`] at once if the broker cannot be reached or does not let us in; later if nobody answers there until the
    /// invitation ends.
    pub(super) async fn pair(self: &Arc<Self>, joining: Joining, invitation: &Invitation) -> Result<Paired, Fault> {
        let remote = self.remote_of_invitation(invitation);
        let remote = remote.ok_or_else(|| Fault::new(Symbol::BadValue, "the invitation leads nowhere"))?;
        let (queue, outgoing) = mpsc::channel(ROOM);
        let (told, outcome) = oneshot::channel();
        let (home, url) = (invitation.home().clone(), invitation.url().to_owned());
        let state = Mutex::new(State { joining, told: Some(told), was_there: false, reason: None });
        let guest = Arc::new(Guest { clock: Arc::clone(&self.around.clock), home, url, queue, state });
        let cancel = self.around.cancel.child_token();
        let errand = self.dial_errand(remote, invitation.home().as_str(), "guest");
        let _ended = cancel.clone().drop_guard();
        let hearing: Arc<dyn Ear> = guest.clone();
        self.around.tasks.spawn(dial::keep(errand, hearing, outgoing, cancel));
        let ticks = async {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                ticks.tick().await;
                guest.step(|joining, now| joining.handle_timeout(now));
            }
        };
        tokio::select! {
            paired = outcome => paired.map_err(|_gone| Fault::new(Symbol::Denied, "the pairing has ended"))?,
            () = ticks => Err(internal("no outcome")),
        }
    }
}

impl Guest {
    fn step(&self, step: impl FnOnce(&mut Joining, Timestamp) -> Vec<PairEvent>) {
        let mut state = self.state();
        if !state.was_there {
            return;
        }
        for event in step(&mut state.joining, self.clock.now()) {
            match event {
                // what is lost is sent again
                PairEvent::Send(frame) => drop(self.queue.try_send(Outgoing { to: self.home.clone(), frame })),
                PairEvent::Paired(paired) => state.end(Ok(*paired)),
                PairEvent::Failed(reason) => {
                    let fault = self.unanswered(reason, state.reason.take());
                    state.end(Err(fault));
                }
            }
        }
    }

    /// Says that nobody has answered, and what was in the way last.
    fn unanswered(&self, reason: &str, last: Option<String>) -> Fault {
        let Self { home, url, .. } = self;
        let why = last.unwrap_or_else(|| format!("the gateway of {home} never answered: is it running?"));
        // not as if it were late: whoever asked would wait for it
        Fault::new(Symbol::Denied, format!("{reason}, {url}: {why}"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self, outcome: Result<Paired, Fault>) {
        if let Some(told) = self.told.take() {
            // whoever asked may have gone
            drop(told.send(outcome));
        }
    }
}

impl Ear for Guest {
    fn up(&self) {
        let mut state = self.state();
        (state.was_there, state.reason) = (true, None);
        drop(state);
        self.step(|joining, now| joining.handle_timeout(now));
    }

    fn heard(&self, _from: &HomeId, frame: &[u8]) {
        self.step(|joining, now| joining.receive(now, frame));
    }

    fn down(&self, reason: &str) {
        let mut state = self.state();
        if matches!(reason, DEAF | CREDENTIALS) {
            return state.end(Err(refused(&self.home)));
        }
        if !state.was_there {
            return state.end(Err(unreached(&self.url, reason)));
        }
        state.reason = Some(reason.to_owned());
    }
}

/// Says that a broker knows nothing of the account of an invitation.
fn refused(home: &HomeId) -> Fault {
    let text = format!(
        "{home} does not know this code: it has been used, has ended, or was made before {home} lost its data; ask for another one"
    );
    Fault::new(Symbol::Denied, text)
}

/// Says that there is no way to a broker, with the way out.
fn unreached(url: &str, reason: &str) -> Fault {
    let hint = if reason.contains("certificate") || reason.contains("TLS") {
        ""
    } else {
        "; is that the address as this gateway sees it, and is a broker listening there?"
    };
    Fault::new(Symbol::HomeOffline, format!("{url} cannot be reached: {reason}{hint}"))
}
