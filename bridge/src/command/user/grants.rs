//! `hes-bridge user grant` and `revoke`.

use std::{collections::BTreeSet, str::FromStr};

use clap::{Args, builder::PossibleValuesParser};
use hes_schemas::{
    Timestamp, UserName,
    rights::{Action, Grant, Safety, Scope},
};

use super::{Errand, list::shown, unknown};
use crate::{
    command::{Exit, Failure, Output},
    settings::DataOverrides,
    store::Ledger,
};

/// Give an account a right, in the place of the one with the same scope
#[derive(Debug, Args)]
#[command(after_help = "Scopes:
  zigbee/lamp             a device; renaming it changes nothing
  zigbee/lamp/brightness  one of its properties
  zigbee/+                all devices of a cluster
  +/+/temperature         a property of all devices
  '#'                     everything
  'topic:panel/#'         topics outside the interface: read is subscribe, write is publish

Examples:
  hes-bridge user grant anna read,write,notify zigbee/lamp
  hes-bridge user grant sitter read,write 'zigbee/+' --safety S2 --until 2026-12-31T00:00:00Z")]
pub(super) struct GrantArgs {
    /// Name of the account
    name: UserName,

    /// What it may do: read, write, notify, manage; several with commas
    actions: Actions,

    /// With what: a device, a property, or a pattern of them, as below
    scope: Scope,

    /// Up to which danger, or privacy: S0 harmless, S1 everyday, S2 dangerous when unattended, S3 security
    #[arg(long, default_value = "S1", value_parser = PossibleValuesParser::new(Safety::ALL.map(Safety::as_str)))]
    safety: String,

    /// Until when, such as 2026-12-31T00:00:00Z; until it is revoked if nothing is said
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,

    #[command(flatten)]
    place: DataOverrides,
}

/// Take a right back; what the role gives stays
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge user revoke anna zigbee/lamp")]
pub(super) struct RevokeArgs {
    /// Name of the account
    name: UserName,

    /// The scope of the right, as given or as listed
    scope: Scope,

    #[command(flatten)]
    place: DataOverrides,
}

/// Actions, separated by commas.
#[derive(Debug, Clone)]
struct Actions(Vec<Action>);

/// A scope as it is stored.
enum Stored {
    /// It is what was written.
    AsWritten(Scope),
    /// It names a device that is known, for good.
    ForGood(Scope),
    /// It names a device that nobody has heard of yet.
    OfUnknown(Scope),
    /// It is one word, which is a cluster, though a device may be meant.
    OfCluster(Scope),
}

impl Errand for GrantArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, output: &mut Output) -> Result<String, Failure> {
        let scope = match stored(ledger, &self.scope).await? {
            Stored::AsWritten(scope) | Stored::ForGood(scope) => scope,
            Stored::OfUnknown(scope) => {
                output.note(&format!("no device {scope} is known; this holds for any that is called so later"));
                scope
            }
            Stored::OfCluster(scope) => {
                output.note(&format!(
                    "{scope} is a whole cluster; one device is CLUSTER/DEVICE, as hes-bridge devices shows"
                ));
                scope
            }
        };
        let grant = Grant {
            actions: self.actions.0.clone(),
            scope,
            safety: Safety::from_name(&self.safety).unwrap_or_default(),
            until: self.until,
        };
        if !ledger.grant(&self.name, &grant).await? {
            return Err(unknown(ledger, &self.name).await);
        }
        let [actions, scope, safety, until] = shown(ledger, &grant).await?;
        let safety = if safety.is_empty() { safety } else { format!(", up to {safety}") };
        let until = if until.is_empty() { until } else { format!(", until {until}") };
        Ok(format!("{} may {actions} {scope}{safety}{until}", self.name))
    }
}

impl Errand for RevokeArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, _output: &mut Output) -> Result<String, Failure> {
        let (Stored::AsWritten(scope) | Stored::ForGood(scope) | Stored::OfUnknown(scope) | Stored::OfCluster(scope)) =
            stored(ledger, &self.scope).await?;
        for scope in [&scope, &self.scope] {
            if ledger.revoke(&self.name, scope).await? {
                return Ok(format!("the right of {} to {scope} was taken back", self.name));
            }
        }
        let accounts = ledger.accounts().await?;
        let Some(account) = accounts.iter().find(|account| account.name == self.name) else {
            return Err(unknown(ledger, &self.name).await);
        };
        let held: Vec<String> = account.grants.iter().map(|grant| grant.scope.to_string()).collect();
        let held = if held.is_empty() { "none".to_owned() } else { held.join(", ") };
        let role = account.role.map_or("", |_| "; what its role gives is not revoked one by one");
        let line = format!("{} has no right of its own to {}; it has: {held}{role}", self.name, self.scope);
        Err(Failure::new(Exit::Internal, line))
    }
}

/// Turns the name of one device into the id that it has for good, so that the right outlives a rename.
async fn stored(ledger: &Ledger, scope: &Scope) -> Result<Stored, Failure> {
    if matches!(scope, Scope::Devices(filter) if !filter.has_wildcard() && filter.levels().count() == 1) {
        return Ok(Stored::OfCluster(scope.clone()));
    }
    let Some((cluster, device, property)) = scope.one_device() else { return Ok(Stored::AsWritten(scope.clone())) };
    let uid = ledger.uid_of(&cluster, &device).await?;
    let for_good = uid.and_then(|uid| Scope::of_device(&cluster, &uid, property.as_ref()));
    Ok(for_good.map_or_else(|| Stored::OfUnknown(scope.clone()), Stored::ForGood))
}

impl FromStr for Actions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = |name: &str| Action::ALL.into_iter().find(|action| action.as_str() == name);
        let read = |name: &str| known(name).ok_or_else(|| format!("{name:?} is none of read, write, notify, manage"));
        let actions: BTreeSet<Action> = text.split(',').map(read).collect::<Result<_, _>>()?;
        Ok(Self(actions.into_iter().collect()))
    }
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_no_time| "write a time as 2026-12-31T00:00:00Z")
}
