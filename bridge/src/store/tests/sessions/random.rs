//! Any life of sessions leaves what a plain map holds.

use std::{fs, path::Path};

use hes_broker::RestoredSession;
use proptest::prelude::*;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{
    super::{NEVER, NOW, Opened, Store, is_kept},
    model::{Model, Step, step},
};
use crate::store::{
    load::Damage,
    migration,
    sessions::{
        Sessions, commit,
        load::{self, MessageRows},
    },
};

/// How a transaction ends.
#[derive(Debug, Clone)]
enum Fate {
    Success,
    /// It failed, and nothing is on disk.
    Failure,
    /// It is said to have failed, and yet is on disk.
    Surprise,
}

#[derive(Debug, Clone)]
enum Event {
    Step(Step),
    /// A transaction takes what waits; it ends when the next one begins.
    Transaction(Fate),
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let fate = prop_oneof![3 => Just(Fate::Success), 2 => Just(Fate::Failure), 1 => Just(Fate::Surprise)];
    prop_oneof![
        12 => step().prop_map(Event::Step),
        3 => fate.prop_map(Event::Transaction),
        1 => Just(Event::Restart),
    ]
}

/// A database and its writer, without tasks.
struct Desk {
    connection: SqliteConnection,
    rows: MessageRows,
    waiting: Sessions,
    under_way: Option<(Sessions, Fate)>,
}

impl Desk {
    async fn open() -> Self {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        migration::bring_up_to_date(&mut connection, Path::new("memory")).await.unwrap();
        Self { connection, rows: MessageRows::default(), waiting: Sessions::default(), under_way: None }
    }

    async fn begin(&mut self, fate: Fate) {
        self.end().await;
        self.under_way = Some((std::mem::take(&mut self.waiting), fate));
    }

    async fn end(&mut self) {
        let Some((batch, fate)) = self.under_way.take() else { return };
        if !matches!(fate, Fate::Failure) {
            let mut transaction = self.connection.begin().await.unwrap();
            commit::write(&mut transaction, self.rows, &batch).await.unwrap();
            transaction.commit().await.unwrap();
        }
        if !matches!(fate, Fate::Success) {
            self.waiting.put_back(batch);
        }
    }

    async fn restart(&mut self) -> Vec<RestoredSession> {
        self.begin(Fate::Success).await;
        self.end().await;
        assert_eq!(self.waiting.len(), 0);
        let mut damage = Damage::default();
        let (restored, rows) = load::load(&mut self.connection, NOW, &mut damage).await.unwrap();
        self.rows = rows;
        assert_eq!(damage.rows, 0);
        restored
    }

    async fn count(&mut self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&mut self.connection).await.unwrap()
    }
}

async fn live(events: &[Event]) {
    let (mut model, mut desk) = (Model::default(), Desk::open().await);
    for event in events {
        match event {
            Event::Step(step) => model.take(step).into_iter().for_each(|change| desk.waiting.change(change, NOW)),
            Event::Transaction(fate) => desk.begin(fate.clone()).await,
            Event::Restart => {
                let restored = desk.restart().await;
                assert!(model.is(&restored), "{model:#?}\n{restored:#?}");
                model.restart(&restored);
            }
        }
    }
    assert!(model.is(&desk.restart().await));
    let messages = desk.count("SELECT count(*) FROM message").await;
    assert_eq!(messages, desk.count("SELECT count(DISTINCT message) FROM queued").await);
}

/// One call and, if so, a wait until it is on disk.
type Call = (Vec<Step>, bool);

fn call() -> impl Strategy<Value = Call> {
    (prop::collection::vec(step(), 1..6), prop::bool::weighted(0.2))
}

/// Keeps calls in a store whose life ends at any point; returns what a copy of its files holds, and the states that
/// may be in it.
async fn cut_short(calls: &[Call], folder: &TempDir) -> (Vec<RestoredSession>, Vec<Model>) {
    let Opened { store, .. } = Store::open(folder.path(), NEVER, NOW).await.unwrap();
    let (mut model, mut possible) = (Model::default(), vec![Model::default()]);
    for (steps, is_awaited) in calls {
        let changes = steps.iter().flat_map(|step| model.take(step)).collect();
        if *is_awaited {
            assert!(is_kept(|done| store.keep(changes, Some(done))).await);
            possible.clear();
        } else {
            store.keep(changes, Some(Box::new(drop)));
            tokio::task::yield_now().await;
        }
        possible.push(model.clone());
    }
    let copy = TempDir::new().unwrap();
    for file in ["hes-bridge.db", "hes-bridge.db-wal"] {
        fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }
    (Store::open(copy.path(), NEVER, NOW).await.unwrap().sessions, possible)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fails_and_restarts_what_is_left_is_what_should_be(events in prop::collection::vec(event(), 1..80)) {
        Runtime::new().unwrap().block_on(live(&events));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_life_cut_short_leaves_whole_calls_in_their_order(calls in prop::collection::vec(call(), 1..20)) {
        let folder = TempDir::new().unwrap();
        let (restored, possible) = Runtime::new().unwrap().block_on(cut_short(&calls, &folder));
        prop_assert!(possible.iter().any(|model| model.is(&restored)), "{:#?}\n{:#?}", possible, restored);
    }
}
