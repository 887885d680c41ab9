//! Rights: who may do what with which devices, up to which danger.

mod grant;
mod role;
mod safety;
mod scope;

pub use grant::{Action, Grant, Grants};
pub use role::Role;
pub use safety::Safety;
pub use scope::{Scope, ScopeError, Subject};
