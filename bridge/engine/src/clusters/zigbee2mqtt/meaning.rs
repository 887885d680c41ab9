//! What a property means: its term in the vocabulary, if type and unit fit, and the way there.

use hes_schemas::{
    DataType, Datum, Safety,
    vocabulary::{Term, vocabulary},
};

use super::{
    conversion::{Conversion, Linear, Rule},
    expose::{Access, Expose, Numeric, What},
    leaf::Leaf,
    unit::{self, Scale},
    words,
};

/// The term of a property, and how its values are translated.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Meaning {
    pub(super) term: Option<&'static Term>,
    pub(super) conversion: Conversion,
}

/// Finds out what a property means; without a term its values keep their units.
pub(super) fn meaning(leaf: &Leaf) -> Meaning {
    let of_term = term(leaf).and_then(|term| Some(Meaning { term: Some(term), conversion: conversion(leaf, term)? }));
    of_term.unwrap_or_else(|| Meaning { term: None, conversion: plain(&leaf.expose) })
}

/// The property decides if it was named on purpose: a switch `state` that is `window_detection` detects windows.
fn term(leaf: &Leaf) -> Option<&'static Term> {
    let Leaf { family, expose } = leaf;
    let is_named_after_feature =
        bare_property(expose) == &*expose.name || leaf.is_color() || family.as_deref() == Some("fan");
    let native = if is_named_after_feature { &*expose.name } else { bare_property(expose) };
    let term = match family {
        Some(family) => vocabulary().by_zigbee2mqtt_name(&format!("{family}.{native}")),
        None => vocabulary().by_zigbee2mqtt_name(native),
    }?;
    if let (What::Binary(binary), "on") = (&expose.what, term.name.as_str()) {
        return vocabulary().term(words::term_of_state(binary)?);
    }
    Some(term)
}

/// Returns the property without its endpoint.
pub(super) fn bare_property(expose: &Expose) -> &str {
    let endpoint = expose.endpoint.as_deref().unwrap_or_default();
    let bare = expose.property.strip_suffix(endpoint).and_then(|bare| bare.strip_suffix('_'));
    bare.filter(|bare| !endpoint.is_empty() && !bare.is_empty()).unwrap_or(&expose.property)
}

/// Returns the way to a term; nothing if type or unit do not fit.
fn conversion(leaf: &Leaf, term: &Term) -> Option<Conversion> {
    match &leaf.expose.what {
        What::Binary(binary) if term.admits(DataType::Boolean) => {
            Some(Conversion::new(words::switch(binary, Some(term))?, Rule::Same))
        }
        What::Numeric(numeric) if term.admits(DataType::Number) => {
            Some(Conversion::new(presets(numeric), rule(&leaf.expose, numeric, term)?))
        }
        What::Enum(values) => Some(Conversion::new(words::choices(values, term)?, Rule::Same)),
        What::Text if term.admits(DataType::String) => Some(Conversion::default()),
        What::Composite(fields) if term.admits(DataType::Object) => {
            let names = fields.iter().map(|field| field.name.clone()).collect();
            Some(Conversion::new(Box::default(), if leaf.is_color() { Rule::Fields(names) } else { Rule::Same }))
        }
        What::List(_) if term.admits(DataType::Array) => Some(Conversion::default()),
        What::Binary(_) | What::Numeric(_) | What::Text | What::Composite(_) | What::List(_) => None,
        What::Family(..) | What::Any => None,
    }
}

/// Returns the translation of what has no term: only into the types of the data model.
fn plain(expose: &Expose) -> Conversion {
    match &expose.what {
        What::Binary(binary) => Conversion::new(words::switch(binary, None).unwrap_or_default(), Rule::Same),
        What::Numeric(numeric) => Conversion::new(presets(numeric), Rule::Same),
        What::Enum(_) | What::Text | What::Composite(_) | What::List(_) | What::Family(..) | What::Any => {
            Conversion::default()
        }
    }
}

/// A preset outside of the range is a word rather than a number: 65535 mired is no colour but `previous`.
fn presets(numeric: &Numeric) -> Box<[(Datum, Datum)]> {
    let mut words: Vec<(Datum, Datum)> = Vec::new();
    for (name, value) in &numeric.presets {
        let word = Datum::text(name);
        if !numeric.holds(value) && !words.iter().any(|(native, common)| native == value || *common == word) {
            words.push((value.clone(), word));
        }
    }
    words.into()
}

fn rule(expose: &Expose, numeric: &Numeric, term: &Term) -> Option<Rule> {
    let native = expose.unit.as_deref().and_then(unit::canonical);
    match (native, term.unit.as_deref()) {
        (None, None | Some("°C")) => Some(Rule::Same),
        (Some("mired"), Some("K")) => Some(Rule::Mired),
        (None, Some("%")) => percent(expose.access, numeric, term),
        (Some("%"), None) if term.maximum == Some(1.0) => {
            Some(linear(Scale { factor: 0.01, offset: 0.0 }, decimals(expose.access, numeric)))
        }
        (Some(from), Some(to)) => {
            let scale = unit::scale(from, to)?;
            // a difference of temperatures has no zero to move
            let offset = if term.name.as_str() == "temperature_calibration" { 0.0 } else { scale.offset };
            Some(linear(Scale { offset, ..scale }, decimals(expose.access, numeric)))
        }
        (Some(_) | None, None | Some(_)) => None,
    }
}

/// Without a unit the range is the whole: 0..254 is 0..100 %. A reading without a range is taken for percent.
fn percent(access: Access, numeric: &Numeric, term: &Term) -> Option<Rule> {
    match (numeric.minimum, numeric.maximum) {
        (Some(least), Some(most)) if least >= 0.0 && most > 0.0 => {
            Some(linear(Scale { factor: 100.0 / most, offset: 0.0 }, numeric.step.map_or(0, step_decimals)))
        }
        (Some(least), Some(_)) if least < 0.0 => Some(Rule::Same),
        (None, None) if !access.is_settable() && term.safety == Safety::S0 => Some(Rule::Same),
        _ => None,
    }
}

fn linear(scale: Scale, decimals: i32) -> Rule {
    if scale == (Scale { factor: 1.0, offset: 0.0 }) { Rule::Same } else { Rule::Linear(Linear::new(scale, decimals)) }
}

/// Returns the decimals that native numbers have: those of the step; without one, none if both ends are whole.
fn decimals(access: Access, numeric: &Numeric) -> i32 {
    const MEASURED: i32 = 3;
    let is_whole = |end: Option<f64>| end.is_some_and(|end| end.fract() == 0.0);
    match numeric.step {
        Some(step) => step_decimals(step),
        None if access.is_settable() && is_whole(numeric.minimum) && is_whole(numeric.maximum) => 0,
        None => MEASURED,
    }
}

fn step_decimals(step: f64) -> i32 {
    let is_whole = |decimals: &i32| {
        let steps = step * 10_f64.powi(*decimals);
        (steps - steps.round()).abs() < 1e-6
    };
    (0..9).find(is_whole).unwrap_or(9)
}
