//! Both routers answer alike.

use std::collections::BTreeMap;

use hes_broker::RouterKind;
use hes_schemas::{Filter, Topic};

use crate::stage::{House, message};

const LEVELS: [&str; 5] = ["a", "b", "", "$x", "été"];

fn filters() -> Vec<String> {
    let mut filters: Vec<String> =
        ["#", "+", "+/+", "/#", "$x/#", "$x/+/b", "a/#", "a/+/b", "+/+/+", "+/b/#"].map(str::to_owned).to_vec();
    filters.extend(LEVELS.iter().flat_map(|one| [format!("{one}/+"), format!("+/{one}"), format!("+/{one}/#")]));
    filters.retain(|filter| Filter::new(filter).is_ok());
    filters.sort();
    filters.dedup();
    filters
}

fn topics() -> Vec<Topic> {
    let mut topics = Vec::new();
    for one in LEVELS {
        topics.push(one.to_owned());
        for two in LEVELS {
            topics.push(format!("{one}/{two}"));
            topics.extend(LEVELS.iter().map(|three| format!("{one}/{two}/{three}")));
        }
    }
    topics.iter().filter_map(|topic| Topic::new(topic).ok()).collect()
}

/// Returns for each filter the payloads that came through it, in their order.
async fn heard(router: RouterKind) -> BTreeMap<String, Vec<String>> {
    let house = House::open_routed(router).await;
    let mut client = house.client(5, "c").await;
    let filters = filters();
    for (id, filter) in (1_u8..).zip(&filters) {
        client.subscribe_as(filter, 0, &[0x0b, id]).await;
    }
    let mut due = 0;
    for topic in topics() {
        due += filters.iter().filter(|filter| Filter::new(filter).unwrap().matches(&topic)).count();
        house.broker.publish(message(topic.as_str(), "x"));
    }
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..due {
        let words = client.hear().await;
        let (topic, id) = words.split_once(" x subscription=").unwrap();
        let filter = &filters[id.parse::<usize>().unwrap() - 1];
        assert!(Filter::new(filter).unwrap().matches_text(topic), "{filter} {topic}");
        heard.entry(filter.clone()).or_default().push(topic.to_owned());
    }
    client.ping().await;
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_find_the_same_filters_in_the_same_order() {
    let (ours, theirs) = (heard(RouterKind::Direct).await, heard(RouterKind::Rumqttd).await);
    assert_eq!(ours, theirs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_keep_the_order_of_many_messages() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let (mut client, mut sender) = (house.client(5, "c").await, house.client(5, "s").await);
        client.subscribe("a/+", 1).await;
        client.subscribe("a/b", 1).await;
        let sending = tokio::spawn(async move {
            for number in 0..3000 {
                sender.publish(2, "a/b", &number.to_string()).await;
            }
        });
        let mut heard = [0; 2];
        for _ in 0..6000 {
            let words = client.hear().await;
            let number: u32 = words.split(' ').nth(1).unwrap().parse().unwrap();
            let which = usize::from(number != heard[0]);
            assert_eq!(number, heard[which], "{heard:?}");
            heard[which] += 1;
        }
        sending.await.unwrap();
    }
}
