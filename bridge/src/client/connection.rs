//! Where a client connects, as whom, and how long it waits.

use std::{fmt, time::Duration};

use hes_schemas::{ClientId, HomeId, Millis, Root};
use secrecy::SecretString;

use super::ClientError;
use crate::remote::{Remote, Trust, Way};

/// The port of MQTT without TLS, and with it.
const PORTS: (u16, u16) = (1883, 8883);

/// How long is waited unless it is said otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A broker's address, an account there, and how long to wait.
#[derive(Clone)]
pub struct Connection {
    host: String,
    port: u16,
    address: String,
    trust: Option<Trust>,
    user: Option<String>,
    password: Option<SecretString>,
    home: Option<HomeId>,
    root: Root,
    client: ClientId,
    timeout: Duration,
}

/// Says why a text is not the address of a broker; it never repeats the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It begins otherwise.
    #[error("an address begins with mqtt:// or mqtts://")]
    Scheme,
    /// It begins with the scheme of WebSocket.
    #[error("{scheme}:// is not spoken here; use mqtt:// or mqtts://")]
    Unspoken {
        /// Which.
        scheme: &'static str,
    },
    /// There is no host.
    #[error("an address names a host: mqtt://host:port")]
    Host,
    /// The port is none.
    #[error("a port is a number from 1 to 65535")]
    Port,
    /// Something follows the port.
    #[error("an address ends after its port: mqtt://host:port")]
    Path,
    /// The user or the password holds a `%` without two digits after it, or is not UTF-8.
    #[error("in a user or password, % is written %25 and other signs as % and two digits")]
    Escape,
}

impl Connection {
    /// Reads an address: `mqtt://[user[:password]@]host[:port]`, or with TLS `mqtts://`.
    ///
    /// The client gets an id of its own by chance.
    ///
    /// # Errors
    /// [`UrlError`] with the rule that the text breaks.
    ///
    /// Source: RFC 3986, 3.2.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        let (is_tls, rest) = after_scheme(url)?;
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, rest),
        };
        let (user, password) = match credentials.map(|it| it.split_once(':').unwrap_or((it, ""))) {
            Some((user, password)) => (non_empty(decoded(user)?), non_empty(decoded(password)?)),
            None => (None, None),
        };
        let (host, port) = host_and_port(place, if is_tls { PORTS.1 } else { PORTS.0 })?;
        Ok(Self {
            address: format!("{host}:{port}"),
            host,
            port,
            trust: is_tls.then(Trust::default),
            user,
            password: password.map(SecretString::from),
            home: None,
            root: Root::default(),
            client: chance_id(),
            timeout: TIMEOUT,
        })
    }

    /// Connects as another user.
    #[must_use]
    pub fn with_user(self, user: String) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Connects with another password.
    #[must_use]
    pub fn with_password(self, password: SecretString) -> Self {
        Self { password: Some(password), ..self }
    }

    /// Trusts others, and shows who we are, if TLS is spoken.
    #[must_use]
    pub fn with_trust(self, trust: Trust) -> Self {
        Self { trust: self.trust.and(Some(trust)), ..self }
    }

    /// Says whether TLS is spoken.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.trust.is_some()
    }

    /// Asks this home, whichever are announced.
    #[must_use]
    pub fn with_home(self, home: HomeId) -> Self {
        Self { home: Some(home), ..self }
    }

    /// Connects under this client id.
    #[must_use]
    pub fn with_client(self, client: ClientId) -> Self {
        Self { client, ..self }
    }

    /// Waits so long for the connection, and lets requests act so long.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Returns host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the user, if there is one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Says whether there is a password.
    #[must_use]
    pub const fn has_password(&self) -> bool {
        self.password.is_some()
    }

    pub(super) const fn home(&self) -> Option<&HomeId> {
        self.home.as_ref()
    }

    pub(super) const fn root(&self) -> &Root {
        &self.root
    }

    pub(super) const fn client(&self) -> &ClientId {
        &self.client
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn ttl(&self) -> Millis {
        Millis::new(u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// # Errors
    /// [`ClientError::Tls`] if there is TLS to be spoken and no socket for it.
    pub(super) fn way(&self) -> Result<Way, ClientError> {
        let password = self.password.clone().unwrap_or_else(|| SecretString::from(String::new()));
        let credentials = self.user.clone().map(|user| (user, password));
        let remote = Remote::new(self.host.clone(), self.port, credentials);
        let remote = self.trust.iter().cloned().fold(remote, Remote::with_tls);
        remote.way().map_err(|fault| ClientError::Tls { address: self.address.clone(), fault })
    }
}

/// Never shows the password.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls() { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{} as {}", self.address, self.user.as_deref().unwrap_or("nobody"))
    }
}

