//! What an earlier life knew of clusters that are not configured any more.

use std::collections::BTreeSet;

use hes_engine::record::{Record, Restored};
use hes_schemas::{ClusterId, rights::Scope};

use super::report;
use crate::{
    settings::ClusterSettings,
    store::{Store, StoreError},
};

/// Lets go of all that belongs to no cluster of these, in the store too.
///
/// Versions stay above those of the devices that go, should their cluster come back.
///
/// # Errors
/// [`StoreError`] if the store cannot be written.
pub(crate) async fn let_go(
    store: &Store,
    restored: &mut Restored,
    clusters: &[ClusterSettings],
) -> Result<(), StoreError> {
    let clusters = clusters.iter().map(|cluster| cluster.id.clone()).collect();
    store.keep_inventories(&clusters).await?;
    let departed = Departed::take(restored, &clusters);
    if !departed.records.is_empty() {
        report::departed(&departed);
        store.write(departed.records, None);
    }
    Ok(())
}

/// How much has gone with its cluster.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Departed {
    /// Which clusters, as far as they had devices.
    pub(crate) clusters: BTreeSet<ClusterId>,
    pub(crate) devices: usize,
    pub(crate) subscriptions: usize,
    /// What the store is to forget.
    records: Vec<Record>,
}

impl Departed {
    /// Takes out of what is restored all that belongs to no cluster of these.
    fn take(restored: &mut Restored, clusters: &BTreeSet<ClusterId>) -> Self {
        let mut departed = Self::default();
        for device in restored.devices.extract_if(.., |device| !clusters.contains(&device.cluster)) {
            departed.devices += 1;
            departed.records.push(Record::DeviceGone(device.cluster.clone(), device.uid));
            departed.clusters.insert(device.cluster);
        }
        restored.values.retain(|values| clusters.contains(&values.cluster));
        for subscription in restored.subscriptions.extract_if(.., |record| !is_of(&record.scope, clusters)) {
            departed.subscriptions += 1;
            departed.records.push(Record::SubscriptionGone(subscription.sid));
        }
        departed
    }
}

/// Says whether a scope may be about one of these clusters.
fn is_of(scope: &Scope, clusters: &BTreeSet<ClusterId>) -> bool {
    let Scope::Devices(filter) = scope else { return true };
    filter
        .levels()
        .next()
        .is_none_or(|level| matches!(level, "+" | "#") || clusters.iter().any(|cluster| cluster.as_str() == level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples;

    fn restored() -> Restored {
        Restored {
            devices: vec![samples::device("a")],
            values: vec![samples::values("a", 7)],
            subscriptions: vec![samples::subscription("s1", 1)],
            ..Restored::default()
        }
    }

    #[test]
    fn keeps_what_is_configured() {
        let mut kept = restored();
        let departed = Departed::take(&mut kept, &[samples::cluster()].into());
        assert_eq!(departed, Departed::default());
        assert_eq!(kept, restored());
    }

    #[test]
    fn takes_devices_values_and_subscriptions_of_a_cluster_that_is_gone() {
        let mut kept = restored();
        let departed = Departed::take(&mut kept, &BTreeSet::new());
        assert_eq!(kept, Restored::default());
        assert_eq!((departed.devices, departed.subscriptions), (1, 1));
        assert_eq!(departed.clusters, [samples::cluster()].into());
        assert_eq!(
            departed.records,
            [Record::DeviceGone(samples::cluster(), samples::uid("a")), Record::SubscriptionGone(samples::sid("s1"))]
        );
    }

    #[test]
    fn a_subscription_to_all_clusters_stays() {
        for scope in ["#", "+/lamp"] {
            let mut kept = restored();
            kept.subscriptions[0].scope = Scope::new(scope).unwrap();
            assert_eq!(Departed::take(&mut kept, &BTreeSet::new()).subscriptions, 0, "{scope}");
        }
    }
}
