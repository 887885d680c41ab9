//! One thing that another home retains, read and checked.

use hes_schemas::{
    Address, Datum, DeviceDocument, Encoding, Quality, Reading, Target, datum_of, encode,
    message::{Availability, ClusterState, DeviceState, HomeState, Presence},
    read_datum,
};
use serde::de::DeserializeOwned;

/// What is said there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Home(HomeState),
    Cluster(ClusterState),
    Document(Box<DeviceDocument>),
    Device(DeviceState),
    Value(Reading),
}

impl Word {
    /// Reads what is said at an address; nothing if that is not said there.
    pub(super) fn read(address: &Address, body: Datum) -> Option<Self> {
        match address {
            Address::HomeStatus(_) => read(body).map(Self::Home),
            Address::ClusterStatus(..) => read(body).map(Self::Cluster),
            Address::Document(path) => {
                let document = read::<DeviceDocument>(body).filter(|document| document.id == path.device)?;
                Some(Self::Document(Box::new(document)))
            }
            Address::DeviceStatus(_) => read(body).map(Self::Device),
            Address::Value(_, Target::Property(_) | Target::Native(_)) => read(body).map(Self::Value),
            Address::Value(_, Target::Device)
            | Address::Keys(_)
            | Address::Get(..)
            | Address::Set(..)
            | Address::Event(..)
            | Address::Request(..)
            | Address::Answer(..)
            | Address::Notify(..)
            | Address::Link(..) => None,
        }
    }

    /// Returns what is so while nobody is there to say it: values are stale, homes and clusters offline, and of devices
    /// nobody knows.
    pub(super) fn unsure(&self) -> Self {
        let mut word = self.clone();
        match &mut word {
            Self::Home(home) => home.state = Presence::Offline,
            Self::Cluster(cluster) => cluster.state = Presence::Offline,
            Self::Document(_) => {}
            Self::Device(device) => device.state = Availability::Unknown,
            Self::Value(reading) if reading.quality == Quality::Good => reading.quality = Quality::Stale,
            Self::Value(_) => {}
        }
        word
    }

    /// Returns how often what it tells has changed, where the home that it is about counts that: of values.
    pub(super) const fn version(&self) -> u64 {
        match self {
            Self::Value(reading) => reading.version,
            Self::Home(_) | Self::Cluster(_) | Self::Document(_) | Self::Device(_) => 0,
        }
    }

    /// Says whether it tells of something that is there.
    pub(super) fn is_alive(&self) -> bool {
        match self {
            Self::Home(home) => home.state == Presence::Online,
            Self::Cluster(cluster) => cluster.state == Presence::Online,
            Self::Document(_) => true,
            Self::Device(device) => device.state != Availability::Unknown,
            Self::Value(reading) => reading.quality == Quality::Good,
        }
    }

    pub(super) fn datum(&self) -> Datum {
        match self {
            Self::Home(home) => datum_of(home),
            Self::Cluster(cluster) => datum_of(cluster),
            Self::Document(document) => datum_of(document),
            Self::Device(device) => datum_of(device),
            Self::Value(reading) => datum_of(reading),
        }
    }

    /// Returns it as it is retained.
    pub(super) fn payload(&self) -> Vec<u8> {
        match self {
            Self::Home(home) => encode(Encoding::Json, home),
            Self::Cluster(cluster) => encode(Encoding::Json, cluster),
            Self::Document(document) => encode(Encoding::Json, document),
            Self::Device(device) => encode(Encoding::Json, device),
            Self::Value(reading) => encode(Encoding::Json, reading),
        }
    }
}

fn read<T: DeserializeOwned>(body: Datum) -> Option<T> {
    read_datum(body).ok()
}
