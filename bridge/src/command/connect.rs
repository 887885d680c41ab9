//! Where to connect, from the command line and the environment.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use hes_schemas::HomeId;
use secrecy::{ExposeSecret, SecretString};

use super::Failure;
use crate::{
    client::{Connection, Trust},
    settings::read_password,
};

const URL: &str = "mqtt://127.0.0.1:1883";

/// How to reach the gateway, and how to print what it says.
#[expect(clippy::doc_markdown, reason = "help is read in a terminal")]
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection, for commands that ask a gateway")]
pub(crate) struct ConnectArgs {
    /// Address of the gateway's broker, mqtt://[user[:password]@]host[:port], or with TLS mqtts:// [env: HES_URL]
    /// [default: mqtt://127.0.0.1:1883]
    #[arg(long, value_name = "URL", value_parser = secret)]
    url: Option<SecretString>,

    /// Account to connect as [env: HES_USER]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// File whose first line is the password [env: HES_PASSWORD_FILE]; the password itself may be in the variable
    /// HES_PASSWORD; where neither is given, a person is asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// File with the certificate of who signed that of a broker with TLS [env: HES_CA] [default: those that this
    /// machine knows]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// File with our certificate, for a broker with TLS that asks for one [env: HES_CERTIFICATE]
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// File with the key of our certificate [env: HES_KEY]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Home to ask, where several are announced [env: HES_HOME] [default: the one that is announced]
    #[arg(long, value_name = "ID")]
    home: Option<HomeId>,

    /// How long a request may act: 500ms, 10s, 2m [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,

    /// Print JSON: one document, with watch one a line
    #[arg(long)]
    json: bool,
}

/// What the environment and the terminal know; asked only for what the command line leaves open.
pub(crate) struct Surroundings<'s> {
    /// Returns a variable of the environment.
    pub(crate) variable: &'s dyn Fn(&str) -> Option<String>,
    /// Asks a person for the password of a user, if there is a person.
    pub(crate) ask: &'s dyn Fn(&str) -> Option<SecretString>,
}

impl ConnectArgs {
    /// Fills what these leave open from others, so that options may stand before the command too.
    pub(crate) fn or(&self, others: &Self) -> Self {
        let others = others.clone();
        Self {
            url: self.url.clone().or(others.url),
            user: self.user.clone().or(others.user),
            password_file: self.password_file.clone().or(others.password_file),
            ca: self.ca.clone().or(others.ca),
            certificate: self.certificate.clone().or(others.certificate),
            key: self.key.clone().or(others.key),
            home: self.home.clone().or(others.home),
            timeout: self.timeout.or(others.timeout),
            json: self.json || others.json,
        }
    }

    /// Says whether anything is given.
    pub(crate) const fn is_given(&self) -> bool {
        let Self { url, user, password_file, ca, certificate, key, home, timeout, json } = self;
        let has_account = user.is_some() || password_file.is_some();
        let has_files = ca.is_some() || certificate.is_some() || key.is_some();
        url.is_some() || has_account || has_files || home.is_some() || timeout.is_some() || *json
    }

    /// Says whether JSON is wanted.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Puts a connection together; the command line comes before the environment.
    ///
    /// # Errors
    /// [`Failure`] that names what is wrong, never with a password.
    pub(crate) fn connection(&self, surroundings: &Surroundings<'_>) -> Result<Connection, Failure> {
        let variable = |name: &str| (surroundings.variable)(name).filter(|value| !value.is_empty());
        let url = self.url.clone().or_else(|| variable("HES_URL").map(SecretString::from));
        let url = url.as_ref().map_or(URL, |url| url.expose_secret());
        let mut connection = Connection::new(url).map_err(|error| Failure::usage(format!("--url: {error}")))?;
        let from_environment = || variable("HES_USER").filter(|_| connection.user().is_none());
        if let Some(user) = self.user.clone().or_else(from_environment) {
            connection = connection.with_user(user);
        }
        if let Some(trust) = self.trust(&connection, &variable)? {
            connection = connection.with_trust(trust);
        }
        if let Some(password) = self.password(&connection, surroundings, &variable)? {
            connection = connection.with_password(password);
        }
        if let Some(home) = self.home(&variable)? {
            connection = connection.with_home(home);
        }
        Ok(self.timeout.into_iter().fold(connection, Connection::with_timeout))
    }

