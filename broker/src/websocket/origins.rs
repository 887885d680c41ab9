//! From which pages a browser may connect.

use std::net::IpAddr;

/// Anywhere.
const ANY: &str = "*";

/// The origins that are permitted, see [`crate::Door::origins`].
#[derive(Debug)]
pub(crate) struct Origins {
    listed: Vec<String>,
    /// Whether a page may come from a host that has a name, not only from one in digits.
    may_have_name: bool,
}

impl Origins {
    /// Makes the rule of a door.
    pub(crate) const fn new(listed: Vec<String>, anonymous: bool) -> Self {
        Self { listed, may_have_name: !anonymous }
    }

    /// Says whether a page from there may connect to a host.
    pub(super) fn permit(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        self.listed.iter().any(|listed| listed == ANY || listed.eq_ignore_ascii_case(origin))
            || host.is_some_and(|host| self.is_same(origin, host))
    }

    fn is_same(&self, origin: &str, host: &str) -> bool {
        let place = origin.split_once("://").map(|(_, place)| place);
        place.is_some_and(|place| place.eq_ignore_ascii_case(host)) && (self.may_have_name || is_fixed(host))
    }
}

/// Says whether a host with a port cannot be made to mean another machine by a name server.
fn is_fixed(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listed: &[&str], anonymous: bool, origin: Option<&str>, host: &str, expect: bool) {
        let origins = Origins::new(listed.iter().map(|origin| (*origin).to_owned()).collect(), anonymous);
        assert_eq!(origins.permit(origin, Some(host)), expect, "{listed:?} {origin:?} {host}");
    }

    #[test]
    fn lets_pages_in_from_its_own_host_and_those_listed() {
        for (listed, origin, expect) in [
            (&[][..], None, true),
            (&[], Some("http://gate.local:8083"), true),
            (&[], Some("http://gate.local:8084"), false),
            (&[], Some("https://elsewhere.example"), false),
            (&[], Some("null"), false),
            (&["https://elsewhere.example"], Some("https://Elsewhere.example"), true),
            (&["https://elsewhere.example"], Some("https://elsewhere.example.evil"), false),
            (&["*"], Some("null"), true),
        ] {
            check(listed, false, origin, "gate.local:8083", expect);
        }
    }

    #[test]
    fn trusts_no_name_where_nobody_is_asked_who_it_is() {
        for (origin, host, expect) in [
            ("http://evil.example:8083", "evil.example:8083", false),
            ("http://127.0.0.1:8083", "127.0.0.1:8083", true),
            ("http://[::1]:8083", "[::1]:8083", true),
            ("http://localhost:8083", "localhost:8083", true),
            ("http://localhost", "localhost", true),
        ] {
            check(&[], true, Some(origin), host, expect);
        }
    }
}
