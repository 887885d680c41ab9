//! A process that writes is killed at arbitrary points.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use hes_broker::{Done, Publish};
use hes_engine::record::Record;
use hes_schemas::Topic;
use tempfile::TempDir;

use super::{NEVER, NOW, Opened, Store, open, samples};

const VICTIM: &str = "HES_TEST_VICTIM";

const TRUST: &str = "INSERT OR IGNORE INTO peer (home, identity, since) VALUES ('elm', '{}', 0)";

/// What the victim said before it died.
#[derive(Default)]
struct LastWords {
    acknowledged: Vec<u64>,
    highest_version: u64,
    logged: u64,
}

#[tokio::test]
async fn loses_nothing_acknowledged_and_tells_no_version_twice_over_kill_9() {
    let folder = TempDir::new().unwrap();
    let mut acknowledged = Vec::new();
    for lines in [1, 2, 3, 50, 7, 400, 19, 150] {
        let words = kill_after(folder.path(), lines);
        acknowledged.extend(words.acknowledged);
        let Opened { store, restored, retained, damaged, .. } = open(&folder).await;
        store.ledger().run(TRUST).await;
        let logged = restored.logged.iter().map(|(_, seq)| *seq).max().unwrap_or_default();
        assert!(words.logged <= logged, "{} was acknowledged", words.logged);
        let kept = restored.parcels.iter().map(|parcel| parcel.log.seq).collect::<Vec<_>>();
        let first = logged + 1 - u64::try_from(kept.len()).unwrap();
        assert_eq!(kept, (first..=logged).collect::<Vec<_>>(), "none is missing in between");
        drop(store);
        for number in &acknowledged {
            assert!(retained.iter().any(|message| message.topic == topic(*number)), "{number} was acknowledged");
        }
        assert_eq!(damaged, 0);
        assert!(restored.leap.unwrap() > words.highest_version);
    }
    assert!(!acknowledged.is_empty());
}

/// Has another process write until it has said so many lines, and kills it.
fn kill_after(folder: &Path, lines: usize) -> LastWords {
    let mut victim = start_victim(folder);
    let mut said = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut words = LastWords::default();
    said.by_ref().filter(|line| words.note(line)).take(lines).for_each(drop);
    victim.kill().unwrap();
    victim.wait().unwrap();
    for line in said {
        words.note(&line);
    }
    words
}

fn start_victim(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::killed::writes_until_it_is_killed", "--nocapture"])
        .env(VICTIM, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl LastWords {
    /// Says whether the line was one of the victim's own.
    fn note(&mut self, line: &str) -> bool {
        match line.split_once(' ').map(|(word, number)| (word, number.parse::<u64>())) {
            Some(("stored", Ok(number))) => self.acknowledged.push(number),
            Some(("told", Ok(version))) => self.highest_version = self.highest_version.max(version),
            Some(("logged", Ok(seq))) => self.logged = self.logged.max(seq),
            _ => return false,
        }
        true
    }
}

/// The victim; alone it does nothing.
#[tokio::test]
async fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(VICTIM) else { return };
    let Opened { store, restored, .. } = Store::open(folder.as_ref(), NEVER, NOW).await.unwrap();
    let in_flight = Arc::new(tokio::sync::Semaphore::new(20));
    store.write(vec![Record::Device(samples::device("a"))], None);
    store.ledger().run(TRUST).await;
    let before = restored.logged.iter().map(|(_, seq)| *seq).max().unwrap_or_default();
    for count in 1.. {
        let version = restored.floor + count;
        println!("told {version}");
        store.write(vec![Record::Values(samples::values("a", version))], None);
        let seq = before + count;
        store.write(vec![Record::ParcelsGone(samples::home("elm"), seq.saturating_sub(5))], None);
        store.log(
            samples::parcel("elm", seq),
            Box::new(move |is_on_disk| {
                assert!(is_on_disk);
                println!("logged {seq}");
            }),
        );
        let permit = Arc::clone(&in_flight).acquire_owned().await.unwrap();
        let done: Done = Box::new(move |is_on_disk| {
            assert!(is_on_disk);
            println!("stored {version}");
            drop(permit);
        });
        store.retain(&topic(version), Some(&Publish::new(topic(version), "x").retained()), done);
    }
}

fn topic(number: u64) -> Topic {
    Topic::new(&format!("kept/{number}")).unwrap()
}
