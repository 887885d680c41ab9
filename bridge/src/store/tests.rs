//! Stories of the store.

mod homes;
mod killed;
mod pairings;
mod sessions;

use std::{io::Write, time::Duration};

use hes_broker::{Done, Properties, Publish};
use hes_engine::record::Record;
use hes_schemas::{ClusterId, Millis, Timestamp, Topic};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{Ledger, Opened, Store, StoreError, samples};

const NOW: Timestamp = Timestamp::from_millis(1_795_359_600_000);
const NEVER: Duration = Duration::from_secs(3600);

async fn open(folder: &TempDir) -> Opened {
    open_at(folder, NOW).await
}

/// Opens a store whose last life may have ended just before.
async fn open_at(folder: &TempDir, now: Timestamp) -> Opened {
    loop {
        // a process that another test starts holds all our files until it has become another program
        match Store::open(folder.path(), NEVER, now).await {
            Err(StoreError::InUse { .. }) => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
}

async fn refusal(folder: &TempDir) -> String {
    Store::open(folder.path(), NEVER, NOW).await.unwrap_err().to_string()
}

async fn keep(store: &Store, records: Vec<Record>) {
    assert!(is_kept(|done| store.write(records, Some(done))).await);
}

async fn keep_retained(store: &Store, topic: &str, message: Option<&Publish>) {
    let topic = Topic::new(topic).unwrap();
    assert!(is_kept(|done| store.retain(&topic, message, done)).await);
}

/// Waits until a change is on disk; says whether it is.
async fn is_kept(change: impl FnOnce(Done)) -> bool {
    let (told, answer) = oneshot::channel();
    change(Box::new(|is_on_disk| told.send(is_on_disk).unwrap()));
    answer.await.unwrap()
}

fn message(topic: &str, expiry: Option<u32>) -> Publish {
    let properties = Properties {
        content_type: Some("text/plain".into()),
        correlation_data: Some(vec![0, 255].into()),
        user: vec![("a".into(), "1".into()), ("a".into(), "2".into())],
        expiry,
        ..Properties::default()
    };
    Publish::new(Topic::new(topic).unwrap(), "hello").at_least_once().retained().with(properties)
}

fn everything() -> Vec<Record> {
    vec![
        Record::Device(samples::device("a")),
        Record::Values(samples::values("a", 41)),
        Record::Subscription(samples::subscription("s1", 100)),
    ]
}

#[tokio::test]
async fn brings_back_all_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    let retained = message("zigbee2mqtt/bridge/state", None);
    keep(&opened.store, everything()).await;
    keep_retained(&opened.store, "zigbee2mqtt/bridge/state", Some(&retained)).await;
    drop(opened);

    let Opened { restored, retained: messages, damaged, .. } = open(&folder).await;
    assert_eq!(restored.devices, [samples::device("a")]);
    assert_eq!(restored.values, [samples::values("a", 41)]);
    assert_eq!(restored.subscriptions, [samples::subscription("s1", 100)]);
    assert_eq!((messages, damaged), (vec![retained], 0));
}

#[tokio::test]
async fn leaps_after_an_unclean_stop_and_only_then() {
    let folder = TempDir::new().unwrap();
    let first = open(&folder).await;
    assert_eq!((first.restored.epoch, first.restored.leap, first.restored.floor), (1, None, 0));
    keep(&first.store, everything()).await;
    first.store.close().await.unwrap();
    drop(first);

    let after_clean = open(&folder).await;
    assert_eq!((after_clean.restored.epoch, after_clean.restored.leap, after_clean.restored.floor), (2, None, 41));
    drop(after_clean);

    let after_unclean = open(&folder).await;
    let leap = 41 + (1 << 20);
    assert_eq!((after_unclean.restored.leap, after_unclean.restored.floor), (Some(leap), leap));
    drop(after_unclean);

    assert_eq!(open(&folder).await.restored.leap, Some(leap + (1 << 20)), "nothing was saved since the last leap");
}

#[tokio::test]
async fn writes_what_nobody_waited_for_when_it_closes() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    opened.store.write(everything(), None);
    opened.store.close().await.unwrap();
    assert!(!is_kept(|done| opened.store.write(everything(), Some(done))).await, "it is closed");
    drop(opened);
    assert_eq!(open(&folder).await.restored.values, [samples::values("a", 41)]);
}

