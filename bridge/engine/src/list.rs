//! Retrieve all devices of a user.

use std::{collections::BTreeMap, sync::Arc};

use hes_schemas::{
    DeviceDocument, Timestamp,
    message::{Answer, Devices, Listing},
    rights::{Action, Grants},
};

use crate::{
    device::Device,
    engine::Engine,
    homes::{Span, Start},
    intake::Request,
    target::{is_property_visible, is_visible, may_write},
};

/// How many devices an answer holds if the asker does not say, and at most.
const PAGE: (u32, u32) = (100, 1_000);

impl Engine {
    /// Lists the devices here, and then, if there is room left, those of other homes.
    pub(crate) fn list(&mut self, now: Timestamp, devices: Devices, request: Request) {
        let start = match self.start_of(&devices) {
            Ok(start) => start,
            Err(fault) => return self.fail(&request, fault),
        };
        let limit = devices.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let homes = self.homes_to_list(&devices, &start, &request);
        let (listings, has_more) = match &start {
            Start::Here(after) if devices.home.as_ref().is_none_or(|home| *home == self.home) => {
                self.list_here(now, &devices, after.as_ref(), limit, &request.grants)
            }
            Start::Here(_) | Start::There(..) => (Vec::new(), false),
        };
        let (listings, has_more) = self.fit_page(&request.asker.door, listings, has_more);
        let is_full = has_more || (listings.len() >= limit && !homes.is_empty());
        if !is_full && !homes.is_empty() {
            return self.list_across(now, Span { devices, start, homes, listings, limit }, request);
        }
        let next = listings.last().filter(|_| is_full).map(|last| format!("{}/{}", last.cluster, last.device));
        self.answer(&request.reply, Answer { devices: Some(listings), next, ..Answer::default() }, None);
    }

    /// Returns a page of the devices here, and whether there are more.
    fn list_here(
        &self,
        now: Timestamp,
        devices: &Devices,
        after: Option<&(String, String)>,
        limit: usize,
        grants: &Grants,
    ) -> (Vec<Listing>, bool) {
        let mut listings: Vec<Listing> = self
            .directory
            .after(after.map(|(cluster, device)| (cluster.as_str(), device.as_str())))
            .map(|(_, device)| device)
            .filter(|device| devices.cluster.as_ref().is_none_or(|cluster| *cluster == device.record.cluster))
            .filter(|device| is_visible(now, grants, device))
            .take(limit.saturating_add(1))
            .map(|device| self.listing(now, grants, device))
            .collect();
        let has_more = listings.len() > limit;
        listings.truncate(limit);
        (listings, has_more)
    }

    fn listing(&self, now: Timestamp, grants: &Grants, device: &Device) -> Listing {
        Listing {
            home: self.home.clone(),
            cluster: device.record.cluster.clone(),
            device: device.record.id.clone(),
            state: self.state_of(device).0,
            rights: rights(now, grants, device),
            document: visible_document(now, grants, device),
        }
    }
}

/// Returns what the asker may do with the device, or with some property of it.
fn rights(now: Timestamp, grants: &Grants, device: &Device) -> Vec<Action> {
    let mut rights = grants.actions(now, &device.subject(None));
    let can_write =
        device.record.shape.properties.iter().any(|(name, document)| {
            !document.read_only && may_write(now, grants, device, name, document.safety.lower())
        });
    rights.retain(|action| *action != Action::Write || can_write);
    rights
}

/// Returns the document without the properties and events that the asker may not know of.
fn visible_document(now: Timestamp, grants: &Grants, device: &Device) -> DeviceDocument {
    let mut document = device.document();
    document.properties =
        visible(document.properties, |name, property| is_property_visible(now, grants, device, name, property));
    document.events =
        visible(document.events, |name, event| grants.show_event(now, &device.subject(Some(name.as_str())), event));
    document
}

/// Returns the entries that may be seen; those of the shape itself if all may.
pub(crate) fn visible<K: Ord + Clone, V: Clone>(
    all: Arc<BTreeMap<K, V>>,
    is_visible: impl Fn(&K, &V) -> bool,
) -> Arc<BTreeMap<K, V>> {
    if all.iter().all(|(name, document)| is_visible(name, document)) {
        return all;
    }
    let seen = all.iter().filter(|(name, document)| is_visible(name, document));
    Arc::new(seen.map(|(name, document)| (name.clone(), document.clone())).collect())
}
