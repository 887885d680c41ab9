//! `hes-bridge acl explain`: what an account may do with a topic, and why.

use std::time::SystemTime;

use clap::{Args, Subcommand};
use hes_broker::Gate;
use hes_schemas::{
    ClientId, Filter, Timestamp, Topic, UserName,
    rights::{Grants, Role},
};
use serde::Serialize;

use super::{
    Exit, Failure, Output,
    render::{Field, Look, table},
    session::json,
    user::{Before, unknown, with_ledger},
};
use crate::{
    gateway::{
        explain::{Case, Finding},
        gates::Gates,
        register::Register,
    },
    settings::{DataOverrides, Settings},
    store::{AccountRow, Ledger},
};

/// Ask what an account may do, and why
#[derive(Debug, Args)]
pub(crate) struct AclArgs {
    #[command(subcommand)]
    command: AclCommand,
}

#[derive(Debug, Subcommand)]
enum AclCommand {
    Explain(ExplainArgs),
}

/// Say what an account may do with a topic, and by which right, or what is missing
///
/// The answers are those of the gates of a running gateway; the devices are those that it knew when it wrote last.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge acl explain anna hes/1/home/zigbee/front_door/property/locked
  hes-bridge acl explain anna zigbee2mqtt/lamp/set
  hes-bridge acl explain anna 'hes/1/+/+/+/property/#' --filter
  hes-bridge acl explain anna 'hes/1/home/$res/panel' --client panel --json")]
struct ExplainArgs {
    /// Name of the account
    user: UserName,

    /// The topic; with --filter, a filter
    topic: String,

    /// Take it for a filter that is subscribed to, wildcards and all
    #[arg(long)]
    filter: bool,

    /// Id of the client that the account uses, which has answers and notifications of its own
    #[arg(long, value_name = "ID")]
    client: Option<ClientId>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: DataOverrides,
}

/// What is asked about.
enum Matter {
    Topic(Topic),
    Filter(Filter),
}

/// An explanation as programs read it.
#[derive(Debug, Serialize)]
struct Explanation<'e> {
    user: &'e UserName,
    role: Option<Role>,
    topic: &'e str,
    findings: &'e [Finding],
}

/// Carries out the command.
///
/// # Errors
/// [`Failure`] with the way out.
pub(crate) fn run(args: &AclArgs, output: &mut Output) -> Result<Exit, Failure> {
    let AclCommand::Explain(args) = &args.command;
    let matter = args.matter()?;
    with_ledger(&args.place, Before::Accounts, output, async |settings, ledger, output| {
        args.explain(&matter, settings, ledger, output.look()).await
    })
}

impl ExplainArgs {
    fn matter(&self) -> Result<Matter, Failure> {
        let text = self.topic.as_str();
        if self.filter {
            return Filter::new(text).map(Matter::Filter).map_err(|error| Failure::usage(format!("{text}: {error}")));
        }
        let way = if Filter::new(text).is_ok() { "; with --filter it is taken for a filter" } else { "" };
        Topic::new(text).map(Matter::Topic).map_err(|error| Failure::usage(format!("{text}: {error}{way}")))
    }

    async fn explain(
        &self,
        matter: &Matter,
        settings: &Settings,
        ledger: &Ledger,
        look: Look,
    ) -> Result<String, Failure> {
        let accounts = ledger.accounts().await?;
        let Some(account) = accounts.iter().find(|account| account.name == self.user) else {
            return Err(unknown(ledger, &self.user).await);
        };
        let register = Register::default();
        ledger.devices().await?.iter().for_each(|device| register.add(device));
        let findings = self.findings(matter, settings, account, &register);
        if self.json {
            let (topic, role) = (self.topic.as_str(), account.role);
            return Ok(json(&Explanation { user: &self.user, role, topic, findings: &findings }));
        }
        Ok(shown(&findings, look))
    }

    fn findings(
        &self,
        matter: &Matter,
        settings: &Settings,
        account: &AccountRow,
        register: &Register,
    ) -> Vec<Finding> {
        let (root, home) = (&settings.root, &settings.home);
        let of_role = account.role.map(Role::grants).into_iter().flatten();
        let case = Case {
            gate: &Gate::new(root.clone(), home.clone()),
            gates: Gates { root, home, register },
            now: now(),
            grants: &Grants::new(of_role.chain(account.grants.clone()).collect()),
            role: account.role,
            client: self.client.as_ref(),
        };
        match matter {
            Matter::Topic(topic) => case.topic(topic),
            Matter::Filter(filter) => vec![case.subscribe(filter)],
        }
    }
}

fn shown(findings: &[Finding], look: Look) -> String {
    let row = |finding: &Finding| {
        let property = finding.property.as_deref().unwrap_or_default();
        let class = finding.safety.map_or("", |class| class.as_str());
        let may = if finding.allowed { "yes" } else { "no" };
        [finding.deed, property, class, may, &finding.why].map(Field::new).to_vec()
    };
    let rows: Vec<Vec<Field>> = findings.iter().map(row).collect();
    table(&["TO", "PROPERTY", "CLASS", "MAY", "WHY"], &rows, look)
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
