//! The options of the command line that name a configuration and come before what it says.

use std::path::PathBuf;

use clap::Args;

use super::{complaint::Place, key::Key, layer::Layer};

/// Where the configuration is, and what is to be different from it
#[derive(Debug, Clone, Default, Args)]
pub struct Overrides {
    /// Configuration file
    #[arg(long, value_name = "FILE", help = "Configuration file; without one the defaults hold [env: HES_CONFIG]")]
    pub config: Option<PathBuf>,

    /// Address and port to listen on, such as 127.0.0.1:1883; may be given several times
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<String>,

    /// Directory for what outlives the gateway
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Id of the home, a level of its topics
    #[arg(long, value_name = "ID")]
    pub home: Option<String>,
}

/// Where the configuration is, and the data directory, for commands that need nothing else of it
#[derive(Debug, Clone, Default, Args)]
pub struct DataOverrides {
    /// Configuration file
    #[arg(long, value_name = "FILE", help = "Configuration file; without one the defaults hold [env: HES_CONFIG]")]
    pub config: Option<PathBuf>,

    /// Directory with the accounts, that of the gateway
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Overrides {
    pub(super) fn layer(&self) -> Layer {
        let mut layer = Layer::default();
        if !self.listen.is_empty() {
            layer.say(Key::new(["broker", "listen"]), self.listen.clone(), Place::Option("--listen"));
        }
        if let Some(data) = &self.data {
            layer.say(Key::new(["data"]), data.to_string_lossy().into_owned(), Place::Option("--data"));
        }
        if let Some(home) = &self.home {
            layer.say(Key::new(["home"]), home.clone(), Place::Option("--home"));
        }
        layer
    }
}

impl From<DataOverrides> for Overrides {
    fn from(options: DataOverrides) -> Self {
        Self { config: options.config, data: options.data, ..Self::default() }
    }
}
