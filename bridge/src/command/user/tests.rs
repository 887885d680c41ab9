//! Stories of accounts on the command line.

use clap::Parser;
use hes_engine::record::Record;
use hes_schemas::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::store::{Store, samples};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    user: UserArgs,
}

/// A data directory and a file with a password.
struct Desk {
    folder: TempDir,
    password: String,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, "swordfish\n").unwrap();
        Self { password: password.to_str().unwrap().to_owned(), folder }
    }

    /// Runs one command; returns what it said, or why it failed.
    async fn run(&self, line: &str) -> Result<String, String> {
        let words = ["user"].into_iter().chain(line.split_whitespace());
        let args = Line::try_parse_from(words).map_err(|error| error.to_string())?.user;
        let ledger = Ledger::open(self.folder.path()).await.unwrap();
        let output = &mut Output::of_process();
        let said = match &args.command {
            UserCommand::Add(errand) => errand.run(&ledger, output).await,
            UserCommand::List(errand) => errand.run(&ledger, output).await,
            UserCommand::Remove(errand) => errand.run(&ledger, output).await,
            UserCommand::Passwd(errand) => errand.run(&ledger, output).await,
            UserCommand::Grant(errand) => errand.run(&ledger, output).await,
            UserCommand::Revoke(errand) => errand.run(&ledger, output).await,
            UserCommand::Bind(errand) => errand.run(&ledger, output).await,
            UserCommand::Limit(errand) => errand.run(&ledger, output).await,
        };
        said.map_err(|failure| failure.line.unwrap())
    }

    async fn add(&self, name: &str, more: &str) -> String {
        self.run(&format!("add {name} --password-file {} {more}", self.password)).await.unwrap()
    }

    /// Has the gateway know a device `zigbee/lamp_0x1` whose uid is `0x1`.
    async fn install_lamp(&self) {
        let never = std::time::Duration::from_secs(3600);
        let opened = Store::open(self.folder.path(), never, Timestamp::from_millis(0)).await.unwrap();
        opened.store.write(vec![Record::Device(samples::device("0x1"))], None);
        opened.store.close().await.unwrap();
    }
}

#[tokio::test]
async fn accounts_come_and_go() {
    let desk = Desk::new();
    assert_eq!(desk.add("owner", "--role owner").await, "the account owner was made, as owner");
    let said = desk.run("add anna").await.unwrap();
    let (first, second) = said.split_once('\n').unwrap();
    assert_eq!(first, "the account anna was made; grant it what it may do: hes-bridge user grant anna");
    assert!(second.starts_with("its password, shown this once: ") && second.len() == 60, "{second}");
    assert_eq!(desk.run("list").await.unwrap(), "NAME   ROLE\nanna\nowner  owner");
    let said = desk.run(&format!("passwd anna --password-file {}", desk.password)).await.unwrap();
    assert_eq!(said, "the account anna has another password");
    assert_eq!(desk.run("remove anna").await.unwrap(), "the account anna was removed");
    assert_eq!(
        desk.run("list --json").await.unwrap().split_whitespace().collect::<String>(),
        r#"[{"name":"owner","role":"owner","grants":[]}]"#
    );
}

