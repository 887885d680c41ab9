//! Conversations with the broker over real sockets, as bytes: one story each, for both versions and both routers.

#[cfg(test)]
mod auth;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod endurance;
#[cfg(test)]
mod hazards;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod pace;
#[cfg(test)]
mod publish;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod retained;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod routers;
#[cfg(test)]
mod script;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod subscribe;
#[cfg(test)]
mod system;
#[cfg(test)]
mod transports;
#[cfg(test)]
mod wills;
