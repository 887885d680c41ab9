//! What a client is told by its subscriptions.

use serde_json::Value;

use super::{Client, Request};

impl Client {
    /// Subscribes by `$req/subscribe` at a home, and returns the name of the subscription.
    ///
    /// # Panics
    /// If it is not granted.
    pub fn follow(&mut self, home: &str, wanted: &Value) -> String {
        let notices = format!("hes/1/{home}/$notify/{}/#", self.name);
        self.subscribe(&[&notices]).expect("a client may hear what it is told");
        let granted = self.ask(Request::operation("subscribe", wanted).at(home));
        assert_eq!(granted.status, 201, "{wanted}: {granted:?}");
        granted.field("sid").as_str().expect("a subscription has a name").to_owned()
    }

    /// Returns what it was told so far, in order.
    ///
    /// # Panics
    /// If something of it is no JSON.
    #[must_use]
    pub fn told(&self) -> Vec<Value> {
        let notices = self.heard.iter().filter(|message| message.topic.contains("/$notify/"));
        notices.map(|message| serde_json::from_slice(&message.payload).expect("it is told in JSON")).collect()
    }

    /// Waits until it has been told so many things, and returns them.
    pub fn await_told(&mut self, count: usize) -> Vec<Value> {
        let told = |client: &mut Self| (client.told().len() >= count).then(|| client.told());
        self.until(&format!("{count} things are told"), told)
    }
}

/// Returns the numbers of what was told.
///
/// # Panics
/// If one has none.
#[must_use]
pub fn numbers(told: &[Value]) -> Vec<u64> {
    told.iter().map(|notice| notice["seq"].as_u64().expect("what is told has a number")).collect()
}
