//! The promises of the design, each as something that reads a history and says where it is broken.
//!
//! They know what homes, people and devices said and saw, and nothing of the engine.

mod answers;
mod events;
mod expiry;
mod forgery;
mod load;
mod loops;
mod mirrors;
mod news;
mod once;
mod rights;
mod versions;
mod work;

use std::fmt::Debug;

pub(crate) use self::{
    answers::Answers, events::Events, expiry::Expiry, forgery::Forgery, load::Loads, loops::Loops, mirrors::Mirrors,
    news::News, once::Once, rights::Rights, versions::Versions, work::Work,
};
use crate::history::Entry;

/// One promise.
pub(crate) trait Promise: Debug {
    /// Returns what it is called.
    fn name(&self) -> &'static str;

    /// Reads the next entry.
    ///
    /// # Errors
    /// How the promise is broken.
    fn take(&mut self, entry: &Entry) -> Result<(), String>;
}

/// Returns all promises.
pub(crate) fn all() -> Vec<Box<dyn Promise>> {
    vec![
        Box::new(Events::default()),
        Box::new(News::default()),
        Box::new(Once::default()),
        Box::new(Loops::default()),
        Box::new(Versions::default()),
        Box::new(Mirrors::default()),
        Box::new(Loads),
        Box::new(Expiry::default()),
        Box::new(Answers::default()),
        Box::new(Forgery),
        Box::new(Work),
        Box::new(Rights::default()),
    ]
}
