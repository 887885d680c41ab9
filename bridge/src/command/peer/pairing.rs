//! The end of a pairing: two people compare a number.

use std::time::Duration;

use hes_schemas::{
    Timestamp,
    message::{PairingInfo, PeersInfo},
};

use super::{
    super::{
        acl::now,
        question::{self, Word},
    },
    Exit, Failure, Output, confirm, list, trusted,
};
use crate::client::Client;

/// How often the gateway is asked whether the other home is there.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits for a pairing until its invitation ends.
pub(super) async fn wait(
    client: &Client,
    find: impl Fn(&PeersInfo) -> Option<PairingInfo>,
    until: Timestamp,
) -> Result<PairingInfo, Failure> {
    loop {
        if let Some(pairing) = find(&list(client).await?) {
            return Ok(pairing);
        }
        if now() >= until {
            let line = "nobody came in time: is the address right as the other gateway sees it? invite once more";
            return Err(Failure::new(Exit::Unreachable, line));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Shows the number, and confirms it if the person says that it is the same.
pub(super) async fn settle(client: &Client, pairing: &PairingInfo, output: &mut Output) -> Result<Exit, Failure> {
    output.print(&shown(pairing))?;
    let question = format!("Does the owner of {} see {} too?", pairing.home, pairing.number);
    match question::ask(&question, output).await? {
        Word::Yes => {
            let confirmed = confirm(client, &pairing.home, &pairing.number).await?;
            output.print(&trusted(&confirmed))?;
            Ok(Exit::Success)
        }
        Word::No => {
            let line = format!("{} is not trusted: if the numbers differ, somebody is in between", pairing.home);
            Err(Failure::new(Exit::Refused, line))
        }
        Word::Nothing => {
            output.note(&format!(
                "if the owner of {0} sees the same: hes-bridge peer confirm {0} '{1}'",
                pairing.home, pairing.number
            ));
            Ok(Exit::Success)
        }
    }
}

/// Words a pairing, the number for itself.
pub(super) fn shown(pairing: &PairingInfo) -> String {
    format!("{}, fingerprint {}\n\n    {}\n", pairing.home, pairing.fingerprint, pairing.number)
}
