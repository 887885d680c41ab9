//! A question to the person at the terminal.

use std::io::{self, IsTerminal};

use super::{Exit, Failure, Output};

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Yes,
    No,
    /// There is nobody at the terminal.
    Nothing,
}

/// Asks a question that takes a yes; anything else is a no.
///
/// # Errors
/// [`Failure`] if the terminal cannot be read.
pub(crate) async fn ask(question: &str, output: &mut Output) -> Result<Word, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(Word::Nothing);
    }
    output.prompt(&format!("{question} [y/N] "));
    // on a thread of its own, so that the connection stays alive however long it takes
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = read.await.map_err(io::Error::other).and_then(|line| line);
    let line = line.map_err(|error| Failure::new(Exit::Internal, format!("the terminal cannot be read: {error}")))?;
    Ok(Word::of(&line))
}

impl Word {
    fn of(line: &str) -> Self {
        if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for (line, expect) in [("y\n", Word::Yes), (" YES ", Word::Yes), ("\n", Word::No), ("yo", Word::No)] {
            assert_eq!(Word::of(line), expect, "{line:?}");
        }
    }
}
