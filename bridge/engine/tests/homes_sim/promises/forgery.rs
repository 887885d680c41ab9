//! P9: what a hostile home makes up changes nothing for others.

use super::Promise;
use crate::history::{Entry, Fact};

/// A home can lie about itself, and about nobody else.
#[derive(Debug)]
pub(crate) struct Forgery;

impl Promise for Forgery {
    fn name(&self) -> &'static str {
        "P9, a bad message changes nothing for others"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        match &entry.fact {
            Fact::Forged { by, of } if by != of => {
                Err(format!("{} publishes what {by} made up about {of}", entry.home))
            }
            _ => Ok(()),
        }
    }
}
