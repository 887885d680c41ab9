//! The command line.
//!
//! `devices`, `get`, `set`, `watch`, `peer` and `federation` are clients like any other: they speak MQTT and have the rights of their account.

mod acl;
mod check;
mod completions;
mod connect;
mod demo;
mod descriptors;
mod devices;
mod failure;
mod federation;
mod get;
mod hint;
mod log;
mod memory;
mod outcomes;
mod output;
mod peer;
mod question;
mod render;
mod run;
#[cfg(test)]
mod sample;
mod schema;
mod session;
mod set;
mod token;
mod user;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use failure::{Exit, Failure};
pub(crate) use output::Output;

use connect::ConnectArgs;

/// One common, answered, authorised interface for home clusters on MQTT.
#[derive(Debug, Parser)]
#[command(name = "hes-bridge", version, max_term_width = 100, after_long_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    connect: ConnectArgs,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    // the gateway itself and its administration
    Run(run::RunArgs),
    Demo(demo::DemoArgs),
    Check(check::CheckArgs),
    User(user::UserArgs),
    Acl(acl::AclArgs),
    Token(token::TokenArgs),

    // clients of a running gateway
    Devices(devices::DevicesArgs),
    Get(get::GetArgs),
    Set(set::SetArgs),
    Watch(watch::WatchArgs),
    Peer(peer::PeerArgs),
    Federation(federation::FederationArgs),

    // what needs no gateway
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
}

const AFTER_HELP: &str = "\
Examples:
  hes-bridge devices                            what there is
  hes-bridge get zigbee/lamp/brightness         one property
  hes-bridge get \"Kitchen bulb\"                 all properties, the device by its name
  hes-bridge set zigbee/lamp/on true            write, and wait for the confirmation
  hes-bridge watch zigbee/+/temperature         changes as they come
  hes-bridge peer list                          other homes that are trusted
  hes-bridge completions bash > ~/.local/share/bash-completion/completions/hes-bridge

Exit codes:
  0  done (status 2xx)
  1  the command line itself failed, as when its output cannot be written
  2  the command line was not understood
  3  the gateway could not be reached, or did not answer in time
  4  the gateway refused the request (status 4xx): denied, unknown, a value that does not fit
  5  the gateway could not carry it out (status 5xx): cluster error, offline, not confirmed

With several targets the exit code is that of the worst outcome.";

/// Runs the program: reads the command line, does what it says, and words what went wrong.
#[must_use]
pub fn main() -> ExitCode {
    let mut output = Output::of_process();
    let exit = match Cli::try_parse() {
        Ok(cli) => run(&cli, &mut output),
        Err(error) => output.usage(&error),
    };
    match exit {
        Ok(exit) => exit.into(),
        Err(failure) => output.failure(&failure).into(),
    }
}

fn run(cli: &Cli, output: &mut Output) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Run(args) => alone(cli).map(|()| memory::give_back()).and_then(|()| run::run(args, output)),
        Command::Demo(args) => alone(cli).map(|()| memory::give_back()).and_then(|()| demo::run(args, output)),
        Command::Check(args) => alone(cli).and_then(|()| check::run(args, output)),
        Command::User(args) => alone(cli).and_then(|()| user::run(args, output)),
        Command::Acl(args) => alone(cli).and_then(|()| acl::run(args, output)),
        Command::Token(args) => match args.command() {
            Some(command) => session::run(command, &command.connect().or(&cli.connect), output),
            None => alone(cli).and_then(|()| token::run(args, output)),
        },
        Command::Devices(args) => session::run(args, &args.connect.or(&cli.connect), output),
        Command::Get(args) => session::run(args, &args.connect.or(&cli.connect), output),
        Command::Set(args) => session::run(args, &args.connect.or(&cli.connect), output),
        Command::Watch(args) => session::run(args, &args.connect.or(&cli.connect), output),
        Command::Peer(args) => session::run(args, &args.connect().or(&cli.connect), output),
        Command::Federation(args) => session::run(args, &args.connect().or(&cli.connect), output),
        Command::Schema(args) => alone(cli).and_then(|()| schema::run(args, output)),
        Command::Completions(args) => alone(cli).and_then(|()| completions::run(args, Cli::command(), output)),
    }
}

/// Refuses what means nothing to a command that connects nowhere.
fn alone(cli: &Cli) -> Result<(), Failure> {
    if cli.connect.is_given() {
        return Err(Failure::usage(
            "the connection options belong to the commands that ask a gateway, such as devices",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_argument_is_documented() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn connection_options_stand_before_and_behind_the_command() {
        for line in [
            "hes-bridge --url mqtt://host devices",
            "hes-bridge devices --url mqtt://host",
            "hes-bridge --json get zigbee/lamp --timeout 5s",
            "hes-bridge set zigbee/lamp/on true zigbee/lamp/brightness -5 --user anna",
            "hes-bridge watch",
            "hes-bridge peer list --url mqtts://host",
            "hes-bridge --user anna federation accept oak-5-1 --json",
            "hes-bridge token list --user owner",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        let cli = Cli::try_parse_from(["hes-bridge", "--url", "mqtt://host", "schema", "json"]).unwrap();
        assert_eq!(alone(&cli).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["hes-bridge", "hes-bridge get", "hes-bridge set a", "hes-bridge devices --timeout soon"] {
            let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn no_complaint_repeats_a_password() {
        for line in ["hes-bridge --url mqtt://u:secret@h --nonsense", "hes-bridge devices --url mqtt://u:secret@h more"]
        {
            let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
