//! Stories of accounts.

use std::net::SocketAddr;

use hes_broker::{Password, Version};
use hes_schemas::{
    Timestamp,
    rights::{Action, Grant, Safety, Scope},
};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::store::Removal;

const NOW: Timestamp = Timestamp::from_millis(0);
const HERE: &str = "127.0.0.1:50000";

fn hello(user: Option<&str>, password: Option<&str>, remote: &str) -> Hello {
    Hello {
        client: "panel".into(),
        user: user.map(Into::into),
        password: password.map(|password| Password::new(password.to_owned().into())),
        token: None,
        remote: remote.parse::<SocketAddr>().unwrap(),
        version: Version::V5,
        anonymous: true,
        certificate: None,
        certificate_is_user: false,
    }
}

fn grants(session: &Session) -> Arc<Grants> {
    session.with_grants(|grants| Arc::new(grants.clone()))
}

fn name(name: &str) -> UserName {
    UserName::new(name).unwrap()
}

async fn ledger(folder: &TempDir) -> Ledger {
    Ledger::open(folder.path()).await.unwrap()
}

async fn add(ledger: &Ledger, user: &str, role: Option<Role>) {
    let hash = hash(&format!("password of {user}").into()).unwrap();
    assert!(ledger.add(&name(user), &hash, role).await.unwrap());
}

async fn log_in(accounts: &Accounts, user: &str) -> Session {
    let password = format!("password of {user}");
    accounts.admit(&hello(Some(user), Some(&password), HERE)).await.unwrap()
}

fn may(session: &Session, action: Action, topic: &str) -> bool {
    session.with_grants(|grants| grants.permits_topic(NOW, action, &hes_schemas::Topic::new(topic).unwrap()))
}

#[tokio::test]
async fn lets_in_who_knows_the_password() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    add(&ledger, "anna", Some(Role::Resident)).await;
    let accounts = Accounts::open(ledger, None).await.unwrap();
    for _ in 0..2 {
        assert_eq!(log_in(&accounts, "anna").await.user(), "anna");
    }
    for (user, password) in [
        (Some("anna"), Some("password of annA")),
        (Some("anna"), Some("")),
        (Some("anna"), None),
        (Some("berta"), Some("password of anna")),
        (Some("ANNA"), Some("password of anna")),
        (Some("a/+"), Some("password of anna")),
        (None, Some("password of anna")),
        (None, None),
        (Some("anonymous"), Some("")),
    ] {
        let refusal = accounts.admit(&hello(user, password, HERE)).await.unwrap_err();
        assert_eq!(refusal, Refusal::Credentials, "{user:?} {password:?}");
    }
}

#[tokio::test]
async fn lets_nameless_clients_in_on_this_machine_and_only_if_it_may() {
    let folder = TempDir::new().unwrap();
    let accounts = Accounts::open(ledger(&folder).await, Some(Role::Guest)).await.unwrap();
    let session = accounts.admit(&hello(None, None, HERE)).await.unwrap();
    assert_eq!(session.user(), ANONYMOUS);
    assert_eq!(accounts.rights(), [(name(ANONYMOUS), grants(&session))]);
    for mapped in ["[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert!(accounts.admit(&hello(None, None, mapped)).await.is_ok(), "{mapped}");
    }
    for other in ["192.0.2.7:1", "[::ffff:192.0.2.7]:1", "0.0.0.0:1"] {
        assert!(accounts.admit(&hello(None, None, other)).await.is_err(), "{other}");
    }
    let elsewhere = Hello { anonymous: false, ..hello(None, None, HERE) };
    assert!(accounts.admit(&elsewhere).await.is_err());
}

