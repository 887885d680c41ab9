//! The command line tells at once why there is nothing to see.

use std::process::{Command, Output};

use hes_tests::{gateway::Gateway, house::House, program::Program};

const BINARY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

/// Lists the devices as an account.
fn devices(gateway: &Gateway, user: &str, options: &[&str]) -> Output {
    let password = gateway.write("asker", &Gateway::account(user).password).display().to_string();
    let url = format!("mqtt://{}", gateway.address());
    gateway.command(&[&["devices", "--url", &url, "--user", user, "--password-file", &password], options].concat())
}

/// Holds how a list failed against its exit code and words that it must have.
fn check(done: &Output, exit: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), said.lines().count()), (Some(exit), 1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
}

#[test]
fn a_home_that_is_not_there_is_said_to_be_another() {
    let gateway = Gateway::prepare(BINARY).start();
    check(&devices(&gateway, "owner", &["--home", "nope"]), 2, &["no home nope", "only home"]);
}

#[test]
fn an_account_without_devices_is_told_that_it_sees_none() {
    let gateway = Gateway::prepare(BINARY).start();
    gateway.add_stranger("stranger");
    for user in ["cluster", "stranger"] {
        check(&devices(&gateway, user, &[]), 4, &[user, "may see no device", "user grant"]);
    }
}

#[test]
fn who_gives_no_account_is_told_to_and_not_that_the_password_is_wrong() {
    let gateway = Gateway::prepare(BINARY).start();
    let url = format!("mqtt://{}", gateway.address());
    check(&gateway.command(&["devices", "--url", &url]), 4, &["without an account", "--user NAME"]);
}

#[test]
fn devices_go_with_a_cluster_that_is_not_configured_any_more() {
    let mut house = House::start(BINARY);
    assert!(String::from_utf8_lossy(&devices(&house.gateway, "owner", &[]).stdout).contains("zigbee/lamp"));
    house.gateway.stop();
    let gateway = &house.gateway;
    let listen = format!("home = \"home\"\n[broker]\nlisten = [\"{}\"]\n", gateway.address());
    let config = gateway.write("without.toml", &listen);
    let mut command = Command::new(BINARY);
    command.args(["run", "--config"]).arg(config).arg("--data").arg(gateway.path("data"));
    let mut alone = Program::start(&mut command, &gateway.path("alone.log"));
    let said = alone.until("it serves", |alone| Some(alone.output()).filter(|said| said.contains("hes-bridge serves")));
    let told: Vec<&str> = said.lines().filter(|line| line.contains("Forgotten")).collect();
    assert!(matches!(told.as_slice(), [line] if line.contains("zigbee")), "{said}");
    check(&devices(gateway, "owner", &[]), 0, &["no device"]);
    assert!(alone.stop().success());
}
