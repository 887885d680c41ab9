//! A start reads everything back.

use std::{collections::HashMap, sync::Arc};

use hes_broker::{Publish, RestoredSession};
use hes_engine::{
    cluster::Shape,
    record::{DeviceRecord, Restored, ValuesRecord},
};
use hes_schemas::Timestamp;
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    body::{self, BodyError, DeviceRow, MessageRow, Names},
    commit::{Rows, column},
    homes, sessions,
};

/// How many devices are read at once; as many rows as may be under way.
const PAGE: u32 = super::directory::ROWS_UNDER_WAY;

/// How far versions leap after an unclean stop: more changes than any property sees between two saves.
const LEAP: u64 = 1 << 20;

/// All that was kept.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) restored: Restored,
    pub(super) retained: Vec<Publish>,
    pub(super) sessions: Vec<RestoredSession>,
    pub(super) rows: Rows,
    pub(super) damage: Damage,
    models: HashMap<i64, Arc<Shape>>,
    names: Names,
}

/// Rows that could not be read and were left aside.
#[derive(Debug, Default)]
pub(super) struct Damage {
    pub(super) rows: u64,
}

/// Reads everything and begins a new epoch.
pub(super) async fn load(connection: &mut SqliteConnection, now: Timestamp) -> Result<Loaded, sqlx::Error> {
    let mut loaded = Loaded::default();
    loaded.read_shapes(connection).await?;
    loaded.read_devices(connection).await?;
    loaded.read_subscriptions(connection).await?;
    loaded.read_retained(connection, now).await?;
    (loaded.sessions, loaded.rows.messages) = sessions::load::load(connection, now, &mut loaded.damage).await?;
    homes::load::load(connection, &mut loaded.restored, &mut loaded.damage).await?;
    loaded.begin_epoch(connection, now).await?;
    Ok(loaded)
}

/// Reads only the devices, without their values, and changes nothing.
pub(super) async fn devices(connection: &mut SqliteConnection) -> Result<Vec<DeviceRecord>, sqlx::Error> {
    let mut loaded = Loaded::default();
    loaded.read_shapes(connection).await?;
    loaded.read_devices(connection).await?;
    Ok(loaded.restored.devices)
}

impl Loaded {
    async fn read_shapes(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for row in sqlx::query("SELECT id, body FROM shape").fetch_all(connection).await? {
            let id: i64 = row.try_get(0)?;
            if let Some(shape) = self.damage.keep("shape", &id, body::read(row.try_get(1)?)) {
                let shape: Arc<Shape> = Arc::new(shape);
                self.names.learn(shape.properties.keys());
                self.rows.shapes.learn(&shape, id);
                self.models.insert(id, shape);
            }
        }
        Ok(())
    }

    async fn read_devices(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let mut page = fetch_devices(connection, i64::MIN).await?;
        while let Some(row) = page.last() {
            let last: i64 = row.try_get(0)?;
            // the database's thread fetches a page while this one understands the page before
            let (next, read) = tokio::join!(fetch_devices(connection, last), async { self.read_page(&page) });
            read?;
            page = next?;
        }
        Ok(())
    }

    fn read_page(&mut self, page: &[SqliteRow]) -> Result<(), sqlx::Error> {
        page.iter().try_for_each(|row| self.read_device(row))
    }

    fn read_device(&mut self, row: &SqliteRow) -> Result<(), sqlx::Error> {
        let shape: i64 = row.try_get(4)?;
        let device = DeviceRow {
            cluster: row.try_get(1)?,
            uid: row.try_get(2)?,
            device: row.try_get(3)?,
            shape: self.models.get(&shape),
            body: row.try_get(5)?,
        };
        let record = body::read_device(&device, &mut self.names);
        let Some(record) = self.damage.keep("device", &format_args!("{}/{}", device.cluster, device.uid), record)
        else {
            return Ok(());
        };
        if let Some(bytes) = row.try_get::<Option<&[u8]>, _>(6)? {
            let values = body::read_values(bytes, &mut self.names);
            if let Some(values) =
                self.damage.keep("device_values", &format_args!("{}/{}", record.cluster, record.uid), values)
            {
                let (cluster, uid) = (record.cluster.clone(), record.uid.clone());
                self.restored.values.push(ValuesRecord { cluster, uid, values });
            }
        }
        self.restored.devices.push(record);
        Ok(())
    }

