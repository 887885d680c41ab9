//! Files that hold a password.

use std::{fs, io, path::Path};

use secrecy::{ExposeSecret, SecretString};

/// Says why a file holds no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFileError {
    /// It cannot be read.
    #[error("{path} cannot be read: {cause}", path = .path.display())]
    Unreadable {
        /// Which file.
        path: std::path::PathBuf,
        /// Why; part of the text, because complaints are one line.
        cause: io::Error,
    },
    /// Its first line is empty.
    #[error("{path} has an empty first line", path = .path.display())]
    Empty {
        /// Which file.
        path: std::path::PathBuf,
    },
}

/// Reads the first line of a file.
///
/// # Errors
/// [`PasswordFileError`], which never repeats what the file holds.
pub fn read_password(path: &Path) -> Result<SecretString, PasswordFileError> {
    let text = fs::read_to_string(path)
        .map(SecretString::from)
        .map_err(|cause| PasswordFileError::Unreadable { path: path.to_owned(), cause })?;
    match text.expose_secret().lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(SecretString::from(line.to_owned())),
        None => Err(PasswordFileError::Empty { path: path.to_owned() }),
    }
}
