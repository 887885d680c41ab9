//! `hes-bridge user bind` and `limit`.

use std::num::NonZeroU32;

use clap::Args;
use hes_broker::Allowance;
use hes_schemas::UserName;

use super::{Errand, unknown};
use crate::{
    accounts::IdPattern,
    command::{Failure, Output},
    settings::DataOverrides,
    store::Ledger,
};

/// Bind an account to client ids, in the place of those before; without any it may use those that are nobody else's
///
/// Clients that are connected stay so.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge user bind hall 'panel-*' door
  hes-bridge user bind hall                 free to choose again")]
pub(super) struct BindArgs {
    /// Name of the account
    name: UserName,

    /// Client ids, with * for any signs
    #[arg(value_name = "PATTERN")]
    client_ids: Vec<String>,

    #[command(flatten)]
    place: DataOverrides,
}

/// Say what an account may take of the broker, where that is other than in the configuration
///
/// What is not named stays as it was; none takes it back. It holds within a second, except that clients that are
/// connected stay so, and may have as many messages unacknowledged as they were told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge user limit panel --connections 2 --rate 50
  hes-bridge user limit panel --rate none
  hes-bridge user limit panel               what holds")]
pub(super) struct LimitArgs {
    /// Name of the account
    name: UserName,

    /// Clients that may be connected
    #[arg(long, value_name = "N", value_parser = limit::<u32>)]
    connections: Option<Limit<u32>>,

    /// Messages that all its clients together may publish in a second
    #[arg(long, value_name = "N", value_parser = limit::<NonZeroU32>)]
    rate: Option<Limit<NonZeroU32>>,

    /// Bytes of messages that all its clients together may publish in a second
    #[arg(long, value_name = "N", value_parser = limit::<NonZeroU32>)]
    bytes: Option<Limit<NonZeroU32>>,

    /// Filters that one client may hold
    #[arg(long, value_name = "N", value_parser = limit::<u32>)]
    subscriptions: Option<Limit<u32>>,

    /// Messages that one client may have unacknowledged
    #[arg(long, value_name = "N", value_parser = limit::<u16>)]
    inflight: Option<Limit<u16>>,

    /// Bytes that may wait for one client
    #[arg(long, value_name = "N", value_parser = limit::<u32>)]
    queue: Option<Limit<u32>>,

    #[command(flatten)]
    place: DataOverrides,
}

/// A limit of the account's own, or that of the configuration.
#[derive(Debug, Clone, Copy)]
enum Limit<T> {
    Own(T),
    Configured,
}

impl Errand for BindArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, _output: &mut Output) -> Result<String, Failure> {
        let patterns: Vec<IdPattern> = self.client_ids.iter().map(|text| IdPattern::new(text)).collect();
        if !ledger.bind(&self.name, &patterns).await? {
            return Err(unknown(ledger, &self.name).await);
        }
        Ok(if patterns.is_empty() {
            format!("{} may use any client id that no other account is bound to", self.name)
        } else {
            format!("{} may use the client ids: {}", self.name, self.client_ids.join(", "))
        })
    }
}

impl Errand for LimitArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, _output: &mut Output) -> Result<String, Failure> {
        let accounts = ledger.accounts().await?;
        let Some(account) = accounts.iter().find(|account| account.name == self.name) else {
            return Err(unknown(ledger, &self.name).await);
        };
        let allowance = self.over(account.allowance);
        if allowance != account.allowance && !ledger.limit(&self.name, &allowance).await? {
            return Err(unknown(ledger, &self.name).await);
        }
        Ok(format!("{}: {}", self.name, shown(&allowance)))
    }
}

impl LimitArgs {
    fn over(&self, before: Allowance) -> Allowance {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Allowance {
            connections: changed(self.connections, before.connections),
            messages: changed(self.rate, before.messages),
            bytes: changed(self.bytes, before.bytes),
            subscriptions: changed(self.subscriptions.map(|it| it.map(size)), before.subscriptions),
            inflight: changed(self.inflight, before.inflight),
            queue_bytes: changed(self.queue.map(|it| it.map(size)), before.queue_bytes),
        }
    }
}

impl<T> Limit<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Limit<U> {
        match self {
            Self::Own(value) => Limit::Own(change(value)),
            Self::Configured => Limit::Configured,
        }
    }
}

fn changed<T>(limit: Option<Limit<T>>, before: Option<T>) -> Option<T> {
    match limit {
        None => before,
        Some(Limit::Own(value)) => Some(value),
        Some(Limit::Configured) => None,
    }
}

fn shown(allowance: &Allowance) -> String {
    let Allowance { connections, messages, bytes, subscriptions, inflight, queue_bytes } = allowance;
    let named = [
        ("connections", connections.map(|it| it.to_string())),
        ("rate", messages.map(|it| it.to_string())),
        ("bytes", bytes.map(|it| it.to_string())),
        ("subscriptions", subscriptions.map(|it| it.to_string())),
        ("inflight", inflight.map(|it| it.to_string())),
        ("queue", queue_bytes.map(|it| it.to_string())),
    ];
    let own: Vec<String> = named.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
    if own.is_empty() { "as the configuration says".to_owned() } else { own.join(", ") }
}

fn limit<T: std::str::FromStr>(text: &str) -> Result<Limit<T>, &'static str> {
    if text == "none" {
        return Ok(Limit::Configured);
    }
    text.parse().map(Limit::Own).map_err(|_no_number| "a number that makes sense here, or none")
}
