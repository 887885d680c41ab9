//! `hes-bridge peer`: trust with other homes.

mod invite;
mod join;
mod list;
mod pairing;
mod rotate;
mod show;

use clap::{Args, Subcommand};
use hes_schemas::{
    HomeId, Operation,
    message::{Answer, Peer, PeerAction, PeerInfo, PeersInfo},
};

use super::{
    Exit, Failure, Output,
    connect::ConnectArgs,
    question::{self, Word},
    session::{self, Session, Task, info, json},
};
use crate::client::Client;

/// Trust other homes, and end that
///
/// Two owners make their homes peers: one invites and gives the code to the other, who joins with it; both then see a
/// number, and confirm it if it is the same. A peer is given nothing by that: who may do what is agreed on by persons,
/// with hes-bridge federation.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge peer invite mqtts://oak.example:8883   at oak: prints a code, waits
  hes-bridge peer join HES1-...                     at elm: uses it
  hes-bridge peer list                              all homes, and who waits to be confirmed
  hes-bridge peer show elm                          one of them, with what its link has done
  hes-bridge peer rotate                            have another key sign for this home
  hes-bridge peer remove elm

In a script, which asks nobody, each side goes step by step:
  hes-bridge peer invite mqtts://oak.example:8883 --json | jq -r .code
  hes-bridge peer join \"$CODE\" --json | jq -r .number
  hes-bridge peer list --json | jq -r '.pairings[] | [.home, .number] | @tsv'
  hes-bridge peer confirm elm '123 456'             only if both sides have the same number")]
pub(crate) struct PeerArgs {
    #[command(subcommand)]
    command: PeerCommand,
}

#[derive(Debug, Subcommand)]
enum PeerCommand {
    Invite(invite::InviteArgs),
    Join(join::JoinArgs),
    Confirm(ConfirmArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Rotate(rotate::RotateArgs),
    Remove(RemoveArgs),
}

/// Say that the owner of the other home sees the same number
///
/// There is trust from then on. Compare the numbers first, face to face or by telephone: they differ if somebody is in
/// between.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge peer confirm elm '123 456'")]
struct ConfirmArgs {
    /// The other home
    peer: HomeId,

    /// The number, with spaces or without
    number: String,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// End the trust with a home, and all that follows from it
///
/// Its link ends at once, and with it the federations with that home, their tokens and subscriptions, and its devices here.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge peer remove elm")]
struct RemoveArgs {
    /// The other home
    peer: HomeId,

    /// Ask nobody whether it is meant
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    connect: ConnectArgs,
}

impl PeerArgs {
    /// Returns how to connect.
    pub(crate) const fn connect(&self) -> &ConnectArgs {
        match &self.command {
            PeerCommand::Invite(args) => &args.connect,
            PeerCommand::Join(args) => &args.connect,
            PeerCommand::Confirm(args) => &args.connect,
            PeerCommand::List(args) => &args.connect,
            PeerCommand::Show(args) => &args.connect,
            PeerCommand::Rotate(args) => &args.connect,
            PeerCommand::Remove(args) => &args.connect,
        }
    }
}

impl Task for PeerArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        match &self.command {
            PeerCommand::Invite(args) => args.run(session, output).await,
            PeerCommand::Join(args) => args.run(session, output).await,
            PeerCommand::Confirm(args) => args.run(session, output).await,
            PeerCommand::List(args) => args.run(session, output).await,
            PeerCommand::Show(args) => args.run(session, output).await,
            PeerCommand::Rotate(args) => args.run(session, output).await,
            PeerCommand::Remove(args) => args.run(session, output).await,
        }
    }
}

impl Task for ConfirmArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let confirmed = confirm(&client, &self.peer, &self.number).await?;
        client.close().await;
        output.print(&if session.is_json { json(&confirmed) } else { trusted(&confirmed) })?;
        Ok(Exit::Success)
    }
}

impl Task for RemoveArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let question = format!("End the trust with {}, its federations and all that it may here?", self.peer);
        if !self.yes && question::ask(&question, output).await? == Word::No {
            return Err(Failure::usage(format!("{} stays a peer", self.peer)));
        }
        let client = session::connect(session, output).await?;
        ask(&client, PeerAction::Remove { home: self.peer.clone() }).await?;
        client.close().await;
        if session.is_json {
            output.print(&json(&serde_json::json!({ "removed": self.peer })))?;
        } else {
            output.print(&format!("there is no trust with {} any more", self.peer))?;
        }
        Ok(Exit::Success)
    }
}

/// Asks something about peers.
async fn ask(client: &Client, what: PeerAction) -> Result<Answer, Failure> {
    session::ask(client, Operation::Peer, &request(what)).await
}

const fn request(what: PeerAction) -> Peer {
    Peer { id: None, reply_to: None, ttl: None, what }
}

async fn list(client: &Client) -> Result<PeersInfo, Failure> {
    info(ask(client, PeerAction::List).await?)
}

async fn confirm(client: &Client, home: &HomeId, number: &str) -> Result<PeerInfo, Failure> {
    let action = PeerAction::Confirm { home: home.clone(), number: number.to_owned() };
    info(ask(client, action).await?)
}

fn trusted(peer: &PeerInfo) -> String {
    let home = &peer.home;
    format!(
        "{home} is trusted here, and given nothing by that; once its owner has confirmed too, a person with an account in \
         both homes can join them: hes-bridge federation create {home}/NAME"
    )
}
