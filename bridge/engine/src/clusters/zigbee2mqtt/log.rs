//! The log lines in which the bridge tells of commands that failed; it has no other way.

use crate::cluster::Verb;

/// Whom a line blames, if there is a device of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blame<'l> {
    pub(super) name: &'l str,
    /// The property, without its endpoint.
    pub(super) native: Option<&'l str>,
    /// What failed, where the line says so.
    pub(super) verb: Option<Verb>,
    pub(super) reason: &'l str,
}

/// Returns whom a line may blame, the shortest name first, since a name may hold any character.
///
/// Limits: 8 names.
pub(super) fn blames(line: &str) -> Vec<Blame<'_>> {
    let line = line.strip_prefix("z2m: ").unwrap_or(line);
    if let Some((verb, native, rest)) = line.strip_prefix("Publish '").and_then(publish) {
        let blame = |(name, reason)| Blame { name, native: Some(native), verb, reason: bare(reason) };
        return splits(rest, "' failed: ").map(blame).collect();
    }
    let whole = |name, native| Blame { name, native, verb: None, reason: line };
    if let Some((native, rest)) =
        line.strip_prefix("No converter available for '").and_then(|rest| rest.split_once("' on '"))
    {
        return splits(rest, "'").map(|(name, _)| whole(name, Some(native))).collect();
    }
    if let Some(rest) = line.strip_prefix("Device '") {
        return splits(rest, "' has no endpoint").map(|(name, _)| whole(name, None)).collect();
    }
    let unknown = line.strip_prefix("Entity '").and_then(|rest| rest.strip_suffix("' is unknown"));
    let unsupported = || line.strip_prefix("Cannot publish to unsupported device '")?.strip_suffix('\'');
    unknown.or_else(unsupported).map(|name| whole(name, None)).into_iter().collect()
}

/// Reads `set' 'state' to 'plug' failed: ...` up to the name.
fn publish(rest: &str) -> Option<(Option<Verb>, &str, &str)> {
    let (verb, rest) = rest.split_once("' '")?;
    let (native, rest) = rest.split_once("' to '")?;
    let verb = match verb {
        "get" => Some(Verb::Get),
        "set" => Some(Verb::Set),
        _ => None,
    };
    Some((verb, native, rest))
}

fn splits<'l>(text: &'l str, mark: &'l str) -> impl Iterator<Item = (&'l str, &'l str)> {
    const ENOUGH: usize = 8;
    text.match_indices(mark).take(ENOUGH).filter_map(move |(index, _)| {
        let (before, rest) = text.split_at_checked(index)?;
        Some((before, rest.strip_prefix(mark)?))
    })
}

/// Takes a reason out of its quotes and its class.
fn bare(reason: &str) -> &str {
    let reason = reason.trim();
    let inner = reason.strip_prefix('\'').and_then(|reason| reason.strip_suffix('\'')).unwrap_or(reason);
    inner.strip_prefix("Error: ").unwrap_or(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, name: &str, verb: Option<Verb>, native: Option<&str>, reason: &str) {
        assert!(blames(line).contains(&Blame { name, native, verb, reason }), "{line}: {:?}", blames(line));
    }

    #[test]
    fn a_failed_command_names_its_device_its_property_and_the_reason() {
        check(
            "z2m: Publish 'set' 'state' to 'plug' failed: 'Error: ZCL command 0x1/1 genOnOff.on({}, {\"a\":1}) failed (Delivery failed)'",
            "plug",
            Some(Verb::Set),
            Some("state"),
            "ZCL command 0x1/1 genOnOff.on({}, {\"a\":1}) failed (Delivery failed)",
        );
        check("Publish 'get' 'state' to 'a/b' failed: 'timeout'", "a/b", Some(Verb::Get), Some("state"), "timeout");
    }

    #[test]
    fn a_name_may_hold_what_looks_like_the_end() {
        let line = "z2m: Publish 'set' 'state' to 'x' failed: y' failed: 'Error: no'";
        check(line, "x", Some(Verb::Set), Some("state"), "y' failed: 'Error: no'");
        check(line, "x' failed: y", Some(Verb::Set), Some("state"), "no");
    }

    #[test]
    fn a_missing_converter_and_a_missing_endpoint_are_failures_too() {
        let line = "No converter available for 'nosuch' on 'kitchen/bulb': (1)";
        check(&format!("z2m: {line}"), "kitchen/bulb", None, Some("nosuch"), line);
        let line = "Device 'plug' has no endpoint 'left'";
        check(line, "plug", None, None, line);
        let line = "Cannot publish to unsupported device 'plug'";
        check(line, "plug", None, None, line);
        let line = "Entity 'nosuch' is unknown";
        check(line, "nosuch", None, None, line);
    }

    #[test]
    fn other_lines_blame_nobody() {
        for line in
            ["Invalid message 'undefined', skipping...", "zh:controller: Publish", "", "Publish 'set'", "Entity '"]
        {
            assert_eq!(blames(line), [], "{line}");
        }
    }
}
