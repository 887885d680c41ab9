//! What is retained on the topics of the interface: nothing is stored for it, it is read off the directory.

use hes_schemas::{Address, Filter, Target, Timestamp, Topic, message::Presence};

use crate::{
    device::{Device, Held},
    engine::Engine,
    output::Post,
    record::DeviceRecord,
};

impl Engine {
    /// Hands out every retained message of the interface that a filter matches.
    ///
    /// An exact filter costs one look-up; levels that the filter names narrow the walk.
    pub fn retained(&self, filter: &Filter, each: &mut dyn FnMut(Post)) {
        if !filter.has_wildcard() {
            if let Some(post) = self.root.parse(filter.as_str()).and_then(|address| self.retained_at(&address)) {
                each(post);
            }
            return;
        }
        self.retained_elsewhere(filter, each);
        if !filter.intersects(&self.root.everything()) || !self.may_be_here(filter) {
            return;
        }
        let mut hand_out = |post: Post| {
            if filter.matches(&post.topic) {
                each(post);
            }
        };
        hand_out(self.home_post(Presence::Online));
        self.keys_post().into_iter().for_each(&mut hand_out);
        let levels: Vec<&str> = filter.levels().skip(self.root.as_str().split('/').count() + 1).collect();
        let named = |index: usize| levels.get(index).copied().filter(|level| !matches!(*level, "+" | "#"));
        let is_open = filter.levels().any(|level| level == "#");
        for cluster in self.seats.keys().filter(|cluster| named(0).is_none_or(|name| name == cluster.as_str())) {
            self.cluster_post(cluster).into_iter().for_each(&mut hand_out);
        }
        if levels.len() < 3 && !is_open {
            return;
        }
        self.walk(named(0), named(1), &mut |device| self.hand_out_device(device, named(2), named(3), &mut hand_out));
    }

    /// Hands out what other homes retain, as far as peers told.
    fn retained_elsewhere(&self, filter: &Filter, each: &mut dyn FnMut(Post)) {
        let own = self.root.as_str().split('/').count();
        let is_named = |level: &&str| !matches!(*level, "+" | "#");
        let below: Vec<&str> = filter.levels().skip(own).take_while(is_named).collect();
        for post in self.mirror_paths(&below.join("/")).filter_map(|path| self.mirror_post(path)) {
            if filter.matches(&post.topic) {
                each(post);
            }
        }
    }

    /// Says whether a filter that looks below the root may look at this home.
    fn may_be_here(&self, filter: &Filter) -> bool {
        let own = self.root.as_str().split('/').count();
        match filter.levels().take_while(|level| *level != "#").nth(own) {
            Some(home) => matches!(home, "+") || home == self.home.as_str(),
            None => filter.levels().any(|level| level == "#"),
        }
    }

    /// Returns filters that together match all that is retained, each with a handful of messages.
    #[must_use]
    pub fn retained_parts(&self) -> Vec<Filter> {
        let root = self.root.as_str();
        let home = ["$status", "$jwks", "+/$status"].map(|rest| format!("{root}/{}/{rest}", self.home));
        let devices = self.directory.after(None).map(|(_, device)| format!("{root}/{}/#", device.path(&self.home)));
        let mut elsewhere: Vec<String> = self.mirror_paths("").map(|path| part(root, path)).collect();
        elsewhere.dedup();
        home.into_iter().chain(devices).chain(elsewhere).filter_map(|text| Filter::new(&text).ok()).collect()
    }

    /// Returns all devices, for whoever must know them without asking here.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceRecord> {
        self.directory.after(None).map(|(_, device)| &device.record)
    }

    /// Says whether something is retained on a topic.
    #[must_use]
    pub fn retains(&self, topic: &Topic) -> bool {
        self.root.parse(topic.as_str()).is_some_and(|address| self.retained_at(&address).is_some())
    }

    /// Returns the message that tells of the gateway itself, for its last will.
    #[must_use]
    pub fn presence_post(&self, state: Presence) -> Post {
        self.home_post(state)
    }

    /// Returns the messages that tell that the gateway and its clusters are not there, for its last words.
    #[must_use]
    pub fn farewell(&self, now: Timestamp) -> Vec<Post> {
        let clusters = self.seats.keys().map(|cluster| self.cluster_farewell(now, cluster));
        std::iter::once(self.home_post(Presence::Offline)).chain(clusters).collect()
    }

    fn walk<'e>(&'e self, cluster: Option<&str>, id: Option<&str>, each: &mut dyn FnMut(&'e Device)) {
        let is_meant = |device: &&Device| id.is_none_or(|id| id == device.record.id.as_str());
        match (cluster, id) {
            (Some(cluster), Some(id)) => {
                let slot = self.directory.by_id(cluster, id);
                slot.and_then(|slot| self.directory.device(slot)).into_iter().for_each(each);
            }
            (Some(cluster), None) => {
                let slots = self.directory.of_cluster(cluster);
                slots.filter_map(|slot| self.directory.device(slot)).for_each(each);
            }
            (None, _) => self.directory.after(None).map(|(_, device)| device).filter(is_meant).for_each(each),
        }
    }

    fn hand_out_device(
        &self,
        device: &Device,
        space: Option<&str>,
        name: Option<&str>,
        hand_out: &mut dyn FnMut(Post),
    ) {
        let is_meant = |held: &&Held| name.is_none_or(|name| name == held.property.as_str());
        match space {
            Some("$doc") => hand_out(self.document_post(device)),
            Some("$status") => hand_out(self.device_state_post(device)),
            Some("property") => {
                device.held().iter().filter(is_meant).for_each(|held| hand_out(self.value_post(device, held)));
            }
            _ => self.posts_of(device).into_iter().for_each(hand_out),
        }
    }

    fn retained_at(&self, address: &Address) -> Option<Post> {
        if *address.home() != self.home {
            return self.mirror_post(&address.to_string());
        }
        match address {
            Address::HomeStatus(home) => (*home == self.home).then(|| self.home_post(Presence::Online)),
            Address::Keys(home) => {
                if *home == self.home {
                    self.keys_post()
                } else {
                    None
                }
            }
            Address::ClusterStatus(home, cluster) => {
                if *home == self.home {
                    self.cluster_post(cluster)
                } else {
                    None
                }
            }
            Address::Document(path) => self.at(path).map(|device| self.document_post(device)),
            Address::DeviceStatus(path) => self.at(path).map(|device| self.device_state_post(device)),
            Address::Value(path, target) => {
                let device = self.at(path)?;
                match target {
                    Target::Device => None,
                    Target::Property(name) => Some(self.value_post(device, device.value(name)?)),
                    Target::Native(native) => self.native_post(device, native),
                }
            }
            Address::Get(..)
            | Address::Set(..)
            | Address::Event(..)
            | Address::Request(..)
            | Address::Answer(..)
            | Address::Notify(..)
            | Address::Link(..) => None,
        }
    }

    pub(crate) fn at(&self, path: &hes_schemas::DevicePath) -> Option<&Device> {
        if path.home != self.home {
            return None;
        }
        self.directory.device(self.directory.by_id(path.cluster.as_str(), path.device.as_str())?)
    }
}

/// Returns the filter of the part that holds something of another home: a device, or the status of more.
fn part(root: &str, path: &str) -> String {
    let device: Vec<&str> = path.splitn(4, '/').take(3).collect();
    match *device.as_slice() {
        [home, cluster, device] if !device.starts_with('$') => format!("{root}/{home}/{cluster}/{device}/#"),
        _ => format!("{root}/{path}"),
    }
}
