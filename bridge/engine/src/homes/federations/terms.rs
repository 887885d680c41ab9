//! What a proposal may say.

use std::collections::BTreeSet;

use hes_schemas::{
    Fault, HomeId, Symbol, Timestamp,
    link::{Consent, Federation, Member},
    rights::{Action, Grant},
};

use super::bounds;

/// Checks what a proposal says by itself, whoever makes it.
///
/// # Errors
/// [`Symbol::Malformed`], [`Symbol::TooLarge`] or [`Symbol::Expired`], with what is wrong.
pub(super) fn check(now: Timestamp, terms: &Federation) -> Result<(), Fault> {
    check_names(terms)?;
    check_members(terms)?;
    check_gives(terms)?;
    if terms.purpose.trim().is_empty() || terms.purpose.len() > bounds::PURPOSE {
        return Err(malformed(format!("say in 1 to {} bytes what the federation is for", bounds::PURPOSE)));
    }
    if terms.until <= now {
        return Err(Fault::new(Symbol::Expired, "the federation would be over before it began"));
    }
    Ok(())
}

fn check_names(terms: &Federation) -> Result<(), Fault> {
    let is_long = terms.id.len() > bounds::NAME || terms.proposal.len() > bounds::NAME;
    let is_own = maker(&terms.proposal).is_some_and(|home| home == terms.by.as_str());
    if is_long || !is_own || maker(&terms.id).is_none() {
        return Err(malformed("a proposal has a name of the home that makes it".to_owned()));
    }
    Ok(())
}

fn check_members(terms: &Federation) -> Result<(), Fault> {
    let homes: BTreeSet<&HomeId> = terms.members.iter().map(|member| &member.home).collect();
    let is_first = terms.id == terms.proposal;
    let is_well = homes.len() == terms.members.len()
        && (2..=bounds::MEMBERS).contains(&homes.len())
        && (!is_first || homes.len() == 2)
        && terms.by != terms.adds
        && homes.contains(&terms.by)
        && homes.contains(&terms.adds);
    let rule = || malformed(format!("a federation has 2 to {} identities, at most one of each home", bounds::MEMBERS));
    is_well.then_some(()).ok_or_else(rule)
}

fn check_gives(terms: &Federation) -> Result<(), Fault> {
    let givers: BTreeSet<&HomeId> = terms.gives.iter().map(|consent| &consent.home).collect();
    let is_member = |home: &&HomeId| terms.members.iter().any(|member: &Member| member.home == **home);
    if givers.len() != terms.gives.len() || !givers.iter().all(is_member) {
        return Err(malformed("each home of the federation gives once, and no other".to_owned()));
    }
    terms.gives.iter().try_for_each(|consent: &Consent| check_grants(&consent.grants))
}

/// Checks what somebody would like to give: nothing that makes a guest a host.
fn check_grants(grants: &[Grant]) -> Result<(), Fault> {
    if grants.len() > bounds::GRANTS {
        return Err(Fault::new(Symbol::TooLarge, format!("a home gives {} grants at most", bounds::GRANTS)));
    }
    if grants.iter().any(|grant| grant.actions.contains(&Action::Manage)) {
        return Err(malformed("the right to manage a home cannot be given to another".to_owned()));
    }
    if grants.iter().any(|grant| grant.scope.topics().is_some()) {
        return Err(malformed("rights across homes are about devices, not about topics".to_owned()));
    }
    Ok(())
}

/// Returns the home that made a name: `oak` of `oak-5-1`.
fn maker(name: &str) -> Option<&str> {
    let mut parts = name.rsplitn(3, '-');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(parts.next()?) && is_number(parts.next()?)).then(|| parts.next())?
}

fn malformed(detail: String) -> Fault {
    Fault::new(Symbol::Malformed, detail)
}
