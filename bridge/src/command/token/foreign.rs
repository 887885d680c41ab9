//! Tokens that homes give to each other's users.

use std::io;

use clap::{Args, Subcommand};
use hes_schemas::{
    HomeId, Operation,
    link::FederationId,
    message::{Token, TokenAction, TokenInfo, Verdict},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::command::{
    Exit, Failure, Output,
    connect::{ConnectArgs, secret},
    render::{Field, Look, table},
    session::{self, Session, Task, info, json},
};

/// What is asked about tokens between homes.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    Issue(IssueArgs),
    Verify(VerifyArgs),
    List(ListArgs),
    Revoke(RevokeArgs),
}

/// Have another home give you a token, or show the one that your gateway holds for you
///
/// Your gateway keeps and uses it; only its id and what it is good for are shown.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge --user anna token issue elm")]
pub(crate) struct IssueArgs {
    /// The other home
    issuer: HomeId,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Say whether a token of this home holds, and what it says
///
/// The exit code is 4 if it does not. Why is not told.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  hes-bridge --user owner token verify - < token.jwt")]
pub(crate) struct VerifyArgs {
    /// The token, or - to read it from the standard input, which other users of the machine do not see
    #[arg(value_name = "TOKEN", value_parser = secret)]
    token: SecretString,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// List the tokens in force that this home gave and holds; all, if you manage it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge --user anna token list
  hes-bridge token list --json | jq -r .[].jti")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    connect: ConnectArgs,
}

/// Revoke tokens of this home: one, those of a federation, or those of a home
///
/// It takes effect on live sessions within a second. The federation stays: a revoked token is not replaced until it would
/// have ended. To give nothing more at all: hes-bridge federation withdraw, or peer remove.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge token revoke 7-12
  hes-bridge token revoke --federation oak-5-1
  hes-bridge token revoke --peer elm")]
#[group(id = "choice", required = true, multiple = false, args = ["jti", "federation", "peer"])]
pub(crate) struct RevokeArgs {
    /// The id of one, as listed
    jti: Option<String>,

    /// All of a federation
    #[arg(long, value_name = "ID")]
    federation: Option<FederationId>,

    /// All that a home holds
    #[arg(long, value_name = "HOME")]
    peer: Option<HomeId>,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// How many were revoked.
#[derive(Debug, Serialize, Deserialize)]
struct Revoked {
    revoked: u64,
}

impl TokenCommand {
    /// Returns how to connect.
    pub(crate) const fn connect(&self) -> &ConnectArgs {
        match self {
            Self::Issue(args) => &args.connect,
            Self::Verify(args) => &args.connect,
            Self::List(args) => &args.connect,
            Self::Revoke(args) => &args.connect,
        }
    }
}

impl Task for TokenCommand {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        match self {
            Self::Issue(args) => args.run(session, output).await,
            Self::Verify(args) => args.run(session, output).await,
            Self::List(args) => args.run(session, output).await,
            Self::Revoke(args) => args.run(session, output).await,
        }
    }
}

impl Task for IssueArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let token: TokenInfo = ask(TokenAction::Issue { home: self.issuer.clone() }, session, output).await?;
        output.print(&if session.is_json { json(&token) } else { rendered(&[token], output.look()) })?;
        Ok(Exit::Success)
    }
}

impl Task for VerifyArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let verdict: Verdict = ask(TokenAction::Verify { token: self.text()? }, session, output).await?;
        if session.is_json {
            output.print(&json(&verdict))?;
        } else if let Some(token) = verdict.token.filter(|_| verdict.holds) {
            output.print(&rendered(&[token], output.look()))?;
        } else {
            output.note("the token does not hold here");
        }
        Ok(if verdict.holds { Exit::Success } else { Exit::Refused })
    }
}

impl Task for ListArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let tokens: Vec<TokenInfo> = ask(TokenAction::List, session, output).await?;
        if session.is_json {
            output.print(&json(&tokens))?;
        } else if tokens.is_empty() {
            output.note("no token is in force; gateways get them when somebody in a federation asks across");
        } else {
            output.print(&rendered(&tokens, output.look()))?;
        }
        Ok(Exit::Success)
    }
}

impl Task for RevokeArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let (jti, federation, home) = (self.jti.clone(), self.federation.clone(), self.peer.clone());
        let done: Revoked = ask(TokenAction::Revoke { jti, federation, home }, session, output).await?;
        let line = match done.revoked {
            1 => "1 token was revoked".to_owned(),
            count => format!("{count} tokens were revoked"),
        };
        output.print(&if session.is_json { json(&done) } else { line })?;
        Ok(Exit::Success)
    }
}

impl VerifyArgs {
    fn text(&self) -> Result<String, Failure> {
        if self.token.expose_secret() != "-" {
            return Ok(self.token.expose_secret().to_owned());
        }
        let read = io::read_to_string(io::stdin());
        let read = read.map_err(|error| Failure::usage(format!("the standard input cannot be read: {error}")))?;
        Ok(read.trim().to_owned())
    }
}

async fn ask<T: DeserializeOwned>(what: TokenAction, session: &Session, output: &Output) -> Result<T, Failure> {
    let client = session::connect(session, output).await?;
    let message = Token { id: None, reply_to: None, ttl: None, what };
    let answer = session::ask(&client, Operation::Token, &message).await;
    client.close().await;
    info(answer?)
}

fn rendered(tokens: &[TokenInfo], look: Look) -> String {
    let rows: Vec<Vec<Field>> = tokens.iter().map(row).collect();
    table(&["ID", "FROM", "TO", "USER", "UNTIL", "FOR", "FEDERATION"], &rows, look)
}

fn row(token: &TokenInfo) -> Vec<Field> {
    let TokenInfo { jti, issuer, bearer, federation, user, until, scope } = token;
    let texts = [jti, issuer.as_str(), bearer.as_str(), user.as_str(), &until.to_string(), scope, federation];
    texts.map(Field::new).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_who_gave_what_to_whom() {
        let token = TokenInfo {
            jti: "7-12".to_owned(),
            issuer: "elm".parse().unwrap(),
            bearer: "oak".parse().unwrap(),
            federation: "oak-5-1".to_owned(),
            user: "anna".parse().unwrap(),
            until: "2026-11-23T00:10:00Z".parse().unwrap(),
            scope: "read:zigbee/lamp".to_owned(),
        };
        let text = rendered(&[token], Look::default());
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "ID    FROM  TO   USER  UNTIL                     FOR               FEDERATION",
                "7-12  elm   oak  anna  2026-11-23T00:10:00.000Z  read:zigbee/lamp  oak-5-1",
            ]
        );
    }
}
