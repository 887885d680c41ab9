//! Instructions of the broker for each message that it delivers, with rights and without.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
};

use hes_tests::{
    figures::{Figure, Goal, heading, skipped},
    program::Program,
    wire::Qos,
};
use tempfile::TempDir;

use crate::{
    Effort,
    flow::{Extent, Shape, flow},
    peers::{Lane, PANEL, gateway, lane},
};

const OPEN_BROKER: &str = env!("CARGO_BIN_EXE_open_broker");

/// How many messages are published in the longer of two runs; the shorter has none.
const COUNT: u64 = 4_000;

/// Who does the counting; what it has counted is in a file when the program has ended.
fn valgrind(log: &Path) -> Vec<String> {
    let log = format!("--log-file={}", log.display());
    // the gateway may start itself anew with another environment
    ["valgrind", "--trace-children=yes", "--tool=callgrind", "--callgrind-out-file=/dev/null", &log]
        .map(str::to_owned)
        .to_vec()
}

/// Measures and prints.
pub(crate) fn measure(_effort: Effort) {
    heading("Instructions of the broker for each delivery, counted by callgrind, direct router, exact filters");
    let help = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if help.is_err() {
        return skipped("instructions", "valgrind is not installed");
    }
    for (subscribers, what) in [(1, "one to one"), (100, "1 to 100")] {
        let shape = Shape { name: what, publishers: 1, subscribers, qos: Qos::Zero, is_wild: false };
        let open = each(shape, open_broker);
        let owner = each(shape, |shape, count| with_rights("owner", shape, count));
        let panel = each(shape, |shape, count| with_rights(PANEL, shape, count));
        Figure::of(vec![open]).alone("", &format!("{what}: no rights"));
        for (name, counted) in [("owner", owner), ("panel", panel)] {
            Figure::of(vec![counted]).alone("", &format!("{what}: {name}"));
            Figure::of(vec![counted / open]).against(Goal::AtMost(1.15), " x", &format!("{what}: {name} : no rights"));
        }
    }
}

/// Returns the instructions for each delivery: the difference of two runs, of which one delivers nothing.
fn each(shape: Shape, counted: impl Fn(Shape, u64) -> Option<f64>) -> f64 {
    let deliveries = COUNT.saturating_mul(u64::try_from(shape.subscribers).unwrap_or_default());
    let deliveries = u32::try_from(deliveries).map_or(f64::NAN, f64::from);
    match (counted(shape, 0), counted(shape, COUNT)) {
        (Some(nothing), Some(all)) => (all - nothing) / deliveries,
        _ => f64::NAN,
    }
}

/// Counts the whole life of the gateway, in which so many messages are published.
fn with_rights(user: &str, shape: Shape, count: u64) -> Option<f64> {
    let folder = TempDir::new().expect("there is room for temporary files");
    let log = folder.path().join("callgrind");
    let launcher = valgrind(&log);
    let launcher: Vec<&str> = launcher.iter().map(String::as_str).collect();
    let mut gateway = gateway("direct").launched_by(&launcher).start();
    flow(&lane("ours", &gateway, user), shape, Extent::Messages(count));
    assert!(gateway.stop().success(), "the gateway ends well");
    collected(&log)
}

/// Counts the same of the broker alone.
fn open_broker(shape: Shape, count: u64) -> Option<f64> {
    let folder = TempDir::new().expect("there is room for temporary files");
    let log = folder.path().join("callgrind");
    let mut words = valgrind(&log).into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(OPEN_BROKER);
    let mut broker = Program::start(&mut command, &folder.path().join("log"));
    let address = broker.until("the broker listens", |program| listening(&program.output()));
    flow(&Lane { name: "open", address, account: None }, shape, Extent::Messages(count));
    assert!(broker.stop().success(), "the broker ends well");
    collected(&log)
}

fn listening(output: &str) -> Option<SocketAddr> {
    output.split_once(" on ")?.1.split_once(';')?.0.parse().ok()
}

fn collected(log: &Path) -> Option<f64> {
    let said = fs::read_to_string(log).ok()?;
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}
