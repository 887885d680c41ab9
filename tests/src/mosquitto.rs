//! The mosquitto broker, for measurements beside it and for homes that meet there; nothing else needs it.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{client::Client, program::Program, wire::Version};

/// A running mosquitto that lets everybody on this machine in.
#[derive(Debug)]
pub struct Mosquitto {
    program: Program,
    address: SocketAddr,
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Mosquitto {
    /// Says whether it is installed.
    #[must_use]
    pub fn is_installed() -> bool {
        let mut help = Command::new("mosquitto");
        help.arg("-h").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        !matches!(help.status(), Err(error) if error.kind() == ErrorKind::NotFound)
    }

    /// Starts one and waits until it listens.
    ///
    /// # Panics
    /// If it does not.
    #[must_use]
    pub fn start() -> Self {
        Self::run(TempDir::new().expect("there is room for temporary files"), "", Vec::new())
    }

    /// Starts one with a bridge to another: `topics` as they stand in its configuration.
    ///
    /// The socket of the bridge is without delay as well, which mosquitto itself has no setting for.
    ///
    /// # Panics
    /// If it does not, or there is no C compiler.
    #[must_use]
    pub fn bridged_to(other: &Self, topics: &[&str]) -> Self {
        let topics: String = topics.iter().map(|topic| format!("topic {topic}\n")).collect();
        let way = format!("address {}\nbridge_protocol_version mqttv50\n", other.address);
        let folder = TempDir::new().expect("there is room for temporary files");
        let preloaded = without_delay(folder.path()).display().to_string();
        let more = format!("connection way\n{way}notifications false\n{topics}");
        Self::run(folder, &more, vec![("LD_PRELOAD", preloaded)])
    }

    fn run(folder: TempDir, more: &str, environment: Vec<(&'static str, String)>) -> Self {
        let address = free_address();
        let config = folder.path().join(CONFIG);
        std::fs::write(&config, configuration(address.port()) + more).expect("the temporary directory takes a file");
        let program = launch(folder.path(), &environment);
        let mut mosquitto = Self { program, address, folder, environment };
        mosquitto.await_door();
        mosquitto
    }

    fn await_door(&mut self) {
        let address = self.address;
        self.program.until("mosquitto listens", |_| TcpStream::connect(address).ok());
    }

    /// Ends it like a power cut.
    pub fn kill(&mut self) {
        self.program.kill();
    }

    /// Starts it again on the same address.
    pub fn restart(&mut self) {
        self.program = launch(self.folder.path(), &self.environment);
        self.await_door();
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its process.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Connects a client that speaks MQTT 5.
    ///
    /// # Panics
    /// If it is not let in.
    #[must_use]
    pub fn client(&self, name: &str) -> Client {
        Client::connect(self.address, Version::V5, name, None).expect("mosquitto lets everybody in")
    }
}

/// The name of its configuration.
const CONFIG: &str = "mosquitto.conf";

fn launch(folder: &Path, environment: &[(&'static str, String)]) -> Program {
    let mut command = Command::new("mosquitto");
    command.arg("-c").arg(folder.join(CONFIG)).envs(environment.iter().map(|(name, value)| (name, value)));
    Program::start(&mut command, &folder.join("log"))
}

/// Writes its configuration: no delay, no persistence, no limit on what waits, as much in flight as our own allows.
fn configuration(port: u16) -> String {
    format!(
        "user root\nlistener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n\
         max_queued_messages 0\nmax_inflight_messages 256\n"
    )
}

/// Returns an address on which nobody listens.
fn free_address() -> SocketAddr {
    let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    probe.local_addr().expect("a listener has an address")
}

/// Makes a library that sets `TCP_NODELAY` on every socket that a program connects.
fn without_delay(folder: &Path) -> PathBuf {
    const CODE: &str = r#"
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <netinet/in.h>
        #include <netinet/tcp.h>
        #include <sys/socket.h>

        int connect(int socket, const struct sockaddr *address, socklen_t length) {
            int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
            int on = 1;
            setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return next(socket, address, length);
        }
    "#;
    let (code, library) = (folder.join("without_delay.c"), folder.join("without_delay.so"));
    std::fs::write(&code, CODE).expect("the temporary directory takes a file");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&code).arg("-ldl");
    assert!(compiler.status().is_ok_and(|status| status.success()), "there is a C compiler");
    library
}
