//! A start reads back what was kept of other homes.

use hes_engine::record::Restored;
use hes_schemas::HomeId;
use sqlx::{Row, SqliteConnection};

use crate::store::{body, load::Damage};

/// Reads the logs in order, what homes retain, and federations; what is of homes without trust goes.
pub(in crate::store) async fn load(
    connection: &mut SqliteConnection,
    restored: &mut Restored,
    damage: &mut Damage,
) -> Result<(), sqlx::Error> {
    sweep(connection).await?;
    read_logs(connection, restored, damage).await?;
    read_parcels(connection, restored, damage).await?;
    read_mirrors(connection, restored, damage).await?;
    read_federations(connection, restored, damage).await
}

async fn sweep(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for statement in [
        "DELETE FROM parcel WHERE peer NOT IN (SELECT home FROM peer)",
        "DELETE FROM log WHERE peer NOT IN (SELECT home FROM peer)",
        "DELETE FROM mirror WHERE peer NOT IN (SELECT home FROM peer)",
    ] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn read_logs(
    connection: &mut SqliteConnection,
    restored: &mut Restored,
    damage: &mut Damage,
) -> Result<(), sqlx::Error> {
    for row in sqlx::query("SELECT peer, logged, heard FROM log ORDER BY peer").fetch_all(connection).await? {
        let peer: &str = row.try_get(0)?;
        if let Some(home) = damage.keep("log", &peer, HomeId::new(peer).map_err(Into::into)) {
            restored.logged.push((home.clone(), number(row.try_get(1)?)));
            restored.heard.push((home, number(row.try_get(2)?)));
        }
    }
    Ok(())
}

async fn read_parcels(
    connection: &mut SqliteConnection,
    restored: &mut Restored,
    damage: &mut Damage,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query("SELECT peer, seq, until, body FROM parcel ORDER BY peer, seq");
    for row in query.fetch_all(connection).await? {
        let (peer, seq): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
        let record = body::read_parcel(peer, (number(seq), row.try_get(2)?), row.try_get(3)?);
        restored.parcels.extend(damage.keep("parcel", &format_args!("{peer}/{seq}"), record));
    }
    Ok(())
}

async fn read_mirrors(
    connection: &mut SqliteConnection,
    restored: &mut Restored,
    damage: &mut Damage,
) -> Result<(), sqlx::Error> {
    for row in sqlx::query("SELECT path, peer, body FROM mirror ORDER BY path").fetch_all(connection).await? {
        let (path, peer): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        restored.mirrors.extend(damage.keep("mirror", &path, body::read_mirror(peer, row.try_get(2)?)));
    }
    Ok(())
}

async fn read_federations(
    connection: &mut SqliteConnection,
    restored: &mut Restored,
    damage: &mut Damage,
) -> Result<(), sqlx::Error> {
    for row in sqlx::query("SELECT id, body FROM federation ORDER BY id").fetch_all(connection).await? {
        let id: &str = row.try_get(0)?;
        restored.federations.extend(damage.keep("federation", &id, body::read_federation(row.try_get(1)?)));
    }
    Ok(())
}

fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}
