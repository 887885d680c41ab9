//! A house for tests: a plain cluster, a store that can crash, a clock that only moves when told, and people who ask.

mod ask;
pub(crate) mod house;
mod look;
mod plain;
mod shapes;
mod shelf;

pub(crate) use ask::{Ask, Ticket};
pub(crate) use house::House;
pub(crate) use look::Published;
pub(crate) use plain::{Plain, Thing};
pub(crate) use shelf::Shelf;

use hes_schemas::ClusterId;

/// The cluster that most stories are about.
pub(crate) const ZIGBEE: &str = "zigbee";

/// Owner of everything.
pub(crate) const ANNA: &str = "anna";
/// A guest: all devices, everyday things only.
pub(crate) const GUS: &str = "gus";
/// Has an account and no rights.
pub(crate) const EVE: &str = "eve";

pub(crate) fn cluster(id: &str) -> ClusterId {
    ClusterId::new(id).unwrap()
}