    fn password(
        &self,
        connection: &Connection,
        surroundings: &Surroundings<'_>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<SecretString>, Failure> {
        if let Some(file) = &self.password_file {
            return first_line(file).map(Some);
        }
        if connection.has_password() {
            return Ok(None);
        }
        if let Some(file) = variable("HES_PASSWORD_FILE") {
            return first_line(Path::new(&file)).map(Some);
        }
        let known = variable("HES_PASSWORD").map(SecretString::from);
        Ok(known.or_else(|| connection.user().and_then(surroundings.ask)))
    }

    /// Returns the files of TLS; those of the environment are for addresses with TLS, whatever the address is.
    fn trust(
        &self,
        connection: &Connection,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Trust>, Failure> {
        if !connection.is_tls() {
            let given = [("--ca", &self.ca), ("--certificate", &self.certificate), ("--key", &self.key)];
            let given = given.into_iter().find(|(_, file)| file.is_some());
            return given.map_or(Ok(None), |(name, _)| Err(Failure::usage(format!("{name} is for --url mqtts://"))));
        }
        let file = |own: &Option<PathBuf>, name: &str| own.clone().or_else(|| variable(name).map(PathBuf::from));
        let identity = match (file(&self.certificate, "HES_CERTIFICATE"), file(&self.key, "HES_KEY")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return Err(Failure::usage("--certificate is of no use without --key")),
            (None, Some(_)) => return Err(Failure::usage("--key is of no use without --certificate")),
        };
        Ok(Some(Trust { authority: file(&self.ca, "HES_CA"), identity }))
    }

    fn home(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<HomeId>, Failure> {
        if self.home.is_some() {
            return Ok(self.home.clone());
        }
        let home = variable("HES_HOME").map(|text| HomeId::new(&text)).transpose();
        home.map_err(|error| Failure::usage(format!("HES_HOME: {error}")))
    }
}

impl Surroundings<'_> {
    /// Takes those of the process.
    pub(crate) const fn of_process() -> Self {
        Self { variable: &|name| std::env::var(name).ok(), ask: &ask_terminal }
    }
}

fn ask_terminal(user: &str) -> Option<SecretString> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    rpassword::prompt_password(format!("Password of {user}: ")).ok().map(SecretString::from)
}

fn first_line(file: &Path) -> Result<SecretString, Failure> {
    read_password(file).map_err(|error| Failure::usage(format!("password file {error}")))
}

/// Takes any text, so that no message of the parser repeats it.
#[expect(clippy::unnecessary_wraps, reason = "a parser could fail")]
pub(super) fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text.to_owned()))
}

