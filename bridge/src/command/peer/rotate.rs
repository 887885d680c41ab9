//! `hes-bridge peer rotate`: another key signs for the home.

use clap::Args;
use hes_schemas::message::{KeysInfo, PeerAction};

use super::{super::connect::ConnectArgs, Exit, Failure, Output, Session, Task, ask, info, json, session};

/// Have another key sign for this home from now on
///
/// It happens by itself every day; this is for when a key may have been seen by somebody. What the key before has signed
/// holds as long as it would have: no link and no token ends. The identity of the home, its fingerprint, stays the same.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge peer rotate
  hes-bridge peer rotate --json | jq -r .key")]
pub(super) struct RotateArgs {
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

impl Task for RotateArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let keys: KeysInfo = info(ask(&client, PeerAction::Rotate).await?)?;
        client.close().await;
        let text = format!("{} signs from now on, the next one from {}", keys.key, keys.until);
        output.print(&if session.is_json { json(&keys) } else { text })?;
        Ok(Exit::Success)
    }
}
