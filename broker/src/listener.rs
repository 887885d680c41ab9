//! Takes connections, and gives each a task.

use std::{io, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};

use crate::{connection::serve, handshake::Visitor, hub::Hub, report::Notice};

/// How long a listener rests when it cannot take a connection, as when file descriptors are exhausted.
const REST: Duration = Duration::from_millis(200);

/// An open listener.
#[derive(Debug)]
pub struct Door {
    /// The bound socket.
    pub socket: TcpListener,
    /// Whether clients may come in here without an account, if [`crate::Backend::connect`] agrees.
    pub anonymous: bool,
}

/// Takes connections until the broker stops.
pub(crate) async fn listen(hub: Arc<Hub>, door: Door) {
    let stop = hub.stop.clone();
    loop {
        let taken = tokio::select! {
            taken = door.socket.accept() => taken,
            () = stop.cancelled() => return,
        };
        match taken {
            Ok((stream, remote)) => {
                let visitor = Visitor { remote, anonymous: door.anonymous };
                take(&hub, stream, visitor);
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                Notice::AcceptFailed { error: &error }.report();
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn take(hub: &Arc<Hub>, stream: TcpStream, visitor: Visitor) {
    // those that have not said who they are may be a few more than those that may connect
    if hub.tasks.len() > hub.limits.connections.saturating_add(256) || stream.set_nodelay(true).is_err() {
        return;
    }
    hub.tasks.spawn(serve(Arc::clone(hub), visitor, stream));
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}
