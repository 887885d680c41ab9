//! The statements of the specification, area by area: one conversation each.

mod absence;
mod acknowledge;
mod alias;
mod client_id;
mod connect;
mod ending;
mod exactly_once;
mod expiry;
mod flow;
mod hazards;
mod limits;
mod publish;
mod receipt;
mod restart;
mod retained;
mod session;
mod shared;
mod subscribe;
mod topic;
mod unsubscribe;
mod will;
mod wishes;
