//! `hes-bridge federation`: what persons with accounts in several homes may do.

mod create;
mod list;
mod one;
mod text;

use clap::{Args, Subcommand};
use hes_schemas::{
    Operation,
    message::{Answer, Federate, FederateAction, FederationInfo},
};

use super::{
    Exit, Failure, Output,
    connect::ConnectArgs,
    session::{self, Session, Task, info, json},
};
use crate::client::Client;

/// Join one person's accounts in several homes
///
/// A person with an account here and one in another home makes them a federation: each home then gives the account of the
/// other what the person asked for, never more than the person may there. It is proposed here, accepted by the same
/// person there, and approved in each home by somebody who manages it, unless the person does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge --user anna federation create elm/anna --for holidays --until 30d --want 'read,write:zigbee/lamp'
  hes-bridge --user anna federation accept oak-5-1     as anna, at elm
  hes-bridge --user owner federation approve oak-5-1   as somebody who manages the home
  hes-bridge federation list
  hes-bridge federation show oak-5-1
  hes-bridge federation withdraw oak-5-1               give nothing more here
  hes-bridge federation leave oak-5-1")]
pub(crate) struct FederationArgs {
    #[command(subcommand)]
    command: FederationCommand,
}

#[derive(Debug, Subcommand)]
enum FederationCommand {
    Create(create::CreateArgs),
    Add(create::AddArgs),
    Accept(one::AcceptArgs),
    Approve(one::ApproveArgs),
    List(list::ListArgs),
    Show(one::ShowArgs),
    Withdraw(one::WithdrawArgs),
    Leave(one::LeaveArgs),
    Dissolve(one::DissolveArgs),
}

impl FederationArgs {
    /// Returns how to connect.
    pub(crate) const fn connect(&self) -> &ConnectArgs {
        match &self.command {
            FederationCommand::Create(args) => &args.connect,
            FederationCommand::Add(args) => &args.connect,
            FederationCommand::Accept(args) => &args.connect,
            FederationCommand::Approve(args) => &args.connect,
            FederationCommand::List(args) => &args.connect,
            FederationCommand::Show(args) => &args.connect,
            FederationCommand::Withdraw(args) => &args.connect,
            FederationCommand::Leave(args) => &args.connect,
            FederationCommand::Dissolve(args) => &args.connect,
        }
    }
}

impl Task for FederationArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        match &self.command {
            FederationCommand::Create(args) => args.run(session, output).await,
            FederationCommand::Add(args) => args.run(session, output).await,
            FederationCommand::Accept(args) => args.run(session, output).await,
            FederationCommand::Approve(args) => args.run(session, output).await,
            FederationCommand::List(args) => args.run(session, output).await,
            FederationCommand::Show(args) => args.run(session, output).await,
            FederationCommand::Withdraw(args) => args.run(session, output).await,
            FederationCommand::Leave(args) => args.run(session, output).await,
            FederationCommand::Dissolve(args) => args.run(session, output).await,
        }
    }
}

/// Asks something about federations.
async fn ask(client: &Client, what: FederateAction) -> Result<Answer, Failure> {
    session::ask(client, Operation::Federate, &Federate { id: None, reply_to: None, ttl: None, what }).await
}

/// Changes a federation, and says how it stands then and who has still to do what.
async fn change(action: FederateAction, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::connect(session, output).await?;
    let changed: FederationInfo = info(ask(&client, action).await?)?;
    let home = client.home().clone();
    client.close().await;
    if session.is_json {
        output.print(&json(&changed))?;
        return Ok(Exit::Success);
    }
    output.print(&text::standing(&changed))?;
    for step in text::next_steps(&changed, &home) {
        output.note(&step);
    }
    Ok(Exit::Success)
}
