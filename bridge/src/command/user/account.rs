//! `hes-bridge user add`, `remove` and `passwd`.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
};

use clap::{Args, builder::PossibleValuesParser};
use hes_schemas::{UserName, rights::Role};
use secrecy::{ExposeSecret, SecretString};

use super::{Errand, check_person, unknown};
use crate::{
    accounts::{ANONYMOUS, IdPattern, generate, hash, is_short},
    command::{Exit, Failure, Output},
    settings::{DataOverrides, read_password},
    store::{Ledger, Removal},
};

/// Make an account
///
/// Without --password-file a person at a terminal is asked for the password; otherwise, and if the answer is empty, one is
/// made and shown once.
#[derive(Debug, Args)]
#[command(after_help = "Roles:
  owner     everything, and other people's rights
  resident  all devices, locks included
  guest     all devices, everyday things only
  cluster   for a cluster's own program: all topics outside the interface, no device
Without a role the account may do what it is granted: hes-bridge user grant

Examples:
  hes-bridge user add anna --role resident
  hes-bridge user add zigbee2mqtt --role cluster --password-file zigbee2mqtt.password
  hes-bridge user add hall --role guest --client-ids 'panel-*'")]
pub(super) struct AddArgs {
    /// Name of the account: 1 to 64 of a-z 0-9 _ -
    name: UserName,

    /// What the account is for
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
    role: Option<String>,

    /// Client id that it may use, with * for any signs; may be given several times. Without one it may use any that no
    /// other account is bound to
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    client_ids: Vec<String>,

    #[command(flatten)]
    password: PasswordArgs,

    #[command(flatten)]
    place: DataOverrides,
}

/// Remove an account; its sessions end
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// Name of the account
    name: UserName,

    #[command(flatten)]
    place: DataOverrides,
}

/// Give an account another password; its sessions end
#[derive(Debug, Args)]
pub(super) struct PasswdArgs {
    /// Name of the account
    name: UserName,

    #[command(flatten)]
    password: PasswordArgs,

    #[command(flatten)]
    place: DataOverrides,
}

#[derive(Debug, Args)]
struct PasswordArgs {
    /// File whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// A password, and whether anybody knows it.
enum Chosen {
    ByPerson(SecretString),
    ByChance(SecretString),
}

impl Errand for AddArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, output: &mut Output) -> Result<String, Failure> {
        let name = &self.name;
        if name.as_str() == ANONYMOUS {
            return Err(Failure::usage(format!("{ANONYMOUS} is the name of clients without an account; take another")));
        }
        let password = self.password.choose(output)?;
        let role = self.role.as_deref().and_then(Role::from_name);
        if !ledger.add(name, &hashed(&password)?, role).await? {
            let line =
                format!("there is an account {name} already; for another password: hes-bridge user passwd {name}");
            return Err(Failure::new(Exit::Internal, line));
        }
        if !self.client_ids.is_empty() {
            let patterns: Vec<IdPattern> = self.client_ids.iter().map(|text| IdPattern::new(text)).collect();
            ledger.bind(name, &patterns).await?;
        }
        let may = match role {
            Some(role) => format!("the account {name} was made, as {}", role.as_str()),
            None => format!("the account {name} was made; grant it what it may do: hes-bridge user grant {name}"),
        };
        Ok(with_password(may, &password))
    }
}

impl Errand for RemoveArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, _output: &mut Output) -> Result<String, Failure> {
        let name = &self.name;
        check_person(ledger, name).await?;
        match ledger.remove(name).await? {
            Removal::Removed => Ok(format!("the account {name} was removed")),
            Removal::Unknown => Err(unknown(ledger, name).await),
            Removal::LastOwner => {
                let line = format!(
                    "{name} is the only owner, and nobody could manage the home without one; make another first: \
                     hes-bridge user add NAME --role owner"
                );
                Err(Failure::new(Exit::Internal, line))
            }
        }
    }
}

impl Errand for PasswdArgs {
    fn place(&self) -> &DataOverrides {
        &self.place
    }

    async fn run(&self, ledger: &Ledger, output: &mut Output) -> Result<String, Failure> {
        check_person(ledger, &self.name).await?;
        let password = self.password.choose(output)?;
        if !ledger.change_password(&self.name, &hashed(&password)?).await? {
            return Err(unknown(ledger, &self.name).await);
        }
        Ok(with_password(format!("the account {} has another password", self.name), &password))
    }
}

impl PasswordArgs {
    fn choose(&self, output: &mut Output) -> Result<Chosen, Failure> {
        if let Some(file) = &self.password_file {
            let password = read_password(file).map_err(|error| Failure::usage(format!("--password-file: {error}")))?;
            if is_short(&password) {
                output.note("the password has fewer than 8 characters and is easily guessed");
            }
            return Ok(Chosen::ByPerson(password));
        }
        match ask(output)? {
            Some(password) => Ok(Chosen::ByPerson(password)),
            None => generate().map(Chosen::ByChance).map_err(|error| Failure::new(Exit::Internal, error.to_string())),
        }
    }
}

/// Asks a person twice, if there is one; nothing if the answer is empty.
fn ask(output: &mut Output) -> Result<Option<SecretString>, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let prompt = |text: &str| {
        let answer = rpassword::prompt_password(text).map(SecretString::from);
        answer.map_err(|error| Failure::new(Exit::Internal, format!("the password cannot be asked for: {error}")))
    };
    output.note("an empty password has one made");
    let password = prompt("Password: ")?;
    if password.expose_secret().is_empty() {
        return Ok(None);
    }
    if prompt("The same again: ")?.expose_secret() != password.expose_secret() {
        return Err(Failure::usage("the two passwords are not the same; nothing was changed"));
    }
    Ok(Some(password))
}

fn hashed(password: &Chosen) -> Result<String, Failure> {
    let (Chosen::ByPerson(password) | Chosen::ByChance(password)) = password;
    hash(password).map_err(|error| Failure::usage(error.to_string()))
}

/// Adds the password to what is said if nobody could know it otherwise.
fn with_password(said: String, password: &Chosen) -> String {
    match password {
        Chosen::ByPerson(_) => said,
        Chosen::ByChance(password) => format!("{said}\nits password, shown this once: {}", password.expose_secret()),
    }
}