/// Reads a span of time: `500ms`, `10s`, `2m`, or a number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "a time is written 500ms, 10s or 2m";
    let digits = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).ok_or(FORM)?;
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        _ => return Err(FORM),
    };
    let number: f64 = number.parse().map_err(|_not_a_number| FORM)?;
    let span = Duration::try_from_secs_f64(number * seconds).map_err(|_too_long| FORM)?;
    let limits = Duration::from_millis(100)..=Duration::from_secs(600);
    if limits.contains(&span) { Ok(span) } else { Err("a time is from 100ms to 10m") }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::Exit;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        connect: ConnectArgs,
    }

    fn args(line: &[&str]) -> ConnectArgs {
        Line::try_parse_from([&["x"], line].concat()).unwrap().connect
    }

    fn shown(line: &[&str], environment: &[(&str, &str)]) -> (String, bool) {
        let find = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let connection = args(line).connection(&Surroundings { variable: &find, ask: &|_| None }).unwrap();
        (format!("{connection:?}"), connection.has_password())
    }

    #[test]
    fn the_command_line_comes_before_the_environment() {
        let environment = [("HES_URL", "mqtt://env:1"), ("HES_USER", "eve"), ("HES_PASSWORD", "secret")];
        assert_eq!(shown(&[], &[]), ("mqtt://127.0.0.1:1883 as nobody".to_owned(), false));
        assert_eq!(shown(&[], &environment), ("mqtt://env:1 as eve".to_owned(), true));
        assert_eq!(shown(&["--url", "mqtt://line:2", "--user", "anna"], &environment).0, "mqtt://line:2 as anna");
        assert_eq!(shown(&["--url", "mqtt://anna:x@line:2"], &environment).0, "mqtt://line:2 as anna");
    }

    #[test]
    fn files_of_tls_go_with_an_address_with_tls_and_two_of_them_together() {
        let complaint = |line: &[&str]| {
            let failure = args(line).connection(&Surroundings { variable: &|_| None, ask: &|_| None }).err();
            failure.and_then(|failure| failure.line)
        };
        assert_eq!(complaint(&["--ca", "a"]).as_deref(), Some("--ca is for --url mqtts://"));
        let tls = ["--url", "mqtts://host"];
        assert_eq!(complaint(&tls), None);
        assert_eq!(complaint(&[&tls[..], &["--ca", "a", "--certificate", "b", "--key", "c"]].concat()), None);
        let half = complaint(&[&tls[..], &["--certificate", "b"]].concat());
        assert_eq!(half.as_deref(), Some("--certificate is of no use without --key"));
        assert_eq!(shown(&[], &[("HES_URL", "mqtts://host"), ("HES_CA", "a")]).0, "mqtts://host:8883 as nobody");
        assert_eq!(shown(&[], &[("HES_CA", "a")]).0, "mqtt://127.0.0.1:1883 as nobody");
    }

    #[test]
    fn an_empty_variable_is_none() {
        assert_eq!(shown(&[], &[("HES_URL", ""), ("HES_USER", "")]).0, "mqtt://127.0.0.1:1883 as nobody");
    }

    #[test]
    fn options_behind_the_command_come_before_those_in_front() {
        let behind = args(&["--user", "anna"]);
        let merged = behind.or(&args(&["--user", "eve", "--timeout", "5s", "--json"]));
        assert_eq!((merged.user.as_deref(), merged.timeout), (Some("anna"), Some(Duration::from_secs(5))));
        assert!(merged.is_json() && merged.is_given() && !args(&[]).is_given());
    }

    #[test]
    fn a_password_file_that_cannot_be_read_is_named() {
        let failure = first_line(Path::new("/nowhere")).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.line.unwrap().contains("/nowhere"));
    }

    #[test]
    fn a_person_is_asked_only_for_a_password_that_is_missing() {
        let ask = |_: &str| Some(SecretString::from("typed".to_owned()));
        let has_password = |line: &[&str]| {
            let surroundings = Surroundings { variable: &|_| None, ask: &ask };
            args(line).connection(&surroundings).unwrap().has_password()
        };
        assert!(has_password(&["--user", "anna"]));
        assert!(!has_password(&[]));
    }

    #[test]
    fn no_message_repeats_a_password() {
        let args = args(&["--url", "wss://anna:secret@host"]);
        assert!(!format!("{args:?}").contains("secret"));
        let failure = args.connection(&Surroundings { variable: &|_| None, ask: &|_| None }).unwrap_err();
        assert!(!failure.line.unwrap().contains("secret"));
    }

    #[test]
    fn reads_spans_of_time() {
        for (text, expect) in [("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1.5", 1_500)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(expect)), "{text}");
        }
        for text in ["", "s", "10h", "-1s", "1e9", "0", "11m", "nan", "1é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
