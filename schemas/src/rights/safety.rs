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