    async fn read_subscriptions(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for row in sqlx::query("SELECT sid, body FROM subscription").fetch_all(connection).await? {
            let sid: &str = row.try_get(0)?;
            let record = body::read_subscription(sid, row.try_get(1)?);
            if let Some(record) = self.damage.keep("subscription", &sid, record) {
                self.restored.subscriptions.push(record);
            }
        }
        Ok(())
    }

    async fn read_retained(&mut self, connection: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
        let rows = sqlx::query("SELECT topic, until, head, payload FROM retained").fetch_all(connection).await?;
        for row in rows {
            let row = MessageRow {
                topic: row.try_get(0)?,
                until: row.try_get(1)?,
                head: row.try_get(2)?,
                payload: row.try_get(3)?,
            };
            let message = body::read_retained(&row, now);
            if let Some(Some(message)) = self.damage.keep("retained", &row.topic, message) {
                self.retained.push(message);
            }
        }
        Ok(())
    }

    /// Counts the start, and finds the version that nothing told so far is above.
    ///
    /// Values are saved in batches, so after an unclean stop higher versions may have been told than were written. A
    /// row that cannot be read may have held any version up to its `top`, so it counts as an unclean stop too.
    async fn begin_epoch(&mut self, connection: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let row =
            sqlx::query("SELECT epoch, clean, max(floor, (SELECT coalesce(max(top), 0) FROM device_values)) FROM meta")
                .fetch_one(&mut *transaction)
                .await?;
        let (epoch, clean, told): (i64, bool, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let told = u64::try_from(told).unwrap_or(0);
        let is_unclean = !clean || self.damage.rows > 0;
        self.restored.floor = if is_unclean { told.saturating_add(LEAP) } else { told };
        self.restored.leap = is_unclean.then_some(self.restored.floor);
        self.restored.epoch = u64::try_from(epoch).unwrap_or(0).saturating_add(1);
        sqlx::query("UPDATE meta SET epoch = ?1, floor = ?2, clean = 0")
            .bind(column(self.restored.epoch))
            .bind(column(self.restored.floor))
            .execute(&mut *transaction)
            .await?;
        self.sweep(&mut transaction, now).await?;
        transaction.commit().await
    }

    /// Deletes what nobody needs any more.
    async fn sweep(&mut self, connection: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM retained WHERE until <= ?1").bind(now.as_millis()).execute(&mut *connection).await?;
        let unused = self.models.extract_if(|_, shape| Arc::strong_count(shape) == 1);
        for (id, _) in unused {
            sqlx::query("DELETE FROM shape WHERE id = ?1 AND id NOT IN (SELECT shape FROM device)")
                .bind(id)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

async fn fetch_devices(connection: &mut SqliteConnection, after: i64) -> Result<Vec<SqliteRow>, sqlx::Error> {
    sqlx::query(
        "SELECT device.id, cluster, uid, device.device, shape, device.body, device_values.body
         FROM device LEFT JOIN device_values ON device_values.device = device.id
         WHERE device.id > ?1 ORDER BY device.id LIMIT ?2",
    )
    .bind(after)
    .bind(PAGE)
    .fetch_all(connection)
    .await
}

impl Damage {
    /// Returns what was read, or counts and reports what could not be.
    pub(super) fn keep<T>(
        &mut self,
        table: &'static str,
        key: &dyn std::fmt::Display,
        read: Result<T, BodyError>,
    ) -> Option<T> {
        read.inspect_err(|error| {
            self.rows += 1;
            tracing::warn!(table, %key, %error, "A row of the store cannot be read and is left aside");
        })
        .ok()
    }
}
