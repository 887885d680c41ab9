//! The configuration: a file, over it the environment, over that the command line.
//!
//! Each source is held against the keys that there are, value by value and with its place, so that everything wrong is
//! known at once; then the layers are laid over each other. What comes out is a [`Settings`], in which nothing is wrong.

mod complaint;
mod cross;
mod elsewhere;
mod environment;
mod file;
mod key;
mod layer;
mod listener;
mod measure;
mod overrides;
mod password;
mod review;
mod settle;
mod sheet;
mod surroundings;
#[cfg(test)]
mod tests;
mod url;
mod word;

use std::{
    ffi::OsString,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use hes_broker::{Limits, RouterKind};
use hes_schemas::{ClusterId, HomeId, Root, Topic, UserName, rights::Role};

pub use complaint::{Complaint, SettingsError};
pub use listener::ListenerSettings;
pub use overrides::{DataOverrides, Overrides};
pub use password::{PasswordFileError, read_password};
pub use sheet::{ClusterKind, LogFormat, LogLevel};

use complaint::Place;
use key::{Key, Keys};
use layer::Layer;

use crate::remote::{Remote, Trust};

/// What a gateway is to do; every key has a value here.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Id of the home.
    pub home: HomeId,
    /// Name of the home for people.
    pub name: Option<String>,
    /// Directory for what outlives the gateway.
    pub data: PathBuf,
    /// First levels of all topics of the interface.
    pub root: Root,
    /// The built-in broker.
    pub broker: BrokerSettings,
    /// The home cluster systems.
    pub clusters: Vec<ClusterSettings>,
    /// Another broker that the interface is served on too.
    pub alongside: Option<AlongsideSettings>,
    /// Other homes.
    pub peers: PeersSettings,
    /// The store.
    pub store: StoreSettings,
    /// The figures for machines.
    pub metrics: MetricsSettings,
    /// The log.
    pub log: LogSettings,
    /// What can be used, but may not do what was meant.
    pub remarks: Vec<Complaint>,
}

/// The built-in broker.
#[derive(Debug, Clone)]
pub struct BrokerSettings {
    /// Addresses to listen on by plain TCP.
    pub listen: Vec<SocketAddr>,
    /// Where that was said, as a complaint about it begins: `bridge.toml:7: broker.listen: `.
    pub listen_place: String,
    /// More listeners; with no address and no listener there is no built-in broker.
    pub listeners: Vec<ListenerSettings>,
    /// Which router finds the receivers of a message.
    pub router: RouterKind,
    /// Role of clients on this machine that give no user name.
    pub anonymous: Option<Role>,
    /// What a client may take.
    pub limits: Limits,
}

/// A home cluster system.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// Its id.
    pub id: ClusterId,
    /// What it is.
    pub kind: ClusterKind,
    /// First levels of its own topics.
    pub base: Topic,
    /// The broker that it is on, if that is not the built-in one.
    pub(crate) remote: Option<Remote>,
}

/// Another broker that the interface is served on too.
#[derive(Debug, Clone)]
pub struct AlongsideSettings {
    /// Where it is, and how to get in.
    pub(crate) remote: Remote,
    /// Account whose rights all have that may publish there.
    pub acts_as: UserName,
}

/// Other homes.
#[derive(Debug, Clone)]
pub struct PeersSettings {
    /// Another broker where other homes are met, and how to get in.
    pub(crate) remote: Option<Remote>,
    /// Who is trusted to sign for the brokers of other homes.
    pub(crate) trust: Trust,
    /// Homes that are told what others tell.
    pub transit: Vec<HomeId>,
    /// How many messages each may send in a second.
    pub messages: NonZeroU32,
    /// How many bytes each may send in a second.
    pub bytes: usize,
}

/// The store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// How old a value may be on disk.
    pub save_interval: Duration,
}

/// The figures for machines.
#[derive(Debug, Clone)]
pub struct MetricsSettings {
    /// Addresses where they are shown.
    pub listen: Vec<SocketAddr>,
    /// Where that was said, as a complaint about it begins.
    pub listen_place: String,
}

/// The log.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// The least that is said.
    pub level: LogLevel,
    /// How it is written.
    pub format: LogFormat,
}

/// Tells the names of all accounts of a data directory, nothing if there are none yet, or what is wrong there.
pub type AccountsOf<'f> = &'f dyn Fn(&Path) -> Result<Option<Vec<UserName>>, String>;

impl Settings {
    /// Puts the configuration together: the defaults, over them the file that the options or `HES_CONFIG` name, over
    /// that the environment, over that the options.
    ///
    /// Relative paths in the file begin where the file is.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is wrong and where.
    pub fn load(options: &Overrides, variables: &[(String, String)]) -> Result<Self, SettingsError> {
        Self::inspect(options, variables, &|_sheet| Vec::new())
    }

    /// Does the same, and looks at what surrounds the gateway too: whether there is room for data, and whether the
    /// accounts are there that the configuration names.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn check(
        options: &Overrides,
        variables: &[(String, String)],
        accounts: AccountsOf<'_>,
    ) -> Result<Self, SettingsError> {
        Self::inspect(options, variables, &|sheet| surroundings::check(sheet, accounts))
    }

    fn inspect(
        options: &Overrides,
        variables: &[(String, String)],
        further: review::Further<'_>,
    ) -> Result<Self, SettingsError> {
        let keys = Keys::learn();
        let home = variable(variables, "HOME").map(Path::new);
        let config = options.config.as_deref().or_else(|| variable(variables, "HES_CONFIG").map(Path::new));
        let file = config.map(|path| file::open(path, home, &keys)).unwrap_or_default();
        let environment = environment::read(variables, &file.clusters(), &keys);
        review::review([defaults(variables), file, environment, options.layer()], further)
    }
}

/// Returns the variables of the process that are text.
#[must_use]
pub fn process_variables() -> Vec<(String, String)> {
    let text = |value: OsString| value.into_string().ok();
    std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect()
}

/// Returns the defaults that depend on the user: the place that each has for data.
fn defaults(variables: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    let own = variable(variables, "XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let share = own.or_else(|| variable(variables, "HOME").map(|home| Path::new(home).join(".local/share")));
    if let Some(share) = share {
        let data = share.join("hes-bridge");
        layer.say(Key::new(["data"]), data.to_string_lossy().into_owned(), Place::Nowhere);
    }
    layer
}

fn variable<'v>(variables: &'v [(String, String)], name: &str) -> Option<&'v str> {
    variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}
