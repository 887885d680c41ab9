//! Roles: named sets of grants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Grant, Safety, Scope};

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, and other people's rights.
    Owner,
    /// All devices, locks included.
    Resident,
    /// All devices, everyday things only.
    Guest,
    /// A cluster's own program: all topics outside the interface, no device.
    Cluster,
    /// Another home's gateway: what the two say to each other, and nothing else.
    Peer,
}

impl Role {
    /// All roles that a person can give; an account of [`Role::Peer`] comes of a pairing.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Resident, Self::Guest, Self::Cluster];

    /// Returns the name that the command line uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Resident => "resident",
            Self::Guest => "guest",
            Self::Cluster => "cluster",
            Self::Peer => "peer",
        }
    }

    /// Finds a role by its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Peer]).find(|role| role.as_str() == name)
    }

    /// Returns the grants that the role stands for.
    #[must_use]
    pub fn grants(self) -> Vec<Grant> {
        use Action::{Manage, Notify, Read, Write};
        let grant = |actions: &[Action], scope, safety| Grant { actions: actions.to_vec(), scope, safety, until: None };
        let devices = [Read, Write, Notify];
        match self {
            Self::Owner => vec![
                grant(&[Read, Write, Notify, Manage], Scope::everything(), Safety::S3),
                grant(&[Read, Write], Scope::every_topic(), Safety::S3),
            ],
            Self::Resident => vec![grant(&devices, Scope::everything(), Safety::S3)],
            Self::Guest => vec![grant(&devices, Scope::everything(), Safety::S1)],
            Self::Cluster => vec![grant(&[Read, Write], Scope::every_topic(), Safety::S3)],
            Self::Peer => Vec::new(),
        }
    }
}