/// Returns whether TLS is spoken, and the rest.
fn after_scheme(url: &str) -> Result<(bool, &str), UrlError> {
    let (scheme, rest) = url.split_once("://").ok_or(UrlError::Scheme)?;
    match scheme {
        "mqtt" | "tcp" => Ok((false, rest)),
        "mqtts" | "ssl" => Ok((true, rest)),
        "ws" => Err(UrlError::Unspoken { scheme: "ws" }),
        "wss" => Err(UrlError::Unspoken { scheme: "wss" }),
        _ => Err(UrlError::Scheme),
    }
}

fn host_and_port(place: &str, usual: u16) -> Result<(String, u16), UrlError> {
    let place = place.strip_suffix('/').unwrap_or(place);
    if place.contains(['/', '?', '#']) {
        return Err(UrlError::Path);
    }
    let after_host = place.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match place.get(after_host..).and_then(|tail| tail.rfind(':')) {
        Some(colon) => (place.get(..after_host + colon), place.get(after_host + colon + 1..)),
        None => (Some(place), None),
    };
    let host = host.filter(|host| !host.is_empty()).ok_or(UrlError::Host)?;
    let port = match port {
        None | Some("") => usual,
        Some(text) => text.parse().ok().filter(|port| *port > 0).ok_or(UrlError::Port)?,
    };
    Ok((host.to_owned(), port))
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Reads a part of a URL in which signs may be written as `%` and two digits.
///
/// Source: RFC 3986, 2.1.
fn decoded(text: &str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        if *byte != b'%' {
            bytes.push(*byte);
            rest = tail;
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2).ok_or(UrlError::Escape)?;
        let digits = std::str::from_utf8(digits).map_err(|_not_digits| UrlError::Escape)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_not_digits| UrlError::Escape)?);
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_not_text| UrlError::Escape)
}

#[expect(clippy::expect_used, reason = "hes- and hexadecimal digits are a client id")]
fn chance_id() -> ClientId {
    let chance = getrandom::u64().unwrap_or_else(|_none| u64::from(std::process::id()));
    ClientId::new(&format!("hes-{chance:016x}")).expect("a client id")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn check(url: &str, expect: (&str, Option<&str>, Option<&str>)) {
        let connection = Connection::new(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        let password = connection.password.as_ref().map(|password| password.expose_secret());
        assert_eq!((connection.address(), connection.user(), password), expect, "{url}");
    }

    #[test]
    fn reads_addresses_with_and_without_credentials() {
        check("mqtt://127.0.0.1:1883", ("127.0.0.1:1883", None, None));
        check("mqtt://gateway.local", ("gateway.local:1883", None, None));
        check("mqtt://gateway.local/", ("gateway.local:1883", None, None));
        check("mqtt://anna@host:1", ("host:1", Some("anna"), None));
        check("mqtt://anna:pass@host:18830", ("host:18830", Some("anna"), Some("pass")));
        check("mqtt://anna:it%27s%20%40home@host", ("host:1883", Some("anna"), Some("it's @home")));
        check("mqtt://anna:a@b@host", ("host:1883", Some("anna"), Some("a@b")));
        check("mqtt://[::1]:1884", ("[::1]:1884", None, None));
        check("mqtt://u:p@[::1]", ("[::1]:1883", Some("u"), Some("p")));
        check("mqtts://u:p@host", ("host:8883", Some("u"), Some("p")));
        check("mqtts://[::1]:1", ("[::1]:1", None, None));
    }

    #[test]
    fn refuses_what_is_no_address_without_repeating_it() {
        for (url, expect) in [
            ("localhost", UrlError::Scheme),
            ("http://localhost", UrlError::Scheme),
            ("ws://u:secret@host", UrlError::Unspoken { scheme: "ws" }),
            ("wss://host", UrlError::Unspoken { scheme: "wss" }),
            ("mqtt://", UrlError::Host),
            ("mqtt://u:secret@", UrlError::Host),
            ("mqtt://host:0", UrlError::Port),
            ("mqtt://host:port", UrlError::Port),
            ("mqtt://host:65536", UrlError::Port),
            ("mqtt://host/topic", UrlError::Path),
            ("mqtt://u:100%@host", UrlError::Escape),
            ("mqtt://u:%zz@host", UrlError::Escape),
            ("mqtt://u:%ff@host", UrlError::Escape),
        ] {
            let error = Connection::new(url).expect_err(url);
            assert_eq!(error, expect, "{url}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn never_shows_a_password() {
        let connection = Connection::new("mqtt://anna:secret@host").expect("an address");
        assert_eq!(format!("{connection:?}"), "mqtt://host:1883 as anna");
        let connection = Connection::new("mqtts://anna:secret@host").expect("an address");
        assert_eq!(format!("{connection:?}"), "mqtts://host:8883 as anna");
    }

    #[test]
    fn two_clients_have_two_ids() {
        let id = || Connection::new("mqtt://host").expect("an address").client;
        assert_ne!(id(), id());
    }
}
