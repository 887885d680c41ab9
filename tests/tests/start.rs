//! A gateway starts whole, or says in one line why it does not.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test panics to say what is wrong")]

use std::{net::TcpListener, process::Command};

use hes_tests::{
    client::Client,
    gateway::Gateway,
    program::Program,
    wire::{Account, Version},
};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

/// Tries to run with a config, and holds the one line that is printed against words that it must have.
fn check(config: &str, words: &[&str]) {
    let gateway = Gateway::prepare(BINARY);
    let file = gateway.write("try.toml", config).display().to_string();
    let done = gateway.command(&["run", "--config", &file]);
    let (said, printed) = (String::from_utf8_lossy(&done.stderr), String::from_utf8_lossy(&done.stdout));
    assert_eq!((done.status.code(), printed.as_ref(), said.lines().count()), (Some(2), "", 1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
    assert!(!gateway.path("nothing").exists(), "nothing is half-started");
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    check(&format!("data = \"nothing\"\n[broker]\nlisten = [\"{address}\"]\n"), &["broker.listen", &address]);
}

#[test]
fn an_unknown_key_is_one_clear_line_with_its_place() {
    check("data = \"nothing\"\n\n[broker]\nlisen = []\n", &["try.toml:4", "broker.lisen"]);
}

#[test]
fn a_bad_value_is_one_clear_line_with_its_place() {
    check("data = \"nothing\"\nhome = \"Not An Id\"\n", &["try.toml:2", "home"]);
    check("data = \"nothing\"\n[broker]\nlisten = [\"here\"]\n", &["try.toml:3", "broker.listen"]);
    check("data = \"nothing\"\n[[cluster]]\nid = \"a\"\nkind = \"telepathy\"\n", &["try.toml:4", "kind"]);
}

#[test]
fn a_file_that_is_no_toml_is_one_clear_line_with_its_place() {
    check("data = \"nothing\"\nhome = \n", &["try.toml:2"]);
}

#[test]
fn a_file_that_is_not_there_is_one_clear_line() {
    let gateway = Gateway::prepare(BINARY);
    let file = gateway.path("absent.toml").display().to_string();
    let done = gateway.command(&["run", "--config", &file]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("absent.toml"), "{said}");
}

#[test]
fn every_line_that_the_demo_prints_does_what_it_says() {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(BINARY);
    command.args(["demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", folder.path());
    let mut demo = Program::start(&mut command, &folder.path().join("demo.log"));
    let printed =
        demo.until("it has said how to end it", |demo| Some(demo.output()).filter(|it| it.contains("Ctrl-C")));
    let lines: Vec<&str> = printed.lines().map(str::trim).collect();
    let ours: Vec<&&str> = lines.iter().filter(|line| line.contains("hes-tests-gateway ")).collect();
    assert_eq!(ours.len(), 3, "{printed}");
    for line in ours {
        let done = Command::new("sh").args(["-c", line]).output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        assert!(!done.stdout.is_empty(), "{line}");
    }
    hears_a_value(lines.iter().find(|line| line.starts_with("mosquitto_sub ")).expect("a line for mosquitto_sub"));
    assert!(demo.stop().success());
}

/// Does what a line for `mosquitto_sub` says.
fn hears_a_value(line: &str) {
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches('\'')).collect();
    let option = |name: &str| words.iter().skip_while(|word| **word != name).nth(1).copied().expect("an option");
    let address = format!("{}:{}", option("-h"), option("-p")).parse().unwrap();
    let account = Account::new(option("-u"), option("-P"));
    let mut client = Client::connect(address, Version::V5, "watcher", Some(&account)).unwrap();
    client.subscribe(&[option("-t")]).unwrap();
    client.until("a value is told", |client| (!client.heard().is_empty()).then_some(()));
}
