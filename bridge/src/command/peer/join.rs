//! `hes-bridge peer join`: the use of a code.

use std::io;

use clap::Args;
use hes_schemas::{
    Operation, Status,
    message::{PairingInfo, PeerAction, PeersInfo},
};

use super::{super::connect::ConnectArgs, Exit, Failure, Output, Session, Task, info, json, pairing, request, session};
use crate::{client::Client, peers::invitation::Invitation};

/// Join another home with the code of its owner, and compare numbers
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge peer join HES1-...
  hes-bridge peer join - < code.txt")]
pub(super) struct JoinArgs {
    /// The code, or - to read it from the standard input
    code: String,

    /// Ask nobody; hes-bridge peer confirm says later that the numbers are the same. So it is with --json
    #[arg(long)]
    no_wait: bool,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

impl Task for JoinArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let code = self.code()?;
        let invitation: Invitation = code.parse().map_err(|error| Failure::usage(format!("the code: {error}")))?;
        let client = session::connect(session, output).await?;
        if !session.is_json {
            output.note(&format!("asking {} at {}", invitation.home(), invitation.url()));
        }
        let pairing = join(&client, code, &invitation).await?;
        let exit = if session.is_json {
            output.print(&json(&pairing))?;
            Exit::Success
        } else if self.no_wait {
            output.print(&pairing::shown(&pairing))?;
            Exit::Success
        } else {
            pairing::settle(&client, &pairing, output).await?
        };
        client.close().await;
        Ok(exit)
    }
}

impl JoinArgs {
    fn code(&self) -> Result<String, Failure> {
        if self.code != "-" {
            return Ok(self.code.trim().to_owned());
        }
        let read = io::read_to_string(io::stdin());
        let read = read.map_err(|error| Failure::usage(format!("the standard input cannot be read: {error}")))?;
        Ok(read.trim().to_owned())
    }
}

/// Asks the gateway to join, and waits for the number as long as the invitation is good.
async fn join(client: &Client, code: String, invitation: &Invitation) -> Result<PairingInfo, Failure> {
    let answer = client.ask(Operation::Peer, &request(PeerAction::Join { code })).await?;
    if answer.status == Status::Timeout {
        let from = |now: &PeersInfo| now.pairings.iter().find(|it| it.home == *invitation.home()).cloned();
        return pairing::wait(client, from, invitation.until()).await;
    }
    info(session::accepted(answer)?)
}
