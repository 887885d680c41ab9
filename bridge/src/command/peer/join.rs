//! `hes-bridge peer join`: the use of a code.

use std::{io, time::Duration};

use clap::Args;
use hes_schemas::{
    Address, HomeId, Millis, Operation, Status,
    message::{PairingInfo, PeerAction, PeersInfo},
};

use super::{
    super::{acl::now, connect::ConnectArgs},
    Exit, Failure, Output, Session, Task, info, json, list, pairing, request, session,
};
use crate::{client::Client, peers::invitation::Invitation};

/// Join another home with the code of its owner, and compare numbers
///
/// This home's gateway goes to the address in the code, and has to reach it; if its broker speaks TLS by a certificate of
/// your own, the file of who signed that is named in the configuration of this gateway, [peers] ca. If the gateway here is
/// stopped on the way, join again with the same code.
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
        let mut notes = output.clone();
        let tell = |line: &str| {
            if !session.is_json {
                notes.note(line);
            }
        };
        let pairing = join(&client, code, &invitation, tell).await?;
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

/// The longest that a request may act.
const LONGEST: Millis = Millis::from_secs(600);

/// How often the gateway is asked how far it is.
const LOOK: Duration = Duration::from_secs(1);

/// Asks the gateway to join, and waits for the number as long as the invitation is good.
async fn join(
    client: &Client,
    code: String,
    invitation: &Invitation,
    mut tell: impl FnMut(&str),
) -> Result<PairingInfo, Failure> {
    let topic = Address::Request(client.home().clone(), Operation::Peer);
    let ttl = LONGEST.min(invitation.until().since(now())).max(Millis::from_secs(1));
    let action = request(PeerAction::Join { code });
    let asked = client.request(&topic, &action, ttl);
    let answer = tokio::select! {
        answer = asked => answer?,
        failure = watch(client, invitation, &mut tell) => return Err(failure),
    };
    if answer.status == Status::Timeout {
        let from = |now: &PeersInfo| now.pairings.iter().find(|it| it.home == *invitation.home()).cloned();
        return pairing::wait(client, from, invitation.until()).await;
    }
    info(session::accepted(answer)?)
}

/// Tells how far the gateway is, for as long as the connection holds.
async fn watch(client: &Client, invitation: &Invitation, tell: &mut impl FnMut(&str)) -> Failure {
    let home = invitation.home();
    let mut was_reached = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let listed = match list(client).await {
            Ok(listed) => listed,
            Err(failure) => return failure,
        };
        let reached = listed.joining.iter().find(|joining| joining.home == *home).map(|joining| joining.reached);
        if reached.is_some() && reached != was_reached {
            tell(&progress(home, invitation, reached == Some(true)));
            was_reached = reached;
        }
    }
}

fn progress(home: &HomeId, invitation: &Invitation, is_reached: bool) -> String {
    if is_reached {
        let until = invitation.until();
        format!("the broker is reached; waiting for the gateway of {home} to answer, until {until} at most")
    } else {
        format!("no connection to {} yet", invitation.url())
    }
}
