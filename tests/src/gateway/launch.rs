//! What it takes to run the program and to look at it: names, addresses, a clean environment, and pages.

use std::{
    env,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
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

/// Finds in what the program printed where it shows its metrics.
pub(super) fn showing(output: &str) -> Option<SocketAddr> {
    let line = output.lines().find(|line| line.contains("Showing metrics"))?;
    let (_, address) = line.split_once("address=")?;
    address.split_whitespace().next()?.parse().ok()
}

/// Reads a page.
pub(super) fn page(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the gateway shows pages");
    let request = format!("GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the gateway takes a request");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("a page is text");
    page
}

/// Finds a figure without labels on a page of metrics.
pub(super) fn metric(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// Takes out of a command's environment what would be a setting of the gateway.
pub(super) fn unset(command: &mut Command) -> &mut Command {
    let names = env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("HES_"));
    for name in names {
        command.env_remove(name);
    }
    command
}
