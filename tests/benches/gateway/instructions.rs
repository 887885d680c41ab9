//! Instructions of the engine for a read and for a notification, in houses of different sizes.

use std::process::{Child, Command, Stdio};

use hes_tests::figures::{Figure, Goal, heading, skipped};

const ENGINE_LOAD: &str = env!("CARGO_BIN_EXE_engine_load");

/// How often is read, and how often a property changes.
const COUNT: &str = "1000";

/// What a read and a notification take in a house of one size.
#[derive(Debug, Clone, Copy)]
struct Taken {
    read: f64,
    notification: f64,
}

/// Measures and prints.
pub(crate) fn measure() {
    heading("Instructions of the engine, counted by callgrind");
    let mut smaller: Option<Taken> = None;
    for devices in [100, 1_000, 10_000] {
        let Some(taken) = count(devices) else { return };
        print("read", devices, taken.read, smaller.map(|smaller| smaller.read));
        print("notification", devices, taken.notification, smaller.map(|smaller| smaller.notification));
        smaller = Some(taken);
    }
}

fn print(what: &str, devices: u32, taken: f64, smaller: Option<f64>) {
    Figure::of(vec![taken]).alone("", &format!("for a {what} with {devices} devices"));
    if let Some(smaller) = smaller {
        Figure::of(vec![taken / smaller]).against(
            Goal::AtMost(1.3),
            "",
            &format!("{what}: {devices} devices : a tenth of them"),
        );
    }
}

/// Counts; the difference of two runs is the work that one of them did not have. Nothing if it cannot be counted.
fn count(devices: u32) -> Option<Taken> {
    // all at once: they are counted, not timed
    let running = [start(devices, "none"), start(devices, "reads"), start(devices, "changes")];
    let [nothing, reads, changes] = running.map(|child| child.and_then(finish));
    let ((nothing, _), (reads, answers), (changes, notifications)) = (nothing?, reads?, changes?);
    Some(Taken { read: (reads - nothing) / answers, notification: (changes - nothing) / notifications })
}

fn start(devices: u32, work: &str) -> Option<Child> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", ENGINE_LOAD]);
    command
        .args([&devices.to_string(), COUNT, work])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match command.spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            skipped(&format!("{work} with {devices} devices"), &format!("valgrind cannot be started: {error}"));
            None
        }
    }
}

/// Returns the instructions of a run, and how many answers or notifications came of them.
fn finish(child: Child) -> Option<(f64, f64)> {
    let done = child.wait_with_output().ok()?;
    let said = String::from_utf8_lossy(&done.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    let done = String::from_utf8_lossy(&done.stdout).trim().parse().ok();
    if counted.is_none() {
        skipped("a count", &format!("callgrind said: {said}"));
    }
    Some((counted?, done?))
}
