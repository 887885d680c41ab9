//! What people and programs read: the only place that writes to the terminal.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use super::{Exit, Failure, render::Look};

/// The standard output and the standard error of the program.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    look: Look,
    has_colour_in_errors: bool,
}

impl Output {
    /// Looks at what the process writes to: colour and width only on a terminal, no colour if `NO_COLOR` is set.
    pub(crate) fn of_process() -> Self {
        let wants_colour = std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
            && std::env::var_os("TERM").is_none_or(|it| it != "dumb");
        let is_terminal = io::stdout().is_terminal();
        let width = if is_terminal { comfy_table::Table::new().width() } else { None };
        Self {
            look: Look { width, has_colour: wants_colour && is_terminal },
            has_colour_in_errors: wants_colour && io::stderr().is_terminal(),
        }
    }

    /// Returns how text should look.
    pub(crate) const fn look(&self) -> Look {
        self.look
    }

    /// Writes lines to the standard output.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be written, without words if the reader has gone.
    #[expect(clippy::unused_self, reason = "only who holds the output may write")]
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(end.as_bytes()));
        written.and_then(|()| stdout.flush()).map_err(|error| Failure::of_output(&error))
    }

    /// Writes a line for people to the standard error.
    pub(crate) fn note(&mut self, line: &str) {
        self.say(AnsiColor::Yellow, line);
    }

    /// Writes a question to the standard error; the answer is written behind it.
    #[expect(clippy::unused_self, reason = "only who holds the output may write")]
    pub(crate) fn prompt(&mut self, question: &str) {
        write_error(question);
    }

    /// Writes why a command failed; returns how it ended.
    pub(crate) fn failure(&mut self, failure: &Failure) -> Exit {
        if let Some(line) = &failure.line {
            self.say(AnsiColor::Red, line);
        }
        failure.exit
    }

    /// Writes help, or what was wrong with the command line.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub(crate) fn usage(&mut self, error: &clap::Error) -> Result<Exit, Failure> {
        let worded = |has_colour: bool| {
            let text = error.render();
            if has_colour { text.ansi().to_string() } else { text.to_string() }
        };
        if error.use_stderr() {
            write_error(&worded(self.has_colour_in_errors));
            return Ok(Exit::Usage);
        }
        self.print(&worded(self.look.has_colour)).map(|()| Exit::Success)
    }

    fn say(&mut self, colour: AnsiColor, line: &str) {
        let style = if self.has_colour_in_errors { colour.on_default().bold() } else { Style::new() };
        write_error(&format!("{style}hes-bridge:{style:#} {line}\n"));
    }
}

/// Writes to the standard error; there is nowhere left to complain if that fails.
fn write_error(text: &str) {
    let _written_or_closed = io::stderr().lock().write_all(text.as_bytes());
}
