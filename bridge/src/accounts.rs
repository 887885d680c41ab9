//! Accounts: who may connect, and with which rights.
//!
//! They live in the store, where the command line edits them too; here is a copy in memory that follows within a
//! second. A [`Session`] sees each change at once, without being told.

mod password;
mod seat;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use hes_broker::{Hello, Refusal};
use hes_schemas::{
    UserName,
    rights::{Grants, Role},
};
use secrecy::SecretString;
use tokio::{
    sync::Semaphore,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval, timeout},
};

pub use password::{PasswordError, generate, hash, is_short};

use password::{Memory, Verifier};
use seat::Seat;

use crate::store::{AccountRow, ForeignState, Ledger, StoreError};

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
}

/// All accounts with what each may do.
pub type AllRights = Vec<(UserName, Arc<Grants>)>;

/// Who is told all rights when they have changed.
struct Follower(Box<dyn Fn(AllRights) + Send + Sync>);

/// What the seats show: the rows, and the state of the store in which they were read.
type Shown = (Option<ForeignState>, Vec<AccountRow>);

/// A client's account, from its connection to its end.
#[derive(Debug, Clone)]
pub struct Session {
    seat: Arc<Seat>,
    generation: i64,
}

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

    /// Lets a client in that gives the name and password of an account, or none where that is allowed.
    ///
    /// What the command line has changed holds at once for who comes anew.
    ///
    /// # Errors
    /// [`Refusal::Credentials`], which takes as long whether there is such an account or not.
    pub async fn admit(&self, hello: &Hello) -> Result<Session, Refusal> {
        let seat = match (&hello.user, &hello.password) {
            (Some(user), Some(password)) => self.verified(user, password.expose()).await,
            (None, None) if hello.anonymous && hello.remote.ip().to_canonical().is_loopback() => {
                self.shared.anonymous.clone()
            }
            (Some(_), None) | (None, _) => None,
        };
        seat.and_then(Session::begin).ok_or(Refusal::Credentials)
    }

    /// Goes on for a client that was let in before a restart; nothing if its account is no more.
    #[must_use]
    pub fn resume(&self, user: &str) -> Option<Session> {
        let seat = UserName::new(user).ok().and_then(|name| self.seats().get(&name).cloned());
        let nobody = || self.shared.anonymous.clone().filter(|seat| seat.name().as_str() == user);
        seat.or_else(nobody).and_then(Session::begin)
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

impl Session {
    fn begin(seat: Arc<Seat>) -> Option<Self> {
        let generation = seat.generation()?;
        Some(Self { seat, generation })
    }

    /// Returns the account's name.
    #[must_use]
    pub fn user(&self) -> &str {
        self.seat.name().as_str()
    }

    /// Returns what the account may do at the moment; nothing if the session has ended.
    #[must_use]
    pub fn grants(&self) -> Arc<Grants> {
        self.seat.grants_of(self.generation)
    }

    /// Says whether the account is there and its password is still the one that the session began with.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.seat.generation() == Some(self.generation)
    }
}

fn nobody(role: Role) -> Option<Arc<Seat>> {
    UserName::new(ANONYMOUS).ok().map(|name| Arc::new(Seat::without_password(name, role)))
}
