//! `hes-bridge user`: accounts and their rights, in the data directory itself, whether a gateway runs or not.

mod account;
mod grants;
mod limits;
mod list;
#[cfg(test)]
mod tests;

use clap::{Args, Subcommand};
use hes_schemas::UserName;

use super::{Exit, Failure, Output, failure::chain};
use crate::{
    settings::{DataOverrides, Settings, process_variables},
    store::{Ledger, StoreError},
};

/// Manage accounts and their rights
///
/// Accounts are in the gateway's data directory. A running gateway follows each change within a second: sessions of an
/// account that was removed, or got another password, end.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge user add anna --role resident
  hes-bridge user grant sitter read,write zigbee/front_door --safety S3 --until 2026-12-31T00:00:00Z
  hes-bridge user list
  hes-bridge user passwd owner                    if the first password is lost
  hes-bridge user list --data /var/lib/hes-bridge  the gateway's data, if it is elsewhere")]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    Add(account::AddArgs),
    List(list::ListArgs),
    Remove(account::RemoveArgs),
    Passwd(account::PasswdArgs),
    Grant(grants::GrantArgs),
    Revoke(grants::RevokeArgs),
    Bind(limits::BindArgs),
    Limit(limits::LimitArgs),
}

/// One change of the accounts, or one look at them.
trait Errand {
    /// Where the accounts are.
    fn place(&self) -> &DataOverrides;

    /// Does it, and returns what is to be said.
    async fn run(&self, ledger: &Ledger, output: &mut Output) -> Result<String, Failure>;
}

/// Whether accounts must be there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// They may be made.
    Nothing,
    /// They must.
    Accounts,
}

/// Carries out a command.
///
/// # Errors
/// [`Failure`] with the way out.
pub(crate) fn run(args: &UserArgs, output: &mut Output) -> Result<Exit, Failure> {
    match &args.command {
        UserCommand::Add(errand) => do_errand(errand, Before::Nothing, output),
        UserCommand::List(errand) => do_errand(errand, Before::Accounts, output),
        UserCommand::Remove(errand) => do_errand(errand, Before::Accounts, output),
        UserCommand::Passwd(errand) => do_errand(errand, Before::Accounts, output),
        UserCommand::Grant(errand) => do_errand(errand, Before::Accounts, output),
        UserCommand::Revoke(errand) => do_errand(errand, Before::Accounts, output),
        UserCommand::Bind(errand) => do_errand(errand, Before::Accounts, output),
        UserCommand::Limit(errand) => do_errand(errand, Before::Accounts, output),
    }
}

fn do_errand(errand: &impl Errand, before: Before, output: &mut Output) -> Result<Exit, Failure> {
    with_ledger(errand.place(), before, output, async |_, ledger, output| errand.run(ledger, output).await)
}

/// Does something with the accounts of a data directory, and prints what is to be said.
///
/// # Errors
/// [`Failure`] with the way out.
pub(super) fn with_ledger(
    place: &DataOverrides,
    before: Before,
    output: &mut Output,
    work: impl AsyncFnOnce(&Settings, &Ledger, &mut Output) -> Result<String, Failure>,
) -> Result<Exit, Failure> {
    let settings = Settings::load(&place.clone().into(), &process_variables())
        .map_err(|error| Failure::usage(error.to_string()))?;
    if before == Before::Accounts && !Ledger::exists(&settings.data) {
        return Err(no_accounts(&settings));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Internal, format!("no runtime: {error}")))?;
    let said = runtime.block_on(async {
        let ledger = Ledger::open(&settings.data).await?;
        work(&settings, &ledger, output).await
    })?;
    output.print(&said)?;
    Ok(Exit::Success)
}

fn no_accounts(settings: &Settings) -> Failure {
    let line = format!(
        "there are no accounts in {}: make one with hes-bridge user add NAME --role owner, or name the gateway's data \
         directory with --data DIR or --config FILE",
        settings.data.display()
    );
    Failure::new(Exit::Internal, line)
}

/// Refuses what would cut off another home's gateway and leave the trust in it as it is.
pub(super) async fn check_person(ledger: &Ledger, name: &UserName) -> Result<(), Failure> {
    let peers = ledger.peers().await?;
    let Some(peer) = peers.iter().find(|row| row.account.as_ref() == Some(name)) else { return Ok(()) };
    let home = &peer.home;
    let line =
        format!("{name} is the account of {home}'s gateway; to end the trust in it: hes-bridge peer remove {home}");
    Err(Failure::new(Exit::Internal, line))
}

/// Says that there is no such account, and which there are.
pub(super) async fn unknown(ledger: &Ledger, name: &UserName) -> Failure {
    let names: Vec<String> =
        ledger.accounts().await.unwrap_or_default().iter().map(|row| row.name.to_string()).collect();
    let others = if names.is_empty() { "none at all".to_owned() } else { names.join(", ") };
    Failure::new(Exit::Internal, format!("there is no account {name}; there are: {others}"))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::Internal, chain(&error))
    }
}
