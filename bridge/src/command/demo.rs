//! `hes-bridge demo`: a gateway with a simulated house, and what to try with it.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use clap::Args;
use hes_schemas::{ClusterId, Topic, UserName, rights::Role};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use super::run::{load, serve, start, stop, stopped};
use super::{Exit, Failure, Output, failure::chain, log};
use crate::{
    accounts::{self, AccountsError},
    demo::{Key, invocation, live_in, welcome},
    gateway::Gateway,
    settings::{ClusterKind, ClusterSettings, LogLevel, Overrides, Settings, process_variables},
    store::Ledger,
};

/// Run a gateway with a simulated house, and see what to try
///
/// The house is a Zigbee2MQTT without hardware. Its data is forgotten at the end unless --data names a directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hes-bridge demo
  hes-bridge demo --listen 127.0.0.1:18830")]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    overrides: Overrides,
}

/// The accounts of the demonstration: whoever tries it, and the house.
const VISITOR: &str = "demo";
const HOUSE: &str = "demo-house";

/// How long the house may take to show its devices.
const MOVING_IN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(10);

/// Everybody's house is the same.
const SEED: u64 = 4_711;

pub(crate) fn run(args: &DemoArgs, output: &mut Output) -> Result<Exit, Failure> {
    let no_place = |error| Failure::new(Exit::Internal, format!("no place for the data of the house: {error}"));
    let place = TempDir::with_prefix("hes-bridge-demo-").map_err(no_place)?;
    let variables = process_variables();
    let is_said = |name: &str| variables.iter().any(|(known, value)| known == name && !value.is_empty());
    let mut overrides = args.overrides.clone();
    if overrides.data.is_none() && !is_said("HES_DATA") {
        overrides.data = Some(place.path().join("data"));
    }
    let has_file = overrides.config.is_some() || is_said("HES_CONFIG");
    if overrides.listen.is_empty() && !has_file && !is_said("HES_BROKER_LISTEN") {
        overrides.listen.push(free_address().to_string());
    }
    let mut settings = load(&overrides)?;
    settings.log.level = LogLevel::Warn;
    settings.clusters.extend(missing_cluster(&settings));
    log::start(&settings.log);
    serve(live(settings, output))
}

async fn live(settings: Settings, output: &mut Output) -> Result<Exit, Failure> {
    let no_accounts = |error: AccountsError| Failure::usage(chain(&error));
    let ledger = Ledger::open(&settings.data).await.map_err(|error| no_accounts(error.into()))?;
    let visitor = account(&ledger, VISITOR, Role::Owner).await.map_err(no_accounts)?;
    let house = account(&ledger, HOUSE, Role::Cluster).await.map_err(no_accounts)?;
    let gateway = start(&settings).await?;
    let Some(door) = gateway.addresses().first().copied() else {
        return Err(Failure::usage("broker.listen: the simulated house needs an address to connect to"));
    };
    let cancel = CancellationToken::new();
    let key = Key { user: HOUSE.to_owned(), password: house };
    let living = tokio::spawn(live_in(door, key, SEED, cancel.clone()));
    // what people are told to try works from the first moment on
    drop(timeout(MOVING_IN, moved_in(&gateway)).await);
    output.print(&welcome(door, VISITOR, visitor.expose_secret(), &program()))?;
    stopped().await?;
    cancel.cancel();
    // a house that does not leave in good order is forgotten all the same
    drop(living.await);
    stop(gateway).await
}

/// Waits until the house has shown its devices.
async fn moved_in(gateway: &Gateway) {
    let mut looks = interval(LOOK);
    while gateway.device_count() == 0 {
        looks.tick().await;
    }
}

/// Gives an account a new password, and makes it first if there is none.
async fn account(ledger: &Ledger, name: &str, role: Role) -> Result<SecretString, AccountsError> {
    let password = accounts::generate()?;
    let hash = accounts::hash(&password)?;
    if let Ok(name) = UserName::new(name)
        && !ledger.add(&name, &hash, Some(role)).await?
    {
        ledger.change_password(&name, &hash).await?;
    }
    Ok(password)
}

/// Returns the cluster that the house is, unless the configuration has it.
fn missing_cluster(settings: &Settings) -> Option<ClusterSettings> {
    let (id, base) = (ClusterId::new("zigbee").ok()?, Topic::new("zigbee2mqtt").ok()?);
    let is_there = settings.clusters.iter().any(|cluster| cluster.id == id);
    (!is_there).then_some(ClusterSettings { id, kind: ClusterKind::Zigbee2Mqtt, base, remote: None })
}

/// Returns the usual address, or any other if something listens there.
fn free_address() -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, 1883));
    if TcpListener::bind(usual).is_ok() { usual } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
}

fn program() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    std::env::current_exe().map_or_else(|_unknown| "hes-bridge".to_owned(), |exe| invocation(&exe, Path::new(&here)))
}
