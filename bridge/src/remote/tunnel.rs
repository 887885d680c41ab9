//! TLS for rumqttc, whose own needs a release of webpki with open advisories.
//!
//! rumqttc connects to a socket that only this account can reach, in a directory of its own; the other end is a task that
//! speaks TLS to the broker. The first who connects is the only one, and then nothing is left in the file system.

use std::{
    fs::Permissions,
    io,
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, copy_bidirectional},
    net::{TcpStream, UnixListener, UnixStream},
    task::{JoinHandle, spawn_blocking},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{fault::TlsFault, trust::Trust};

/// How long the broker may take to say farewell, or to say why it has none.
const FAREWELL: Duration = Duration::from_secs(2);

/// The far end of a tunnel.
#[derive(Debug, Clone)]
pub(super) struct FarEnd {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) trust: Trust,
}

/// A socket for one connection, and the task behind it; who drops it hangs up.
#[derive(Debug)]
pub(super) struct Tunnel {
    path: String,
    fault: Arc<Mutex<Option<TlsFault>>>,
    task: JoinHandle<()>,
    _hang_up: DropGuard,
}

/// What the task needs.
struct Carrier {
    far: FarEnd,
    fault: Arc<Mutex<Option<TlsFault>>>,
    hang_up: CancellationToken,
}

impl Tunnel {
    /// Opens the near end; the far end is called when somebody comes.
    ///
    /// # Errors
    /// Whatever prevents the socket: no directory for temporary files, or one with too long a name (100 bytes).
    pub(super) fn open(far: FarEnd) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("hes-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        let path = folder.path().join("mqtt");
        let listener = UnixListener::bind(&path)?;
        let path = path.into_os_string().into_string().map_err(|_not_text| io::ErrorKind::InvalidFilename)?;
        let (fault, hang_up) = (Arc::default(), CancellationToken::new());
        let carrier = Carrier { far, fault: Arc::clone(&fault), hang_up: hang_up.clone() };
        let task = tokio::spawn(carrier.carry(listener, folder));
        Ok(Self { path, fault, task, _hang_up: hang_up.drop_guard() })
    }

    /// Returns where rumqttc connects.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns why the far end was not reached, or was lost.
    pub(super) fn fault(&self) -> Option<TlsFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until all that was said has gone, and the broker has hung up.
    pub(super) async fn closed(&mut self) {
        // a task that failed is as closed as one that ended
        let _ended_or_late = timeout(FAREWELL, &mut self.task).await;
    }
}

impl Carrier {
    async fn carry(self, listener: UnixListener, folder: TempDir) {
        let hang_up = self.hang_up.clone();
        let dialed = async {
            let near = listener.accept().await;
            drop((listener, folder));
            let near = near.map_err(|error| TlsFault::Socket(Arc::new(error)))?.0;
            Ok((near, self.far.dial().await))
        };
        let dialed = tokio::select! {
            () = hang_up.cancelled() => return,
            dialed = dialed => dialed,
        };
        match dialed {
            Err(fault) => self.note(fault),
            // whoever is told of the end finds the reason, so that comes first
            Ok((near, Err(fault))) => {
                self.note(fault);
                drop(near);
            }
            Ok((near, Ok(far))) => self.join(near, far).await,
        }
    }

    async fn join(&self, mut near: UnixStream, mut far: TlsStream<TcpStream>) {
        let late = async {
            self.hang_up.cancelled().await;
            sleep(FAREWELL).await;
        };
        let joined = tokio::select! {
            () = late => return,
            joined = copy_bidirectional(&mut near, &mut far) => joined,
        };
        let Err(error) = joined else { return };
        let error = last_word(&mut far).await.unwrap_or(error);
        if let Some(fault) = TlsFault::of_connection(error, self.far.name()) {
            self.note(fault);
        }
    }

    fn note(&self, fault: TlsFault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }
}

impl FarEnd {
    async fn dial(&self) -> Result<TlsStream<TcpStream>, TlsFault> {
        let host =
            ServerName::try_from(self.name().to_owned()).map_err(|_neither| TlsFault::Host(self.host.clone()))?;
        let config = Arc::new(self.config().await?);
        let network = |error| TlsFault::Network(Arc::new(error));
        let stream = TcpStream::connect((self.name(), self.port)).await.map_err(network)?;
        stream.set_nodelay(true).map_err(network)?;
        let opened = TlsConnector::from(config).connect(host, stream).await;
        opened.map_err(|error| TlsFault::of_handshake(error, self.name()))
    }

    /// Reads the files on a thread that may wait for the disk.
    async fn config(&self) -> Result<ClientConfig, TlsFault> {
        let trust = self.trust.clone();
        let loaded = spawn_blocking(move || trust.load()).await;
        let loaded = loaded.map_err(|error| TlsFault::Network(Arc::new(io::Error::other(error))))?;
        loaded.map_err(|error| TlsFault::Files(Arc::new(error)))
    }

    /// Returns the host without the brackets of an IPv6 address.
    fn name(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

/// Reads what a broker said before it stopped listening: who may not write any more may not have read why.
async fn last_word(far: &mut TlsStream<TcpStream>) -> Option<io::Error> {
    let mut rest = [0; 512];
    let read = async {
        while far.read(&mut rest).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    let error = timeout(FAREWELL, read).await.ok()?.err()?;
    let is_tls = error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
    is_tls.then_some(error)
}
