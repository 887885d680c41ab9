//! The way out of a refusal: names that are close, values that would fit.

use hes_schemas::{
    DataType, Datum, PropertyDocument, Symbol,
    message::{Listing, Outcome},
};

use super::render::visible;

/// How many names are suggested.
const SUGGESTIONS: usize = 3;

/// Says whether a hint could help with an outcome, so that the devices are worth asking for.
pub(crate) fn is_wanted(outcome: &Outcome) -> bool {
    outcome.error.is_some_and(|error| matches!(error, Symbol::Unknown | Symbol::BadValue | Symbol::ReadOnly))
}

/// Returns what would help with an outcome, from the devices that the account may see.
pub(crate) fn of_outcome(outcome: &Outcome, listings: &[Listing]) -> Option<String> {
    let error = outcome.error?;
    if error == Symbol::Unknown {
        return unknown(&outcome.target, listings);
    }
    if error == Symbol::Unsafe {
        return Some("what is dangerous wants --timeout 10s or less".to_owned());
    }
    if error == Symbol::Unconfirmed {
        return Some("to do it: hes-bridge set --yes".to_owned());
    }
    let (listing, property) = find(&outcome.target, listings)?;
    let property = property?;
    let document = listing.document.properties.get(property)?;
    if error == Symbol::BadValue {
        let fitting = fitting(document);
        // the gateway may have said so itself
        let is_known = outcome.detail.as_ref().is_some_and(|detail| detail.contains(&fitting));
        return (!is_known).then(|| format!("{property} takes {fitting}"));
    }
    if error == Symbol::ReadOnly {
        let writable = listing.document.properties.iter().filter(|(_, document)| !document.read_only);
        let names = list(writable.map(|(name, _)| name.as_str()));
        return (!names.is_empty()).then(|| format!("to be written: {names}"));
    }
    None
}

/// Finds the device that a target names, by address or by name, and the property behind it.
fn find<'l, 't>(target: &'t str, listings: &'l [Listing]) -> Option<(&'l Listing, Option<&'t str>)> {
    let is_named = |listing: &&Listing, text: &str| {
        let own = text.strip_prefix(listing.home.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text);
        *listing.document.name == *text || address(listing) == own
    };
    let by = |text: &str| listings.iter().find(|listing| is_named(listing, text));
    if let Some(listing) = by(target) {
        return Some((listing, None));
    }
    let (device, property) = target.rsplit_once('/')?;
    by(device).map(|listing| (listing, Some(property)))
}

fn unknown(target: &str, listings: &[Listing]) -> Option<String> {
    if let Some((listing, Some(property))) = find(target, listings) {
        let names = || listing.document.properties.keys().map(|name| name.as_str());
        let device = target.strip_suffix(property)?;
        let close = Close::to(property, names());
        return Some(if close.names.is_empty() {
            format!("it has {}", list(names()))
        } else {
            format!("did you mean {}?", list(close.names.iter().map(|name| format!("{device}{name}"))))
        });
    }
    if let Some(home) = other_home(target, listings) {
        return Some(format!("{home} shows you no devices: hes-bridge federation list, and peer list for the link"));
    }
    let names: Vec<String> =
        listings.iter().flat_map(|listing| [address(listing), listing.document.name.to_string()]).collect();
    let names = || names.iter().map(String::as_str);
    let (device, property) = target.rsplit_once('/').unwrap_or((target, ""));
    let (whole, part) = (Close::to(target, names()), Close::to(device, names()));
    let meant: Vec<String> = if part.distance < whole.distance {
        part.names.iter().map(|name| format!("{name}/{property}")).collect()
    } else {
        whole.names.iter().map(|name| (*name).to_owned()).collect()
    };
    if meant.is_empty() {
        return Some("what there is: hes-bridge devices".to_owned());
    }
    Some(format!("did you mean {}?", list(meant.iter())))
}

/// Returns the home before a target, if it is none that shows anything, nor a slip of the pen, and a cluster follows.
fn other_home<'t>(target: &'t str, listings: &[Listing]) -> Option<&'t str> {
    let (home, rest) = target.split_once('/')?;
    let (cluster, _) = rest.split_once('/')?;
    let is_cluster = listings.iter().any(|listing| listing.cluster.as_str() == cluster);
    let known = listings.iter().flat_map(|listing| [listing.home.as_str(), listing.cluster.as_str()]);
    (is_cluster && Close::to(home, known).names.is_empty()).then_some(home)
}

fn address(listing: &Listing) -> String {
    format!("{}/{}", listing.cluster, listing.device)
}

/// The names that a mistyped one may have meant.
struct Close<'n> {
    /// How far they are away.
    distance: usize,
    names: Vec<&'n str>,
}

impl<'n> Close<'n> {
    fn to(wanted: &str, names: impl Iterator<Item = &'n str>) -> Self {
        let wanted = wanted.to_lowercase();
        let most = (wanted.chars().count() / 3).max(1);
        let ranked: Vec<(usize, &str)> = names.map(|name| (distance(&wanted, &name.to_lowercase()), name)).collect();
        let nearest = ranked.iter().map(|(distance, _)| *distance).min().filter(|distance| *distance <= most);
        let Some(nearest) = nearest else { return Self { distance: usize::MAX, names: Vec::new() } };
        let mut names: Vec<&str> = ranked.into_iter().filter(|it| it.0 == nearest).map(|it| it.1).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(SUGGESTIONS);
        Self { distance: nearest, names }
    }
}

