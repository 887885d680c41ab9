//! `hes-bridge token NAME`: a token for an account of this home.

use std::time::Duration;

use clap::Args;
use hes_schemas::{
    Millis, UserName,
    rights::{Grants, Role},
};
use secrecy::ExposeSecret;

use crate::command::{
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

/// Whose token, and how much of it.
#[derive(Debug, Args)]
pub(super) struct OwnArgs {
    /// Name of the account
    #[arg(required = true, value_name = "NAME")]
    user: Option<UserName>,

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
pub(super) fn run(args: &OwnArgs, output: &mut Output) -> Result<Exit, Failure> {
    let lifetime = Millis::new(u64::try_from(args.lifetime.as_millis()).unwrap_or(u64::MAX));
    if lifetime > LONGEST || lifetime < Millis::from_secs(1) {
        return Err(Failure::usage("--for: a token holds for 1s to 10m; a session is prolonged by another one"));
    }
    let Some(user) = &args.user else { return Err(Failure::usage("name an account")) };
    with_ledger(&args.place, Before::Accounts, output, async |settings, ledger, output| {
        args.issue(user, lifetime, settings, ledger, output).await
    })
}

impl OwnArgs {
    async fn issue(
        &self,
        user: &UserName,
        lifetime: Millis,
        settings: &Settings,
        ledger: &Ledger,
        output: &mut Output,
    ) -> Result<String, Failure> {
        let accounts = ledger.accounts().await?;
        let Some(account) = accounts.iter().find(|account| account.name == *user) else {
            return Err(unknown(ledger, user).await);
        };
        let of_role = account.role.map(Role::grants).into_iter().flatten();
        let grants = Grants::new(of_role.chain(account.grants.clone()).collect());
        for word in self.scope.iter().flat_map(|scope| scope.idle(&grants)) {
            output.note(&format!("{user} has no right to {word}, and the token gives none"));
        }
        let key = TokenKey::open_or_make(&settings.data).map_err(TokenError::from)?;
        let order = Order {
            home: &settings.home,
            user,
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
