//! Accounts: who may connect, and with which rights.
//!
//! They live in the store, where the command line edits them too; here is a copy in memory that follows within a
//! second. A [`Session`] sees each change at once, without being told.

mod password;
mod pattern;
mod seat;
mod session;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use bytestring::ByteString;
use hes_broker::{Bearer, Hello, Refusal};
use hes_schemas::{
    HomeId, UserName,
    rights::{Grants, Role},
};
use secrecy::SecretString;
use tokio::{
    sync::Semaphore,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval, timeout},
};

pub use password::{PasswordError, generate, hash, is_short};
pub use pattern::IdPattern;
pub use session::Session;

use password::{Memory, Verifier};
use seat::Seat;

use crate::store::{AccountRow, ForeignState, Ledger, StoreError};
use crate::tokens::{self, Proof, is_token};

/// How often the store is looked at for changes of others.
const LOOK: Duration = Duration::from_millis(500);

/// How long a client that is let in may wait for such a look: a disk that hangs must not keep everybody out.
const PATIENCE: Duration = Duration::from_millis(500);

/// The name of clients that have none, so that no account may have it.
pub const ANONYMOUS: &str = "anonymous";

/// The accounts of a running gateway; a clone is the same ones.
#[derive(Debug, Clone)]
pub struct Accounts {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ledger: Ledger,
    seats: RwLock<BTreeMap<UserName, Arc<Seat>>>,
    anonymous: Option<Arc<Seat>>,
    verifier: Verifier,
    memory: Memory,
    /// One at a time verifies a password: each needs a core and some megabytes.
    turn: Semaphore,
    shown: Mutex<Shown>,
    /// One at a time looks at the store, so that nobody shows what another has seen to be out of date.
    look: tokio::sync::Mutex<()>,
    /// Who is told of changes, with all rights.
    follower: OnceLock<Follower>,
    /// Whose tokens are accepted.
    home: OnceLock<HomeId>,
}

/// All accounts with what each may do.
pub type AllRights = Vec<(UserName, Arc<Grants>)>;

/// Who is told all rights when they have changed.
struct Follower(Box<dyn Fn(AllRights) + Send + Sync>);

/// What the seats show: the rows, and the state of the store in which they were read.
type Shown = (Option<ForeignState>, Vec<AccountRow>);

/// Says why the accounts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The store cannot.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No password can be made.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

impl Accounts {
    /// Reads the accounts from the store.
    ///
    /// With a role, clients on this machine may connect without a user name and have its rights.
    ///
    /// # Errors
    /// [`AccountsError`] if the store cannot be read, or the system gives no random numbers.
    pub async fn open(ledger: Ledger, anonymous: Option<Role>) -> Result<Self, AccountsError> {
        let shared = Shared {
            ledger,
            seats: RwLock::default(),
            anonymous: anonymous.and_then(nobody),
            verifier: Verifier::default(),
            memory: Memory::new()?,
            turn: Semaphore::new(1),
            shown: Mutex::default(),
            look: tokio::sync::Mutex::default(),
            follower: OnceLock::new(),
            home: OnceLock::new(),
        };
        let accounts = Self { shared: Arc::new(shared) };
        accounts.refresh().await?;
        Ok(accounts)
    }

    /// Makes the account `owner` if there is no account at all; returns its password, which is not known afterwards.
    ///
    /// # Errors
    /// [`AccountsError`] if it cannot be made.
    pub async fn found_owner(&self) -> Result<Option<SecretString>, AccountsError> {
        if !self.seats().is_empty() {
            return Ok(None);
        }
        let password = generate()?;
        let Ok(name) = UserName::new(Role::Owner.as_str()) else { return Ok(None) };
        let is_new = self.shared.ledger.add(&name, &hash(&password)?, Some(Role::Owner)).await?;
        self.show(self.shared.ledger.accounts().await?);
        Ok(is_new.then_some(password))
    }

