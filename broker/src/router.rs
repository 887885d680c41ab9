//! The one question behind the door: which wildcard filters does this message match?
//!
//! A router knows filters by keys and nothing of clients. There are two, which answer alike.

mod direct;
mod rumqttd;

use std::{fmt, sync::Arc};

use hes_schemas::Filter;

pub(crate) use self::{direct::Direct, rumqttd::Rumqttd};
use crate::{BoxFuture, figures::Counters, limits::Limits, pledge::Posting};

/// Names a filter for as long as anyone holds it; a key is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FilterKey(pub(crate) u64);

/// Takes each match of a message and a filter.
pub(crate) type Sink = Arc<dyn Fn(FilterKey, &Posting) + Send + Sync>;

/// Which router answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RouterKind {
    /// rumqttd's, on threads of its own, supervised and replaced in place.
    #[default]
    Rumqttd,
    /// Our own trie, on the publisher's task.
    Direct,
}

/// Finds the filters that a message matches and gives each to its [`Sink`], in the order of the messages.
///
/// No call here waits.
pub(crate) trait Router: Send + Sync {
    /// Adds a filter with a wildcard; messages published from here on are matched with it.
    fn subscribe(&self, key: FilterKey, filter: &Filter);

    /// Removes a filter.
    fn unsubscribe(&self, key: FilterKey, filter: &Filter);

    /// Takes a message, and holds its pledge until all filters that match it are found; returns whether there was room.
    fn publish(&self, posting: &Posting) -> bool;

    /// Says whether publishers should wait for [`Router::room`] before they go on.
    fn is_congested(&self) -> bool;

    /// Waits until publishers may go on.
    fn room(&self) -> BoxFuture<'_, ()>;

    /// Ends the router.
    fn stop(&self);
}

impl fmt::Debug for dyn Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Router")
    }
}

impl RouterKind {
    /// Starts a router. Blocks shortly.
    ///
    /// # Errors
    /// A text that says why rumqttd's router did not start.
    pub(crate) fn start(self, sink: Sink, limits: &Limits, counters: Arc<Counters>) -> Result<Box<dyn Router>, String> {
        match self {
            Self::Direct => Ok(Box::new(Direct::new(sink))),
            Self::Rumqttd => Ok(Box::new(Rumqttd::start(sink, limits, counters)?)),
        }
    }
}
