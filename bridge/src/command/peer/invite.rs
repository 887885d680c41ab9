//! `hes-bridge peer invite`: a code for the owner of another home.

use std::{str::FromStr, time::Duration};

use clap::Args;
use hes_schemas::{
    Millis,
    message::{InvitationInfo, PeerAction, PeersInfo},
};

use super::{
    super::connect::ConnectArgs, Exit, Failure, Output, Session, Task, ask, info, json, list, pairing, session,
};
use crate::{client::Connection, command::render::Look, peers::invitation::Invitation};

/// Invite another home: print a code, wait until it is used, and compare numbers
///
/// The code can be used once. Give it to the other owner and to nobody else: by a messenger, or by the picture.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge peer invite mqtts://oak.example:8883
  hes-bridge peer invite mqtts://broker.example:8883 --valid 1h --no-wait")]
pub(super) struct InviteArgs {
    /// Where the other gateway reaches a broker that both use, this home's own or a third one: mqtts://host:port
    #[arg(value_name = "ADDRESS", value_parser = address)]
    address: String,

    /// For how long the code can be used: 1m to 1d
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = valid)]
    valid: Duration,

    /// Do not wait for the other home; hes-bridge peer list shows the number once it has joined. So it is with --json
    #[arg(long)]
    no_wait: bool,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

impl Task for InviteArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let before = list(&client).await?;
        let valid = Millis::new(u64::try_from(self.valid.as_millis()).unwrap_or(u64::MAX));
        let action = PeerAction::Invite { url: self.address.clone(), valid: Some(valid) };
        let invitation: InvitationInfo = info(ask(&client, action).await?)?;
        if session.is_json {
            output.print(&json(&invitation))?;
        } else {
            output.print(&shown(&invitation, output.look()))?;
        }
        let exit = if self.no_wait || session.is_json {
            Exit::Success
        } else {
            output.note("waiting for the other home; the code stays good if this is left with Ctrl-C");
            let is_new = |now: &PeersInfo| now.pairings.iter().find(|it| !before.pairings.contains(it)).cloned();
            let pairing = pairing::wait(&client, is_new, invitation.until).await?;
            pairing::settle(&client, &pairing, output).await?
        };
        client.close().await;
        Ok(exit)
    }
}

/// Words an invitation, with a picture for who has a terminal.
fn shown(invitation: &InvitationInfo, look: Look) -> String {
    let code = invitation.code.as_deref().unwrap_or_default();
    let picture = look.width.and_then(|width| picture(code, width)).unwrap_or_default();
    format!(
        "{picture}{code}\n\nFor the owner of the other home: hes-bridge peer join CODE\nleads to      {}\nfingerprint   \
         {}\ngood until    {}, and once",
        invitation.url, invitation.fingerprint, invitation.until
    )
}

/// Draws the code, if it fits.
fn picture(code: &str, width: u16) -> Option<String> {
    let picture = Invitation::from_str(code).ok()?.qr()?;
    let widest = picture.lines().map(|line| line.chars().count()).max()?;
    (widest <= usize::from(width)).then(|| format!("{picture}\n\n"))
}

fn address(text: &str) -> Result<String, String> {
    Connection::new(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

/// Reads for how long a code is good: `15m`, `2h`, `1d`.
fn valid(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "a time is written 15m, 2h or 1d";
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(FORM)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(FORM),
    };
    let number: u64 = number.parse().map_err(|_not_a_number| FORM)?;
    let span = Duration::from_secs(number.saturating_mul(seconds));
    let limits = Duration::from_secs(60)..=Duration::from_secs(86_400);
    if limits.contains(&span) { Ok(span) } else { Err("a code is good for 1m to 1d") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> InvitationInfo {
        InvitationInfo {
            code: Some("HES1-AAAA".to_owned()),
            url: "mqtts://oak.example:8883".to_owned(),
            fingerprint: "abc".to_owned(),
            until: "2026-11-23T00:15:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn an_invitation_says_what_to_do_with_it() {
        let text = shown(&invitation(), Look::default());
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "HES1-AAAA",
                "",
                "For the owner of the other home: hes-bridge peer join CODE",
                "leads to      mqtts://oak.example:8883",
                "fingerprint   abc",
                "good until    2026-11-23T00:15:00.000Z, and once",
            ]
        );
    }

    #[test]
    fn a_code_is_good_for_minutes_to_a_day() {
        assert_eq!(valid("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(valid("1d"), Ok(Duration::from_secs(86_400)));
        for text in ["", "m", "15", "0m", "25h", "2d", "1é", "-1m"] {
            assert!(valid(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_that_of_a_broker() {
        assert_eq!(address("mqtts://oak.example").as_deref(), Ok("mqtts://oak.example"));
        assert_eq!(address("oak.example").unwrap_err(), "an address begins with mqtt:// or mqtts://");
    }
}
