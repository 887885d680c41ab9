//! `hes-bridge check`: everything that is wrong with a configuration, before a gateway meets it.

use std::{cell::Cell, path::Path};

use clap::Args;
use hes_broker::Transport;
use hes_schemas::UserName;

use super::{Exit, Failure, Output, descriptors, failure::chain};
use crate::{
    settings::{ClusterSettings, ListenerSettings, Overrides, Settings, process_variables},
    store::Ledger,
};

/// Say everything that is wrong with a configuration
///
/// The file, the environment and the options are looked at as run would do, and so are the data directory with its
/// database, the files of passwords and certificates, and the accounts that are named. Nothing is started and nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge check --config /etc/hes-bridge.toml
  HES_BROKER_LISTEN=0.0.0.0:1883 hes-bridge check

Each line names the key and where it was given. The exit code is 0 if nothing is wrong, else 2.")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    overrides: Overrides,
}

/// Carries out the command; each mistake is one line.
///
/// # Errors
/// [`Failure`] if the lines cannot be printed.
pub(crate) fn run(args: &CheckArgs, output: &mut Output) -> Result<Exit, Failure> {
    let known = Cell::new(None);
    let accounts = |data: &Path| {
        let names = accounts(data)?;
        known.set(names.as_ref().map(Vec::len));
        Ok(names)
    };
    match Settings::check(&args.overrides, &process_variables(), &accounts) {
        Ok(settings) => output.print(&summary(&settings, known.get())).map(|()| Exit::Success),
        Err(error) => {
            let lines: Vec<String> = error.complaints().iter().map(ToString::to_string).collect();
            output.print(&lines.join("\n")).map(|()| Exit::Usage)
        }
    }
}

/// Says what `run` would do, after what may not be meant so.
fn summary(settings: &Settings, accounts: Option<usize>) -> String {
    let mut lines = Vec::new();
    let remarks = settings.remarks.iter().map(ToString::to_string);
    let remarks: Vec<String> = remarks.chain(descriptors::foresee(&settings.broker)).collect();
    if remarks.is_empty() {
        lines.push("nothing is wrong".to_owned());
    } else {
        lines.push("nothing is wrong, but:".to_owned());
        lines.extend(remarks.iter().map(|remark| format!("  {remark}")));
    }
    lines.push(format!("home      {}", settings.home));
    lines.push(format!("listen    {}", listen(settings)));
    if let Some(alongside) = &settings.alongside {
        lines.push(format!("alongside {}, acting as {}", alongside.remote.url(), alongside.acts_as));
    }
    lines.push(format!("clusters  {}", clusters(settings)));
    let accounts = match accounts {
        None => "no accounts yet".to_owned(),
        Some(1) => "1 account".to_owned(),
        Some(several) => format!("{several} accounts"),
    };
    lines.push(format!("data      {}, {accounts}", settings.data.display()));
    lines.join("\n")
}

fn listen(settings: &Settings) -> String {
    let plain = settings.broker.listen.iter().map(ToString::to_string);
    let addresses: Vec<String> = plain.chain(settings.broker.listeners.iter().map(listener)).collect();
    if addresses.is_empty() { "no broker of its own".to_owned() } else { addresses.join(", ") }
}

fn listener(listener: &ListenerSettings) -> String {
    let words = match (listener.transport, listener.has_tls()) {
        (Transport::Tcp, false) => "",
        (Transport::Tcp, true) => " (TLS)",
        (Transport::WebSocket, false) => " (WebSocket)",
        (Transport::WebSocket, true) => " (WebSocket in TLS)",
    };
    format!("{}{words}", listener.address)
}

fn clusters(settings: &Settings) -> String {
    let clusters: Vec<String> = settings.clusters.iter().map(cluster).collect();
    if clusters.is_empty() { "none yet; a file adds them with [[cluster]]".to_owned() } else { clusters.join(", ") }
}

fn cluster(cluster: &ClusterSettings) -> String {
    let place = cluster.remote.as_ref().map_or("the built-in broker", |remote| remote.url());
    format!("{} ({} on {place})", cluster.id, cluster.base)
}

/// Returns the names of the accounts in a data directory that is in use; before that nobody can tell them.
fn accounts(data: &Path) -> Result<Option<Vec<UserName>>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let rows = runtime.block_on(Ledger::look(data)).map_err(|error| chain(&error))?;
    Ok(rows.map(|rows| rows.into_iter().map(|row| row.name).collect()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// Spoils a database and holds what is said of it against what it must have.
    fn check(spoil: impl FnOnce(&Path), expect: &str) {
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ledger = Ledger::open(folder.path()).await.unwrap();
            let name = UserName::new("anna").unwrap();
            ledger.add(&name, &"#".repeat(50_000), None).await.unwrap();
            ledger.close().await.unwrap();
        });
        let path = folder.path().join("hes-bridge.db");
        assert_eq!(accounts(folder.path()).unwrap().unwrap().len(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        spoil(&path);
        let before = fs::read(&path).unwrap();
        let said = accounts(folder.path()).unwrap_err();
        assert!(said.contains(expect) && said.contains("hes-bridge.db"), "{said}");
        assert_eq!(fs::read(&path).unwrap(), before, "nothing is changed");
    }

    #[test]
    fn a_database_that_is_spoilt_is_said_to_be() {
        check(|path| fs::write(path, "no database at all, though it is here").unwrap(), "file is not a database");
        check(
            |path| {
                let mut bytes = fs::read(path).unwrap();
                // what is left whole says which tables there are
                let spoilt = bytes.len() - 40_000;
                bytes[spoilt..].fill(0xAB);
                fs::write(path, bytes).unwrap();
            },
            "is damaged",
        );
    }

    #[test]
    fn a_directory_without_a_database_has_no_accounts_yet() {
        let folder = TempDir::new().unwrap();
        assert_eq!(accounts(folder.path()), Ok(None));
        fs::write(folder.path().join("hes-bridge.db"), "").unwrap();
        assert_eq!(accounts(folder.path()), Ok(None));
    }
}
