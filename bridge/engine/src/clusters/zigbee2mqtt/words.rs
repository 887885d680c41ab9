//! The words of switches and choices: which of two means true, and which choices are the vocabulary's own.

use hes_schemas::{DataType, Datum, vocabulary::Term};

use super::expose::Binary;

/// What a word speaks of, and which side of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Truth(bool),
    Locked(bool),
    Open(bool),
    Low(bool),
}

/// Says which term a switch named only `state` stands for, by its words: ON, OPEN or LOCK.
pub(super) fn term_of_state(binary: &Binary) -> Option<&'static str> {
    match (sense(&binary.on), &binary.on) {
        (Some(Sense::Truth(_)), _) | (None, Datum::Bool(_)) => Some("on"),
        (Some(Sense::Locked(_)), _) => Some("locked"),
        (Some(Sense::Open(_)), _) => Some("valve_open"),
        (Some(Sense::Low(_)) | None, _) => None,
    }
}

/// Returns the translation of a switch to a boolean term; nothing if its words do not speak of what the term means.
///
/// Two booleans are themselves, whatever is called on: `contact` is reported false when it is open, and false is open here.
pub(super) fn switch(binary: &Binary, term: Option<&Term>) -> Option<Box<[(Datum, Datum)]>> {
    if matches!((&binary.on, &binary.off), (Datum::Bool(_), Datum::Bool(_))) {
        return Some(Box::default());
    }
    let on = match term {
        Some(term) => truth(&binary.on, term)?,
        None => !matches!(sense(&binary.on), Some(Sense::Truth(false))),
    };
    Some([(binary.on.clone(), Datum::Bool(on)), (binary.off.clone(), Datum::Bool(!on))].into())
}

fn truth(word: &Datum, term: &Term) -> Option<bool> {
    match (term.name.as_str(), sense(word)) {
        ("contact", Some(Sense::Open(open))) => Some(!open),
        ("contact" | "on" | "locked", Some(Sense::Low(_)) | None) | ("contact", _) => None,
        (_, Some(Sense::Truth(side) | Sense::Locked(side) | Sense::Open(side) | Sense::Low(side))) => Some(side),
        (_, None) => Some(true),
    }
}

fn sense(word: &Datum) -> Option<Sense> {
    let word = word.as_text()?.to_ascii_lowercase();
    Some(match word.as_str() {
        "on" | "true" | "enable" | "enabled" | "yes" => Sense::Truth(true),
        "off" | "false" | "disable" | "disabled" | "no" => Sense::Truth(false),
        "lock" | "lock1" | "locked" => Sense::Locked(true),
        "unlock" | "unlocked" => Sense::Locked(false),
        "open" | "opened" => Sense::Open(true),
        "close" | "closed" => Sense::Open(false),
        "low" => Sense::Low(true),
        "normal" => Sense::Low(false),
        _ => return None,
    })
}

/// Returns the translation of choices to a term's; nothing if they are no texts.
///
/// A choice that the term knows in lower case becomes that (`OPEN`, `open`); all others stay byte for byte.
pub(super) fn choices(values: &[Datum], term: &Term) -> Option<Box<[(Datum, Datum)]>> {
    if !term.admits(DataType::String) || values.iter().any(|value| value.as_text().is_none()) {
        return None;
    }
    let lowered = values.iter().filter_map(|value| {
        let text = value.as_text()?;
        let lower = text.to_ascii_lowercase();
        let is_known = lower != text && term.choices.iter().any(|choice| **choice == *lower);
        (is_known && !values.contains(&Datum::text(&lower))).then(|| (value.clone(), Datum::text(&lower)))
    });
    let words: Vec<(Datum, Datum)> = lowered.collect();
    let is_apart =
        words.iter().enumerate().all(|(index, (_, word))| words.iter().skip(index + 1).all(|(_, other)| other != word));
    Some(if is_apart { words.into() } else { Box::default() })
}

#[cfg(test)]
mod tests {
    use hes_schemas::vocabulary::vocabulary;

    use super::*;

    fn check(term: Option<&str>, on: &str, off: &str, expect: Option<bool>) {
        let term = term.map(|name| vocabulary().term(name).unwrap());
        let words = switch(&Binary { on: on.into(), off: off.into(), toggle: None }, term);
        let value_of_on = words.map(|words| words[0].1 == Datum::Bool(true));
        assert_eq!(value_of_on, expect, "{term:?} {on}/{off}");
    }

    #[test]
    fn the_word_decides_what_is_true() {
        check(Some("on"), "ON", "OFF", Some(true));
        check(Some("locked"), "LOCK", "UNLOCK", Some(true));
        check(Some("child_lock"), "UNLOCK", "LOCK", Some(false));
        check(Some("window_open"), "CLOSE", "OPEN", Some(false));
        check(Some("contact"), "CLOSED", "OPEN", Some(true));
        check(Some("eco_mode"), "OFF", "ON", Some(false));
        check(Some("battery_low"), "Low", "Normal", Some(true));
        check(Some("alarm"), "START", "OFF", Some(true));
        check(None, "AUTO", "MANUAL", Some(true));
        check(None, "OFF", "ON", Some(false));
    }

    #[test]
    fn words_that_do_not_speak_of_the_term_are_no_translation() {
        check(Some("contact"), "ON", "OFF", None);
        check(Some("on"), "preparation", "work", None);
    }

    #[test]
    fn booleans_are_themselves_even_if_on_is_false() {
        let contact = Binary { on: Datum::Bool(false), off: Datum::Bool(true), toggle: None };
        assert_eq!(switch(&contact, vocabulary().term("contact")), Some(Box::default()));
    }

    #[test]
    fn choices_of_the_vocabulary_are_lower_case_and_others_stay() {
        let term = vocabulary().term("cover_command").unwrap();
        let values = ["OPEN", "CLOSE", "STOP", "LOCK 1"].map(Datum::text);
        let words = choices(&values, term).unwrap();
        assert_eq!(words.len(), 3);
        assert_eq!(words[2], (Datum::text("STOP"), Datum::text("stop")));
        assert_eq!(choices(&["OPEN", "open"].map(Datum::text), term), Some(Box::default()));
        assert_eq!(choices(&[Datum::Integer(1)], term), None);
    }
}
