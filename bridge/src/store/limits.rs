//! What holds an account back beside its rights: the client ids that it is bound to, and what it may take of the broker.

use std::num::NonZeroU32;

use hes_broker::Allowance;
use hes_schemas::UserName;
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    StoreError,
    account::AccountRow,
    ledger::{Ledger, exists},
};
use crate::accounts::IdPattern;

impl Ledger {
    /// Binds an account to client ids, in the place of those before; none leaves it free to choose. Says whether there is
    /// such an account.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn bind(&self, name: &UserName, patterns: &[IdPattern]) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        if !exists(&mut transaction, name).await? {
            return Ok(false);
        }
        let clear = sqlx::query("DELETE FROM account_client WHERE account = ?1").bind(name.as_str());
        clear.execute(&mut *transaction).await?;
        for pattern in patterns {
            let query = sqlx::query("INSERT OR REPLACE INTO account_client VALUES (?1, ?2)");
            query.bind(name.as_str()).bind(pattern.as_str()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Says what an account may take of the broker; says whether there is such an account.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn limit(&self, name: &UserName, allowance: &Allowance) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        if !exists(&mut connection, name).await? {
            return Ok(false);
        }
        let size = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        sqlx::query("INSERT OR REPLACE INTO account_limit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .bind(name.as_str())
            .bind(allowance.connections)
            .bind(allowance.messages.map(NonZeroU32::get))
            .bind(allowance.bytes.map(NonZeroU32::get))
            .bind(allowance.subscriptions.map(size))
            .bind(allowance.inflight)
            .bind(allowance.queue_bytes.map(size))
            .execute(&mut *connection)
            .await?;
        Ok(true)
    }
}

/// Gives accounts the client ids that they are bound to.
pub(super) async fn read_patterns(
    connection: &mut SqliteConnection,
    accounts: &mut [AccountRow],
) -> Result<(), sqlx::Error> {
    let query = sqlx::query("SELECT account, pattern FROM account_client ORDER BY pattern");
    for row in query.fetch_all(connection).await? {
        let (name, pattern): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        let account = accounts.iter_mut().find(|account| account.name.as_str() == name);
        account.into_iter().for_each(|account| account.client_ids.push(IdPattern::new(pattern)));
    }
    Ok(())
}

/// Gives accounts their limits.
pub(super) async fn read_allowances(
    connection: &mut SqliteConnection,
    accounts: &mut [AccountRow],
) -> Result<(), sqlx::Error> {
    for row in sqlx::query("SELECT * FROM account_limit").fetch_all(connection).await? {
        let (name, allowance): (&str, _) = (row.try_get(0)?, read_allowance(&row)?);
        let account = accounts.iter_mut().find(|account| account.name.as_str() == name);
        account.into_iter().for_each(|account| account.allowance = allowance);
    }
    Ok(())
}

/// Reads what an account may take; a number that makes no sense is as if it were not there.
fn read_allowance(row: &SqliteRow) -> Result<Allowance, sqlx::Error> {
    let number = |at: usize| row.try_get::<Option<i64>, _>(at);
    let rate = |number: i64| u32::try_from(number).ok().and_then(NonZeroU32::new);
    Ok(Allowance {
        connections: number(1)?.and_then(|number| u32::try_from(number).ok()),
        messages: number(2)?.and_then(rate),
        bytes: number(3)?.and_then(rate),
        subscriptions: number(4)?.and_then(|number| usize::try_from(number).ok()),
        inflight: number(5)?.and_then(|number| u16::try_from(number).ok()),
        queue_bytes: number(6)?.and_then(|number| usize::try_from(number).ok()),
    })
}
