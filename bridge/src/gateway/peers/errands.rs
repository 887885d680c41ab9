//! What the engine sends the shell to do about peers.

mod info;

use std::sync::Arc;

use hes_engine::{
    Input,
    homes::{Errand, ErrandKey},
};
use hes_schemas::{
    Datum, Fault, HomeId, Millis, Symbol, UserName, datum_of,
    message::{InvitationInfo, PeerAction, PeersInfo},
};
use secrecy::SecretString;
use tokio::sync::mpsc;

use self::info::{invitation_info, keys_info, pairing_info, peer_info};
use super::{
    Peers, ROOM,
    dial::{self, Ear},
    pairing::{Lobby, Open, Place, Reading},
    roster::Caller,
};
use crate::{
    accounts::hash,
    client::Connection,
    peers::{
        invitation::{Invitation, InvitationError},
        pairing::{Hosting, Joining},
    },
    remote::Remote,
    store::{InvitationRow, PairingSide},
};

/// For how long an invitation can be used unless it is said otherwise, and at least and at most.
const VALID: Millis = Millis::from_secs(15 * 60);
const SHORTEST: Millis = Millis::from_secs(60);
const LONGEST: Millis = Millis::from_secs(24 * 3_600);

type Outcome = Result<Datum, Fault>;

impl Peers {
    /// Does an errand, and tells the engine.
    pub(crate) fn run(self: &Arc<Self>, key: ErrandKey, errand: Errand) {
        let me = Arc::clone(self);
        self.spawn(&self.around.cancel, async move {
            let outcome = match errand {
                Errand::Peer(action) => me.carry_out(action).await,
            };
            me.tell(Input::Errand(key, outcome));
        });
    }

    async fn carry_out(self: &Arc<Self>, action: PeerAction) -> Outcome {
        match action {
            PeerAction::Invite { url, valid } => self.invite(&url, valid.unwrap_or(VALID)).await,
            PeerAction::Join { code } => self.join(&code).await,
            PeerAction::Confirm { home, number } => self.confirm(&home, &number).await,
            PeerAction::List => Ok(datum_of(&self.list())),
            PeerAction::Rotate => self.rotate(),
            PeerAction::Remove { home } => self.remove(&home).await,
        }
    }

    /// Has another key sign from now on; the ways to peers notice within a second.
    fn rotate(&self) -> Outcome {
        let keys = self.around.station.keys();
        keys.rotate(self.now()).map_err(|error| Fault::new(Symbol::TooMany, error.to_string()))?;
        self.tell(Input::Keys(keys.jwks(self.now())));
        keys_info(keys, self.now()).map(|info| datum_of(&info)).ok_or_else(|| internal("no key signs"))
    }

    async fn invite(self: &Arc<Self>, url: &str, valid: Millis) -> Outcome {
        Connection::new(url).map_err(|error| Fault::new(Symbol::BadValue, error.to_string()))?;
        if !(SHORTEST..=LONGEST).contains(&valid) {
            return Err(Fault::new(Symbol::BadValue, "an invitation is good for a minute to a day"));
        }
        if self.pairings().is_full() {
            return Err(Fault::new(Symbol::TooMany, "too many invitations wait to be used"));
        }
        let (keys, until) = (self.around.station.keys(), self.now() + valid);
        let secret = draw().ok_or_else(|| internal("the system gives no random numbers"))?;
        let invitation = Invitation::new(keys, url, secret, until);
        let invitation = invitation.ok_or_else(|| Fault::new(Symbol::BadValue, "the address is too long"))?;
        let place = match self.third_broker(url) {
            Some(remote) => self.wait_elsewhere(remote),
            None => self.wait_here(&invitation).await?,
        };
        let info = InvitationInfo { code: Some(invitation.code()), ..invitation_info(&invitation) };
        if let Place::Elsewhere(..) = place {
            let row = InvitationRow { invitation: invitation.clone(), used: None };
            self.around.store.ledger().keep_invitation(&row).await.map_err(|error| internal(&error.to_string()))?;
        }
        let hosting = Hosting::new(Arc::clone(&self.around.station), invitation);
        self.pairings().invite(Open { hosting, place });
        Ok(datum_of(&info))
    }

