//! `hes-bridge user list`.

use clap::Args;
use hes_schemas::{
    ClusterId, Uid, UserName,
    rights::{Action, Grant, Role, Scope},
};
use serde::Serialize;

use super::Errand;
use crate::{
    accounts::IdPattern,
    command::{
        Failure, Output,
        render::{Field, table},
        session::json,
    },
    settings::DataOverrides,
    store::{AccountRow, Ledger},
};

/// List the accounts with their roles and grants
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: DataOverrides,
}

/// An account as programs read it.
#[derive(Debug, Serialize)]
struct Account<'a> {
    name: &'a UserName,
    role: Option<Role>,
    grants: &'a [Grant],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    client_ids: Vec<&'a str>,
}

impl Errand for ListArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, output: &mut Output) -> Result<String, Failure> {
        let accounts = ledger.accounts().await?;
        if self.json {
            let accounts: Vec<Account<'_>> = accounts.iter().map(Account::of).collect();
            return Ok(json(&accounts));
        }
        let mut rows = Vec::new();
        for account in &accounts {
            rows.extend(rows_of(ledger, account).await?);
        }
        Ok(table(&["NAME", "ROLE", "MAY", "WITH", "UP TO", "UNTIL"], &rows, output.look()))
    }
}

impl<'a> Account<'a> {
    fn of(row: &'a AccountRow) -> Self {
        let client_ids = row.client_ids.iter().map(IdPattern::as_str).collect();
        Self { name: &row.name, role: row.role, grants: &row.grants, client_ids }
    }
}

/// Returns one row for each grant, and at least one.
async fn rows_of(ledger: &Ledger, account: &AccountRow) -> Result<Vec<Vec<Field>>, Failure> {
    let mut rows = vec![vec![Field::new(account.name.as_str()), Field::new(account.role.map_or("", Role::as_str))]];
    for (index, grant) in account.grants.iter().enumerate() {
        if index > 0 {
            rows.push(vec![Field::new(account.name.as_str()), Field::new("")]);
        }
        let fields = shown(ledger, grant).await?;
        rows.last_mut().into_iter().for_each(|row| row.extend(fields.iter().map(|text| Field::new(text))));
    }
    Ok(rows)
}

/// Words a grant: what, with what, up to which danger, until when; the last two may be empty.
pub(super) async fn shown(ledger: &Ledger, grant: &Grant) -> Result<[String; 4], Failure> {
    let actions: Vec<&str> = grant.actions.iter().map(|action: &Action| action.as_str()).collect();
    let scope = match name_of(ledger, &grant.scope).await? {
        Some(name) => format!("{} ({name})", grant.scope),
        None => grant.scope.to_string(),
    };
    let safety = match grant.scope {
        Scope::Devices(_) => grant.safety.as_str(),
        Scope::Topics(_) => "",
    };
    let until = grant.until.map(|until| until.to_string()).unwrap_or_default();
    Ok([actions.join(","), scope, safety.to_owned(), until])
}

/// Returns what the device of a scope is called at the moment, if the scope names it by its id for good.
async fn name_of(ledger: &Ledger, scope: &Scope) -> Result<Option<String>, Failure> {
    let Scope::Devices(filter) = scope else { return Ok(None) };
    let mut levels = filter.levels();
    let cluster = levels.next().and_then(|level| ClusterId::new(level).ok());
    let uid = levels.next().and_then(|level| level.strip_prefix("uid:")).and_then(|uid| Uid::new(uid).ok());
    let (Some(cluster), Some(uid)) = (cluster, uid) else { return Ok(None) };
    Ok(ledger.device_of(&cluster, &uid).await?.map(|device| device.to_string()))
}
