//! What a listener is told to be.

use std::num::NonZeroU32;

use tokio::net::TcpListener;

use crate::{Allowance, Tls};

/// An open listener with the rules that hold at it.
#[derive(Debug)]
pub struct Door {
    /// The bound socket.
    pub socket: TcpListener,
    /// What carries MQTT here.
    pub transport: Transport,
    /// The TLS below it, if there is any; made for the same transport.
    pub tls: Option<Tls>,
    /// Whether clients may come in here without an account, if [`crate::Backend::connect`] agrees.
    pub anonymous: bool,
    /// Whether the name in a client's certificate is its account, see [`crate::Hello::certificate_is_user`].
    pub certificate_is_user: bool,
    /// Where the pages come from that browsers may connect from, such as `https://panel.example`; `*` is anywhere.
    ///
    /// Clients that say nothing of an origin, as all but browsers do, may always, and so may pages from the host and
    /// port that they connect to; where `anonymous` holds only if that host is given as `localhost` or in digits,
    /// because any name could be made to mean this machine.
    pub origins: Vec<String>,
    /// What may be taken here, beside what [`crate::Limits`] and [`crate::Rights::allowance`] say: the least holds.
    pub allowance: Allowance,
    /// How many connections are taken in a second; the others wait in the system's queue.
    pub connection_rate: Option<NonZeroU32>,
}

/// What carries MQTT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transport {
    /// The bytes of a TCP connection.
    #[default]
    Tcp,
    /// Binary messages of a WebSocket with the subprotocol `mqtt`, on any path.
    WebSocket,
}

impl Door {
    /// Makes a plain one for TCP, with no limits of its own, that lets nobody in without an account.
    #[must_use]
    pub const fn new(socket: TcpListener) -> Self {
        Self {
            socket,
            transport: Transport::Tcp,
            tls: None,
            anonymous: false,
            certificate_is_user: false,
            origins: Vec::new(),
            allowance: Allowance::NONE,
            connection_rate: None,
        }
    }

    /// Returns how many clients may be connected here.
    pub(crate) fn connections(&self) -> usize {
        self.allowance.connections.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
    }

    /// Says what is spoken below MQTT.
    pub(crate) const fn words(&self) -> &'static str {
        match (self.transport, self.tls.is_some()) {
            (Transport::Tcp, false) => "TCP",
            (Transport::Tcp, true) => "TLS",
            (Transport::WebSocket, false) => "WebSocket",
            (Transport::WebSocket, true) => "WebSocket in TLS",
        }
    }
}
