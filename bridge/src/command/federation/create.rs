//! `hes-bridge federation create` and `add`: what is proposed.

use std::str::FromStr;

use clap::{Args, builder::PossibleValuesParser};
use hes_schemas::{
    HomeId, Millis, Timestamp, UserName,
    link::Consent,
    message::FederateAction,
    rights::{Grant, Safety},
};

use super::{
    super::{acl::now, connect::ConnectArgs},
    Exit, Failure, Output, Session, Task, change, session,
};
use crate::tokens::Words;

/// Propose to join your account here with one of yours in another home
///
/// Rights are written as for tokens: actions, a colon, and a scope; several with spaces. What is given holds for the account
/// of the other home here, what is wanted for yours there; neither is ever more than your own account there may.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge --user anna federation create elm/anna --for holidays --until 30d --want 'read,write:zigbee/lamp'
  hes-bridge --user anna federation create elm/anna --for 'the garden' --until 2026-12-31T00:00:00Z \\
    --give 'read:zigbee/+' --want 'read,notify:zigbee/+ write:zigbee/pump' --safety S2")]
pub(super) struct CreateArgs {
    /// Your account in the other home: HOME/USER
    #[arg(value_name = "HOME/USER")]
    with: Account,

    /// What it is for, in your words; those who approve read it
    #[arg(long = "for", value_name = "TEXT")]
    purpose: String,

    /// Until when: 12h, 30d, or a time such as 2026-12-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = end)]
    until: End,

    #[command(flatten)]
    rights: Rights,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

/// Propose to add your account in one more home
///
/// You add at a home that is part of the federation already; all else is as with create.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge --user anna federation add oak-5-1 ash/anna --want 'read:zigbee/+'")]
pub(super) struct AddArgs {
    /// The federation, as listed
    #[arg(value_name = "ID")]
    federation: String,

    /// Your account in the home to be added: HOME/USER
    #[arg(value_name = "HOME/USER")]
    with: Account,

    #[command(flatten)]
    rights: Rights,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

#[derive(Debug, Args)]
struct Rights {
    /// What this home gives to the other account: actions:scope, several with spaces [default: nothing]
    #[arg(long, value_name = "WORDS")]
    give: Option<Words>,

    /// What you would like in the other home: actions:scope, several with spaces [default: nothing]
    #[arg(long, value_name = "WORDS")]
    want: Option<Words>,

    /// Up to which danger, or privacy, all of that: S0 harmless, S1 everyday, S2 dangerous when unattended, S3 security
    #[arg(long, default_value = "S1", value_parser = PossibleValuesParser::new(Safety::ALL.map(Safety::as_str)))]
    safety: String,
}

/// A user of a home.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    home: HomeId,
    user: UserName,
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    At(Timestamp),
    In(Millis),
}

impl Task for CreateArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let action = FederateAction::Create {
            with: self.with.home.clone(),
            user: self.with.user.clone(),
            give: self.rights.give(),
            want: self.rights.want(),
            purpose: self.purpose.clone(),
            until: self.until.after(now()),
        };
        change(action, session, output).await
    }
}

impl Task for AddArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let grants = self.rights.give();
        let gives =
            if grants.is_empty() { Vec::new() } else { vec![Consent { home: here(session, output).await?, grants }] };
        let action = FederateAction::Add {
            federation: self.federation.clone(),
            with: self.with.home.clone(),
            user: self.with.user.clone(),
            want: self.rights.want(),
            gives,
        };
        change(action, session, output).await
    }
}

/// Learns which home it is that is asked.
async fn here(session: &Session, output: &Output) -> Result<HomeId, Failure> {
    let client = session::connect(session, output).await?;
    let home = client.home().clone();
    client.close().await;
    Ok(home)
}

impl Rights {
    fn give(&self) -> Vec<Grant> {
        self.grants(self.give.as_ref())
    }

    fn want(&self) -> Vec<Grant> {
        self.grants(self.want.as_ref())
    }

    fn grants(&self, words: Option<&Words>) -> Vec<Grant> {
        let safety = Safety::from_name(&self.safety).unwrap_or_default();
        let grants = words.map(Words::grants).unwrap_or_default();
        grants.iter().map(|grant| Grant { safety, ..grant.clone() }).collect()
    }
}

impl End {
    fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::In(span) => now + span,
        }
    }
}

impl FromStr for Account {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (home, user) = text.split_once('/').ok_or("an account in another home is written HOME/USER")?;
        let home = HomeId::new(home).map_err(|error| error.to_string())?;
        Ok(Self { home, user: UserName::new(user).map_err(|error| error.to_string())? })
    }
}

/// Reads an end: `12h`, `30d`, or a time.
fn end(text: &str) -> Result<End, &'static str> {
    const FORM: &str = "an end is written 12h, 30d or 2026-12-31T00:00:00Z";
    if let Ok(time) = text.parse() {
        return Ok(End::At(time));
    }
    let hours = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((hours, "h")) => hours.parse().ok(),
        Some((days, "d")) => days.parse().ok().and_then(|days: u32| days.checked_mul(24)),
        Some(_) | None => None,
    };
    let hours = hours.filter(|hours| (1..=24 * 36_500).contains(hours)).ok_or(FORM)?;
    Ok(End::In(Millis::from_secs(hours * 3_600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_a_home_and_a_user() {
        let account: Account = "elm/anna".parse().unwrap();
        assert_eq!((account.home.as_str(), account.user.as_str()), ("elm", "anna"));
        for text in ["elm", "elm/", "Elm/anna", "/anna"] {
            assert!(text.parse::<Account>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_end_is_a_time_or_a_while_from_now() {
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let check = |text: &str, expect: &str| {
            assert_eq!(end(text).unwrap().after(now).to_string(), expect, "{text}");
        };
        check("12h", "2026-11-23T12:00:00.000Z");
        check("30d", "2026-12-23T00:00:00.000Z");
        check("2026-12-31T00:00:00Z", "2026-12-31T00:00:00.000Z");
        for text in ["", "h", "0d", "30", "30m", "-1d", "99999999d", "1é", "tomorrow"] {
            assert!(end(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rights_are_the_words_of_tokens_up_to_one_class() {
        let rights = Rights {
            give: None,
            want: Some("read,write:zigbee/lamp notify:zigbee/+".parse().unwrap()),
            safety: "S2".to_owned(),
        };
        assert!(rights.give().is_empty());
        let want = rights.want();
        assert_eq!(want.iter().map(|grant| grant.scope.to_string()).collect::<Vec<_>>(), ["zigbee/lamp", "zigbee/+"]);
        assert!(want.iter().all(|grant| grant.safety == Safety::S2));
    }
}
