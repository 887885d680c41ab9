//! What became of several targets: successes to the standard output, failures with their way out to the standard error.

use hes_schemas::message::{Listing, Outcome};

use super::{
    Exit, Failure, Output, hint,
    render::visible,
    session::{self, fault},
};
use crate::client::Client;

/// Says of each target that failed why, and what would help; returns the worst.
pub(crate) async fn complain(client: &Client, outcomes: &[Outcome], output: &mut Output) -> Exit {
    let listings = listings_for(client, outcomes).await;
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_success()) {
        output.failure(&failure_with(outcome, &listings));
    }
    Exit::worst(outcomes)
}

/// Words one outcome that failed, and what would help.
pub(crate) async fn failure(client: &Client, outcome: &Outcome) -> Failure {
    let listings = listings_for(client, std::slice::from_ref(outcome)).await;
    failure_with(outcome, &listings)
}

/// Words one outcome that failed, and what would help with devices like these.
pub(crate) fn failure_with(outcome: &Outcome, listings: &[Listing]) -> Failure {
    let symbol = outcome.error.map(|symbol| symbol.as_str());
    let why = fault(outcome.status, symbol, outcome.detail.as_deref());
    let hint = hint::of_outcome(outcome, listings).map(|hint| format!("; {hint}")).unwrap_or_default();
    Failure::new(outcome.status.into(), format!("{}: {why}{hint}", visible(&outcome.target)))
}

/// Asks for the devices if a hint needs them; without them the failures themselves are still said.
async fn listings_for(client: &Client, outcomes: &[Outcome]) -> Vec<Listing> {
    if outcomes.iter().any(hint::is_wanted) { session::devices(client).await.unwrap_or_default() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use hes_schemas::{Fault, Symbol};

    use super::{super::sample::listing, *};

    #[test]
    fn a_failure_is_one_line_with_its_way_out() {
        let fault = Fault::new(Symbol::Unknown, "there is no\nsuch device");
        let outcome = Outcome { target: "zigbee/lmp/on".to_owned(), ..Outcome::failed(fault) };
        let failure = failure_with(&outcome, &[listing("lamp", "Kitchen bulb")]);
        assert_eq!(failure.exit, Exit::Refused);
        assert_eq!(
            failure.line.unwrap(),
            r"zigbee/lmp/on: 404 unknown: there is no\nsuch device; did you mean zigbee/lamp/on?"
        );
    }
}
