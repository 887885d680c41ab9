//! `hes-bridge token`: short proofs of who somebody is, at this home and in others.

mod foreign;
mod own;

use clap::Args;

use super::{Exit, Failure, Output};

pub(crate) use foreign::TokenCommand;

/// Print a token, or see to those between homes
///
/// With the NAME of an account here it prints a token for it: for some minutes, whoever bears it acts for the account. It is
/// good as a password, with the account's name or none, and in MQTT 5 for the authentication method OAUTHBEARER, by which a
/// session can be prolonged with another token. It does no more than the account may. It is void with another password of
/// the account, and all tokens are when token.key is removed from the data directory.
///
/// issue, verify, list and revoke are about tokens that homes give to each other's users; a running gateway is asked.
/// Gateways get them by themselves and renew them: nobody needs issue to use a device of another home. An account that is
/// called like one of these words is named behind --.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:
  hes-bridge token anna
  hes-bridge token anna --for 2m --scope 'read:zigbee/+ read,write:zigbee/lamp'
  mosquitto_sub -u anna -P \"$(hes-bridge token anna)\" -t 'hes/1/+/+/+/property/#' -v
  hes-bridge token list
  hes-bridge token revoke --federation oak-5-1"
)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    own: own::OwnArgs,

    #[command(subcommand)]
    command: Option<TokenCommand>,
}

impl TokenArgs {
    /// Returns what is asked about tokens between homes, if it is that.
    pub(crate) const fn command(&self) -> Option<&TokenCommand> {
        self.command.as_ref()
    }
}

/// Prints a token for an account of this home.
///
/// # Errors
/// [`Failure`] with the way out.
pub(crate) fn run(args: &TokenArgs, output: &mut Output) -> Result<Exit, Failure> {
    own::run(&args.own, output)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        token: TokenArgs,
    }

    fn parsed(line: &str) -> Result<TokenArgs, clap::Error> {
        Line::try_parse_from(format!("token {line}").split(' ')).map(|line| line.token)
    }

    #[test]
    fn an_account_and_a_word_about_other_homes_are_told_apart() {
        for line in ["anna", "anna --for 2m --scope read:zigbee/lamp", "-- list", "--for 2m list"] {
            assert!(parsed(line).unwrap().command().is_none(), "{line}");
        }
        for line in ["list", "issue elm", "verify -", "revoke 7-12", "revoke --peer elm", "list --url mqtt://host"] {
            assert!(parsed(line).unwrap().command().is_some(), "{line}");
        }
    }

    #[test]
    fn what_could_be_either_is_refused() {
        for line in ["--for 2m", "revoke", "revoke 7-12 --peer elm", "issue", "verify"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
