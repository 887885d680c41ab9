//! Federations in words.

use comfy_table::Color;
use hes_schemas::{
    HomeId,
    link::Member,
    message::{ConsentInfo, Deed, FederationInfo, MemberInfo, Standing},
    rights::{Action, Grant},
};

use super::super::render::{Field, Look, table, visible};

/// Words how a federation stands, in one line.
pub(super) fn standing(federation: &FederationInfo) -> String {
    let FederationInfo { id, state, purpose, until, .. } = federation;
    format!("{}: {}, for {}, until {until}", visible(id), word(*state), visible(purpose))
}

/// Words all that is known of a federation.
pub(super) fn shown(federation: &FederationInfo, look: Look) -> String {
    let members: Vec<Vec<Field>> = federation.members.iter().map(member).collect();
    let consents: Vec<Vec<Field>> = federation.consents.iter().flat_map(rows_of).collect();
    let mut text = standing(federation);
    text.push_str("\n\n");
    text.push_str(&table(&["ACCOUNT", "STATE", "GIVES", "UP TO"], &members, look));
    if !consents.is_empty() {
        text.push_str("\n\n");
        let header = ["GIVEN HERE TO", "WHAT", "UP TO", "ASKED OF", "CONSENTED", "APPROVED", "WITHDRAWN", "PROPOSAL"];
        text.push_str(&table(&header, &consents, look));
    }
    text
}

/// Says who has still to do what.
pub(super) fn next_steps(federation: &FederationInfo, home: &HomeId) -> Vec<String> {
    let FederationInfo { id, state, members, consents, .. } = federation;
    let id = visible(id);
    if matches!(state, Standing::Left | Standing::Over | Standing::Dissolved) {
        return Vec::new();
    }
    let open = || consents.iter().filter(|it| it.withdrawn.is_none());
    let mut steps = Vec::new();
    if let Some(consent) = open().find(|it| it.consented.is_none()) {
        steps.push(format!("{} has to agree here: hes-bridge federation accept {id}", consent.user));
    }
    if open().any(|it| it.approved.is_none()) {
        steps.push(format!("somebody who manages {home} has to approve it: hes-bridge federation approve {id}"));
    }
    let waiting = |it: &&MemberInfo| it.member.home != *home && it.state == Standing::Proposed;
    if let Some(other) = members.iter().find(waiting).filter(|_| steps.is_empty()) {
        steps.push(format!(
            "{} has to agree at {}, and somebody who manages that home: hes-bridge federation accept {id}",
            other.member.user, other.member.home
        ));
    }
    steps
}

/// Writes an identity: `elm/anna`.
pub(super) fn account(member: &Member) -> String {
    format!("{}/{}", member.home, member.user)
}

/// Shows how something stands.
pub(super) fn state(standing: Standing) -> Field {
    let colour = match standing {
        Standing::Active => Color::Green,
        Standing::Proposed => Color::Yellow,
        Standing::Left | Standing::Over | Standing::Dissolved => Color::DarkGrey,
    };
    Field::new(word(standing)).coloured(colour)
}

const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Proposed => "proposed",
        Standing::Active => "active",
        Standing::Left => "left",
        Standing::Over => "over",
        Standing::Dissolved => "dissolved",
    }
}

fn member(info: &MemberInfo) -> Vec<Field> {
    let [what, safety] = rights(&info.gives);
    vec![Field::new(&account(&info.member)), state(info.state), Field::new(&what), Field::new(&safety)]
}

/// Returns one row for each consent that gives anything.
fn rows_of(consent: &ConsentInfo) -> Option<Vec<Field>> {
    let to: Vec<String> = consent.to.iter().map(account).collect();
    let [what, safety] = rights(&consent.grants);
    let deeds = [&consent.consented, &consent.approved, &consent.withdrawn].map(|it| deed(it.as_ref()));
    let what = if what.is_empty() { "nothing".to_owned() } else { what };
    let before = [to.join(", "), what, safety, consent.user.to_string()];
    let texts = before.into_iter().chain(deeds).chain([consent.proposal.clone()]);
    Some(texts.map(|text| Field::new(&text)).collect())
}

