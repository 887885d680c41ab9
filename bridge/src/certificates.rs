//! The files that the TLS of a listener is made of.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use hes_broker::{ClientCertificates, Tls, TlsError, TlsMaterial, Transport};

/// Where the parts are.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    pub(crate) transport: Transport,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) clients: ClientFiles,
}

/// Whether clients show certificates; what is here says who may have signed them.
#[derive(Debug, Clone)]
pub(crate) enum ClientFiles {
    /// They are not asked for one.
    Unasked,
    /// They may.
    Optional(PathBuf),
    /// They must.
    Required(PathBuf),
}

/// Says why files make no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsFilesError {
    /// One cannot be read.
    #[error("{path} cannot be read: {cause}", path = .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why; part of the text, because complaints are one line.
        cause: io::Error,
    },
    /// They cannot be used.
    #[error("{path}: {cause}", path = .path.display())]
    Unfit {
        /// The one that it is about.
        path: PathBuf,
        /// Why; part of the text for the same reason.
        cause: TlsError,
    },
}

/// What shows that a file is another than it was.
pub(crate) type Stamp = Vec<Option<(u64, SystemTime)>>;

impl TlsFiles {
    /// Makes TLS of what the files hold at this moment.
    ///
    /// # Errors
    /// [`TlsFilesError`] with the file that is wrong.
    pub(crate) fn load(&self) -> Result<(Tls, TlsMaterial), TlsFilesError> {
        let material = self.read()?;
        let tls = Tls::new(&material).map_err(|cause| self.unfit(cause))?;
        Ok((tls, material))
    }

    /// Has all who come from here on see what the files hold at this moment.
    ///
    /// # Errors
    /// [`TlsFilesError`] with the file that is wrong; then nothing has changed.
    pub(crate) fn replace(&self, tls: &Tls) -> Result<(), TlsFilesError> {
        tls.replace(&self.read()?).map_err(|cause| self.unfit(cause))
    }

    /// Returns what changes when one of the files does.
    pub(crate) fn stamp(&self) -> Stamp {
        let stamp = |path: &Path| {
            let found = fs::metadata(path).ok()?;
            Some((found.len(), found.modified().ok()?))
        };
        [Some(&self.certificate), Some(&self.key), self.authority()]
            .into_iter()
            .flatten()
            .map(|path| stamp(path))
            .collect()
    }

    fn read(&self) -> Result<TlsMaterial, TlsFilesError> {
        let clients = match &self.clients {
            ClientFiles::Unasked => ClientCertificates::Unasked,
            ClientFiles::Optional(authority) => ClientCertificates::Optional(read(authority)?),
            ClientFiles::Required(authority) => ClientCertificates::Required(read(authority)?),
        };
        let (certificate, key) = (read(&self.certificate)?, read(&self.key)?);
        Ok(TlsMaterial { transport: self.transport, certificate, key, clients })
    }

    const fn authority(&self) -> Option<&PathBuf> {
        match &self.clients {
            ClientFiles::Unasked => None,
            ClientFiles::Optional(authority) | ClientFiles::Required(authority) => Some(authority),
        }
    }

    fn unfit(&self, cause: TlsError) -> TlsFilesError {
        let path = match &cause {
            TlsError::Certificate | TlsError::Unfit(_) => &self.certificate,
            TlsError::Key | TlsError::Mismatch => &self.key,
            TlsError::Clients => self.authority().unwrap_or(&self.certificate),
        };
        TlsFilesError::Unfit { path: path.clone(), cause }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFilesError> {
    fs::read(path).map_err(|cause| TlsFilesError::Unreadable { path: path.to_owned(), cause })
}
