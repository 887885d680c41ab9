//! `hes-bridge run`: the gateway, until it is told to stop.

use clap::Args;
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use super::{Exit, Failure, Output, descriptors, failure::chain, log};
use crate::{
    gateway::{Gateway, StartError},
    settings::{Overrides, Settings, process_variables},
};

/// Run the gateway until it is told to stop
///
/// Without a configuration it serves a home called "home" on 127.0.0.1:1883.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hes-bridge run
  hes-bridge run --config /etc/hes-bridge.toml
  hes-bridge run --listen 0.0.0.0:1883 --data /var/lib/hes-bridge --home oak
  HES_BROKER_LISTEN=0.0.0.0:1883 hes-bridge run
  HES_CLUSTER_ZIGBEE_KIND=zigbee2mqtt HES_CLUSTER_ZIGBEE_URL=mqtt://192.0.2.7 hes-bridge run

Every key of the configuration has a form in the environment: HES_ and the key in capitals, levels joined by _.
It stops in good order at SIGTERM and Ctrl-C.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    overrides: Overrides,
}

pub(crate) fn run(args: &RunArgs, output: &mut Output) -> Result<Exit, Failure> {
    let settings = load(&args.overrides)?;
    log::start(&settings.log);
    if let Some(text) = descriptors::raise(&settings.broker) {
        tracing::warn!("{text}");
    }
    serve(async {
        let mut gateway = start(&settings).await?;
        output.print(&greeting(&settings, &mut gateway))?;
        stopped().await?;
        stop(gateway).await
    })
}

/// Reads the configuration, or says what is wrong with it in one line.
pub(super) fn load(overrides: &Overrides) -> Result<Settings, Failure> {
    Settings::load(overrides, &process_variables()).map_err(|error| Failure::usage(error.to_string()))
}

/// Runs a gateway's life to its end.
pub(super) fn serve(life: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers()).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Internal, format!("no runtime: {error}")))?;
    runtime.block_on(life)
}

/// Returns how many threads serve clients: half of the processors, one at least.
///
/// The other half is for the clients themselves, the store and the router. A message seldom changes threads then: where
/// two processors are busy, a question and its answer take as little as a third of the time that they take with two
/// workers, which wake each other; where they are idle, it makes no difference.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}

/// Starts the gateway, or says in one line why it does not; then nothing has been started.
pub(super) async fn start(settings: &Settings) -> Result<Gateway, Failure> {
    Gateway::start(settings).await.map_err(|error| {
        let way_out = match &error {
            StartError::Listen { .. } => "; stop what listens there, or take another address with --listen",
            StartError::Tls { .. }
            | StartError::Store(_)
            | StartError::Accounts(_)
            | StartError::Keys(_)
            | StartError::Random
            | StartError::Broker(_) => "",
        };
        Failure::usage(format!("{}{way_out}", chain(&error)))
    })
}

/// Waits for SIGTERM or Ctrl-C.
pub(super) async fn stopped() -> Result<(), Failure> {
    let no_signals = |error: std::io::Error| Failure::new(Exit::Internal, format!("no signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(no_signals),
    }
}

pub(super) async fn stop(gateway: Gateway) -> Result<Exit, Failure> {
    match gateway.shutdown().await {
        Ok(()) => Ok(Exit::Success),
        Err(error) => Err(Failure::new(Exit::Internal, format!("the last changes are lost: {}", chain(&error)))),
    }
}

fn greeting(settings: &Settings, gateway: &mut Gateway) -> String {
    let mut lines = Vec::new();
    let listens: Vec<String> = gateway.addresses().iter().map(ToString::to_string).collect();
    let place = if listens.is_empty() { "no address of its own".to_owned() } else { listens.join(", ") };
    lines.push(format!(
        "hes-bridge serves \"{}\" on {place}; its data is in {}",
        settings.home,
        settings.data.display()
    ));
    if let Some(password) = gateway.take_founded() {
        lines.push(format!(
            "The account \"owner\" was made. Its password, shown this once: {}",
            password.expose_secret()
        ));
        lines.push("See what there is, from another terminal: hes-bridge devices --user owner".to_owned());
    }
    if settings.clusters.is_empty() {
        lines.push(ADD_A_CLUSTER.to_owned());
    }
    lines.join("\n")
}

const ADD_A_CLUSTER: &str = "\
No cluster is configured yet. To add Zigbee2MQTT, write a file and start again with --config FILE:
  [[cluster]]
  id = \"zigbee\"
  kind = \"zigbee2mqtt\"
  base = \"zigbee2mqtt\"
and give Zigbee2MQTT an account: hes-bridge user add zigbee2mqtt --role cluster";
