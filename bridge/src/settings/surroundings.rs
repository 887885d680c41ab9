//! What surrounds the gateway: the disk, and the accounts that are there already.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use super::{AccountsOf, key::Key, sheet::Sheet};

/// The file that is made and deleted to see whether a directory can be written.
const PROBE: &str = ".hes-bridge-check";

/// Returns what does not fit.
pub(super) fn check(sheet: &Sheet, accounts: AccountsOf<'_>) -> Vec<(Key, String)> {
    let Some(data) = &sheet.data else { return Vec::new() };
    let mut found = Vec::new();
    if let Err(error) = write_near(data) {
        found.push((Key::new(["data"]), format!("data: {} cannot be written: {error}", data.display())));
    }
    let names = accounts(data).unwrap_or_else(|reason| {
        found.push((Key::new(["data"]), format!("data: {reason}")));
        None
    });
    let acts_as = sheet.alongside.as_ref().map(|alongside| &alongside.acts_as);
    if let Some(name) = acts_as.filter(|name| names.is_some_and(|names| !names.contains(name))) {
        let text = format!("alongside.acts_as: there is no account {name}; make it: hes-bridge user add {name}");
        found.push((Key::new(["alongside", "acts_as"]), text));
    }
    found
}

/// Writes into a directory, or where it would be made, and leaves no trace.
fn write_near(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => Err(io::ErrorKind::NotADirectory.into()),
        Ok(_) => {
            let probe = path.join(PROBE);
            OpenOptions::new().create(true).truncate(false).write(true).open(&probe)?;
            fs::remove_file(probe)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match path.parent() {
            Some(parent) if parent != Path::new("") => write_near(parent),
            Some(_) | None => write_near(Path::new(".")),
        },
        Err(error) => Err(error),
    }
}
