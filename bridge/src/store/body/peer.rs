//! What is kept of other homes.

use hes_engine::record::{FederationRecord, MirrorRecord, ParcelRecord};
use hes_schemas::{HomeId, Timestamp, link::Log};

use super::{BodyError, read, write};

pub(in crate::store) fn parcel_body(record: &ParcelRecord) -> Vec<u8> {
    write(&record.log.entry)
}

pub(in crate::store) fn read_parcel(
    peer: &str,
    (seq, until): (u64, i64),
    body: &[u8],
) -> Result<ParcelRecord, BodyError> {
    let log = Log { seq, entry: read(body)? };
    Ok(ParcelRecord { peer: HomeId::new(peer)?, until: Timestamp::from_millis(until), log })
}

pub(in crate::store) fn mirror_body(record: &MirrorRecord) -> Vec<u8> {
    write(&record.item)
}

pub(in crate::store) fn read_mirror(peer: &str, body: &[u8]) -> Result<MirrorRecord, BodyError> {
    Ok(MirrorRecord { peer: HomeId::new(peer)?, item: read(body)? })
}

pub(in crate::store) fn federation_body(record: &FederationRecord) -> Vec<u8> {
    write(record)
}

pub(in crate::store) fn read_federation(body: &[u8]) -> Result<FederationRecord, BodyError> {
    read(body)
}
