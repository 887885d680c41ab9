//! A client's account, from its connection to its end.

use std::{
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use arc_swap::ArcSwap;
use hes_broker::Allowance;
use hes_schemas::{Timestamp, rights::Grants};

use super::seat::Seat;
use crate::tokens::Proof;

/// A client's account, from its connection to its end; a clone is the same session.
#[derive(Debug, Clone)]
pub struct Session {
    seat: Arc<Seat>,
    generation: i64,
    token: Option<Arc<Token>>,
}

/// What a session has of the token that it began with, or that came later.
#[derive(Debug)]
struct Token {
    until: AtomicI64,
    narrowed: ArcSwap<Narrowed>,
}

/// The rights of an account within those of a token.
#[derive(Debug, Default)]
struct Narrowed {
    bounds: Option<Arc<Grants>>,
    /// Those that the result was made of.
    of: Arc<Grants>,
    grants: Arc<Grants>,
}

impl Session {
    pub(super) fn begin(seat: Arc<Seat>) -> Option<Self> {
        let generation = seat.generation()?;
        Some(Self { seat, generation, token: None })
    }

    /// Begins one that ends with a token, and does no more than it says; nothing if the token is out of date.
    pub(super) fn begin_with(seat: Arc<Seat>, proof: Proof) -> Option<Self> {
        let session = Self::begin(seat).filter(|session| session.generation == proof.generation)?;
        let token = Token { until: AtomicI64::new(0), narrowed: ArcSwap::default() };
        token.take(proof);
        Some(Self { token: Some(Arc::new(token)), ..session })
    }

    /// Begins one that does no more than a token once said, if there was one, and does not end with it.
    pub(super) fn begin_within(seat: Arc<Seat>, bounds: Option<Arc<Grants>>) -> Option<Self> {
        let session = Self::begin(seat)?;
        let narrowed = |bounds| ArcSwap::from_pointee(Narrowed { bounds: Some(bounds), ..Narrowed::default() });
        let token = |bounds| Token { until: AtomicI64::new(i64::MAX), narrowed: narrowed(bounds) };
        Some(Self { token: bounds.map(token).map(Arc::new), ..session })
    }

    /// Goes on with another token of the same account; says whether that can be.
    pub(super) fn go_on(&self, proof: Proof) -> bool {
        let is_same = proof.user == *self.seat.name() && proof.generation == self.generation;
        match &self.token {
            Some(token) if is_same && self.is_live() => {
                token.take(proof);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Returns the account's name.
    #[must_use]
    pub fn user(&self) -> &str {
        self.seat.name().as_str()
    }

    /// Looks at what the account may do at the moment; nothing if the session has ended.
    ///
    /// Costs no lock and no memory, for it is done for every message.
    pub fn with_grants<T>(&self, look: impl FnOnce(&Grants) -> T) -> T {
        self.with_standing(|grants, _| look(grants))
    }

    /// Does the same with a number that sessions have in common whose grants are the same for good, if there are such.
    pub fn with_standing<T>(&self, look: impl FnOnce(&Grants, Option<NonZeroU64>) -> T) -> T {
        let state = self.seat.state();
        if state.generation != Some(self.generation) {
            return look(&Grants::default(), None);
        }
        match &self.token {
            None => look(&state.grants, state.standing),
            Some(token) => token.with_grants(&state.grants, |grants| look(grants, None)),
        }
    }

    /// Returns what its token narrows the rights of the account to, if it does.
    #[must_use]
    pub fn bounds(&self) -> Option<Arc<Grants>> {
        self.token.as_ref().and_then(|token| token.narrowed.load().bounds.clone())
    }

    /// Returns when its token expires, if it has one.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.token.as_ref().map(|token| Timestamp::from_millis(token.until.load(Ordering::Acquire)))
    }

    /// Returns what the account may take of the broker.
    #[must_use]
    pub fn allowance(&self) -> Allowance {
        self.seat.allowance()
    }

    /// Says whether the account is there and its password is still the one that the session began with.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.seat.generation() == Some(self.generation)
    }
}

impl Token {
    fn take(&self, proof: Proof) {
        self.narrowed.store(Arc::new(Narrowed { bounds: proof.bounds.map(Arc::new), ..Narrowed::default() }));
        self.until.store(proof.until.as_millis(), Ordering::Release);
    }

    fn with_grants<T>(&self, grants: &Arc<Grants>, look: impl FnOnce(&Grants) -> T) -> T {
        let narrowed = self.narrowed.load();
        let Some(bounds) = &narrowed.bounds else { return look(grants) };
        if Arc::ptr_eq(&narrowed.of, grants) {
            return look(&narrowed.grants);
        }
        let result = Arc::new(grants.within(Arc::clone(bounds)));
        let (of, made) = (Arc::clone(grants), Arc::clone(&result));
        let next = Arc::new(Narrowed { bounds: Some(Arc::clone(bounds)), of, grants: made });
        // another token may have come meanwhile, whose bounds must stay
        self.narrowed.compare_and_swap(&narrowed, next);
        look(&result)
    }
}