#[tokio::test]
async fn leaves_one_file_that_can_be_copied_when_it_closes() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    keep(&opened.store, everything()).await;
    assert!(folder.path().join("hes-bridge.db-wal").exists());
    opened.store.close().await.unwrap();
    assert!(!folder.path().join("hes-bridge.db-wal").exists());
}

#[tokio::test]
async fn goes_on_when_somebody_who_waits_panics() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    opened.store.write(vec![], Some(Box::new(|_| panic!("on purpose"))));
    keep(&opened.store, everything()).await;
    assert_eq!((opened.store.figures().panics, opened.store.figures().failures), (1, 0));
    opened.store.close().await.unwrap();
    opened.store.write(vec![], Some(Box::new(|_| panic!("on purpose"))));
    assert_eq!(opened.store.figures().panics, 2);
}

#[tokio::test]
async fn forgets_what_clusters_said_that_are_not_known_any_more() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder).await.store;
    let clusters = ["zigbee", "zig", "gbee-2"].map(|id| id.parse().unwrap());
    for cluster in &clusters {
        store.remember(ClusterId::clone(cluster), "base/bridge/devices".into(), (*b"[]").into());
    }
    keep(&store, vec![]).await;
    store.keep_inventories(&[clusters[0].clone(), clusters[2].clone()].into()).await.unwrap();
    let mut left = Vec::new();
    for cluster in &clusters {
        left.push(store.recall(cluster).await.unwrap().len());
    }
    assert_eq!(left, [1, 0, 1]);
    store.keep_inventories(&[].into()).await.unwrap();
    assert!(store.recall(&clusters[0]).await.unwrap().is_empty());
}

#[tokio::test]
async fn saves_after_the_interval_what_nobody_waits_for() {
    let folder = TempDir::new().unwrap();
    let opened = Store::open(folder.path(), Duration::ZERO, NOW).await.unwrap();
    opened.store.write(everything(), None);
    while opened.store.figures().commits == 0 {
        tokio::task::yield_now().await;
    }
    drop(opened);
    assert_eq!(open(&folder).await.restored.devices.len(), 1);
}

#[tokio::test]
async fn forgets_what_is_gone_but_not_how_far_its_versions_went() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    keep(&opened.store, everything()).await;
    keep_retained(&opened.store, "a/b", Some(&message("a/b", None))).await;
    let gone =
        vec![Record::DeviceGone(samples::cluster(), samples::uid("a")), Record::SubscriptionGone(samples::sid("s1"))];
    keep(&opened.store, gone).await;
    keep_retained(&opened.store, "a/b", None).await;
    opened.store.close().await.unwrap();
    drop(opened);

    let Opened { restored, retained, .. } = open(&folder).await;
    assert!(restored.devices.is_empty() && restored.values.is_empty() && restored.subscriptions.is_empty());
    assert!(retained.is_empty());
    assert_eq!((restored.leap, restored.floor), (None, 41));
}

#[tokio::test]
async fn keeps_each_shape_once_and_no_longer_than_it_is_needed() {
    async fn shapes(store: &Store) -> i64 {
        let mut connection = store.ledger().connection().await.unwrap();
        sqlx::query_scalar("SELECT count(*) FROM shape").fetch_one(&mut *connection).await.unwrap()
    }
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    keep(&opened.store, vec![Record::Device(samples::device("a")), Record::Device(samples::device("b"))]).await;
    assert_eq!(shapes(&opened.store).await, 1);
    let mut changed = samples::device("a");
    changed.shape = samples::shape("plug");
    keep(&opened.store, vec![Record::Device(changed)]).await;
    keep(&opened.store, vec![Record::DeviceGone(samples::cluster(), samples::uid("b"))]).await;
    drop(opened);
    assert_eq!(shapes(&open(&folder).await.store).await, 1);
}

