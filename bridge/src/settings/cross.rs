//! What only shows when keys are held against each other.

use super::{
    complaint::Complaint,
    elsewhere::Elsewhere,
    file::NAMELESS,
    key::Key,
    listener,
    review::Places,
    sheet::{ClusterSheet, Sheet},
};

/// Returns what does not go together.
pub(super) fn check(sheet: &Sheet, places: &Places) -> Vec<Complaint> {
    let mut found = Found { places, complaints: Vec::new() };
    found.listeners(sheet);
    found.reachable(sheet);
    found.brokers_of_clusters(sheet);
    found.bases(sheet);
    found.other_brokers(sheet);
    found.alongside_itself(sheet);
    found.complaints
}

/// Returns what can be used, but may not do what was meant.
pub(super) fn remarks(sheet: &Sheet, places: &Places) -> Vec<Complaint> {
    let mut found = Found { places, complaints: Vec::new() };
    found.anonymous_elsewhere(sheet);
    found.complaints
}

struct Found<'p> {
    places: &'p Places,
    complaints: Vec<Complaint>,
}

impl Found<'_> {
    fn add(&mut self, key: &Key, text: impl Into<String>) {
        self.complaints.push(Complaint::new(self.places.find(key), text));
    }

    fn listeners(&mut self, sheet: &Sheet) {
        for (key, text) in listener::check(&sheet.broker) {
            self.add(&key, text);
        }
    }

    /// At an address that others reach too, a forwarded connection could not be told from one of this machine.
    fn anonymous_elsewhere(&mut self, sheet: &Sheet) {
        let Some(role) = sheet.broker.anonymous else { return };
        let key = Key::new(["broker", "anonymous"]);
        if sheet.broker.is_absent() {
            self.add(&key, "broker.anonymous does nothing without a built-in broker: broker.listen is empty");
        }
        let others = sheet.broker.listen.iter().filter(|address| !address.ip().is_loopback());
        let others: Vec<String> = others.map(ToString::to_string).collect();
        if !others.is_empty() {
            let text = format!(
                "broker.anonymous does nothing at {}, which is not this machine's alone: clients there need an \
                 account (hes-bridge user add NAME --role {})",
                others.join(" and "),
                role.as_str()
            );
            self.add(&key, text);
        }
    }

    fn reachable(&mut self, sheet: &Sheet) {
        if sheet.broker.is_absent() && sheet.alongside.is_none() {
            let text =
                "broker.listen: nobody could reach the gateway without an address, unless there is an [alongside]";
            self.add(&Key::new(["broker", "listen"]), text);
        }
    }

    fn brokers_of_clusters(&mut self, sheet: &Sheet) {
        for (id, _) in sheet.cluster.iter().filter(|(_, cluster)| cluster.url.is_none()) {
            if sheet.broker.is_absent() {
                let text = "cluster.url is missing: there is no built-in broker that the cluster could be on";
                self.add(&Key::of_cluster(id.as_str(), "url"), text);
            }
        }
    }

    fn bases(&mut self, sheet: &Sheet) {
        let clusters: Vec<_> = sheet.cluster.iter().filter(|(id, _)| !id.as_str().starts_with(NAMELESS)).collect();
        for (index, (id, cluster)) in clusters.iter().enumerate() {
            let key = Key::of_cluster(id.as_str(), "base");
            let base = cluster.base.as_str();
            if overlap(base, sheet.root.as_str()) {
                self.add(&key, format!("cluster.base: {base} is where the interface's own topics are"));
            }
            let others = clusters.iter().take(index).filter(|(_, other)| is_on_the_same_broker(cluster, other));
            for (other, _) in others.filter(|(_, other)| overlap(base, other.base.as_str())) {
                self.add(&key, format!("cluster.base: {base} is where the topics of cluster {other} are"));
            }
        }
    }

    fn other_brokers(&mut self, sheet: &Sheet) {
        let clusters = sheet.cluster.iter().map(|(id, cluster)| Elsewhere::of_cluster(id.as_str(), cluster));
        let alongside = sheet.alongside.iter().map(Elsewhere::of_alongside);
        let peers = std::iter::once(Elsewhere::of_peers(&sheet.peers));
        for (key, text) in clusters.chain(alongside).chain(peers).flat_map(|elsewhere| elsewhere.check()) {
            self.add(&key, text);
        }
    }

    fn alongside_itself(&mut self, sheet: &Sheet) {
        let Some(alongside) = &sheet.alongside else { return };
        let key = Key::new(["alongside", "url"]);
        let is_here = matches!(alongside.url.host(), "localhost" | "127.0.0.1" | "[::1]");
        let own = sheet.broker.listener.values().map(|listener| &listener.address);
        let is_listened_on =
            sheet.broker.listen.iter().chain(own).any(|address| address.port() == alongside.url.port());
        if is_here && is_listened_on && self.places.has(&key) {
            self.add(&key, "alongside.url is the built-in broker itself");
        }
    }
}

fn is_on_the_same_broker(one: &ClusterSheet, other: &ClusterSheet) -> bool {
    one.url == other.url
}

/// Says whether one begins with all levels of the other.
fn overlap(one: &str, other: &str) -> bool {
    let begins =
        |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    begins(one, other) || begins(other, one)
}
