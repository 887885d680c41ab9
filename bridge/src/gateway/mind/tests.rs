use hes_engine::{Asked, Asker, Delivery, Door};
use hes_schemas::UserName;

use super::*;
use crate::{
    gateway::Gateway,
    settings::{Overrides, Settings},
};

/// How long a task may hold the engine before it counts as stuck.
const STUCK: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_when_the_store_refuses_while_the_engine_is_held() {
    let place = tempfile::tempdir().unwrap();
    let options = Overrides { data: Some(place.path().join("data")), ..Overrides::default() };
    let options = Overrides { home: Some("oak".to_owned()), listen: vec!["127.0.0.1:0".to_owned()], ..options };
    let gateway = Gateway::start(&Settings::load(&options, &[]).unwrap()).await.unwrap();
    gateway.store.close().await.unwrap();
    let mind = Arc::clone(&gateway.mind);
    let asked = tokio::task::spawn_blocking(move || {
        mind.handle(subscribe());
        mind.look(|engine| engine.counters().answers)
    });
    let answers = tokio::time::timeout(STUCK, asked).await.expect("the engine waits for itself").unwrap();
    assert_eq!(answers, 1);
    let undone = async {
        while gateway.mind.look(|engine| engine.load().subscriptions) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(STUCK, undone).await.expect("the subscription stays");
}

fn subscribe() -> Input<'static> {
    Input::Asked(Asked {
        asker: Asker { user: UserName::new("owner").unwrap(), door: Door::Own(Some("panel".parse().unwrap())) },
        bounds: None,
        topic: "hes/1/oak/$req/subscribe",
        payload: br#"{"scope":"oak","events":["property_changed"],"lease":60}"#,
        retained: false,
        content_type: None,
        response_topic: Some("hes/1/oak/$res/panel"),
        correlation: Some(b"1"),
        expiry: None,
        trace: None,
        delivery: Delivery::AtLeastOnce,
    })
}
