//! What is done with one federation.

use clap::Args;
use hes_schemas::message::{FederateAction, FederationInfo};

use super::{
    super::{
        connect::ConnectArgs,
        question::{self, Word},
    },
    Exit, Failure, Output, Session, Task, ask, change, info, json, session, text,
};

/// Agree, as the person who owns the account here, to what was proposed
///
/// It is shown first: what it is for, until when, and what this home is asked to give.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge --user anna federation accept oak-5-1")]
pub(super) struct AcceptArgs {
    #[command(flatten)]
    one: One,

    /// Which proposal about it, if several are open; federation show names them
    #[arg(long, value_name = "ID")]
    proposal: Option<String>,

    /// Ask nobody whether it is meant
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

/// Approve, as one who manages this home, what a person gives here
///
/// It is shown first: what it is for, until when, and what this home is asked to give.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge --user owner federation approve oak-5-1")]
pub(super) struct ApproveArgs {
    #[command(flatten)]
    one: One,

    /// Which proposal about it, if several are open; federation show names them
    #[arg(long, value_name = "ID")]
    proposal: Option<String>,

    /// Ask nobody whether it is meant
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

/// Show a federation: its accounts, what this home gives, who said so and when
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge federation show oak-5-1")]
pub(super) struct ShowArgs {
    #[command(flatten)]
    one: One,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

/// Give nothing more here; the federation stays, and with it what other homes give
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge federation withdraw oak-5-1")]
pub(super) struct WithdrawArgs {
    #[command(flatten)]
    one: One,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

/// Leave a federation with the account of this home, for good
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge federation leave oak-5-1")]
pub(super) struct LeaveArgs {
    #[command(flatten)]
    one: One,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

/// End a federation for all, for good
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge federation dissolve oak-5-1")]
pub(super) struct DissolveArgs {
    #[command(flatten)]
    one: One,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

#[derive(Debug, Args)]
struct One {
    /// The federation, as listed
    #[arg(value_name = "ID")]
    federation: String,
}

/// Whether somebody is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Ask,
    Go,
}

impl Task for AcceptArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let (federation, proposal) = (self.one.federation.clone(), self.proposal.clone());
        let first = first(self.yes, session);
        agree(FederateAction::Accept { federation, proposal }, &self.one, first, session, output).await
    }
}

impl Task for ApproveArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let (federation, proposal) = (self.one.federation.clone(), self.proposal.clone());
        let first = first(self.yes, session);
        agree(FederateAction::Approve { federation, proposal }, &self.one, first, session, output).await
    }
}

impl Task for ShowArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let shown = show(&client, &self.one).await?;
        client.close().await;
        output.print(&if session.is_json { json(&shown) } else { text::shown(&shown, output.look()) })?;
        Ok(Exit::Success)
    }
}

impl Task for WithdrawArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let exit =
            change(FederateAction::Withdraw { federation: self.one.federation.clone() }, session, output).await?;
        if !session.is_json {
            output.note("nothing more is given here; the federation stays, and what other homes give");
        }
        Ok(exit)
    }
}

impl Task for LeaveArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        change(FederateAction::Leave { federation: self.one.federation.clone() }, session, output).await
    }
}

impl Task for DissolveArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        change(FederateAction::Dissolve { federation: self.one.federation.clone() }, session, output).await
    }
}

const fn first(yes: bool, session: &Session) -> First {
    if yes || session.is_json { First::Go } else { First::Ask }
}

/// Shows what is agreed to, and agrees to it unless a person says no.
async fn agree(
    action: FederateAction,
    one: &One,
    first: First,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if first == First::Ask {
        let client = session::connect(session, output).await?;
        let shown = show(&client, one).await?;
        client.close().await;
        output.print(&text::shown(&shown, output.look()))?;
        if question::ask("Do you agree to this?", output).await? == Word::No {
            return Err(Failure::new(Exit::Refused, format!("{} stays as it is", one.federation)));
        }
    }
    change(action, session, output).await
}

async fn show(client: &crate::client::Client, one: &One) -> Result<FederationInfo, Failure> {
    info(ask(client, FederateAction::Show { federation: one.federation.clone() }).await?)
}
