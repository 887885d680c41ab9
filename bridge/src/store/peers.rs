//! Other homes that there is trust with, and their accounts.

use hes_schemas::{HomeId, Timestamp, UserName};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteRow};

use super::{StoreError, ledger::Ledger};
use crate::peers::keys::PublicKey;

/// A home that there is trust with, as it is kept.
#[derive(Debug, Clone)]
pub struct PeerRow {
    /// Which one.
    pub home: HomeId,
    /// Its identity.
    pub identity: PublicKey,
    /// Since when there is trust.
    pub since: Timestamp,
    /// The account by which it comes to our broker, if it does.
    pub account: Option<UserName>,
    /// Where we meet it, if that is not our broker.
    pub url: Option<String>,
    /// As whom we come there.
    pub user: Option<String>,
    /// Our password there; or that of its account here, until it has been handed over.
    pub password: Option<SecretString>,
    /// The account by which it came when it was invited, until it has taken the other one.
    pub invited: Option<UserName>,
}

impl Ledger {
    /// Returns all homes that there is trust with, by name; one that cannot be read is left out, which takes trust away.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn peers(&self) -> Result<Vec<PeerRow>, StoreError> {
        let query =
            sqlx::query("SELECT home, identity, since, account, url, user, password, invited FROM peer ORDER BY home");
        let rows = query.fetch_all(&mut *self.connection().await?).await?;
        Ok(rows.iter().filter_map(|row| read(row).transpose()).collect::<Result<_, _>>()?)
    }

    /// Trusts a home, in the place of what was known of it.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn keep_peer(&self, peer: &PeerRow) -> Result<(), StoreError> {
        let identity = peer.identity.jwk().to_string();
        sqlx::query(
            "INSERT OR REPLACE INTO peer (home, identity, since, account, url, user, password, invited)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(peer.home.as_str())
        .bind(identity)
        .bind(peer.since.as_millis())
        .bind(peer.account.as_ref().map(UserName::as_str))
        .bind(peer.url.as_deref())
        .bind(peer.user.as_deref())
        .bind(peer.password.as_ref().map(ExposeSecret::expose_secret))
        .bind(peer.invited.as_ref().map(UserName::as_str))
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }

    /// Ends the trust in a home, and its account; says whether there was any.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn remove_peer(&self, home: &HomeId) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM account WHERE name IN (SELECT account FROM peer WHERE home = ?1)")
            .bind(home.as_str())
            .execute(&mut *transaction)
            .await?;
        let removed = sqlx::query("DELETE FROM peer WHERE home = ?1").bind(home.as_str());
        let removed = removed.execute(&mut *transaction).await?.rows_affected() > 0;
        transaction.commit().await?;
        Ok(removed)
    }

    /// Makes an account that comes of a pairing, in the place of one of the same name.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn make_peer_account(&self, name: &UserName, password: &str) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        make_account(&mut transaction, name.as_str(), password).await?;
        transaction.commit().await?;
        Ok(())
    }
}

pub(super) async fn make_account(
    connection: &mut SqliteConnection,
    name: &str,
    password: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM account WHERE name = ?1").bind(name).execute(&mut *connection).await?;
    let next = sqlx::query_scalar("UPDATE meta SET generation = generation + 1 RETURNING generation");
    let generation: i64 = next.fetch_one(&mut *connection).await?;
    let insert = sqlx::query("INSERT INTO account VALUES (?1, ?2, 'peer', ?3)");
    insert.bind(name).bind(password).bind(generation).execute(connection).await?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<Option<PeerRow>, sqlx::Error> {
    let (home, identity): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
    let (account, invited): (Option<&str>, Option<&str>) = (row.try_get(3)?, row.try_get(7)?);
    let (Ok(home_id), Ok(identity)) = (HomeId::new(home), serde_json::from_str(identity)) else {
        tracing::warn!(home, "A peer that cannot be read is left aside");
        return Ok(None);
    };
    Ok(Some(PeerRow {
        home: home_id,
        identity,
        since: Timestamp::from_millis(row.try_get(2)?),
        account: account.and_then(|name| UserName::new(name).ok()),
        url: row.try_get(4)?,
        user: row.try_get(5)?,
        password: row.try_get::<Option<String>, _>(6)?.map(SecretString::from),
        invited: invited.and_then(|name| UserName::new(name).ok()),
    }))
}