    /// Has an account made for who was invited to our broker.
    async fn wait_here(&self, invitation: &Invitation) -> Result<Place, Fault> {
        if self.broker.get().is_none() {
            return Err(Fault::new(Symbol::Conflict, "there is no built-in broker; invite to peers.url"));
        }
        let (name, password) = invitation.account();
        let name = UserName::new(&name).map_err(|error| internal(&error.to_string()))?;
        let made = hashed(password).await?;
        self.around
            .store
            .ledger()
            .make_invited(invitation, &made)
            .await
            .map_err(|error| internal(&error.to_string()))?;
        self.roster.add(name.as_str(), Caller::Invited(None));
        self.around.accounts.reload().await.map_err(|error| internal(&error.to_string()))?;
        Ok(Place::Own(name))
    }

    pub(super) fn wait_elsewhere(self: &Arc<Self>, remote: Remote) -> Place {
        let (queue, outgoing) = mpsc::channel(ROOM);
        let cancel = self.around.cancel.child_token();
        let errand = self.dial_errand(remote, "+", "lobby");
        let ear: Arc<dyn Ear> = Arc::new(Lobby(Arc::downgrade(self)));
        self.around.tasks.spawn(dial::keep(errand, ear, outgoing, cancel.clone()));
        Place::Elsewhere(queue, cancel)
    }

    async fn join(self: &Arc<Self>, code: &str) -> Outcome {
        let invitation: Invitation =
            code.parse().map_err(|error: InvitationError| Fault::new(Symbol::BadValue, error.to_string()))?;
        let home = invitation.home().clone();
        if self.line(&home).is_some() {
            return Err(Fault::new(Symbol::Conflict, "that home is a peer already; remove it first"));
        }
        let joining = Joining::begin(Arc::clone(&self.around.station), invitation.clone(), self.now());
        let joining =
            joining.ok_or_else(|| Fault::new(Symbol::Expired, "the invitation has expired, or is our own"))?;
        let paired = self.pair(joining, &invitation).await?;
        let row = self.note_pairing(paired, PairingSide::Guest, invitation).await?;
        Ok(datum_of(&pairing_info(&row)))
    }

    async fn confirm(self: &Arc<Self>, home: &HomeId, number: &str) -> Outcome {
        let _turn = self.turn.lock().await;
        let reading = self.pairings().read(home, number);
        match reading {
            Reading::Right(waiting) => {
                if let Err(fault) = self.trust(&waiting).await {
                    // it can be confirmed once more
                    drop(self.pairings().wait_for(*waiting));
                    return Err(fault);
                }
                let info = self.lines().get(home).map(|held| peer_info(held, &[]));
                info.map(|info| datum_of(&info)).ok_or_else(|| internal("the peer is not there"))
            }
            Reading::Wrong(waiting) => {
                self.around
                    .store
                    .ledger()
                    .keep_pairing(&waiting)
                    .await
                    .map_err(|error| internal(&error.to_string()))?;
                Err(Fault::new(Symbol::BadValue, "the pairing has another number"))
            }
            Reading::GivenUp(waiting) => {
                self.end_pairing(&waiting).await;
                Err(Fault::new(Symbol::Denied, "too many wrong numbers; the pairing has ended"))
            }
            Reading::Unknown => Err(Fault::new(Symbol::Unknown, "no pairing with that home waits to be confirmed")),
        }
    }

    async fn remove(self: &Arc<Self>, home: &HomeId) -> Outcome {
        let _turn = self.turn.lock().await;
        if !self.distrust(home).await? {
            return Err(Fault::new(Symbol::Unknown, "there is no trust with that home"));
        }
        Ok(Datum::Null)
    }

    fn list(&self) -> PeersInfo {
        let loads = self.loads();
        let peers = self.lines().values().map(|held| peer_info(held, &loads)).collect();
        let joining = self.joinings().list();
        let pairings = self.pairings();
        PeersInfo {
            peers,
            pairings: pairings.waiting().map(pairing_info).collect(),
            invitations: pairings.invitations().map(invitation_info).collect(),
            joining,
            keys: keys_info(self.around.station.keys(), self.now()),
        }
    }
}

pub(super) fn internal(text: &str) -> Fault {
    Fault::new(Symbol::Internal, text)
}

/// Makes the hash of a password, which takes its time.
pub(super) async fn hashed(password: SecretString) -> Result<String, Fault> {
    let made = tokio::task::spawn_blocking(move || hash(&password)).await;
    made.map_err(|error| internal(&error.to_string()))?.map_err(|error| internal(&error.to_string()))
}

fn draw() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).is_ok().then_some(bytes)
}
