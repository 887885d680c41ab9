//! What is wrong with a configuration, and where.

use std::{fmt, path::PathBuf, sync::Arc};

/// Where a key was given; the order is that of complaints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In the file, on a line that counts from 1.
    Line(Arc<PathBuf>, usize),
    /// In the file as a whole.
    File(Arc<PathBuf>),
    /// In a variable of the environment.
    Variable(String),
    /// On the command line.
    Option(&'static str),
    /// Nowhere: it is the default.
    Nowhere,
}

/// One thing that is wrong, in one line: `bridge.toml:7: broker.lisen is not a key; did you mean broker.listen?`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    pub(super) place: Place,
    pub(super) text: String,
}

/// Everything that is wrong with a configuration.
///
/// Shows the first complaint; the others are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    complaints: Vec<Complaint>,
}

impl Complaint {
    pub(super) fn new(place: Place, text: impl Into<String>) -> Self {
        Self { place, text: text.into().replace('\n', ", ") }
    }
}

impl SettingsError {
    /// Sorts complaints by place.
    pub(super) fn new(mut complaints: Vec<Complaint>) -> Self {
        complaints.sort();
        complaints.dedup();
        Self { complaints }
    }

    /// Returns all complaints, by place.
    #[must_use]
    pub fn complaints(&self) -> &[Complaint] {
        &self.complaints
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{}:{line}: ", file.display()),
            Self::File(file) => write!(f, "{}: ", file.display()),
            Self::Variable(name) => write!(f, "{name}: "),
            Self::Option(name) => write!(f, "{name}: "),
            Self::Nowhere => Ok(()),
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place, self.text)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.complaints.as_slice() {
            [] => f.write_str("the configuration cannot be used"),
            [only] => only.fmt(f),
            [first, others @ ..] => write!(f, "{first} (and {} more: hes-bridge check lists them)", others.len()),
        }
    }
}

impl std::error::Error for SettingsError {}