#[tokio::test]
async fn failures_tell_the_way_out() {
    let desk = Desk::new();
    desk.add("owner", "--role owner").await;
    desk.add("anna", "--role guest").await;
    let empty = desk.folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let no_password = desk.run(&format!("add berta --password-file {}", empty.display())).await.unwrap_err();
    assert!(no_password.starts_with("--password-file: "), "{no_password}");
    for (line, expect) in [
        ("add anna", "there is an account anna already; for another password: hes-bridge user passwd anna"),
        ("add anonymous", "anonymous is the name of clients without an account; take another"),
        ("passwd berta", "there is no account berta; there are: anna, owner"),
        ("remove berta", "there is no account berta; there are: anna, owner"),
        (
            "remove owner",
            "owner is the only owner, and nobody could manage the home without one; make another first: \
             hes-bridge user add NAME --role owner",
        ),
        ("grant berta read zigbee/+", "there is no account berta; there are: anna, owner"),
        (
            "revoke anna zigbee/+",
            "anna has no right of its own to zigbee/+; it has: none; what its role gives is not revoked one by one",
        ),
    ] {
        assert_eq!(desk.run(line).await.unwrap_err(), expect);
    }
    for (line, expect) in [
        ("add Anna", "\"Anna\" is not a user name"),
        ("add berta --role king", "[possible values: owner, resident, guest, cluster]"),
        ("grant anna fly zigbee/+", "\"fly\" is none of read, write, notify, manage"),
        ("grant anna read a/#/b", "# must be the last one"),
        ("grant anna read a/b/c/d", "at most three levels"),
        ("grant anna read a --safety S9", "[possible values: S0, S1, S2, S3]"),
        ("grant anna read a --until tomorrow", "write a time as 2026-12-31T00:00:00Z"),
    ] {
        let said = desk.run(line).await.unwrap_err();
        assert!(said.contains(expect), "{said}");
    }
}

#[tokio::test]
async fn a_right_to_a_device_outlives_its_name() {
    let desk = Desk::new();
    desk.install_lamp().await;
    desk.add("anna", "").await;
    assert_eq!(
        desk.run("grant anna write,read zigbee/lamp_0x1/on").await.unwrap(),
        "anna may read,write zigbee/uid:0x1/on (lamp_0x1), up to S1"
    );
    assert_eq!(
        desk.run("grant anna read topic:panel/# --until 2026-12-31T00:00:00Z").await.unwrap(),
        "anna may read topic:panel/#, until 2026-12-31T00:00:00.000Z"
    );
    assert_eq!(desk.run("grant anna notify zigbee/gone").await.unwrap(), "anna may notify zigbee/gone, up to S1");
    let table = desk.run("list").await.unwrap();
    assert!(table.contains("anna  read,write  zigbee/uid:0x1/on (lamp_0x1)  S1"), "{table}");
    for scope in ["zigbee/lamp_0x1/on", "topic:panel/#", "zigbee/gone"] {
        assert!(desk.run(&format!("revoke anna {scope}")).await.is_ok(), "{scope}");
    }
    let none = "anna has no right of its own to zigbee/gone; it has: none";
    assert_eq!(desk.run("revoke anna zigbee/gone").await.unwrap_err(), none);
}

#[tokio::test]
async fn an_account_is_bound_to_client_ids_and_freed_again() {
    let desk = Desk::new();
    desk.add("hall", "--client-ids panel-*,door").await;
    let listed = || async { desk.run("list --json").await.unwrap() };
    assert!(listed().await.contains(r#""panel-*""#));
    assert_eq!(desk.run("bind hall tablet").await.unwrap(), "hall may use the client ids: tablet");
    assert!(!listed().await.contains("panel-*"));
    assert_eq!(desk.run("bind hall").await.unwrap(), "hall may use any client id that no other account is bound to");
    assert!(desk.run("bind nobody x").await.unwrap_err().contains("there is no account nobody"));
}

#[tokio::test]
async fn an_account_has_limits_of_its_own_until_they_are_taken_back() {
    let desk = Desk::new();
    desk.add("hall", "").await;
    assert_eq!(desk.run("limit hall --connections 2 --rate 50").await.unwrap(), "hall: connections 2, rate 50");
    assert_eq!(desk.run("limit hall --bytes 9000").await.unwrap(), "hall: connections 2, rate 50, bytes 9000");
    assert_eq!(
        desk.run("limit hall --rate none --inflight 1").await.unwrap(),
        "hall: connections 2, bytes 9000, inflight 1"
    );
    assert_eq!(desk.run("limit hall").await.unwrap(), "hall: connections 2, bytes 9000, inflight 1");
    assert_eq!(
        desk.run("limit hall --connections none --bytes none --inflight none").await.unwrap(),
        "hall: as the configuration says"
    );
    assert!(desk.run("limit hall --rate 0").await.unwrap_err().contains("--rate"));
    assert!(desk.run("limit nobody").await.unwrap_err().contains("there is no account nobody"));
}