#[tokio::test]
async fn lets_retained_messages_expire() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    keep_retained(&opened.store, "a", Some(&message("a", Some(10)))).await;
    keep_retained(&opened.store, "b", Some(&message("b", Some(60)))).await;
    drop(opened);
    let later = open_at(&folder, NOW + Millis::from_secs(20)).await;
    let left = later.retained.iter().map(|message| (message.topic.as_str(), message.properties.expiry.unwrap()));
    assert_eq!(left.map(|(topic, seconds)| (topic, seconds >= 40)).collect::<Vec<_>>(), [("b", true)]);
}

#[tokio::test]
async fn refuses_the_file_of_a_newer_version() {
    let folder = TempDir::new().unwrap();
    open(&folder).await.store.ledger().run("PRAGMA user_version = 99").await;
    let line = refusal(&folder).await;
    assert!(line.contains("newer hes-bridge") && line.contains("version 99"), "{line}");
}

#[tokio::test]
async fn refuses_a_file_that_is_no_database() {
    let folder = TempDir::new().unwrap();
    std::fs::File::create(folder.path().join("hes-bridge.db")).unwrap().write_all(&[7; 4096]).unwrap();
    let line = refusal(&folder).await;
    assert!(line.contains("hes-bridge.db cannot be opened"), "{line}");
}

#[tokio::test]
async fn lets_one_gateway_in_and_the_command_line_beside_it() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    assert!(matches!(Store::open(folder.path(), NEVER, NOW).await, Err(StoreError::InUse { .. })));
    assert!(Ledger::open(folder.path()).await.is_ok());
    drop(opened);
    open(&folder).await;
}

#[tokio::test]
async fn starts_without_the_rows_that_are_damaged() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    for device in ["a", "b", "c"] {
        let records = vec![Record::Device(samples::device(device)), Record::Values(samples::values(device, 5))];
        keep(&opened.store, records).await;
    }
    keep(&opened.store, everything()).await;
    let spoil = "UPDATE device SET body = x'ff00' WHERE uid = 'b';
         UPDATE device_values SET body = x'81' WHERE device = (SELECT id FROM device WHERE uid = 'c');
         UPDATE subscription SET body = x''";
    opened.store.ledger().run(spoil).await;
    opened.store.close().await.unwrap();
    drop(opened);

    let Opened { restored, damaged, .. } = open(&folder).await;
    assert_eq!(damaged, 3);
    assert_eq!(restored.devices, [samples::device("a"), samples::device("c")]);
    assert_eq!(restored.values, [samples::values("a", 41)]);
    assert!(restored.leap.is_some(), "the versions in the damaged row are not known");
}

#[tokio::test]
async fn says_when_the_disk_is_full_and_keeps_the_changes_until_it_is_not() {
    let folder = TempDir::new().unwrap();
    let opened = open(&folder).await;
    keep(&opened.store, everything()).await;
    opened.store.ledger().run("PRAGMA max_page_count = 1").await;
    let large = Publish::new(Topic::new("large").unwrap(), vec![7; 1 << 20]).retained();
    assert!(!is_kept(|done| opened.store.retain(&large.topic, Some(&large), done)).await);
    assert_eq!(opened.store.figures().failures, 1);

    keep(&opened.store, Vec::new()).await;
    drop(opened);
    assert_eq!(open(&folder).await.retained, [large]);
}

#[cfg(unix)]
#[tokio::test]
async fn shows_its_files_to_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("new/data");
    let opened = Store::open(&data, NEVER, NOW).await.unwrap();
    keep(&opened.store, everything()).await;
    let mode = |name: &str| std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for file in ["hes-bridge.db", "hes-bridge.db-wal", "lock"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}
