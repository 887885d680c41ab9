//! Another broker: the account there, and the files of TLS to it.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{
    complaint::Complaint,
    key::Key,
    password::read_password,
    review::Places,
    sheet::{AlongsideSheet, ClusterSheet, PeersSheet},
    url::BrokerUrl,
};
use crate::remote::{Remote, Trust, TrustError};

/// What a section says of another broker.
#[derive(Debug)]
pub(super) struct Elsewhere<'s> {
    pub(super) section: Key,
    pub(super) url: Option<&'s BrokerUrl>,
    pub(super) user: Option<&'s String>,
    pub(super) password_file: Option<&'s PathBuf>,
    pub(super) ca: Option<&'s PathBuf>,
    pub(super) certificate: Option<&'s PathBuf>,
    pub(super) key: Option<&'s PathBuf>,
}

impl<'s> Elsewhere<'s> {
    pub(super) fn of_cluster(id: &str, sheet: &'s ClusterSheet) -> Self {
        let ClusterSheet { kind: _, base: _, url, user, password_file, ca, certificate, key } = sheet;
        Self {
            section: Key::new(["cluster", id]),
            url: url.as_ref(),
            user: user.as_ref(),
            password_file: password_file.as_ref(),
            ca: ca.as_ref(),
            certificate: certificate.as_ref(),
            key: key.as_ref(),
        }
    }

    pub(super) fn of_alongside(sheet: &'s AlongsideSheet) -> Self {
        let AlongsideSheet { url, user, password_file, ca, certificate, key, acts_as: _ } = sheet;
        Self {
            section: Key::new(["alongside"]),
            url: Some(url),
            user: user.as_ref(),
            password_file: password_file.as_ref(),
            ca: ca.as_ref(),
            certificate: certificate.as_ref(),
            key: key.as_ref(),
        }
    }

    pub(super) fn of_peers(sheet: &'s PeersSheet) -> Self {
        let PeersSheet { url, user, password_file, ca: _, certificate, key, .. } = sheet;
        Self {
            section: Key::new(["peers"]),
            url: url.as_ref(),
            user: user.as_ref(),
            password_file: password_file.as_ref(),
            // it is for the brokers of other homes too
            ca: sheet.ca.as_ref().filter(|_| url.as_ref().is_some_and(BrokerUrl::is_tls)),
            certificate: certificate.as_ref(),
            key: key.as_ref(),
        }
    }

    /// Returns what does not go together, by key.
    pub(super) fn check(&self) -> Vec<(Key, String)> {
        let mut found: Vec<(Key, String)> = self.account().into_iter().collect();
        let files = [("ca", self.ca), ("certificate", self.certificate), ("key", self.key)];
        if self.url.is_none_or(|url| !url.is_tls()) {
            for (name, _) in files.iter().filter(|(_, file)| file.is_some()) {
                let key = self.section.child(name);
                found.push((key.clone(), format!("{key} is for TLS: there is no url with mqtts://")));
            }
        }
        let half = match (self.certificate, self.key) {
            (Some(_), None) => Some(("certificate", "key")),
            (None, Some(_)) => Some(("key", "certificate")),
            (Some(_), Some(_)) | (None, None) => None,
        };
        found.extend(half.map(|(name, other)| {
            let key = self.section.child(name);
            (key.clone(), format!("{key} is of no use without {other}"))
        }));
        found
    }

    fn account(&self) -> Option<(Key, String)> {
        self.password_file?;
        let key = self.section.child("password_file");
        match (self.url, self.user) {
            (None, _) => Some((key.clone(), format!("{key} is for another broker: there is no url"))),
            (Some(_), None) => Some((key.clone(), format!("{key} is for a user: there is none"))),
            (Some(_), Some(_)) => None,
        }
    }

    /// Reads the files; nothing if there is no other broker.
    pub(super) fn settle(&self, places: &Places, complaints: &mut Vec<Complaint>) -> Option<Remote> {
        let url = self.url?;
        let mut complain = |key: Key, text: String| {
            complaints.push(Complaint::new(places.find(&key), format!("{key}: {text}")));
        };
        let password = match self.password_file.map(|file| read_password(file)).transpose() {
            Ok(password) => password,
            Err(error) => {
                complain(self.section.child("password_file"), error.to_string());
                None
            }
        };
        let remote = Remote::new(url.host().to_owned(), url.port(), self.credentials(password));
        if !url.is_tls() {
            return Some(remote);
        }
        let trust = self.trust();
        if let Err(error) = trust.load() {
            complain(self.blamed(&error), error.to_string());
        }
        Some(remote.with_tls(trust))
    }

    fn credentials(&self, password: Option<SecretString>) -> Option<(String, SecretString)> {
        self.user.map(|user| (user.clone(), password.unwrap_or_default()))
    }

    fn trust(&self) -> Trust {
        Trust { authority: self.ca.cloned(), identity: self.certificate.cloned().zip(self.key.cloned()) }
    }

    /// Returns the key that names the file that an error is about.
    fn blamed(&self, error: &TrustError) -> Key {
        let is_named = |file: Option<&PathBuf>| file.is_some_and(|file| error.path() == Some(Path::new(file)));
        let blamed = [("certificate", self.certificate), ("key", self.key)];
        let blamed = blamed.into_iter().find(|(_, file)| is_named(*file)).map_or("ca", |(name, _)| name);
        self.section.child(blamed)
    }
}
