//! The mosquitto broker, for measurements beside it; nothing else needs it.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{client::Client, program::Program, wire::Version};

/// A running mosquitto that lets everybody on this machine in.
#[derive(Debug)]
pub struct Mosquitto {
    program: Program,
    address: SocketAddr,
    _folder: TempDir,
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
        let folder = TempDir::new().expect("there is room for temporary files");
        let address = free_address();
        let config = folder.path().join("mosquitto.conf");
        std::fs::write(&config, configuration(address.port())).expect("the temporary directory takes a file");
        let mut program = Program::start(Command::new("mosquitto").arg("-c").arg(config), &folder.path().join("log"));
        program.until("mosquitto listens", |_| TcpStream::connect(address).ok());
        Self { program, address, _folder: folder }
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
