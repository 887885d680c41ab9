//! Invitations that may be used, pairings that wait for two people, and the accounts that both come by.

use hes_schemas::{HomeId, Timestamp};
use sqlx::{Connection, Row, sqlite::SqliteRow};

use super::{StoreError, ledger::Ledger, peers::make_account};
use crate::peers::{
    invitation::Invitation,
    pairing::{Number, Paired, Used},
};

/// An invitation, as it is kept.
#[derive(Debug, Clone)]
pub struct InvitationRow {
    /// The invitation itself.
    pub invitation: Invitation,
    /// By whom it has been used.
    pub used: Option<Used>,
}

/// A pairing that waits to be confirmed, as it is kept.
#[derive(Debug, Clone)]
pub struct PairingRow {
    /// What it has led to.
    pub paired: Paired,
    /// Until when it can be confirmed.
    pub until: Timestamp,
    /// How often a wrong number was given.
    pub attempts: u8,
    /// Which side this home is.
    pub side: PairingSide,
    /// The invitation that was used.
    pub invitation: Invitation,
}

/// Which side of a pairing a home is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairingSide {
    /// It has invited.
    Host,
    /// It was invited.
    Guest,
}

impl Ledger {
    /// Returns all invitations; one that cannot be read is left out.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn invitations(&self) -> Result<Vec<InvitationRow>, StoreError> {
        let query = sqlx::query("SELECT code, home, identity, done FROM invitation ORDER BY until");
        let rows = query.fetch_all(&mut *self.connection().await?).await?;
        Ok(rows.iter().filter_map(|row| read_invitation(row).transpose()).collect::<Result<_, _>>()?)
    }

    /// Keeps an invitation, in the place of what was known of it.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn keep_invitation(&self, row: &InvitationRow) -> Result<(), StoreError> {
        let used = row.used.as_ref();
        sqlx::query("INSERT OR REPLACE INTO invitation VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .bind(row.invitation.account().0)
            .bind(row.invitation.code())
            .bind(row.invitation.until().as_millis())
            .bind(used.map(|used| used.home.as_str()))
            .bind(used.map(|used| used.identity.jwk().to_string()))
            .bind(used.map(|used| used.done.as_slice()))
            .execute(&mut *self.connection().await?)
            .await?;
        Ok(())
    }

    /// Forgets an invitation; what it has led to stays.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn end_invitation(&self, invitation: &Invitation) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM invitation WHERE account = ?1").bind(invitation.account().0);
        query.execute(&mut *self.connection().await?).await?;
        Ok(())
    }

    /// Returns all pairings that wait to be confirmed; one that cannot be read is left out.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn pairings(&self) -> Result<Vec<PairingRow>, StoreError> {
        let query = sqlx::query("SELECT home, identity, number, until, attempts, side, code FROM pairing");
        let rows = query.fetch_all(&mut *self.connection().await?).await?;
        Ok(rows.iter().filter_map(|row| read_pairing(row).transpose()).collect::<Result<_, _>>()?)
    }

    /// Keeps a pairing, in the place of another one with the same home.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn keep_pairing(&self, row: &PairingRow) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO pairing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .bind(row.paired.home.as_str())
            .bind(row.paired.identity.jwk().to_string())
            .bind(row.paired.number.to_string())
            .bind(row.until.as_millis())
            .bind(i64::from(row.attempts))
            .bind(row.side.as_str())
            .bind(row.invitation.account().0)
            .bind(row.invitation.code())
            .execute(&mut *self.connection().await?)
            .await?;
        Ok(())
    }

    /// Forgets the pairing with a home.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn end_pairing(&self, home: &HomeId) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM pairing WHERE home = ?1").bind(home.as_str());
        query.execute(&mut *self.connection().await?).await?;
        Ok(())
    }

    /// Keeps an invitation with the account by which its bearer comes.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn make_invited(&self, invitation: &Invitation, password: &str) -> Result<(), StoreError> {
        let (name, code) = (invitation.account().0, invitation.code());
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        make_account(&mut transaction, &name, password).await?;
        let query = sqlx::query("INSERT OR REPLACE INTO invitation (account, code, until) VALUES (?1, ?2, ?3)");
        query.bind(name).bind(code).bind(invitation.until().as_millis()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Ends what is too late to be used or confirmed, and the accounts of those who were invited and need none: neither an
    /// invitation, nor a pairing, nor a peer that has not taken its own. Returns their names.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn end_invited(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for statement in ["DELETE FROM invitation WHERE until <= ?1", "DELETE FROM pairing WHERE until <= ?1"] {
            sqlx::query(statement).bind(now.as_millis()).execute(&mut *transaction).await?;
        }
        let ended = sqlx::query_scalar(
            "DELETE FROM account WHERE role = 'peer' AND name LIKE 'invited-%'
               AND name NOT IN (SELECT account FROM invitation)
               AND name NOT IN (SELECT account FROM pairing WHERE side = 'host')
               AND name NOT IN (SELECT invited FROM peer WHERE invited IS NOT NULL)
             RETURNING name",
        );
        let ended = ended.fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(ended)
    }
}

impl PairingSide {
    const ALL: [Self; 2] = [Self::Host, Self::Guest];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Guest => "guest",
        }
    }
}

fn read_invitation(row: &SqliteRow) -> Result<Option<InvitationRow>, sqlx::Error> {
    let (code, home): (&str, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
    let (identity, done): (Option<&str>, Option<Vec<u8>>) = (row.try_get(2)?, row.try_get(3)?);
    let used = || {
        let (home, identity) = (HomeId::new(home?).ok()?, serde_json::from_str(identity?).ok()?);
        Some(Used { home, identity, done: done? })
    };
    let (Ok(invitation), used) = (code.parse(), used()) else { return Ok(left_aside("invitation")) };
    if home.is_some() && used.is_none() {
        // it must not be used once more
        return Ok(left_aside("invitation"));
    }
    Ok(Some(InvitationRow { invitation, used }))
}

fn read_pairing(row: &SqliteRow) -> Result<Option<PairingRow>, sqlx::Error> {
    let (home, identity, number): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let (attempts, side, code): (i64, &str, &str) = (row.try_get(4)?, row.try_get(5)?, row.try_get(6)?);
    let until = Timestamp::from_millis(row.try_get(3)?);
    let read = || {
        let (home, identity) = (HomeId::new(home).ok()?, serde_json::from_str(identity).ok()?);
        let paired = Paired { home, identity, number: Number::parse(number)? };
        let side = PairingSide::ALL.into_iter().find(|it| it.as_str() == side)?;
        let attempts = u8::try_from(attempts).ok()?;
        Some(PairingRow { paired, until, attempts, side, invitation: code.parse().ok()? })
    };
    Ok(read().or_else(|| left_aside("pairing")))
}

fn left_aside<T>(what: &str) -> Option<T> {
    tracing::warn!(what, "What cannot be read of a pairing is left aside");
    None
}
