//! The use of an invitation on the broker that it leads to.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use hes_schemas::{Fault, HomeId, Symbol, Timestamp, message::JoiningInfo};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::clock::Clock,
    Peers, ROOM,
    dial::{self, Ear, Outgoing},
    errands::internal,
    pairing::MOST,
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

/// All invitations that are being used.
#[derive(Default)]
pub(super) struct Joinings(Vec<Weak<Guest>>);

/// Uses an invitation.
struct Guest {
    clock: Arc<Clock>,
    home: HomeId,
    url: String,
    broker: Whose,
    until: Timestamp,
    queue: mpsc::Sender<Outgoing>,
    state: Mutex<State>,
}

/// Whose broker an invitation leads to.
#[derive(Clone, Copy)]
enum Whose {
    /// That of the home that has invited, where the invitation is an account.
    Theirs,
    /// One where both homes have accounts of their own.
    Another,
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
        let (home, url, until) = (invitation.home().clone(), invitation.url().to_owned(), invitation.until());
        let state = Mutex::new(State { joining, told: Some(told), was_there: false, reason: None });
        let broker = if self.third_broker(&url).is_some() { Whose::Another } else { Whose::Theirs };
        let guest = Arc::new(Guest { clock: Arc::clone(&self.around.clock), home, url, broker, until, queue, state });
        self.joinings().begin(&guest)?;
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

impl Joinings {
    /// Notes another one, which takes the place of one with the same home.
    ///
    /// # Errors
    /// [`Symbol::TooMany`].
    fn begin(&mut self, guest: &Arc<Guest>) -> Result<(), Fault> {
        self.0.retain(|it| it.upgrade().is_some_and(|it| !it.is_over()));
        for other in self.0.iter().filter_map(Weak::upgrade).filter(|other| other.home == guest.home) {
            other.state().end(Err(Fault::new(Symbol::Conflict, "that home is being joined anew")));
        }
        if self.0.len() >= MOST {
            return Err(Fault::new(Symbol::TooMany, "too many homes are being joined; try again later"));
        }
        self.0.push(Arc::downgrade(guest));
        Ok(())
    }

    /// Lists them.
    pub(super) fn list(&self) -> Vec<JoiningInfo> {
        let guests = self.0.iter().filter_map(Weak::upgrade).filter(|guest| !guest.is_over());
        guests.map(|guest| guest.info()).collect()
    }
}

impl Guest {
    fn is_over(&self) -> bool {
        self.state().told.is_none()
    }

    fn info(&self) -> JoiningInfo {
        let reached = self.state().was_there;
        JoiningInfo { home: self.home.clone(), url: self.url.clone(), reached, until: self.until }
    }

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

impl fmt::Debug for Joinings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Joinings").field(&self.0.len()).finish()
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
            return state.end(Err(match self.broker {
                Whose::Theirs => refused(&self.home),
                Whose::Another => shut_out(&self.url, reason),
            }));
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

/// Says that another broker does not let this home meet others there, with the way out.
fn shut_out(url: &str, reason: &str) -> Fault {
    let wanted =
        "the user of [peers] in the configuration of this gateway has to be one who may use $link topics there";
    Fault::new(Symbol::Denied, format!("{url}: {reason}; {wanted}"))
}

/// Says that there is no way to a broker, with the way out.
fn unreached(url: &str, reason: &str) -> Fault {
    let reason = reason.trim_start_matches("I/O: ");
    let hint = if reason.ends_with("the key ca") {
        " of [peers] in the configuration of this gateway"
    } else if reason.contains("certificate") || reason.contains("TLS") {
        ""
    } else {
        "; is that the address as this gateway sees it, and is a broker listening there?"
    };
    Fault::new(Symbol::HomeOffline, format!("{url} cannot be reached: {reason}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_reach_a_broker_is_told_the_way_out() {
        for (reason, expect) in [
            ("I/O: Connection refused (os error 111)", "cannot be reached: Connection refused (os error 111); is that"),
            ("it is signed by nobody; name the file in the key ca", "in the key ca of [peers] in the configuration"),
            ("its certificate has expired: renew it there", "renew it there"),
        ] {
            let fault = unreached("mqtts://oak.example:8883", reason);
            assert!(fault.detail.contains(expect), "{}", fault.detail);
        }
    }
}
