//! A sheet in which all is well becomes settings.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use hes_broker::Limits;

use jiff::Timestamp;

use super::{
    AlongsideSettings, BrokerSettings, ClusterSettings, ListenerSettings, LogSettings, MetricsSettings, PeersSettings,
    Settings, StoreSettings,
    complaint::Complaint,
    elsewhere::Elsewhere,
    key::Key,
    listener,
    measure::Span,
    review::Places,
    sheet::{BrokerSheet, PeersSheet, Sheet},
};
use crate::remote::Trust;

/// The last step, which reads the files of passwords and certificates.
#[derive(Debug)]
pub(super) struct Settling<'p> {
    places: &'p Places,
    pub(super) complaints: Vec<Complaint>,
    /// What can be used, but not for long.
    pub(super) remarks: Vec<Complaint>,
}

impl<'p> Settling<'p> {
    pub(super) const fn new(places: &'p Places) -> Self {
        Self { places, complaints: Vec::new(), remarks: Vec::new() }
    }

    /// Returns the settings unless something is missing.
    pub(super) fn settle(&mut self, sheet: Sheet) -> Option<Settings> {
        let data = self.data(sheet.data);
        let clusters = sheet.cluster.into_iter().map(|(id, cluster)| {
            let remote = Elsewhere::of_cluster(id.as_str(), &cluster).settle(self.places, &mut self.complaints);
            ClusterSettings { id, kind: cluster.kind, base: cluster.base, remote }
        });
        let clusters = clusters.collect();
        let alongside = sheet.alongside.and_then(|alongside| {
            let remote = Elsewhere::of_alongside(&alongside).settle(self.places, &mut self.complaints)?;
            Some(AlongsideSettings { remote, acts_as: alongside.acts_as })
        });
        let peers = self.peers(sheet.peers);
        let listeners = self.listeners(&sheet.broker);
        let listen_place = format!("{}broker.listen: ", self.places.find(&Key::new(["broker", "listen"])));
        Some(Settings {
            home: sheet.home,
            name: sheet.name,
            data: data?,
            root: sheet.root,
            broker: broker(sheet.broker, listen_place, listeners),
            clusters,
            alongside,
            peers,
            store: StoreSettings { save_interval: sheet.store.save_interval.get() },
            metrics: self.metrics(sheet.metrics.listen),
            log: LogSettings { level: sheet.log.level, format: sheet.log.format },
            remarks: Vec::new(),
        })
    }

    fn listeners(&mut self, broker: &BrokerSheet) -> Vec<ListenerSettings> {
        let now = Timestamp::now();
        let mut listeners = Vec::new();
        for (section, sheet) in listener::in_order(&broker.listener) {
            let settled = listener::settle(&section, sheet, self.places, now);
            self.complaints.extend(settled.complaint);
            self.remarks.extend(settled.remark);
            listeners.push(settled.listener);
        }
        listeners
    }

    fn peers(&mut self, sheet: PeersSheet) -> PeersSettings {
        let remote = Elsewhere::of_peers(&sheet).settle(self.places, &mut self.complaints);
        let trust = Trust { authority: sheet.ca, identity: None };
        if let Err(error) = trust.authority.as_ref().map_or(Ok(()), |_| trust.load().map(drop)) {
            let key = Key::new(["peers", "ca"]);
            self.complaints.push(Complaint::new(self.places.find(&key), format!("{key}: {error}")));
        }
        PeersSettings {
            remote,
            trust,
            transit: sheet.transit,
            messages: limited(sheet.max_messages.get()).unwrap_or(NonZeroU32::MIN),
            bytes: sheet.max_size.get(),
        }
    }

    fn metrics(&self, listen: Vec<SocketAddr>) -> MetricsSettings {
        let listen_place = format!("{}metrics.listen: ", self.places.find(&Key::new(["metrics", "listen"])));
        MetricsSettings { listen, listen_place }
    }

    fn data(&mut self, data: Option<PathBuf>) -> Option<PathBuf> {
        if data.is_none() {
            let text = "data: there is no HOME to find its place; name a directory with --data";
            self.complaints.push(Complaint::new(self.places.find(&Key::new(["data"])), text));
        }
        data
    }
}

/// Returns a limit; zero is none.
pub(super) fn limited(number: usize) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(number).unwrap_or(u32::MAX))
}

fn broker(sheet: BrokerSheet, listen_place: String, listeners: Vec<ListenerSettings>) -> BrokerSettings {
    let limits = Limits {
        packet: sheet.max_packet_size.get(),
        connect_deadline: sheet.connect_timeout.get(),
        connections: sheet.max_connections.get(),
        kept_sessions: sheet.max_sessions.get(),
        session_expiry: whole_seconds(sheet.max_session_expiry.map(Span::get)).unwrap_or(u32::MAX),
        keep_alive: whole_seconds(sheet.max_keep_alive.map(Span::get)).unwrap_or(0),
        subscriptions: sheet.max_subscriptions.get(),
        queue_messages: sheet.max_queued_messages.get(),
        queue_bytes: sheet.max_queued_size.get(),
        receive_maximum: u16::try_from(sheet.max_inflight.get()).unwrap_or(u16::MAX),
        user_connections: limited(sheet.max_user_connections.get()).map(NonZeroU32::get),
        user_connects: limited(sheet.max_user_connects.get()),
        user_messages: limited(sheet.max_user_messages.get()),
        user_bytes: limited(sheet.max_user_size.get()),
        retained: sheet.max_retained.get(),
        system_interval: Some(sheet.sys_interval.get()),
        ..Limits::default()
    };
    let (router, anonymous) = (sheet.router, sheet.anonymous);
    BrokerSettings { listen: sheet.listen, listen_place, listeners, router, anonymous, limits }
}

fn whole_seconds<T: TryFrom<u64>>(span: Option<Duration>) -> Option<T> {
    span.and_then(|span| T::try_from(span.as_secs()).ok())
}
