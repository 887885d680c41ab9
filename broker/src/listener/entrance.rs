//! From an accepted socket to the bytes of MQTT: TLS, WebSocket, both or neither.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use bytestring::ByteString;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::Waiting;
use crate::{
    Allowance, Door, Tls, Transport,
    connection::serve,
    figures::count,
    handshake::Visitor,
    hub::Hub,
    pace::{Fare, Rates},
    report::Notice,
    websocket::{Origins, upgrade},
};

/// What all who come through one door have in common.
#[derive(Debug)]
pub(crate) struct Entrance {
    transport: Transport,
    tls: Option<Tls>,
    origins: Origins,
    anonymous: bool,
    certificate_is_user: bool,
    seats: Arc<Semaphore>,
    allowance: Allowance,
    rates: Fare,
}

/// One that has come through a door.
#[derive(Debug)]
pub(crate) struct Knock {
    entrance: Arc<Entrance>,
    remote: SocketAddr,
    certificate: Option<ByteString>,
    seat: OnceLock<OwnedSemaphorePermit>,
}

impl Entrance {
    /// Takes the socket out of its door, through which come packets no larger than that.
    pub(super) fn open(door: Door, packet: usize) -> (TcpListener, Arc<Self>) {
        let seats = Arc::new(Semaphore::new(door.connections().min(Semaphore::MAX_PERMITS)));
        let entrance = Self {
            transport: door.transport,
            tls: door.tls,
            origins: Origins::new(door.origins, door.anonymous),
            anonymous: door.anonymous,
            certificate_is_user: door.certificate_is_user,
            seats,
            allowance: door.allowance,
            rates: Rates::of_door(&door.allowance, packet).into(),
        };
        (door.socket, Arc::new(entrance))
    }
}

/// Returns a knock, and the right to wait, for a stream that comes from no socket.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn alone() -> (Knock, Waiting) {
    let entrance = Entrance {
        transport: Transport::Tcp,
        tls: None,
        origins: Origins::new(Vec::new(), true),
        anonymous: true,
        certificate_is_user: false,
        seats: Arc::new(Semaphore::new(1)),
        allowance: Allowance::NONE,
        rates: Rates::of_door(&Allowance::NONE, 0).into(),
    };
    let lobby = Arc::new(super::Lobby::new(1, std::time::Duration::from_secs(3600), [1].into_iter()));
    (Knock::new(Arc::new(entrance), SocketAddr::from(([127, 0, 0, 1], 1))), lobby.enter(0))
}

impl Knock {
    pub(super) const fn new(entrance: Arc<Entrance>, remote: SocketAddr) -> Self {
        Self { entrance, remote, certificate: None, seat: OnceLock::new() }
    }

    /// Has a task of its own serve the connection to its end.
    pub(super) fn answer(self, hub: &Arc<Hub>, waiting: Waiting, stream: TcpStream) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let own = Arc::clone(hub);
        match (self.entrance.tls.clone(), self.entrance.transport) {
            (Some(tls), _) => hub.tasks.spawn(over_tls(own, self, waiting, tls, stream)),
            (None, Transport::WebSocket) => hub.tasks.spawn(over_websocket(own, self, waiting, stream)),
            (None, Transport::Tcp) => hub.tasks.spawn(serve(own, self, waiting, stream)),
        };
    }

    /// Returns what the handshake of MQTT has to know of it.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        let Entrance { anonymous, certificate_is_user, .. } = *self.entrance;
        let certificate = self.certificate.as_ref();
        Visitor { remote: self.remote, anonymous, certificate, certificate_is_user, knock: self }
    }

    /// Takes one of the seats that the door has, for as long as the connection lasts.
    ///
    /// Returns whether there was one.
    pub(crate) fn sit_down(&self) -> bool {
        let seat = Arc::clone(&self.entrance.seats).try_acquire_owned();
        seat.is_ok_and(|seat| self.seat.set(seat).is_ok())
    }

    /// Returns the rates that all keep to who have come through the same door.
    pub(crate) fn rates(&self) -> &Fare {
        &self.entrance.rates
    }

    /// Returns what may be taken behind its door.
    pub(crate) fn allowance(&self) -> Allowance {
        self.entrance.allowance
    }

    /// Notes that it was not let in.
    pub(crate) fn refuse(&self, hub: &Hub, reason: &str) {
        count(&hub.counters.refused);
        Notice::Refused { remote: self.remote, client: "", reason }.report();
    }
}

async fn over_tls(hub: Arc<Hub>, mut knock: Knock, mut waiting: Waiting, tls: Tls, stream: TcpStream) {
    let stream = match waiting.wait_for(Box::pin(tls.accept(stream))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return knock.refuse(&hub, &format!("TLS: {error}")),
        Err(unwelcome) => return knock.refuse(&hub, unwelcome.text()),
    };
    knock.certificate = Tls::subject(&stream);
    match knock.entrance.transport {
        Transport::Tcp => Box::pin(serve(hub, knock, waiting, stream)).await,
        Transport::WebSocket => Box::pin(over_websocket(hub, knock, waiting, stream)).await,
    }
}

async fn over_websocket<S>(hub: Arc<Hub>, knock: Knock, mut waiting: Waiting, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let upgraded = waiting.wait_for(Box::pin(upgrade(stream, &knock.entrance.origins, hub.limits.packet))).await;
    match upgraded {
        Ok(Ok(messages)) => Box::pin(serve(hub, knock, waiting, messages)).await,
        Ok(Err(error)) => knock.refuse(&hub, &format!("WebSocket: {error}")),
        Err(unwelcome) => knock.refuse(&hub, unwelcome.text()),
    }
}