fn deed(deed: Option<&Deed>) -> String {
    deed.map_or_else(|| "-".to_owned(), |deed| format!("{} {}", deed.by, deed.at))
}

/// Words rights as they are written on the command line, and up to which danger.
fn rights(grants: &[Grant]) -> [String; 2] {
    let words = grants.iter().map(|grant| {
        let actions: Vec<&str> = grant.actions.iter().map(|action: &Action| action.as_str()).collect();
        format!("{}:{}", actions.join(","), grant.scope)
    });
    let safety = grants.iter().map(|grant| grant.safety).max().map(|safety| safety.as_str().to_owned());
    [words.collect::<Vec<_>>().join(" "), safety.unwrap_or_default()]
}

/// Returns a federation that was proposed at `oak`, which gives nothing, and has to be accepted at `elm`.
#[cfg(test)]
pub(super) fn sample() -> FederationInfo {
    let anna = |home: &str| Member { home: home.parse().unwrap(), user: "anna".parse().unwrap() };
    let deed = Deed { by: "anna".parse().unwrap(), at: "2026-11-23T00:00:00Z".parse().unwrap() };
    let gives = vec![Grant {
        actions: vec![Action::Read, Action::Write],
        scope: hes_schemas::rights::Scope::new("zigbee/lamp").unwrap(),
        safety: hes_schemas::rights::Safety::S1,
        until: None,
    }];
    FederationInfo {
        id: "oak-5-1".to_owned(),
        state: Standing::Proposed,
        purpose: "holidays".to_owned(),
        until: "2026-12-31T00:00:00Z".parse().unwrap(),
        ended: None,
        members: vec![
            MemberInfo { member: anna("oak"), state: Standing::Active, gives: Vec::new() },
            MemberInfo { member: anna("elm"), state: Standing::Proposed, gives },
        ],
        consents: vec![ConsentInfo {
            proposal: "oak-5-1".to_owned(),
            user: "anna".parse().unwrap(),
            to: vec![anna("elm")],
            grants: Vec::new(),
            purpose: "holidays".to_owned(),
            until: "2026-12-31T00:00:00Z".parse().unwrap(),
            consented: Some(deed),
            approved: None,
            withdrawn: None,
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oak() -> HomeId {
        "oak".parse().unwrap()
    }

    #[test]
    fn who_has_still_to_do_something_is_told_in_order() {
        let mut federation = sample();
        let steps = next_steps(&federation, &oak());
        assert!(matches!(steps.as_slice(), [step] if step.contains("manages oak has to approve")), "{steps:?}");
        federation.consents[0].approved = federation.consents[0].consented.clone();
        let steps = next_steps(&federation, &oak());
        assert!(matches!(steps.as_slice(), [step] if step.starts_with("anna has to agree at elm")), "{steps:?}");
        federation.members[1].state = Standing::Active;
        assert!(next_steps(&federation, &oak()).is_empty());
        federation = sample();
        federation.state = Standing::Dissolved;
        assert!(next_steps(&federation, &oak()).is_empty());
    }

    #[test]
    fn all_that_is_known_is_shown() {
        let text = shown(&sample(), Look::default());
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "oak-5-1: proposed, for holidays, until 2026-12-31T00:00:00.000Z");
        assert_eq!(lines[4], "elm/anna  proposed  read,write:zigbee/lamp  S1");
        assert!(lines[7].starts_with("elm/anna       nothing"), "{text}");
        assert!(lines[7].contains("anna 2026-11-23T00:00:00.000Z"), "{text}");
    }

    #[test]
    fn nothing_from_another_home_steers_the_terminal() {
        let mut federation = sample();
        federation.purpose = "\u{1b}[31mred\r".to_owned();
        let text = shown(&federation, Look::default());
        assert!(!text.contains(['\u{1b}', '\r']), "{text:?}");
    }
}
