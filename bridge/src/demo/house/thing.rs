//! What stands in the house: each thing with its state, its own will, and what can be wished of it.

mod blind;
mod button;
mod colour;
mod contact;
mod lamp;
mod lock;
mod motion;
mod plug;
mod thermostat;
mod weather;
mod wish;

use hes_schemas::Timestamp;

use super::{chance::Chance, object::Object, product::Product};

pub(crate) use self::{
    blind::Blind, button::Button, contact::Contact, lamp::Lamp, lock::Lock, motion::Motion, plug::Plug,
    thermostat::Thermostat, weather::Weather,
};

/// One thing, without name or address.
///
/// Architecture invariant: a thing knows no topic, and learns the time and chance only from its arguments.
pub(crate) trait Thing: Send + Sync + std::fmt::Debug {
    /// Returns which product it is.
    fn product(&self) -> Product;

    /// Returns what it publishes about itself.
    fn state(&self) -> Object;

    /// Does one wish of a `set`, whose other wishes it may look at.
    ///
    /// # Errors
    /// What is wrong with the wish, in the words of Zigbee2MQTT.
    fn set(&mut self, now: Timestamp, key: &str, wish: &Object) -> Result<Effect, String> {
        let _ = (now, wish);
        Err(format!("{key} cannot be set"))
    }

    /// Says when it will do something of its own accord.
    fn due(&self) -> Option<Timestamp>;

    /// Lets the time pass; returns what a report says beside the state, if it reports.
    fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Object>;
}

/// What follows from a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The new state is published at once.
    Reported,
    /// Nothing is published; what comes of it, the thing reports itself.
    Quiet,
}