#[tokio::test]
async fn takes_a_certificate_for_a_password_where_that_is_enough() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    add(&ledger, "anna", Some(Role::Resident)).await;
    add(&ledger, "berta", Some(Role::Resident)).await;
    let accounts = Accounts::open(ledger, Some(Role::Guest)).await.unwrap();
    let shown = |name: &str, user, password| Hello {
        certificate: Some(name.to_owned().into()),
        certificate_is_user: true,
        ..hello(user, password, HERE)
    };
    let berta = Some("password of berta");
    for (hello, expect) in [
        (shown("anna", None, None), Ok("anna")),
        (shown("anna", Some("anna"), None), Ok("anna")),
        (shown("anna", Some("berta"), berta), Ok("berta")),
        (shown("anna", Some("berta"), None), Err(Refusal::Credentials)),
        (shown("anna", Some("anna"), berta), Err(Refusal::Credentials)),
        (shown("carla", None, None), Err(Refusal::Credentials)),
        (shown("anonymous", None, None), Err(Refusal::Credentials)),
        (shown("a/+", None, None), Err(Refusal::Credentials)),
        (Hello { certificate_is_user: false, ..shown("anna", Some("anna"), None) }, Err(Refusal::Credentials)),
        (Hello { certificate_is_user: false, ..shown("anna", None, None) }, Ok(ANONYMOUS)),
    ] {
        let admitted = accounts.admit(&hello).await;
        assert_eq!(admitted.as_ref().map(Session::user).map_err(|refusal| *refusal), expect, "{hello:?}");
    }
}

#[tokio::test]
async fn founds_one_owner_and_tells_the_password_once() {
    let folder = TempDir::new().unwrap();
    let accounts = Accounts::open(ledger(&folder).await, None).await.unwrap();
    let password = accounts.found_owner().await.unwrap().unwrap();
    assert!(accounts.found_owner().await.unwrap().is_none());
    let again = Accounts::open(ledger(&folder).await, None).await.unwrap();
    assert!(again.found_owner().await.unwrap().is_none());
    for accounts in [accounts, again] {
        let session = accounts.admit(&hello(Some("owner"), Some(password.expose_secret()), HERE)).await.unwrap();
        assert!(may(&session, Action::Write, "any/topic"));
    }
}

#[tokio::test]
async fn gives_the_rights_of_the_role_and_its_own() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    add(&ledger, "anna", Some(Role::Guest)).await;
    let scope = Scope::new("topic:panel/#").unwrap();
    let grant = Grant { actions: vec![Action::Read], scope, safety: Safety::S1, until: None };
    assert!(ledger.grant(&name("anna"), &grant).await.unwrap());
    let session = log_in(&Accounts::open(ledger, None).await.unwrap(), "anna").await;
    assert_eq!(grants(&session).iter().count(), Role::Guest.grants().len() + 1);
    assert!(may(&session, Action::Read, "panel/1") && !may(&session, Action::Write, "panel/1"));
}

#[tokio::test]
async fn follows_what_the_command_line_changes() {
    let folder = TempDir::new().unwrap();
    let own = ledger(&folder).await;
    add(&own, "anna", Some(Role::Cluster)).await;
    add(&own, "owner", Some(Role::Owner)).await;
    let accounts = Accounts::open(own, None).await.unwrap();
    let command_line = ledger(&folder).await;
    let (tell, mut told) = mpsc::unbounded_channel();
    accounts.follow(move |rights| tell.send(rights.len()).unwrap());
    tokio::spawn({
        let accounts = accounts.clone();
        async move { accounts.watch().await }
    });

    let session = log_in(&accounts, "anna").await;
    assert!(may(&session, Action::Write, "a") && session.is_live());
    command_line.change_password(&name("anna"), &hash(&"another one".into()).unwrap()).await.unwrap();
    assert_eq!(told.recv().await, Some(2));
    assert!(!session.is_live() && !may(&session, Action::Write, "a"), "the session ends with the password");
    assert!(accounts.admit(&hello(Some("anna"), Some("password of anna"), HERE)).await.is_err());

    let session = accounts.admit(&hello(Some("anna"), Some("another one"), HERE)).await.unwrap();
    let grant = Grant { actions: vec![Action::Manage], scope: Scope::everything(), safety: Safety::S0, until: None };
    command_line.grant(&name("anna"), &grant).await.unwrap();
    assert_eq!(told.recv().await, Some(2));
    assert!(session.is_live() && grants(&session).iter().any(|held| *held == grant), "the session goes on");
    assert!(command_line.revoke(&name("anna"), &grant.scope).await.unwrap());
    assert_eq!(told.recv().await, Some(2));
    assert!(!grants(&session).iter().any(|held| *held == grant));

    assert_eq!(command_line.remove(&name("anna")).await.unwrap(), Removal::Removed);
    assert_eq!(told.recv().await, Some(1));
    add(&command_line, "anna", Some(Role::Cluster)).await;
    assert_eq!(told.recv().await, Some(2));
    assert!(!session.is_live(), "another account of the same name is not the same account");
}

