//! The lists are taken in: who is there, and what was said before that was known.

use hes_schemas::{Datum, Uid};

use super::{
    Zigbee2Mqtt,
    inventory::{self, Found},
    unreadable,
};
use crate::cluster::{Description, Report};

impl Zigbee2Mqtt {
    /// Takes in the list of devices; the inventory is complete once the groups have come too.
    pub(super) fn devices(&mut self, payload: &[u8]) -> Vec<Report> {
        let listed = match self.catalog.devices(payload) {
            Ok(listed) => listed,
            Err(error) => return unreadable(&format!("bridge/devices {error}")),
        };
        let mut reports: Vec<Report> = listed.complaints.into_iter().flat_map(|reason| unreadable(&reason)).collect();
        self.peers.clear();
        self.has_devices = true;
        let devices = self.settle(listed.entries, &mut reports);
        let groups = self.group_peers();
        if self.groups.is_some() {
            let groups = self.settle(groups, &mut reports);
            reports.push(Report::Inventory([devices, groups].concat()));
        } else {
            reports.extend(devices.iter().cloned().map(Report::Joined));
            self.awaiting_groups = Some(devices);
        }
        self.catch_up(&mut reports);
        reports
    }

    /// Takes in the list of groups.
    pub(super) fn list_groups(&mut self, list: &Datum) -> Vec<Report> {
        let Some(listed) = inventory::groups(list) else { return unreadable("bridge/groups is no list") };
        let mut reports: Vec<Report> = listed.complaints.into_iter().flat_map(|reason| unreadable(&reason)).collect();
        self.groups = Some(listed.entries);
        if !self.has_devices {
            return reports;
        }
        let former: Vec<Uid> = self.peers.groups().map(|group| group.uid.clone()).collect();
        self.peers.clear_groups();
        let groups = self.group_peers();
        let groups = self.settle(groups, &mut reports);
        match self.awaiting_groups.take() {
            Some(devices) => reports.push(Report::Inventory([devices, groups].concat())),
            None => {
                reports.extend(former.into_iter().filter(|uid| self.peers.with_uid(uid).is_none()).map(Report::Left));
                reports.extend(groups.into_iter().map(Report::Joined));
            }
        }
        self.catch_up(&mut reports);
        reports
    }

    fn group_peers(&self) -> Vec<Found> {
        let model_of = |uid: &Uid| self.peers.with_uid(uid).map(|peer| &*peer.model);
        self.groups.iter().flatten().filter_map(|group| group.found(model_of)).collect()
    }

    /// Takes in what was found; of two with one name the second is complained of.
    fn settle(&mut self, found: Vec<Found>, reports: &mut Vec<Report>) -> Vec<Description> {
        let mut descriptions = Vec::with_capacity(found.len());
        for Found { peer, description } in found {
            if self.peers.add(peer) {
                descriptions.push(description);
            } else {
                reports.extend(unreadable(&format!("{} is listed twice", description.name)));
            }
        }
        descriptions
    }

    /// Hears the messages of devices that were not known when they came; the rest waits for another list or two.
    fn catch_up(&mut self, reports: &mut Vec<Report>) {
        let mut given_up = 0_usize;
        for letter in self.waiting.take() {
            match self.addressee(&letter.topic) {
                Some(addressee) => reports.extend(self.deliver(addressee, &letter.payload)),
                None => given_up += usize::from(!self.waiting.keep_on(letter)),
            }
        }
        if given_up > 0 {
            reports.extend(unreadable(&format!("{given_up} messages were for names that no list holds")));
        }
    }
}
