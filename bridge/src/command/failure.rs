//! How a command ends, and how that is said.

use std::{error::Error, io, process::ExitCode};

use hes_schemas::{Status, message::Outcome};

use crate::client::{ClientError, TlsFault};

/// What the program returns to the shell; the worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is done.
    Success,
    /// The command line itself failed.
    Internal,
    /// The command line was not understood.
    Usage,
    /// The gateway could not be reached, or did not answer in time.
    Unreachable,
    /// The gateway refused the request.
    Refused,
    /// The gateway could not carry it out.
    Failed,
}

/// A command that failed: how, in one line, with the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What the program returns.
    pub(crate) exit: Exit,
    /// What is said; nothing if nobody listens any more.
    pub(crate) line: Option<String>,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Refused => 4,
            Self::Failed => 5,
        }
    }

    /// Returns the worst of several outcomes.
    pub(crate) fn worst<'o>(outcomes: impl IntoIterator<Item = &'o Outcome>) -> Self {
        outcomes.into_iter().map(|outcome| outcome.status.into()).max().unwrap_or(Self::Success)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl From<Status> for Exit {
    fn from(status: Status) -> Self {
        match status.code() {
            0..400 => Self::Success,
            400..500 => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl Failure {
    /// Makes a failure that says why.
    pub(crate) fn new(exit: Exit, line: impl Into<String>) -> Self {
        Self { exit, line: Some(line.into()) }
    }

    /// Makes the failure of a command line that was not understood.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self::new(Exit::Usage, line)
    }

    /// Makes the failure of writing the output; a reader that has gone, as `head` does, is none.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { exit: Exit::Success, line: None };
        }
        Self::new(Exit::Internal, format!("the output cannot be written: {error}"))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::Credentials { .. }
            | ClientError::Nameless { .. }
            | ClientError::Denied { .. }
            | ClientError::Blind { .. } => Exit::Refused,
            ClientError::SeveralHomes { .. } | ClientError::OtherHomes { .. } => Exit::Usage,
            ClientError::Unreachable { .. }
            | ClientError::Silent { .. }
            | ClientError::Refused { .. }
            | ClientError::Tls { .. }
            | ClientError::Foreign { .. }
            | ClientError::NoHome { .. }
            | ClientError::HomeOffline { .. }
            | ClientError::NoAnswer { .. }
            | ClientError::ContentType
            | ClientError::Unreadable { .. }
            | ClientError::Lost { .. }
            | ClientError::Closed => Exit::Unreachable,
        };
        let line = chain(&error);
        Self::new(exit, way_out(&error).map_or_else(|| line.clone(), |way| format!("{line}; {way}")))
    }
}

/// Says what can be done about it.
const fn way_out(error: &ClientError) -> Option<&'static str> {
    match error {
        ClientError::Unreachable { .. } => Some("is the gateway running? hes-bridge run, or name another with --url"),
        ClientError::Credentials { .. } => Some(
            "give --user NAME and the password in HES_PASSWORD or --password-file FILE; accounts: hes-bridge user list",
        ),
        ClientError::Nameless { .. } => Some(
            "give --user NAME (the gateway's first start made owner and printed the password); the password is asked for, \
             or comes from HES_PASSWORD or --password-file FILE",
        ),
        ClientError::Tls { fault: TlsFault::UnknownIssuer, .. } => {
            Some("name the file of who signed it with --ca FILE")
        }
        ClientError::Tls { fault: TlsFault::Unshown, .. } => Some("name one with --certificate FILE and --key FILE"),
        ClientError::Foreign { .. } => Some("is that the port of the gateway's broker? name another with --url"),
        ClientError::Denied { .. } => Some("what an account may do: hes-bridge user list"),
        ClientError::NoHome { .. } => {
            Some("is this the gateway's broker, and may the account see devices? a home that is known: --home ID")
        }
        ClientError::Blind { .. } => Some(
            "an account of role cluster is for a cluster's own program; name another with --user, or let this one see \
             devices: hes-bridge user grant NAME read '#'",
        ),
        ClientError::HomeOffline { .. } => Some("start it with hes-bridge run"),
        ClientError::SeveralHomes { .. } => Some("name one with --home ID"),
        ClientError::OtherHomes { .. } => Some("leave out --home and HES_HOME, or name the one that is there"),
        ClientError::Silent { .. } | ClientError::NoAnswer { .. } => {
            Some("is the gateway running there? wait longer with --timeout 30s")
        }
        ClientError::Refused { .. }
        | ClientError::ContentType
        | ClientError::Unreadable { .. }
        | ClientError::Lost { .. }
        | ClientError::Tls { .. }
        | ClientError::Closed => None,
    }
}

/// Words an error and all that caused it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = worded(error);
        // some errors repeat the one that caused them
        if !line.ends_with(&words) {
            line = format!("{line}: {words}");
        }
        cause = error.source();
    }
    line
}

/// Words what the system says without its number, and what the database says without who said it.
fn worded(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error returned from database: ").unwrap_or(&text);
    match text.split_once(" (os error ") {
        Some((words, _)) => words.to_lowercase(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn every_status_has_the_exit_code_of_its_class() {
        for status in Status::ALL {
            let expect = match status.code() / 100 {
                2 => Exit::Success,
                4 => Exit::Refused,
                _ => Exit::Failed,
            };
            assert_eq!(Exit::from(*status), expect, "{status}");
        }
        assert_eq!([Exit::Success, Exit::Refused, Exit::Failed].map(Exit::code), [0, 4, 5]);
    }

    #[test]
    fn the_worst_outcome_decides() {
        let outcome = |status| Outcome { status, ..Outcome::default() };
        let outcomes = [outcome(Status::Ok), outcome(Status::Timeout), outcome(Status::NotFound)];
        assert_eq!(Exit::worst(&outcomes), Exit::Failed);
        assert_eq!(Exit::worst(&outcomes[..1]), Exit::Success);
        assert_eq!(Exit::worst(&[]), Exit::Success);
    }

    #[test]
    fn a_refused_connection_says_what_to_start() {
        let cause = Arc::new(io::Error::other("Connection refused (os error 111)"));
        let failure = Failure::from(ClientError::Unreachable { address: "127.0.0.1:1883".to_owned(), cause });
        assert_eq!(failure.exit.code(), 3);
        let line = failure.line.unwrap();
        assert!(line.starts_with("127.0.0.1:1883 cannot be reached: connection refused; is the gateway"), "{line}");
        assert!(line.contains("hes-bridge run") && !line.contains("os error"), "{line}");
    }

    #[tokio::test]
    async fn no_cause_is_said_twice() {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("hes-bridge.db"), "this is no database, however long it is").unwrap();
        let error = crate::store::Ledger::open(folder.path()).await.unwrap_err();
        let line = chain(&error);
        assert!(line.ends_with("begin anew): (code: 26) file is not a database"), "{line}");
    }

    #[test]
    fn bad_credentials_say_how_to_give_better_ones() {
        let failure = Failure::from(ClientError::Credentials { address: "host:1883".to_owned() });
        assert_eq!(failure.exit.code(), 4);
        let line = failure.line.unwrap();
        assert!(line.contains("--user") && line.contains("HES_PASSWORD") && line.contains("--password-file"), "{line}");
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let failure = Failure::of_output(&io::ErrorKind::BrokenPipe.into());
        assert_eq!(failure, Failure { exit: Exit::Success, line: None });
        assert_eq!(Failure::of_output(&io::ErrorKind::StorageFull.into()).exit, Exit::Internal);
    }
}
