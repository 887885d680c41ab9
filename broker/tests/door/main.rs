//! Conversations with the broker over real sockets, as bytes: one story each, for both versions and both routers.

mod connect;
mod hazards;
mod hostile;
mod limits;
mod publish;
mod requests;
mod retained;
mod rights;
mod routers;
mod stage;
mod subscribe;
mod wills;
