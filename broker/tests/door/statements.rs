//! The statements of the specification, area by area: one conversation each.

mod connect;
mod ending;
mod exactly_once;
mod flow;
mod hazards;
mod limits;
mod publish;
mod restart;
mod retained;
mod session;
mod shared;
mod subscribe;
mod will;
