//! Accounts as they are kept.

use hes_broker::Allowance;
use hes_schemas::{
    Timestamp, UserName,
    rights::{Action, Grant, Role, Safety, Scope},
};
use sqlx::{Row, sqlite::SqliteRow};

use crate::accounts::IdPattern;

/// An account as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name.
    pub name: UserName,
    /// The password's hash, a PHC string.
    pub password: String,
    /// The role, whose grants it has.
    pub role: Option<Role>,
    /// Another number with each password, and for each account of the same name.
    pub generation: i64,
    /// Its own grants.
    pub grants: Vec<Grant>,
    /// The client ids that it may use; none means any that is not another account's.
    pub client_ids: Vec<IdPattern>,
    /// What it may take of the broker, where that is other than what the configuration says.
    pub allowance: Allowance,
}

pub(super) fn read_account(row: &SqliteRow) -> Result<Option<AccountRow>, sqlx::Error> {
    let name: &str = row.try_get(0)?;
    let role: Option<&str> = row.try_get(2)?;
    let Ok(id) = UserName::new(name) else {
        tracing::warn!(name, "An account with a name that none can have is left aside");
        return Ok(None);
    };
    Ok(Some(AccountRow {
        name: id,
        password: row.try_get(1)?,
        role: role.and_then(Role::from_name),
        generation: row.try_get(3)?,
        grants: Vec::new(),
        client_ids: Vec::new(),
        allowance: Allowance::default(),
    }))
}

pub(super) fn read_grant(row: &SqliteRow) -> Result<Option<Grant>, sqlx::Error> {
    let (scope, actions, safety): (&str, &str, &str) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let until: Option<i64> = row.try_get(4)?;
    let (Ok(scope), Some(safety)) = (Scope::new(scope), Safety::from_name(safety)) else {
        tracing::warn!(scope, "A grant that cannot be read is left aside");
        return Ok(None);
    };
    let actions = Action::ALL.into_iter().filter(|action| actions.split(',').any(|name| name == action.as_str()));
    Ok(Some(Grant { actions: actions.collect(), scope, safety, until: until.map(Timestamp::from_millis) }))
}
