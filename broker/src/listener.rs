//! Takes connections, and gives each a task at once: nobody waits for a handshake but who shakes hands.

mod entrance;
mod lobby;

use std::{io, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock};
use tokio::net::TcpListener;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::entrance::alone;
pub(crate) use self::{
    entrance::Knock,
    lobby::{Lobby, Unwelcome, Waiting},
};

use self::entrance::Entrance;
use crate::{Door, hub::Hub, report::Notice};

/// How long a listener rests when it cannot take a connection, as when file descriptors are exhausted.
const REST: Duration = Duration::from_millis(200);

/// Takes connections at the door of this number until the broker stops.
pub(crate) async fn listen(hub: Arc<Hub>, lobby: Arc<Lobby>, number: usize, door: Door) {
    let pace = Pace::new(door.connection_rate);
    let (socket, entrance) = Entrance::open(door, hub.limits.packet);
    let taking = take_all(&hub, &lobby, number, socket, &entrance, &pace);
    tokio::select! {
        () = taking => {}
        () = hub.stop.cancelled() => {}
    }
}

async fn take_all(
    hub: &Arc<Hub>,
    lobby: &Arc<Lobby>,
    number: usize,
    socket: TcpListener,
    entrance: &Arc<Entrance>,
    pace: &Pace,
) {
    let mut is_failing = false;
    loop {
        pace.next().await;
        match socket.accept().await {
            Ok((stream, remote)) => {
                is_failing = false;
                Knock::new(Arc::clone(entrance), remote).answer(hub, lobby.enter(number), stream);
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                if !is_failing {
                    Notice::AcceptFailed { error: &error }.report();
                }
                is_failing = true;
                lobby.show_one_out();
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

/// How many connections are taken in a second, if that matters.
#[derive(Debug)]
struct Pace(Option<DefaultDirectRateLimiter>);

impl Pace {
    fn new(rate: Option<NonZeroU32>) -> Self {
        Self(rate.map(|rate| RateLimiter::direct(Quota::per_second(rate))))
    }

    /// Waits until one more may be taken.
    async fn next(&self) {
        let Some(limiter) = &self.0 else { return };
        while let Err(early) = limiter.check() {
            tokio::time::sleep(early.wait_time_from(limiter.clock().now())).await;
        }
    }
}
