//! Stories of what is kept of other homes.

use hes_broker::{Change, SessionRecord};
use hes_engine::record::{FederationRecord, Record};
use tempfile::TempDir;

use super::{is_kept, keep, open};
use crate::store::{Opened, Store, samples};

const PEER: &str = "INSERT INTO peer (home, identity, since) VALUES ('elm', '{}', 0)";

async fn log(store: &Store, seq: u64) {
    assert!(is_kept(|done| store.log(samples::parcel("elm", seq), done)).await);
}

/// Makes a store that trusts the home of the samples.
async fn trusting(folder: &TempDir) -> Store {
    let store = open(folder).await.store;
    store.ledger().run(PEER).await;
    store
}

fn federation() -> Record {
    let record = FederationRecord {
        id: "oak-5-1".to_owned(),
        proposals: [].into(),
        left: [].into(),
        ended: None,
        barred: Vec::new(),
        foreign: [].into(),
    };
    Record::Federation(Box::new(record))
}

#[tokio::test]
async fn goes_on_with_the_logs_where_they_ended() {
    let folder = TempDir::new().unwrap();
    let store = trusting(&folder).await;
    for seq in 1..=4 {
        log(&store, seq).await;
    }
    keep(&store, vec![Record::ParcelsGone(samples::home("elm"), 2), Record::Heard(samples::home("elm"), 9)]).await;
    drop(store);

    let opened = open(&folder).await;
    assert_eq!(opened.restored.parcels, [samples::parcel("elm", 3), samples::parcel("elm", 4)]);
    keep(&opened.store, vec![Record::ParcelsGone(samples::home("elm"), 4)]).await;
    drop(opened);

    let Opened { restored, damaged, .. } = open(&folder).await;
    assert!(restored.parcels.is_empty());
    assert_eq!((restored.logged, restored.heard), (vec![(samples::home("elm"), 4)], vec![(samples::home("elm"), 9)]));
    assert_eq!(damaged, 0);
}

#[tokio::test]
async fn keeps_what_other_homes_retain_as_they_told_it_last() {
    let folder = TempDir::new().unwrap();
    let store = trusting(&folder).await;
    let mirror = |path, seq| Record::Mirror(samples::mirror("elm", path, seq));
    keep(&store, vec![mirror("elm/z/a/$status", 1), mirror("elm/z/b/$status", 2), federation()]).await;
    keep(&store, vec![mirror("elm/z/b/$status", 3), Record::MirrorGone("elm/z/a/$status".to_owned())]).await;
    drop(store);

    let Opened { store, restored, .. } = open(&folder).await;
    assert_eq!(restored.mirrors, [samples::mirror("elm", "elm/z/b/$status", 3)]);
    assert_eq!(restored.federations.into_iter().map(|it| it.id).collect::<Vec<_>>(), ["oak-5-1"]);
    keep(&store, vec![Record::FederationGone("oak-5-1".to_owned())]).await;
    drop(store);
    assert!(open(&folder).await.restored.federations.is_empty());
}

#[tokio::test]
async fn writes_more_than_one_statement_takes() {
    let folder = TempDir::new().unwrap();
    let store = trusting(&folder).await;
    let all = (0..9_000).map(|at| Record::Mirror(samples::mirror("elm", &format!("elm/z/{at}/$status"), at)));
    keep(&store, all.collect()).await;
    drop(store);
    let mirrors = open(&folder).await.restored.mirrors;
    assert_eq!(mirrors.len(), 9_000);
    assert!(mirrors.iter().all(|it| it.item.path == format!("elm/z/{}/$status", it.item.stamp.seq)));
}

#[tokio::test]
async fn forgets_a_home_with_all_that_was_kept_of_it() {
    let folder = TempDir::new().unwrap();
    let store = trusting(&folder).await;
    log(&store, 1).await;
    keep(&store, vec![Record::Mirror(samples::mirror("elm", "elm/z/a/$status", 1))]).await;
    store.write(vec![Record::Heard(samples::home("elm"), 9)], None);
    assert!(is_kept(|done| store.forget_home(samples::home("elm"), done)).await);
    log(&store, 1).await;
    drop(store);

    let restored = open(&folder).await.restored;
    assert!(restored.mirrors.is_empty());
    assert_eq!(restored.parcels, [samples::parcel("elm", 1)]);
    assert_eq!((restored.logged, restored.heard), (vec![(samples::home("elm"), 1)], vec![(samples::home("elm"), 0)]));
}

#[tokio::test]
async fn a_start_forgets_what_was_told_by_homes_without_trust() {
    let folder = TempDir::new().unwrap();
    let store = trusting(&folder).await;
    log(&store, 1).await;
    store.ledger().run("DELETE FROM peer").await;
    drop(store);
    let restored = open(&folder).await.restored;
    assert!(restored.parcels.is_empty() && restored.logged.is_empty() && restored.heard.is_empty());
}

const REFUSE: &str = "CREATE TEMP TRIGGER refuse BEFORE INSERT ON session BEGIN SELECT RAISE(ABORT, 'no'); END";

/// Returns what follows from an entry of a log: how far it is heard, which event it was, and what a session is owed.
fn heard(seq: u64) -> (Vec<Record>, Vec<Change>) {
    let session =
        SessionRecord { key: 1, client: "a".into(), user: "anna".into(), expiry: 100, will: None, bounds: None };
    let event = samples::mirror("elm", "elm/z/a/event/b", seq);
    (vec![Record::Heard(samples::home("elm"), seq), Record::Mirror(event)], vec![Change::Session(session)])
}

/// What is heard of another home's log, and what sessions are owed of it, are on disk together or not at all.
#[tokio::test]
async fn keeps_what_was_heard_and_changes_of_sessions_together() {
    let folder = TempDir::new().unwrap();
    let store = trusting(&folder).await;
    store.ledger().run(REFUSE).await;
    let (records, changes) = heard(1);
    assert!(!is_kept(|done| store.hear(records, changes, done)).await);
    drop(store);
    let opened = open(&folder).await;
    assert!(opened.restored.heard.is_empty() && opened.sessions.is_empty());
    let (records, changes) = heard(2);
    assert!(is_kept(|done| opened.store.hear(records, changes, done)).await);
    drop(opened);
    let Opened { restored, sessions, .. } = open(&folder).await;
    assert_eq!((restored.heard, sessions.len()), (vec![(samples::home("elm"), 2)], 1));
    assert_eq!(restored.mirrors, [samples::mirror("elm", "elm/z/a/event/b", 2)]);
}

/// It is heard again; were it on disk by then without what followed from it, that would be lost.
#[tokio::test]
async fn never_writes_later_that_something_was_heard_which_it_refused() {
    let folder = TempDir::new().unwrap();
    let store = trusting(&folder).await;
    store.ledger().run(REFUSE).await;
    let (records, changes) = heard(1);
    assert!(!is_kept(|done| store.hear(records, changes, done)).await);
    keep(&store, Vec::new()).await;
    drop(store);
    let restored = open(&folder).await.restored;
    assert!(restored.heard.is_empty() && restored.mirrors.is_empty());
}