    /// Lets a client in that gives the name and password of an account, or shows a certificate with such a name where
    /// that is enough, or gives none where that is allowed.
    ///
    /// What the command line has changed holds at once for who comes anew.
    ///
    /// # Errors
    /// [`Refusal::Credentials`], which takes as long whether there is such an account or not; [`Refusal::NotAuthorized`] if
    /// a token was sent by enhanced authentication, and [`Refusal::ClientId`] if the account may not use the client id.
    pub async fn admit(&self, hello: &Hello) -> Result<Session, Refusal> {
        let session = match (&hello.token, &hello.password) {
            (Some(bearer), _) => {
                let users = [bearer.acts_for.as_deref(), hello.user.as_deref()];
                self.begin_with(bearer.token.expose(), users).await.ok_or(Refusal::NotAuthorized)?
            }
            (None, Some(password)) if is_token(password.expose()) => {
                self.begin_with(password.expose(), [hello.user.as_deref(), None]).await.ok_or(Refusal::Credentials)?
            }
            (None, _) => self.seat(hello).await.and_then(Session::begin).ok_or(Refusal::Credentials)?,
        };
        if self.may_use(session.user(), &hello.client) { Ok(session) } else { Err(Refusal::ClientId) }
    }

    async fn seat(&self, hello: &Hello) -> Option<Arc<Seat>> {
        let certified = hello.certificate.as_ref().filter(|_| hello.certificate_is_user);
        match (&hello.user, &hello.password) {
            (Some(user), Some(password)) => self.verified(user, password.expose()).await,
            (user, None) if certified.is_some() => self.certified(certified, user.as_deref()).await,
            (None, None) if hello.anonymous && hello.remote.ip().to_canonical().is_loopback() => {
                self.shared.anonymous.clone()
            }
            (Some(_), None) | (None, _) => None,
        }
    }

    /// Has tokens of a home accepted; until then none is.
    pub fn accept_tokens(&self, home: HomeId) {
        // there is one home in a process's life
        drop(self.shared.home.set(home));
    }

    /// Prolongs a session that began with a token, by another of the same account.
    ///
    /// # Errors
    /// [`Refusal::NotAuthorized`] if it is none, or another's.
    pub async fn renew(&self, session: &Session, bearer: &Bearer) -> Result<(), Refusal> {
        let proof = self
            .proof(bearer.token.expose(), [bearer.acts_for.as_deref(), None])
            .await
            .ok_or(Refusal::NotAuthorized)?;
        if session.go_on(proof) { Ok(()) } else { Err(Refusal::NotAuthorized) }
    }

    async fn begin_with(&self, token: &[u8], users: [Option<&str>; 2]) -> Option<Session> {
        let proof = self.proof(token, users).await?;
        // the account may be younger than the last look
        drop(timeout(PATIENCE, self.refresh()).await);
        let seat = self.seats().get(&proof.user).cloned()?;
        Session::begin_with(seat, proof)
    }

    /// Returns what a token proves, if it holds and is that of all users who are named; an empty name is its account's.
    async fn proof(&self, token: &[u8], users: [Option<&str>; 2]) -> Option<Proof> {
        let home = self.shared.home.get()?.clone();
        let (token, data) = (String::from_utf8(token.to_vec()).ok()?, self.shared.ledger.place().to_owned());
        let verified = spawn_blocking(move || tokens::verify_in(&data, &home, &token)).await.ok()?;
        let proof = verified.inspect_err(|error| tracing::debug!(%error, "Token not accepted")).ok()?;
        let is_own = |user: &&str| user.is_empty() || *user == proof.user.as_str();
        users.iter().flatten().all(is_own).then_some(proof)
    }

    /// Says whether a client id is among those that an account is bound to, or, if it is bound to none, is nobody else's.
    #[must_use]
    pub fn may_use(&self, user: &str, client: &str) -> bool {
        let seats = self.seats();
        let own = seats.get(user).and_then(|seat| seat.binds(client));
        own.unwrap_or_else(|| seats.values().all(|seat| seat.binds(client) != Some(true)))
    }

    /// Goes on for a client that was let in before, within the bounds of the token that it came with, if it did; nothing
    /// if its account is no more.
    #[must_use]
    pub fn resume(&self, user: &str, bounds: Option<Arc<Grants>>) -> Option<Session> {
        let seat = UserName::new(user).ok().and_then(|name| self.seats().get(&name).cloned());
        let nobody = || self.shared.anonymous.clone().filter(|seat| seat.name().as_str() == user);
        Session::begin_within(seat.or_else(nobody)?, bounds)
    }

    /// Returns all accounts with their rights.
    #[must_use]
    pub fn rights(&self) -> AllRights {
        let seats = self.seats();
        let seats = seats.values().chain(&self.shared.anonymous);
        seats.map(|seat| (seat.name().clone(), seat.grants())).collect()
    }

    /// Has changes that others make in the store, such as the command line, told with all rights; once for all.
    pub fn follow(&self, tell: impl Fn(AllRights) + Send + Sync + 'static) {
        // a second follower would miss what the first was told
        drop(self.shared.follower.set(Follower(Box::new(tell))));
    }

