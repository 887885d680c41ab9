//! The second step of what is most dangerous: somebody says that it is meant.

use hes_schemas::{
    Operation, Symbol,
    message::{Outcome, UpdateMany, UpdateOne},
};

use super::super::{
    Failure, Output,
    question::{self, Word},
    render::{value, visible},
    session,
};
use crate::client::Client;

/// Who says that something dangerous is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assent {
    /// It was said already.
    Given,
    /// The person at the terminal.
    Asked,
    /// Nobody.
    Missing,
}

/// Asks again, each with its challenge, for what has not been confirmed and is meant.
pub(super) async fn confirm(
    client: &Client,
    updates: &[UpdateOne],
    outcomes: &mut [Outcome],
    assent: Assent,
    output: &mut Output,
) -> Result<(), Failure> {
    let (mut places, mut again) = (Vec::new(), Vec::new());
    for (place, update) in unconfirmed(updates, outcomes) {
        if is_meant(&update, assent, output).await? {
            places.push(place);
            again.push(update);
        }
    }
    if again.is_empty() {
        return Ok(());
    }
    let request = UpdateMany { id: None, reply_to: None, ttl: None, updates: again };
    let results = session::ask(client, Operation::Update, &request).await?.results;
    for (place, result) in places.into_iter().zip(results) {
        if let Some(outcome) = outcomes.get_mut(place) {
            *outcome = result;
        }
    }
    Ok(())
}

/// Returns what is to be confirmed, with its place and its challenge.
fn unconfirmed(updates: &[UpdateOne], outcomes: &[Outcome]) -> Vec<(usize, UpdateOne)> {
    let pairs = updates.iter().zip(outcomes).enumerate();
    let open = pairs.filter(|(_, (_, outcome))| outcome.error == Some(Symbol::Unconfirmed));
    let with_challenge = |(place, (update, outcome)): (usize, (&UpdateOne, &Outcome))| {
        let challenge = Some(outcome.challenge.clone()?);
        Some((place, UpdateOne { challenge, ..update.clone() }))
    };
    open.filter_map(with_challenge).collect()
}

async fn is_meant(update: &UpdateOne, assent: Assent, output: &mut Output) -> Result<bool, Failure> {
    match assent {
        Assent::Given => Ok(true),
        Assent::Missing => Ok(false),
        Assent::Asked => Ok(question::ask(&worded(update), output).await? == Word::Yes),
    }
}

fn worded(update: &UpdateOne) -> String {
    format!("{} is to be {}, and that is dangerous. Do it?", visible(&update.target), value(Some(&update.value), None))
}

#[cfg(test)]
mod tests {
    use hes_schemas::{Challenge, Datum, Fault};

    use super::*;

    #[test]
    fn only_what_is_unconfirmed_is_asked_for_again_with_its_own_challenge() {
        let update = |target: &str| UpdateOne {
            target: target.to_owned(),
            value: Datum::Bool(false),
            if_version: None,
            challenge: None,
        };
        let updates = ["z/lamp/on", "z/door/locked", "z/gate/locked"].map(update);
        let failed = |symbol, challenge: &str| Outcome {
            challenge: Challenge::new(challenge).ok(),
            ..Outcome::failed(Fault::new(symbol, ""))
        };
        let outcomes =
            [Outcome::default(), failed(Symbol::Unconfirmed, "1-1-a"), failed(Symbol::DeviceOffline, "1-2-b")];
        let open = unconfirmed(&updates, &outcomes);
        let [(1, again)] = open.as_slice() else { panic!("{open:?}") };
        assert_eq!((again.target.as_str(), again.challenge.clone()), ("z/door/locked", Challenge::new("1-1-a").ok()));
        assert_eq!(worded(again), "z/door/locked is to be false, and that is dangerous. Do it?");
    }
}
