//! A sheet in which all is well becomes settings.

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use hes_broker::Limits;

use jiff::Timestamp;

use super::{
    AlongsideSettings, BrokerSettings, ClusterSettings, ListenerSettings, LogSettings, MetricsSettings, Settings,
    StoreSettings,
    complaint::Complaint,
    key::Key,
    listener,
    measure::Span,
    password::read_password,
    review::Places,
    sheet::{BrokerSheet, Sheet},
    url::BrokerUrl,
};
use crate::remote::Remote;

/// The last step, which reads the files of passwords and certificates.
#[derive(Debug)]
pub(super) struct Settling<'p> {
    places: &'p Places,
    pub(super) complaints: Vec<Complaint>,
    /// What can be used, but not for long.
    pub(super) remarks: Vec<Complaint>,
}

/// An account at another broker.
struct Account<'s> {
    section: Key,
    user: Option<&'s String>,
    password_file: Option<&'s PathBuf>,
}

impl<'p> Settling<'p> {
    pub(super) const fn new(places: &'p Places) -> Self {
        Self { places, complaints: Vec::new(), remarks: Vec::new() }
    }

    /// Returns the settings unless something is missing.
    pub(super) fn settle(&mut self, sheet: Sheet) -> Option<Settings> {
        let data = self.data(sheet.data);
        let clusters = sheet.cluster.into_iter().map(|(id, cluster)| {
            let section = Key::new(["cluster", id.as_str()]);
            let account =
                Account { section, user: cluster.user.as_ref(), password_file: cluster.password_file.as_ref() };
            let remote = cluster.url.as_ref().map(|url| self.remote(url, &account));
            ClusterSettings { id, kind: cluster.kind, base: cluster.base, remote }
        });
        let clusters = clusters.collect();
        let alongside = sheet.alongside.map(|alongside| {
            let section = Key::new(["alongside"]);
            let (user, password_file) = (alongside.user.as_ref(), alongside.password_file.as_ref());
            let remote = self.remote(&alongside.url, &Account { section, user, password_file });
            AlongsideSettings { remote, acts_as: alongside.acts_as }
        });
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

    fn remote(&mut self, url: &BrokerUrl, account: &Account<'_>) -> Remote {
        let password = account.password_file.and_then(|file| self.password(file, &account.section));
        let credentials = account.user.map(|user| (user.clone(), password.unwrap_or_default()));
        Remote::new(url.host().to_owned(), url.port(), credentials)
    }

    fn password(&mut self, file: &Path, section: &Key) -> Option<secrecy::SecretString> {
        let key = section.child("password_file");
        let complain = |error| self.complaints.push(Complaint::new(self.places.find(&key), format!("{key}: {error}")));
        read_password(file).map_err(complain).ok()
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
