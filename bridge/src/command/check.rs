//! `hes-bridge check`: everything that is wrong with a configuration, before a gateway meets it.

use std::path::Path;

use clap::Args;
use hes_schemas::UserName;

use super::{Exit, Failure, Output};
use crate::{
    settings::{Overrides, Settings, process_variables},
    store::Ledger,
};

/// Say everything that is wrong with a configuration
///
/// The file, the environment and the options are looked at as run would do, and so are the data directory, the password
/// files and the accounts that are named. Nothing is started and nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge check --config /etc/hes-bridge.toml
  HES_BROKER_LISTEN=0.0.0.0:1883 hes-bridge check")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    overrides: Overrides,
}

/// Carries out the command; each mistake is one line.
///
/// # Errors
/// [`Failure`] if the lines cannot be printed.
pub(crate) fn run(args: &CheckArgs, output: &mut Output) -> Result<Exit, Failure> {
    match Settings::check(&args.overrides, &process_variables(), &accounts) {
        Ok(settings) => output.print(&summary(&settings)).map(|()| Exit::Success),
        Err(error) => {
            let lines: Vec<String> = error.complaints().iter().map(ToString::to_string).collect();
            output.print(&lines.join("\n")).map(|()| Exit::Usage)
        }
    }
}

fn summary(settings: &Settings) -> String {
    let listen: Vec<String> = settings.broker.listen.iter().map(ToString::to_string).collect();
    let listen = if listen.is_empty() { "nowhere".to_owned() } else { listen.join(", ") };
    let clusters: Vec<&str> = settings.clusters.iter().map(|cluster| cluster.id.as_str()).collect();
    let clusters = if clusters.is_empty() { "none".to_owned() } else { clusters.join(", ") };
    format!(
        "nothing is wrong: home {}, listening on {listen}, clusters: {clusters}, data in {}",
        settings.home,
        settings.data.display()
    )
}

/// Returns the names of the accounts in a data directory that is in use; before that nobody can tell them.
fn accounts(data: &Path) -> Option<Vec<UserName>> {
    if !Ledger::exists(data) {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let rows = runtime.block_on(async { Ledger::open(data).await.ok()?.accounts().await.ok() })?;
    Some(rows.into_iter().map(|row| row.name).collect())
}