/// Counts the signs to be inserted, removed or replaced to turn one text into another.
///
/// Source: Levenshtein, 1966; row by row as Wagner and Fischer did it in 1974.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, sign) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, facing) in row.iter_mut().skip(1).zip(other.chars()) {
            let replaced = diagonal + usize::from(sign != facing);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Says which values a property takes.
pub(crate) fn fitting(document: &PropertyDocument) -> String {
    if !document.choices.is_empty() {
        return format!("one of {}", list(document.choices.iter().map(plain)));
    }
    let own = match document.data_type {
        DataType::Boolean => "true or false".to_owned(),
        DataType::Integer => format!("a whole number{}", range(document)),
        DataType::Number => format!("a number{}", range(document)),
        DataType::String => "a text".to_owned(),
        DataType::Object => format!("a map with {}", list(document.properties.keys())),
        DataType::Array => "a list".to_owned(),
        DataType::Null => "nothing".to_owned(),
    };
    match document.presets.len() {
        0 => own,
        _ => format!("{own}, or one of {}", list(document.presets.keys())),
    }
}

fn range(document: &PropertyDocument) -> String {
    let unit = document.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let step = document.multiple_of.map(|step| format!(" in steps of {step}")).unwrap_or_default();
    match (document.minimum, document.maximum) {
        (Some(least), Some(most)) => format!(" from {least} to {most}{unit}{step}"),
        (Some(least), None) => format!(" from {least}{unit}{step}"),
        (None, Some(most)) => format!(" up to {most}{unit}{step}"),
        (None, None) => step,
    }
}

fn plain(datum: &Datum) -> String {
    datum.as_text().map_or_else(|| datum.to_string(), str::to_owned)
}

fn list(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    names.map(|name| visible(name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use hes_schemas::{Fault, Status};

    use super::{super::sample::listing, *};

    fn check(symbol: Symbol, target: &str, expect: &str) {
        let listings = [listing("lamp", "Kitchen bulb"), listing("plug", "Garage plug")];
        let outcome =
            Outcome { target: target.to_owned(), status: symbol.status(), error: Some(symbol), ..Outcome::default() };
        assert!(is_wanted(&outcome));
        assert_eq!(of_outcome(&outcome, &listings).as_deref(), Some(expect), "{target}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_close_ones() {
        check(Symbol::Unknown, "zigbee/lmp/on", "did you mean zigbee/lamp/on?");
        check(Symbol::Unknown, "zigbe/lamp", "did you mean zigbee/lamp?");
        check(Symbol::Unknown, "Kitchen blub/on", "did you mean Kitchen bulb/on?");
        check(Symbol::Unknown, "kitchen bulb", "did you mean Kitchen bulb?");
        check(Symbol::Unknown, "zigbee/lamp/brightnes", "did you mean zigbee/lamp/brightness?");
        check(Symbol::Unknown, "Garage plug/onn", "did you mean Garage plug/on?");
        check(Symbol::Unknown, "oak/zigbee/lamp/colour", "did you mean oak/zigbee/lamp/color?");
    }

    #[test]
    fn a_name_that_is_close_to_none_is_answered_with_what_there_is() {
        check(Symbol::Unknown, "zigbee/lamp/temperature", "it has brightness, color, effect, linkquality, on");
        check(Symbol::Unknown, "sauna", "what there is: hes-bridge devices");
        let hint = "elm shows you no devices: hes-bridge federation list, and peer list for the link";
        check(Symbol::Unknown, "elm/zigbee/lamp/on", hint);
        check(Symbol::Unknown, "oal/zigbee/lamp", "did you mean zigbee/lamp?");
    }

    #[test]
    fn a_value_that_does_not_fit_is_answered_with_what_would() {
        check(Symbol::BadValue, "zigbee/lamp/brightness", "brightness takes a number from 0 to 100 %");
        check(Symbol::BadValue, "Kitchen bulb/on", "on takes true or false");
        check(Symbol::BadValue, "zigbee/lamp/effect", "effect takes one of blink, breathe");
        check(Symbol::BadValue, "zigbee/lamp/color", "color takes a map with x, y");
        check(Symbol::ReadOnly, "zigbee/lamp/linkquality", "to be written: brightness, color, effect, on");
    }

    #[test]
    fn nothing_is_said_twice() {
        let mut outcome = Outcome::failed(Fault::new(Symbol::BadValue, "400 does not fit a number from 0 to 100 %"));
        outcome.target = "zigbee/lamp/brightness".to_owned();
        assert_eq!(of_outcome(&outcome, &[listing("lamp", "Kitchen bulb")]), None);
    }

    #[test]
    fn other_outcomes_want_no_hint() {
        let outcome = Outcome { status: Status::Timeout, error: Some(Symbol::NotConfirmed), ..Outcome::default() };
        assert!(!is_wanted(&outcome) && !is_wanted(&Outcome::default()));
    }

    #[test]
    fn distances_are_counted_in_signs() {
        for (one, other, expect) in [("", "", 0), ("", "ab", 2), ("lamp", "lmp", 1), ("été", "ete", 2), ("ab", "ba", 2)]
        {
            assert_eq!(distance(one, other), expect, "{one} {other}");
            assert_eq!(distance(other, one), expect, "{other} {one}");
        }
    }
}
