//! Opens the doors of the built-in broker, and follows the files of their certificates.

use std::{net::SocketAddr, time::Duration};

use hes_broker::{Door, Tls};
use tokio::{
    net::TcpListener,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::{StartError, report};
use crate::{
    certificates::{Stamp, TlsFiles},
    settings::{BrokerSettings, ListenerSettings},
};

/// How often the files are looked at for changes.
const LOOK: Duration = Duration::from_secs(2);

/// Open doors, and the certificates that are shown there.
#[derive(Debug, Default)]
pub(super) struct Doors {
    pub(super) doors: Vec<Door>,
    pub(super) certificates: Vec<Followed>,
}

/// A certificate that is replaced when its files change.
#[derive(Debug)]
pub(super) struct Followed {
    files: TlsFiles,
    /// What the files were when they were last of use.
    stamp: Stamp,
    tls: Tls,
    /// What was said of them last, so that it is said once.
    complaint: Option<String>,
}

impl Doors {
    /// Opens all that are configured.
    ///
    /// # Errors
    /// [`StartError`] for the first that cannot be.
    pub(super) async fn open(settings: &BrokerSettings) -> Result<Self, StartError> {
        let mut opened = Self::default();
        for address in &settings.listen {
            let socket = bind(&settings.listen_place, *address).await?;
            // by the loopback interface only, and at an address that nobody else reaches
            let anonymous = settings.anonymous.is_some() && address.ip().is_loopback();
            opened.doors.push(Door { anonymous, ..Door::new(socket) });
        }
        for listener in &settings.listeners {
            let door = opened.open_one(listener).await?;
            opened.doors.push(door);
        }
        Ok(opened)
    }

    /// Returns where they are, in the order of the configuration.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.doors.iter().filter_map(|door| door.socket.local_addr().ok()).collect()
    }

    async fn open_one(&mut self, listener: &ListenerSettings) -> Result<Door, StartError> {
        let tls = listener.tls.as_ref().map(|files| self.follow(files, &listener.place)).transpose()?;
        Ok(Door {
            socket: bind(&listener.place, listener.address).await?,
            transport: listener.transport,
            tls,
            anonymous: listener.anonymous,
            certificate_is_user: listener.certificate_is_user,
            origins: listener.origins.clone(),
            allowance: listener.allowance,
            connection_rate: listener.connection_rate,
        })
    }

    fn follow(&mut self, files: &TlsFiles, place: &str) -> Result<Tls, StartError> {
        // before they are read, so that no change falls between
        let stamp = files.stamp();
        let (tls, _) = files.load().map_err(|cause| StartError::Tls { place: place.to_owned(), cause })?;
        self.certificates.push(Followed { files: files.clone(), stamp, tls: tls.clone(), complaint: None });
        Ok(tls)
    }
}

async fn bind(place: &str, address: SocketAddr) -> Result<TcpListener, StartError> {
    let place = place.to_owned();
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { place, address, cause })
}

/// Replaces certificates when their files change, for ever; files that cannot be used change nothing.
pub(super) async fn follow(mut certificates: Vec<Followed>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !certificates.is_empty() {
        looks.tick().await;
        let looked = spawn_blocking(move || {
            certificates.iter_mut().for_each(Followed::look);
            certificates
        });
        let Ok(followed) = looked.await else { return };
        certificates = followed;
    }
}

impl Followed {
    fn look(&mut self) {
        let stamp = self.files.stamp();
        if stamp == self.stamp {
            return;
        }
        let complaint = self.files.replace(&self.tls).err().map(|error| error.to_string());
        match &complaint {
            None => {
                self.stamp = stamp;
                report::certificate_replaced(&self.files.certificate);
            }
            // tried again at each look, because it may be the disk that does not give them
            Some(text) if self.complaint != complaint => report::certificate_kept(text),
            Some(_) => {}
        }
        self.complaint = complaint;
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, sync::Arc};

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    };
    use tempfile::TempDir;
    use tokio::net::TcpStream;
    use tokio_rustls::TlsConnector;

    use super::*;
    use crate::{
        gateway::Gateway,
        settings::{Overrides, Settings},
    };

    /// Writes a new certificate with its key.
    fn renew(folder: &Path) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        fs::write(folder.join("broker.crt"), cert.pem()).unwrap();
        fs::write(folder.join("broker.key"), signing_key.serialize_pem()).unwrap();
        cert.der().clone()
    }

    /// Says whether that certificate is shown.
    async fn is_shown(address: SocketAddr, certificate: &CertificateDer<'static>) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.is_ok()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn shows_a_new_certificate_when_its_files_change_and_fit() {
        let folder = TempDir::new().unwrap();
        let first = renew(folder.path());
        let text = "data = 'data'\n[broker]\nlisten = []\n[[broker.listener]]\naddress = '127.0.0.1:0'\n\
                    certificate = 'broker.crt'\nkey = 'broker.key'\n";
        let config = folder.path().join("bridge.toml");
        fs::write(&config, text).unwrap();
        let options = Overrides { config: Some(config), ..Overrides::default() };
        let gateway = Gateway::start(&Settings::load(&options, &[]).unwrap()).await.unwrap();
        let address = gateway.addresses()[0];
        assert!(is_shown(address, &first).await);
        let mut shown = first;
        for _ in 0..2 {
            let next = renew(folder.path());
            while !is_shown(address, &next).await {}
            assert!(!is_shown(address, &shown).await);
            shown = next;
            fs::write(folder.path().join("broker.key"), "spoilt").unwrap();
            assert!(is_shown(address, &shown).await);
        }
        gateway.shutdown().await.unwrap();
    }
}
