//! Locks: whether one is locked is what its bolt says, if that is reported.

use std::collections::BTreeMap;

use hes_schemas::{Datum, PropertyDocument, PropertyName};

/// Whether a lock is locked, and a word for its bolt.
const LOCKED: &str = "locked";

/// How the bolt of a lock stands: `locked`, `unlocked` or `not_fully_locked`.
const BOLT: &str = "lock_state";

/// Lets a lock be `locked` if its bolt is, whatever its `state` says: that may be what it was told to become.
pub(super) fn look(properties: &BTreeMap<PropertyName, PropertyDocument>, values: &mut Vec<(PropertyName, Datum)>) {
    let Some((locked, _)) = properties.get_key_value(LOCKED) else { return };
    let bolt = values.iter().find(|(name, _)| name.as_str() == BOLT).and_then(|(_, value)| value.as_text());
    let Some(is_locked) = bolt.map(|bolt| Datum::Bool(bolt == LOCKED)) else { return };
    values.retain(|(name, _)| name != locked);
    values.push((locked.clone(), is_locked));
}
