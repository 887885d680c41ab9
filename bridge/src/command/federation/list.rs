//! `hes-bridge federation list`: which federations there are.

use clap::Args;
use hes_schemas::message::{FederateAction, FederationInfo};

use super::{
    super::{
        connect::ConnectArgs,
        render::{Field, Look, table},
    },
    Exit, Failure, Output, Session, Task, ask, info, json, session, text,
};

/// List your federations; all of the home, if you manage it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge --user anna federation list
  hes-bridge federation list --json | jq -r '.[] | [.id, .state] | @tsv'")]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

impl Task for ListArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let federations: Vec<FederationInfo> = info(ask(&client, FederateAction::List).await?)?;
        client.close().await;
        if session.is_json {
            output.print(&json(&federations))?;
        } else if federations.is_empty() {
            output.note("there is no federation; propose one with hes-bridge federation create");
        } else {
            output.print(&rendered(&federations, output.look()))?;
        }
        Ok(Exit::Success)
    }
}

fn rendered(federations: &[FederationInfo], look: Look) -> String {
    let rows: Vec<Vec<Field>> = federations.iter().map(row).collect();
    table(&["ID", "STATE", "ACCOUNTS", "UNTIL", "FOR"], &rows, look)
}

fn row(federation: &FederationInfo) -> Vec<Field> {
    let members: Vec<String> = federation.members.iter().map(|it| text::account(&it.member)).collect();
    vec![
        Field::new(&federation.id),
        text::state(federation.state),
        Field::new(&members.join(", ")),
        Field::new(&federation.until.to_string()),
        Field::new(&federation.purpose),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_accounts_end_and_purpose() {
        let rendered = rendered(&[text::sample()], Look::default());
        let lines: Vec<&str> = rendered.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "ID       STATE     ACCOUNTS            UNTIL                     FOR",
                "oak-5-1  proposed  oak/anna, elm/anna  2026-12-31T00:00:00.000Z  holidays",
            ]
        );
    }
}
