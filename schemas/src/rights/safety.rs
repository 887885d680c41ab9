//! Safety classes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How dangerous it is to write a property, or how private it is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum Safety {
    /// Harmless.
    #[default]
    S0,
    /// Everyday actuation and private reads.
    S1,
    /// Dangerous when unattended: heater, oven, garage.
    S2,
    /// Security or life: lock, alarm, gas.
    S3,
}

impl Safety {
    /// All classes, the least dangerous first.
    pub const ALL: [Self; 4] = [Self::S0, Self::S1, Self::S2, Self::S3];

    /// Returns the name that messages and the command line use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S0 => "S0",
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S3 => "S3",
        }
    }

    /// Finds a class by its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// Returns the class below; the lowest stays.
    #[must_use]
    pub const fn lower(self) -> Self {
        match self {
            Self::S0 | Self::S1 => Self::S0,
            Self::S2 => Self::S1,
            Self::S3 => Self::S2,
        }
    }
}
