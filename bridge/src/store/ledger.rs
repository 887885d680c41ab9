//! The connection to the database, and the accounts in it, which the command line may edit while a gateway runs.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use hes_engine::record::DeviceRecord;
use hes_schemas::{
    ClusterId, DeviceId, Timestamp, Uid, UserName,
    rights::{Grant, Role, Scope},
};
use sqlx::{Connection, Row, SqliteConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::{
    StoreError,
    account::{self, AccountRow},
    directory::DataDirectory,
    limits, load, migration,
};

/// The accounts of a data directory.
///
/// A clone shares the connection.
#[derive(Debug, Clone)]
pub struct Ledger {
    directory: DataDirectory,
    connection: Arc<Mutex<Option<SqliteConnection>>>,
    connections: Arc<AtomicU64>,
}

/// A state of the database as far as others made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignState {
    /// Each connection counts on its own.
    connection: u64,
    version: i64,
}

/// What became of an account that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// There is none of that name.
    Unknown,
    /// Nobody could manage the home without it.
    LastOwner,
}

impl Ledger {
    /// Opens the accounts of a data directory, which is made if there is none; a gateway may be using it.
    ///
    /// # Errors
    /// [`StoreError`] if the directory or its database cannot be used.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::connect(DataDirectory::create(path)?).await
    }

    /// Reads the accounts of a data directory and changes nothing there; returns nothing if it holds none yet.
    ///
    /// # Errors
    /// [`StoreError`] if the database there could not be used.
    pub async fn look(path: &Path) -> Result<Option<Vec<AccountRow>>, StoreError> {
        if !Self::exists(path) {
            return Ok(None);
        }
        let (directory, mut connection) = DataDirectory::look(path).await?;
        let has_tables = migration::inspect(&mut connection, &directory.database()).await?;
        let ledger = Self::around(directory, connection);
        let accounts = if has_tables { Some(ledger.accounts().await?) } else { None };
        ledger.close().await?;
        Ok(accounts)
    }

    /// Says whether a data directory holds accounts, or could.
    #[must_use]
    pub fn exists(path: &Path) -> bool {
        DataDirectory::is_used(path)
    }

    pub(super) async fn connect(directory: DataDirectory) -> Result<Self, StoreError> {
        let connection = directory.connect().await?;
        Ok(Self::around(directory, connection))
    }

    fn around(directory: DataDirectory, connection: SqliteConnection) -> Self {
        Self { directory, connection: Arc::new(Mutex::new(Some(connection))), connections: Arc::default() }
    }

    /// Returns the connection, a new one if the last was given up.
    pub(super) async fn connection(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, StoreError> {
        let mut slot = self.connection.lock().await;
        let connection = match slot.take() {
            Some(connection) => connection,
            None => {
                self.connections.fetch_add(1, Ordering::Relaxed);
                self.directory.reconnect().await?
            }
        };
        Ok(MutexGuard::map(slot, move |slot| slot.insert(connection)))
    }

    /// Gives the connection up.
    pub(super) async fn disconnect(&self) {
        drop(self.connection.lock().await.take());
    }

    /// Closes the connection for good, so that all is in the database itself and nothing in the log beside it.
    ///
    /// # Errors
    /// [`StoreError`] if SQLite could not close it; what was committed is kept all the same.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        match self.connection.lock().await.take() {
            Some(connection) => Ok(connection.close().await?),
            None => Ok(()),
        }
    }

    /// Returns a state that is another one after another process, or another connection, has written to the database.
    ///
    /// What this ledger and its clones write does not change it.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn foreign_state(&self) -> Result<ForeignState, StoreError> {
        let mut connection = self.connection().await?;
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut *connection).await?;
        Ok(ForeignState { connection: self.connections.load(Ordering::Relaxed), version })
    }

    /// Returns all accounts by name; what cannot be read in one is left out, which takes rights away and never adds.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        let mut connection = self.connection().await?;
        let rows = sqlx::query("SELECT name, password, role, generation FROM account ORDER BY name")
            .fetch_all(&mut *connection)
            .await?;
        let grants = sqlx::query("SELECT account, scope, actions, safety, until FROM account_grant ORDER BY scope")
            .fetch_all(&mut *connection)
            .await?;
        let mut accounts =
            rows.iter().filter_map(|row| account::read_account(row).transpose()).collect::<Result<Vec<_>, _>>()?;
        for row in &grants {
            let name: &str = row.try_get(0)?;
            if let Some(account) = accounts.iter_mut().find(|account| account.name.as_str() == name) {
                account.grants.extend(account::read_grant(row)?);
            }
        }
        limits::read_patterns(&mut connection, &mut accounts).await?;
        limits::read_allowances(&mut connection, &mut accounts).await?;
        Ok(accounts)
    }

    /// Makes an account; says whether there was none of that name.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn add(&self, name: &UserName, password: &str, role: Option<Role>) -> Result<bool, StoreError> {
        let generation = self.next_generation().await?;
        let query = sqlx::query("INSERT INTO account VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
            .bind(name.as_str())
            .bind(password)
            .bind(role.map(Role::as_str))
            .bind(generation);
        Ok(query.execute(&mut *self.connection().await?).await?.rows_affected() > 0)
    }

    /// Returns the data directory.
    #[must_use]
    pub fn place(&self) -> &Path {
        self.directory.path()
    }

    /// Returns all devices with what they can do.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn devices(&self) -> Result<Vec<DeviceRecord>, StoreError> {
        Ok(load::devices(&mut *self.connection().await?).await?)
    }

    /// Removes an account, unless it is the only owner.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn remove(&self, name: &UserName) -> Result<Removal, StoreError> {
        let mut connection = self.connection().await?;
        let removed = sqlx::query(
            "DELETE FROM account WHERE name = ?1 AND (role IS NOT 'owner'
               OR EXISTS (SELECT 1 FROM account WHERE role = 'owner' AND name <> ?1))",
        )
        .bind(name.as_str())
        .execute(&mut *connection)
        .await?;
        if removed.rows_affected() > 0 {
            return Ok(Removal::Removed);
        }
        Ok(if exists(&mut connection, name).await? { Removal::LastOwner } else { Removal::Unknown })
    }

    /// Gives an account another password, which ends its sessions; says whether there is such an account.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn change_password(&self, name: &UserName, password: &str) -> Result<bool, StoreError> {
        let generation = self.next_generation().await?;
        let query = sqlx::query("UPDATE account SET password = ?2, generation = ?3 WHERE name = ?1")
            .bind(name.as_str())
            .bind(password)
            .bind(generation);
        Ok(query.execute(&mut *self.connection().await?).await?.rows_affected() > 0)
    }

    /// Gives an account a grant, in the place of the one with the same scope; says whether there is such an account.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn grant(&self, name: &UserName, grant: &Grant) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        if !exists(&mut connection, name).await? {
            return Ok(false);
        }
        let actions: Vec<&str> = grant.actions.iter().map(|action| action.as_str()).collect();
        sqlx::query("INSERT OR REPLACE INTO account_grant VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(name.as_str())
            .bind(grant.scope.to_string())
            .bind(actions.join(","))
            .bind(grant.safety.as_str())
            .bind(grant.until.map(Timestamp::as_millis))
            .execute(&mut *connection)
            .await?;
        Ok(true)
    }

    /// Takes a grant back; says whether there was one with that scope.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn revoke(&self, name: &UserName, scope: &Scope) -> Result<bool, StoreError> {
        let query = sqlx::query("DELETE FROM account_grant WHERE account = ?1 AND scope = ?2")
            .bind(name.as_str())
            .bind(scope.to_string());
        Ok(query.execute(&mut *self.connection().await?).await?.rows_affected() > 0)
    }

    /// Returns what a cluster said of its devices last, by topic.
    pub(super) async fn inventory(&self, cluster: &ClusterId) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let query = sqlx::query_as("SELECT topic, payload FROM inventory WHERE cluster = ?1").bind(cluster.as_str());
        Ok(query.fetch_all(&mut *self.connection().await?).await?)
    }

    /// Forgets what clusters said of their devices, other than these.
    pub(super) async fn keep_inventories(&self, clusters: &BTreeSet<ClusterId>) -> Result<(), StoreError> {
        let known = clusters.iter().map(ClusterId::as_str).collect::<Vec<_>>().join("/");
        // no id of a cluster holds a slash
        let query = sqlx::query("DELETE FROM inventory WHERE instr('/' || ?1 || '/', '/' || cluster || '/') = 0");
        query.bind(known).execute(&mut *self.connection().await?).await?;
        Ok(())
    }

    /// Finds a device by its id in topics.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn uid_of(&self, cluster: &ClusterId, device: &DeviceId) -> Result<Option<Uid>, StoreError> {
        let query = sqlx::query_scalar("SELECT uid FROM device WHERE cluster = ?1 AND device = ?2")
            .bind(cluster.as_str())
            .bind(device.as_str());
        let uid: Option<String> = query.fetch_optional(&mut *self.connection().await?).await?;
        Ok(uid.and_then(|uid| Uid::new(&uid).ok()))
    }

    /// Finds out what a device is called in topics.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn device_of(&self, cluster: &ClusterId, uid: &Uid) -> Result<Option<DeviceId>, StoreError> {
        let query = sqlx::query_scalar("SELECT device FROM device WHERE cluster = ?1 AND uid = ?2")
            .bind(cluster.as_str())
            .bind(uid.as_str());
        let device: Option<String> = query.fetch_optional(&mut *self.connection().await?).await?;
        Ok(device.and_then(|device| DeviceId::new(&device).ok()))
    }

    async fn next_generation(&self) -> Result<i64, StoreError> {
        let query = sqlx::query_scalar("UPDATE meta SET generation = generation + 1 RETURNING generation");
        Ok(query.fetch_one(&mut *self.connection().await?).await?)
    }
}

#[cfg(test)]
impl Ledger {
    /// Runs any statements, to spoil what is there.
    pub(crate) async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut *self.connection().await.unwrap()).await.unwrap();
    }
}

pub(super) async fn exists(connection: &mut SqliteConnection, name: &UserName) -> Result<bool, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM account WHERE name = ?1)").bind(name.as_str());
    query.fetch_one(connection).await
}
