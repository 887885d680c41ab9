//! What is most dangerous is done in two steps: the first is answered with a challenge, and the same with the challenge acts.
//!
//! So neither a message that comes twice, nor one that somebody sends without hearing the answer, opens a door. A challenge
//! is for one asker, one property and one value, for a short time and once. It is never kept over a restart.

use std::collections::VecDeque;

use hes_schemas::{
    Challenge, ClusterId, Datum, Fault, HomeId, Millis, NativeName, PropertyName, Safety, Symbol, Timestamp, Uid,
    UserName, message::Outcome,
};

use crate::{device::Device, directory::Slot, engine::Engine, lanes::Part, review::danger};

/// How long a challenge holds.
const LIFE: Millis = Millis::from_secs(30);

/// How many there are at most, of one asker and altogether; the oldest make room.
const OF_USER: usize = 16;
const ALL: usize = 1_000;

/// All challenges that were given and not used.
#[derive(Debug, Default)]
pub(crate) struct Challenges {
    given: VecDeque<Given>,
    last: u64,
}

#[derive(Debug)]
struct Given {
    challenge: Challenge,
    matter: Matter,
    until: Timestamp,
}

/// Who asks for what.
#[derive(Debug, Clone, PartialEq)]
struct Matter {
    user: UserName,
    cluster: ClusterId,
    uid: Uid,
    native: Option<NativeName>,
    properties: Vec<PropertyName>,
    value: Datum,
}

impl Challenges {
    /// Takes a challenge back; says whether it was given for this matter and holds. It is gone in any case.
    fn take(&mut self, now: Timestamp, challenge: &Challenge, matter: &Matter) -> bool {
        self.given.retain(|given| now < given.until);
        let place = self.given.iter().position(|given| given.challenge == *challenge);
        place.and_then(|place| self.given.remove(place)).is_some_and(|given| given.matter == *matter)
    }

    fn add(&mut self, given: Given) {
        let own = self.given.iter().filter(|other| other.matter.user == given.matter.user).count();
        let oldest = self.given.iter().position(|other| own < OF_USER || other.matter.user == given.matter.user);
        if own >= OF_USER || self.given.len() >= ALL {
            oldest.and_then(|place| self.given.remove(place));
        }
        self.given.push_back(given);
    }
}

impl Engine {
    /// Returns the outcome of what is most dangerous and has not been confirmed, with the challenge that confirms it.
    pub(crate) fn unconfirmed(
        &mut self,
        now: Timestamp,
        user: &UserName,
        slot: Slot,
        part: &Part,
        challenge: Option<&Challenge>,
    ) -> Option<Outcome> {
        let device = self.directory.device(slot)?;
        if danger(device, part) < Safety::S3 {
            return None;
        }
        let matter = Matter::of(user, device, part);
        let challenges = &mut self.challenges;
        if challenge.is_some_and(|challenge| challenges.take(now, challenge, &matter)) {
            return None;
        }
        let detail = "this is dangerous: ask for the same again within 30 s, with the challenge";
        let challenge = self.give_challenge(now, matter);
        Some(Outcome { challenge, ..Outcome::failed(Fault::new(Symbol::Unconfirmed, detail)) })
    }

    fn give_challenge(&mut self, now: Timestamp, matter: Matter) -> Option<Challenge> {
        self.challenges.last += 1;
        let (epoch, number) = (self.epoch, self.challenges.last);
        let challenge = self.next_challenge(&format!("{epoch} {number}"), &self.home, &matter.user)?;
        self.challenges.add(Given { challenge: challenge.clone(), matter, until: now + LIFE });
        Some(challenge)
    }

    /// Makes a word that nobody who has not heard it can know: the notary's secret goes into it, and each number once.
    fn next_challenge(&self, number: &str, home: &HomeId, user: &UserName) -> Option<Challenge> {
        let secret = self.homes.notary.pairwise(&format!("challenge {number}"), home, user);
        let secret = secret.as_str().rsplit('-').next().unwrap_or_default();
        let text: String = format!("{}-{secret}", number.replace(' ', "-")).chars().take(64).collect();
        Challenge::new(&text).ok()
    }
}

impl Matter {
    fn of(user: &UserName, device: &Device, part: &Part) -> Self {
        Self {
            user: user.clone(),
            cluster: device.record.cluster.clone(),
            uid: device.record.uid.clone(),
            native: part.native.clone(),
            properties: part.awaits.clone(),
            value: part.asked.clone().unwrap_or_default(),
        }
    }
}
