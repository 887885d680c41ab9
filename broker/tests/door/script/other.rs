//! Another broker, to see whether a conversation is fair.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

/// A broker that runs for one conversation.
pub(crate) struct Other {
    program: Child,
    pub(crate) address: SocketAddr,
}

impl Other {
    /// Starts the broker that the environment names, if it names one.
    pub(super) async fn start() -> Option<Self> {
        let program = std::env::var("MQTT_BROKER").ok()?;
        Some(Self::start_program(&program).await)
    }

    /// Starts a broker on a free port, and waits until it listens.
    pub(crate) async fn start_program(program: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let port = address.port().to_string();
        let program = Command::new(program).args(["-p", &port]).stderr(Stdio::null()).spawn().unwrap();
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
        Self { program, address }
    }

    /// Says whether conversations are held with another broker.
    pub(super) fn is_asked_for() -> bool {
        std::env::var("MQTT_BROKER").is_ok()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}