    /// Takes in what this gateway itself has changed in the store, and has it told.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read; then nothing has changed here.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let _alone = self.shared.look.lock().await;
        let has_changed = self.show(self.shared.ledger.accounts().await?);
        if let (true, Some(Follower(tell))) = (has_changed, self.shared.follower.get()) {
            tell(self.rights());
        }
        Ok(())
    }

    /// Looks for changes that others make in the store, for ever.
    ///
    /// A store that cannot be read changes nothing.
    pub async fn watch(&self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "The accounts cannot be read; they stay as they were");
            }
        }
    }

    /// Reads the accounts again if the store has changed, and tells the follower if they have.
    async fn refresh(&self) -> Result<(), StoreError> {
        let _alone = self.shared.look.lock().await;
        let ledger = &self.shared.ledger;
        let state = ledger.foreign_state().await?;
        let is_shown = self.shown().0 == Some(state);
        if is_shown {
            return Ok(());
        }
        let has_changed = self.show(ledger.accounts().await?);
        self.shown().0 = Some(state);
        if let (true, Some(Follower(tell))) = (has_changed, self.shared.follower.get()) {
            tell(self.rights());
        }
        Ok(())
    }

    /// Makes the seats show rows; says whether they did not before.
    fn show(&self, rows: Vec<AccountRow>) -> bool {
        let shown = &mut self.shown().1;
        if *shown == rows {
            return false;
        }
        let mut seats = self.shared.seats.write().unwrap_or_else(PoisonError::into_inner);
        for gone in seats.extract_if(.., |name, _| rows.iter().all(|row| row.name != *name)) {
            gone.1.remove();
        }
        for row in rows.iter().filter(|row| !shown.contains(row)) {
            match seats.entry(row.name.clone()) {
                Entry::Occupied(seat) => seat.get().update(row),
                Entry::Vacant(place) => drop(place.insert(Arc::new(Seat::new(row)))),
            }
        }
        *shown = rows;
        true
    }

    /// Returns the account that a certificate names, if the client gives no other name.
    async fn certified(&self, name: Option<&ByteString>, user: Option<&str>) -> Option<Arc<Seat>> {
        let name = name.filter(|name| user.is_none_or(|user| user == &***name))?;
        let name = UserName::new(name).ok()?;
        // the account may be younger, or have gone, since the last look; a disk that hangs changes nothing
        drop(timeout(PATIENCE, self.refresh()).await);
        self.seats().get(&name).cloned()
    }

    async fn verified(&self, user: &str, password: &[u8]) -> Option<Arc<Seat>> {
        let name = UserName::new(user).ok();
        if let Some(seat) = self.recognised(name.as_ref(), password) {
            return Some(seat);
        }
        let _turn = self.shared.turn.acquire().await.ok()?;
        // the account may be younger than the last look; a store that cannot be read, or is slow, changes nothing
        drop(timeout(PATIENCE, self.refresh()).await);
        let seat = name.and_then(|name| self.seats().get(&name).cloned());
        let generation = seat.as_ref().and_then(|seat| seat.generation());
        let trace = self.shared.memory.trace(password, generation.unwrap_or_default())?;
        let (shared, hash, password) =
            (Arc::clone(&self.shared), seat.as_ref().map(|seat| seat.password()), password.to_vec());
        let is_right =
            spawn_blocking(move || shared.verifier.verify(&password, hash.as_deref())).await.unwrap_or(false);
        let seat = seat.filter(|seat| is_right && seat.generation() == generation)?;
        seat.keep_trace(trace);
        Some(seat)
    }

    /// Returns the account if it was entered with the same password before.
    fn recognised(&self, name: Option<&UserName>, password: &[u8]) -> Option<Arc<Seat>> {
        let seat = name.and_then(|name| self.seats().get(name).cloned());
        let generation = seat.as_ref().and_then(|seat| seat.generation());
        let trace = self.shared.memory.trace(password, generation.unwrap_or_default())?;
        seat.filter(|seat| seat.has_trace(trace))
    }

    fn seats(&self) -> RwLockReadGuard<'_, BTreeMap<UserName, Arc<Seat>>> {
        self.shared.seats.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shared.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Follower")
    }
}

fn nobody(role: Role) -> Option<Arc<Seat>> {
    UserName::new(ANONYMOUS).ok().map(|name| Arc::new(Seat::without_password(name, role)))
}
