//! `hes-bridge completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;

use super::{Exit, Failure, Output};

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge completions bash > ~/.local/share/bash-completion/completions/hes-bridge
  hes-bridge completions zsh > ~/.zfunc/_hes-bridge
  hes-bridge completions fish > ~/.config/fish/completions/hes-bridge.fish")]
pub(crate) struct CompletionsArgs {
    /// Which one
    #[arg(value_enum, value_name = "bash|zsh|fish|elvish|powershell")]
    shell: Shell,
}

/// Prints the completions of a command line.
///
/// # Errors
/// [`Failure`] if they cannot be written.
pub(crate) fn run(args: &CompletionsArgs, mut command: clap::Command, output: &mut Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "hes-bridge", &mut script);
    output.print(&String::from_utf8_lossy(&script)).map(|()| Exit::Success)
}
