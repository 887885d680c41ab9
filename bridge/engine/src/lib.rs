//! The mind of hes-bridge: messages in, messages out; no sockets, no clock, no files, no randomness.
//!
//! [`Engine`] is driven with six verbs: `handle`, `handle_timeout`, `poll_output`, `poll_timeout`, and two that only look,
//! `retained` and `counters`. `reply.rs` shows the style of this room best.
//!
//! The way of a request: `intake` (who asks, until when, where to) -> `call` (what) -> `carry` (about which devices) ->
//! `plan` (may it, can it, is it known; `challenges` if it is most dangerous) -> `work` (the device's lane, with a `review` when its turn comes) -> the answer. The way of a report: `reports` ->
//! `device` -> `publish`, `notify`, and `work` again, where it confirms what was asked.

mod call;
mod carry;
mod challenges;
pub mod cluster;
pub mod clusters;
mod device;
mod directory;
mod engine;
mod fit;
pub mod homes;
mod input;
mod intake;
mod interest;
mod inventory;
mod lanes;
mod limits;
mod list;
mod names;
mod notice;
mod notify;
mod origin;
mod output;
mod plan;
mod projection;
mod publish;
pub mod record;
mod reply;
mod reports;
mod requests;
mod review;
mod seat;
mod subscribe;
mod subscriptions;
mod target;
mod task;
mod timers;
mod work;

pub use engine::Engine;
pub use input::{Asked, Asker, Delivery, Door, Input, PeerTerms};
pub use limits::Limits;
pub use notice::{Counters, Load, Notice, PeerLoad};
pub use origin::Origin;
pub use output::{Letter, Output, Post};
