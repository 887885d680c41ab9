//! `hes-bridge token`: a short proof of who somebody is.

use std::time::Duration;

use clap::Args;
use hes_schemas::{
    Millis, UserName,
    rights::{Grants, Role},
};
use secrecy::ExposeSecret;

use super::{
    Exit, Failure, Output,
    acl::now,
    connect::duration,
    failure::chain,
    user::{Before, unknown, with_ledger},
};
use crate::{
    settings::{DataOverrides, Settings},
    store::Ledger,
    tokens::{LONGEST, Order, TokenError, TokenKey, Words, issue},
};

/// Print a token: for some minutes, whoever bears it acts for an account
///
/// It is good as a password, with the account's name or none, and in MQTT 5 for the authentication method OAUTHBEARER, by
/// which a session can be prolonged with another token. It does no more than the account may. It is void with another
/// password of the account, and all tokens are when token.key is removed from the data directory.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge token anna
  hes-bridge token anna --for 2m --scope 'read:zigbee/+ read,write:zigbee/lamp'
  mosquitto_sub -u anna -P \"$(hes-bridge token anna)\" -t 'hes/1/+/+/+/property/#' -v")]
pub(crate) struct TokenArgs {
    /// Name of the account
    user: UserName,

    /// For how long it holds: up to 10m
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = duration)]
    lifetime: Duration,

    /// What it is good for, less than the account may: actions:scope, several with spaces
    #[arg(long, value_name = "WORDS")]
    scope: Option<Words>,

    #[command(flatten)]
    place: DataOverrides,
}

/// Carries out the command.
///
/// # Errors
/// [`Failure`] with the way out.
pub(crate) fn run(args: &TokenArgs, output: &mut Output) -> Result<Exit, Failure> {
    let lifetime = Millis::new(u64::try_from(args.lifetime.as_millis()).unwrap_or(u64::MAX));
    if lifetime > LONGEST || lifetime < Millis::from_secs(1) {
        return Err(Failure::usage("--for: a token holds for 1s to 10m; a session is prolonged by another one"));
    }
    with_ledger(&args.place, Before::Accounts, output, async |settings, ledger, output| {
        args.issue(lifetime, settings, ledger, output).await
    })
}

impl TokenArgs {
    async fn issue(
        &self,
        lifetime: Millis,
        settings: &Settings,
        ledger: &Ledger,
        output: &mut Output,
    ) -> Result<String, Failure> {
        let accounts = ledger.accounts().await?;
        let Some(account) = accounts.iter().find(|account| account.name == self.user) else {
            return Err(unknown(ledger, &self.user).await);
        };
        let of_role = account.role.map(Role::grants).into_iter().flatten();
        let grants = Grants::new(of_role.chain(account.grants.clone()).collect());
        for word in self.scope.iter().flat_map(|scope| scope.idle(&grants)) {
            output.note(&format!("{} has no right to {word}, and the token gives none", self.user));
        }
        let key = TokenKey::open_or_make(&settings.data).map_err(TokenError::from)?;
        let order = Order {
            home: &settings.home,
            user: &self.user,
            generation: account.generation,
            scope: self.scope.as_ref(),
            now: now(),
            lifetime,
        };
        Ok(issue(&key, &order)?.expose_secret().to_owned())
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::new(Exit::Internal, chain(&error))
    }
}
