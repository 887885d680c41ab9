//! The real program, run as a person runs it: accounts, a config file, one binary.

mod accounts;
mod launch;

use std::{
    ffi::OsStr,
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, ExitStatus, Output},
};

use tempfile::TempDir;

use self::launch::{listening, metric, page, showing, unique, unset};
use crate::{
    client::{Client, Refused},
    patience::until,
    program::{Disk, Program},
    wire::Version,
};

/// A gateway with a home of its own in a temporary directory; `owner` has an account, and `cluster` one for bridges.
#[derive(Debug)]
pub struct Gateway {
    folder: TempDir,
    binary: PathBuf,
    launcher: Vec<String>,
    home: String,
    broker: String,
    config: String,
    has_door: bool,
    address: Option<SocketAddr>,
    program: Option<Program>,
}

impl Gateway {
    /// Prepares a gateway without clusters; nothing runs yet.
    ///
    /// # Panics
    /// If the accounts cannot be made.
    #[must_use]
    pub fn prepare(binary: impl Into<PathBuf>) -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let gateway = Self {
            folder,
            binary: binary.into(),
            launcher: Vec::new(),
            home: "home".to_owned(),
            broker: String::new(),
            config: String::new(),
            has_door: true,
            address: None,
            program: None,
        };
        gateway.add_user("owner", "owner");
        gateway.add_user("cluster", "cluster");
        gateway
    }

    /// Gives it a Zigbee2MQTT whose topics begin with `base`, on the built-in broker.
    #[must_use]
    pub fn with_cluster(self, id: &str, base: &str) -> Self {
        self.with(&format!("\n[[cluster]]\nid = \"{id}\"\nkind = \"zigbee2mqtt\"\nbase = \"{base}\"\n"))
    }

    /// Gives it a Zigbee2MQTT on another broker that lets everybody in.
    #[must_use]
    pub fn with_remote_cluster(self, id: &str, base: &str, broker: SocketAddr) -> Self {
        self.with_cluster(id, base).with(&format!("url = \"mqtt://{broker}\"\n"))
    }

    /// Lets it serve the interface on another broker that lets everybody in, with an owner's rights for all.
    #[must_use]
    pub fn alongside(self, broker: SocketAddr) -> Self {
        self.with(&format!("\n[alongside]\nacts_as = \"owner\"\nurl = \"mqtt://{broker}\"\n"))
    }

    /// Gives its home another id.
    #[must_use]
    pub fn named(mut self, home: &str) -> Self {
        home.clone_into(&mut self.home);
        self
    }

    /// Returns the id of its home.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.home
    }

    /// Gives its built-in broker settings: lines as they stand below `[broker]`.
    #[must_use]
    pub fn with_broker(mut self, lines: &str) -> Self {
        self.broker.push_str(lines);
        self.broker.push('\n');
        self
    }

    /// Has it run by another program, which takes it and its arguments behind its own.
    #[must_use]
    pub fn launched_by(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Has it see a disk that takes nothing as that, and not as a reason to end.
    #[must_use]
    pub fn with_disk(self) -> Self {
        self.launched_by(&["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
    }

    /// Lets it show its figures to machines.
    #[must_use]
    pub fn with_metrics(self) -> Self {
        self.with("\n[metrics]\nlisten = [\"127.0.0.1:0\"]\n")
    }

    /// Has it tell these homes what other homes tell it.
    #[must_use]
    pub fn passing_on_to(self, homes: &[&str]) -> Self {
        self.with(&format!("\n[peers]\ntransit = {homes:?}\n"))
    }

    /// Takes its built-in broker away.
    #[must_use]
    pub fn without_door(mut self) -> Self {
        self.has_door = false;
        self
    }

    /// Gives it sections of its config file.
    #[must_use]
    pub fn with(mut self, part: &str) -> Self {
        self.config.push_str(part);
        self
    }

    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// If it ends, or does not listen.
    #[must_use]
    pub fn start(mut self) -> Self {
        self.launch();
        self.await_door();
        self
    }

    /// Starts it and waits for nothing.
    pub fn launch(&mut self) {
        let listen = match (self.has_door, self.address) {
            (false, _) => String::new(),
            (true, None) => "\"127.0.0.1:0\"".to_owned(),
            (true, Some(address)) => format!("\"{address}\""),
        };
        let (home, broker, config) = (&self.home, &self.broker, &self.config);
        let text = format!("home = \"{home}\"\n\n[broker]\nlisten = [{listen}]\n{broker}{config}");
        let config = self.write("hes-bridge.toml", &text);
        let mut words = self.launcher.iter().map(OsStr::new).chain([self.binary.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        unset(&mut command).args(words).args(["run", "--config"]).arg(config).arg("--data").arg(self.data());
        self.program = Some(Program::start(&mut command, &self.path("gateway.log")));
    }

    /// Waits until its broker listens, and learns where.
    pub fn await_door(&mut self) {
        if self.has_door {
            let address = self.program().until("the gateway listens", |program| listening(&program.output()));
            self.address = Some(address);
        }
    }

    /// Returns where its broker listens.
    ///
    /// # Panics
    /// If it has none, or never ran.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address.expect("the gateway has listened")
    }

    /// Reads one of the figures that it shows to machines; nothing if there is none of that name.
    ///
    /// # Panics
    /// If it shows none.
    pub fn metric(&mut self, name: &str) -> Option<f64> {
        let address = self.program().until("metrics are shown", |program| showing(&program.output()));
        metric(&page(address, "/metrics"), name)
    }

    /// Returns the running program.
    ///
    /// # Panics
    /// If it was not started.
    pub fn program(&mut self) -> &mut Program {
        self.program.as_mut().expect("the gateway was started")
    }

    /// Has its disk take nothing, or everything again, if it was prepared [`Gateway::with_disk`].
    #[cfg(target_os = "linux")]
    pub fn set_disk(&mut self, disk: Disk) {
        self.program().set_disk(disk);
    }

    /// Asks it to end, and returns how it did.
    pub fn stop(&mut self) -> ExitStatus {
        self.program().stop()
    }

    /// Ends it like a power cut.
    pub fn kill(&mut self) {
        self.program().kill();
    }

    /// Starts it again on the same address.
    pub fn restart(&mut self) {
        self.launch();
        self.await_door();
    }

    /// Connects a client of an account.
    #[must_use]
    pub fn client(&self, user: &str) -> Client {
        self.client_of(user, Version::V5)
    }

    /// Connects a client that speaks a version.
    ///
    /// A gateway that runs knows a new account within a second.
    #[must_use]
    pub fn client_of(&self, user: &str, version: Version) -> Client {
        until("the gateway lets its users in", || self.named_client(user, version, &unique(user)).ok())
    }

    /// Connects a client with an id of the test's own.
    ///
    /// # Errors
    /// [`Refused`] if it is not let in.
    pub fn named_client(&self, user: &str, version: Version, name: &str) -> Result<Client, Refused> {
        Client::connect(self.address(), version, name, Some(&Self::account(user))).map(|client| client.at(&self.home))
    }

    /// Runs a command that manages the gateway's data.
    ///
    /// # Panics
    /// If it fails.
    pub fn manage(&self, arguments: &[&str]) {
        drop(self.query(arguments));
    }

    /// Runs a command on the gateway's data, and returns what it printed.
    ///
    /// # Panics
    /// If it fails.
    #[must_use]
    pub fn query(&self, arguments: &[&str]) -> String {
        let data = self.data().display().to_string();
        let done = self.command(&[arguments, &["--data", &data]].concat());
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// If it cannot be run.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Output {
        unset(&mut Command::new(&self.binary)).args(arguments).output().expect("the program can be run")
    }

    /// Writes a file into the temporary directory.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the temporary directory takes a file");
        path
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Returns the path of a file in the temporary directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