#[tokio::test]
async fn lets_in_at_once_who_was_given_a_password_a_moment_ago() {
    let folder = TempDir::new().unwrap();
    let accounts = Accounts::open(ledger(&folder).await, None).await.unwrap();
    let (tell, mut told) = mpsc::unbounded_channel();
    accounts.follow(move |rights| tell.send(rights.len()).unwrap());
    let command_line = ledger(&folder).await;
    add(&command_line, "anna", Some(Role::Resident)).await;
    let session = log_in(&accounts, "anna").await;
    assert_eq!(told.try_recv(), Ok(1), "the engine knows her rights before she can ask for anything");
    command_line.change_password(&name("anna"), &hash(&"another one".into()).unwrap()).await.unwrap();
    assert!(accounts.admit(&hello(Some("anna"), Some("another one"), HERE)).await.is_ok());
    assert!(!session.is_live());
    assert!(accounts.admit(&hello(Some("anna"), Some("password of anna"), HERE)).await.is_err());
}

#[tokio::test]
async fn keeps_the_last_owner() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    add(&ledger, "owner", Some(Role::Owner)).await;
    add(&ledger, "anna", Some(Role::Resident)).await;
    assert_eq!(ledger.remove(&name("owner")).await.unwrap(), Removal::LastOwner);
    assert_eq!(ledger.remove(&name("berta")).await.unwrap(), Removal::Unknown);
    add(&ledger, "berta", Some(Role::Owner)).await;
    assert_eq!(ledger.remove(&name("owner")).await.unwrap(), Removal::Removed);
    assert_eq!(ledger.remove(&name("anna")).await.unwrap(), Removal::Removed);
}

#[tokio::test]
async fn leaves_grants_aside_that_cannot_be_read() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    add(&ledger, "anna", None).await;
    ledger
        .run(
            "INSERT INTO account_grant VALUES ('anna', 'a/+b', 'read', 'S1', NULL), ('anna', 'a', 'read,fly', 'S1', 5),
             ('anna', 'b', 'read', 'S9', NULL);
             INSERT INTO account VALUES ('Not A Name', '', 'owner', 7), ('berta', 'no hash', 'king', 8)",
        )
        .await;
    let rows = ledger.accounts().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["anna", "berta"]);
    let until = Some(Timestamp::from_millis(5));
    let scope = Scope::new("a").unwrap();
    assert_eq!(rows[0].grants, [Grant { actions: vec![Action::Read], scope, safety: Safety::S1, until }]);
    assert_eq!(rows[1].role, None);
}

#[tokio::test]
async fn goes_on_after_a_restart_for_accounts_that_are_still_there() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    add(&ledger, "anna", Some(Role::Resident)).await;
    add(&ledger, "berta", Some(Role::Cluster)).await;
    let accounts = Accounts::open(ledger, Some(Role::Guest)).await.unwrap();
    let anna = accounts.resume("anna", None).unwrap();
    assert!(anna.is_live() && anna.user() == "anna");
    assert_eq!(grants(&anna), grants(&log_in(&accounts, "anna").await));
    let scope = Scope::new("topic:panel/#").unwrap();
    let bounds = Grants::new(vec![Grant { actions: vec![Action::Read], scope, safety: Safety::S3, until: None }]);
    let narrowed = accounts.resume("berta", Some(Arc::new(bounds))).unwrap();
    assert!(may(&narrowed, Action::Read, "panel/1") && !may(&narrowed, Action::Read, "other"));
    assert!(!may(&narrowed, Action::Write, "panel/1") && narrowed.bounds().is_some() && narrowed.is_live());
    assert!(accounts.resume(ANONYMOUS, None).unwrap().is_live());
    assert!(accounts.resume("bert", None).is_none() && accounts.resume("no/name", None).is_none());
}
