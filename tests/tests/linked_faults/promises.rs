//! The promises of the design, each as something that reads a history and says where it is broken.
//!
//! They know what people and devices said and saw, and nothing of gateways.

mod answers;
mod events;
mod loads;
mod news;
mod once;
mod states;

use std::fmt::Debug;

pub(crate) use self::states::differences;
use crate::history::Entry;

/// A name in the design, and how that promise is broken.
pub(crate) type Broken = (&'static str, String);

/// One promise, or some that are about the same things.
pub(crate) trait Promise: Debug {
    /// Reads the next entry.
    ///
    /// # Errors
    /// How a promise is broken.
    fn take(&mut self, entry: &Entry) -> Result<(), Broken>;

    /// Returns something that is still to come.
    fn owed(&self) -> Option<String> {
        None
    }
}

/// Returns all promises.
pub(crate) fn all() -> Vec<Box<dyn Promise>> {
    vec![
        Box::new(events::Events::default()),
        Box::new(news::News::default()),
        Box::new(once::Once::default()),
        Box::new(states::Versions::default()),
        Box::new(states::Mirrors::default()),
        Box::new(loads::Loads),
        Box::new(answers::Answers::default()),
    ]
}
