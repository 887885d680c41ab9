//! Requests across: asked here and carried out there, or the other way round.

use hes_schemas::{
    HomeId, Timestamp,
    link::{Ask, LinkNotification, Reply},
};

use crate::engine::Engine;

/// Requests that wait for another home.
#[derive(Debug, Default)]
pub(crate) struct Asks {}

impl Engine {
    /// Carries out what a guest asks.
    pub(crate) fn ask_came(&mut self, _now: Timestamp, _peer: &HomeId, _ask: Ask) {}

    /// Passes on what another home answers.
    pub(crate) fn reply_came(&mut self, _now: Timestamp, _peer: &HomeId, _reply: Reply) {}

    /// Passes on what another home tells a subscriber.
    pub(crate) fn notification_came(&mut self, _now: Timestamp, _peer: &HomeId, _told: LinkNotification) {}

    /// Ends all that waits for a peer.
    pub(crate) fn asks_down(&mut self, _now: Timestamp, _peer: &HomeId) {}
}
