//! What it takes to run the program: names, addresses, and a clean environment.

use std::{
    env,
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Returns a client id that no other client of this process has.
pub(super) fn unique(user: &str) -> String {
    static CLIENTS: AtomicUsize = AtomicUsize::new(0);
    format!("{user}-{}", CLIENTS.fetch_add(1, Ordering::Relaxed))
}

/// Finds in what the program printed where it listens, once it serves.
pub(super) fn listening(output: &str) -> Option<SocketAddr> {
    let (_, rest) = output.split_once(" on 127.0.0.1:")?;
    let (port, _) = rest.split_once(';')?;
    format!("127.0.0.1:{port}").parse().ok()
}

/// Takes out of a command's environment what would be a setting of the gateway.
pub(super) fn unset(command: &mut Command) -> &mut Command {
    let names = env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("HES_"));
    for name in names {
        command.env_remove(name);
    }
    command
}
