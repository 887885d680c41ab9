//! Devices and their values.

use std::sync::Arc;

use hes_engine::{
    cluster::Shape,
    record::{DeviceRecord, ValueRecord, ValuesRecord},
};
use hes_schemas::{Datum, DeviceId, Timestamp, Uid};
use serde::{Deserialize, Serialize};

use super::{BodyError, Names, read, write};

/// A row of a device, before it is understood.
#[derive(Debug)]
pub(in crate::store) struct DeviceRow<'a> {
    pub(in crate::store) cluster: &'a str,
    pub(in crate::store) uid: &'a str,
    pub(in crate::store) device: &'a str,
    pub(in crate::store) shape: Option<&'a Arc<Shape>>,
    pub(in crate::store) body: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct DeviceBody<Text> {
    name: Text,
    room: Option<Text>,
    maker: Option<Text>,
    model: Option<Text>,
    firmware: Option<Text>,
    native: Text,
    rev: u64,
}

/// Name, value, milliseconds since 1970, version.
type ValueBody<Text, Value> = (Text, Value, i64, u64);

pub(in crate::store) fn device_body(record: &DeviceRecord) -> Vec<u8> {
    write(&DeviceBody::<&str> {
        name: &record.name,
        room: record.room.as_deref(),
        maker: record.maker.as_deref(),
        model: record.model.as_deref(),
        firmware: record.firmware.as_deref(),
        native: &record.native,
        rev: record.rev,
    })
}

pub(in crate::store) fn read_device(row: &DeviceRow<'_>, names: &mut Names) -> Result<DeviceRecord, BodyError> {
    let body: DeviceBody<Box<str>> = read(row.body)?;
    Ok(DeviceRecord {
        cluster: names.cluster(row.cluster)?,
        uid: Uid::new(row.uid)?,
        id: DeviceId::new(row.device)?,
        name: body.name,
        room: body.room,
        maker: body.maker,
        model: body.model,
        firmware: body.firmware,
        native: body.native,
        rev: body.rev,
        shape: Arc::clone(row.shape.ok_or(BodyError::Shape)?),
    })
}

pub(in crate::store) fn values_body(record: &ValuesRecord) -> Vec<u8> {
    let rows: Vec<ValueBody<&str, &Datum>> = record
        .values
        .iter()
        .map(|held| (held.property.as_str(), &held.value, held.time.as_millis(), held.version))
        .collect();
    write(&rows)
}

pub(in crate::store) fn read_values(body: &[u8], names: &mut Names) -> Result<Vec<ValueRecord>, BodyError> {
    let rows: Vec<ValueBody<Box<str>, Datum>> = read(body)?;
    rows.into_iter()
        .map(|(property, value, time, version)| {
            Ok(ValueRecord { property: names.property(&property)?, value, time: Timestamp::from_millis(time), version })
        })
        .collect()
}

/// Returns the highest version among values.
pub(in crate::store) fn top(record: &ValuesRecord) -> u64 {
    record.values.iter().map(|held| held.version).max().unwrap_or(0)
}
