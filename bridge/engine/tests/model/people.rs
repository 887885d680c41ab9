//! Who asks, and what they may.

use std::sync::Arc;

use hes_engine::Door;
use hes_schemas::{
    ClientId, Safety, UserName,
    rights::{Action, Grant, Grants, Role, Scope},
};

use crate::support::{ANNA, EVE, GUS};

/// A way in: whose rights, which door, and where answers to it may go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Way {
    pub(crate) user: &'static str,
    pub(crate) door: Door,
    pub(crate) response_topic: Option<String>,
    /// The topic that every answer begins with; nothing if no answer can come.
    pub(crate) space: Option<String>,
}

/// All accounts and their rights.
#[derive(Debug, Clone)]
pub(crate) struct People(Vec<(UserName, Arc<Grants>)>);

impl Way {
    pub(crate) fn of(number: u8) -> Self {
        let own = |user, client: &str| Self {
            user,
            door: Door::Own(ClientId::new(client).ok()),
            response_topic: None,
            space: ClientId::new(client).ok().map(|client| format!("hes/1/oak/$res/{client}")),
        };
        match number {
            0 => own(ANNA, "anna-1"),
            1 => Self { response_topic: Some("hes/1/oak/$res/anna-2/deep".to_owned()), ..own(ANNA, "anna-2") },
            2 => own(GUS, "gus-1"),
            3 => own(EVE, "eve-1"),
            4 => own(ANNA, "no/space"),
            _ => Self {
                door: Door::Alongside,
                response_topic: Some("hes/1/oak/$res/far/1".to_owned()),
                space: Some("hes/1/oak/$res/far".to_owned()),
                ..own(ANNA, "far")
            },
        }
    }
}

impl People {
    pub(crate) fn new() -> Self {
        let account = |user, role: Vec<Grant>| (UserName::new(user).unwrap(), Arc::new(Grants::new(role)));
        Self(vec![account(ANNA, Role::Owner.grants()), account(GUS, Role::Guest.grants()), account(EVE, Vec::new())])
    }

    /// Gives the guest everything that guests may, one cluster of it, or nothing.
    pub(crate) fn change(&mut self, how: u8) {
        let grant = |scope: &str, actions: &[Action]| Grant {
            actions: actions.to_vec(),
            scope: Scope::new(scope).unwrap(),
            safety: Safety::S1,
            until: None,
        };
        let grants = match how {
            0 => Vec::new(),
            1 => vec![grant("zigbee/#", &[Action::Read, Action::Write, Action::Notify])],
            2 => vec![grant("+/+/label", &[Action::Write])],
            _ => Role::Guest.grants(),
        };
        self.0[1].1 = Arc::new(Grants::new(grants));
    }

    pub(crate) fn all(&self) -> Vec<(UserName, Arc<Grants>)> {
        self.0.clone()
    }

    pub(crate) fn grants(&self, user: &UserName) -> Arc<Grants> {
        self.0.iter().find(|(name, _)| name == user).map(|(_, grants)| Arc::clone(grants)).unwrap_or_default()
    }
}
