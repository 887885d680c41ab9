//! The common vocabulary: what a property means and how dangerous it is, whichever cluster it lives in.
//!
//! The data is `schemas/vocabulary.toml`; its head says what each key means and why a class was chosen.

mod kind;
mod term;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::{kind::Kind, term::Term};
use crate::{Datum, PropertyName, Safety};

/// The vocabulary as its authors wrote it, comments and reasons included.
pub const SOURCE: &str = include_str!("../vocabulary.toml");

/// Returns the vocabulary of this version.
#[must_use]
pub fn vocabulary() -> &'static Vocabulary {
    #[expect(clippy::expect_used, reason = "the text is part of the program and the test below parses it")]
    static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::parse(SOURCE).expect("vocabulary.toml"));
    &VOCABULARY
}

/// All terms and all kinds of devices, by name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vocabulary {
    version: u32,
    unknown_write: Safety,
    #[serde(rename = "term")]
    terms: BTreeMap<PropertyName, Term>,
    #[serde(rename = "kind")]
    kinds: BTreeMap<PropertyName, Kind>,
    #[serde(skip)]
    zigbee2mqtt: BTreeMap<Box<str>, PropertyName>,
}

impl Vocabulary {
    /// Returns the version; it grows when a term changes its meaning or goes, not when one is added.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Returns the class of a write to a property that has no term, and so an unknown effect.
    #[must_use]
    pub const fn unknown_write(&self) -> Safety {
        self.unknown_write
    }

    /// Returns all terms, in the order of their names.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.terms.values()
    }

    /// Returns the term of that name.
    #[must_use]
    pub fn term(&self, name: &str) -> Option<&Term> {
        self.terms.get(name)
    }

    /// Returns all kinds of devices, in the order of their names.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    /// Returns the kind of that name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.get(name)
    }

    /// Returns the term that Zigbee2MQTT calls so.
    ///
    /// Shape: the name of an expose without its endpoint (`battery`), or `kind.name` for a feature of a light, switch,
    /// cover, climate, fan or lock (`lock.state`). A feature without a name of its own means what the bare name means.
    /// Whether the type and unit of the expose fit the term is for the caller to see ([`Term::admits`]).
    #[must_use]
    pub fn by_zigbee2mqtt_name(&self, native: &str) -> Option<&Term> {
        let bare = native.split_once('.').map(|(_kind, bare)| bare);
        let name = self.zigbee2mqtt.get(native).or_else(|| self.zigbee2mqtt.get(bare?))?;
        self.terms.get(name)
    }

    /// Returns the class of writing a term on a device of these kinds: the highest that one of them says, at least S1.
    #[must_use]
    pub fn write_safety<'a>(&self, term: &Term, kinds: impl IntoIterator<Item = &'a str>) -> Safety {
        let raised = kinds.into_iter().filter_map(|kind| self.kind(kind)?.safety.get(&term.name).copied());
        raised.fold(term.safety.max(Safety::S1), Ord::max)
    }

    /// Returns the value of a term that lies in the safe direction on a device of these kinds, the first of which counts.
    ///
    /// Writing it is one class less dangerous ([`Safety::lower`]): off, closed, locked, but a siren that sounds.
    #[must_use]
    pub fn safe_value<'a>(&'a self, term: &'a Term, kinds: impl IntoIterator<Item = &'a str>) -> Option<&'a Datum> {
        let turned = kinds.into_iter().find_map(|kind| self.kind(kind)?.safe.get(&term.name));
        turned.or(term.safe.as_ref())
    }

    /// Reads the vocabulary from TOML.
    ///
    /// # Errors
    /// A key that is unknown or missing, or a value that does not fit.
    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let terms: BTreeMap<PropertyName, Term> = named(file.term)?;
        let zigbee2mqtt = terms.values().flat_map(names_in_zigbee2mqtt).collect();
        Ok(Self {
            version: file.version,
            unknown_write: file.unknown_write,
            kinds: named(file.kind)?,
            terms,
            zigbee2mqtt,
        })
    }
}

fn names_in_zigbee2mqtt(term: &Term) -> impl Iterator<Item = (Box<str>, PropertyName)> {
    term.zigbee2mqtt.iter().map(|native| (native.clone(), term.name.clone()))
}

/// The file: one table a name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    unknown_write: Safety,
    term: BTreeMap<PropertyName, toml::Table>,
    kind: BTreeMap<PropertyName, toml::Table>,
}

/// Tells each table its own name.
fn named<T: DeserializeOwned>(
    tables: BTreeMap<PropertyName, toml::Table>,
) -> Result<BTreeMap<PropertyName, T>, toml::de::Error> {
    let with_name = |(name, mut table): (PropertyName, toml::Table)| {
        table.insert("name".to_owned(), name.as_str().into());
        Ok((name, table.try_into()?))
    };
    tables.into_iter().map(with_name).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::DataType;

    #[test]
    fn the_file_parses_and_has_at_least_eighty_terms() {
        let parsed = Vocabulary::parse(SOURCE).unwrap();
        assert!(parsed.terms().count() >= 80, "{}", parsed.terms().count());
        assert_eq!(&parsed, vocabulary());
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        let error = Vocabulary::parse(&SOURCE.replacen("title =", "titel =", 1)).unwrap_err().to_string();
        assert!(error.contains("titel"), "{error}");
    }

    #[test]
    fn the_promised_terms_mean_what_was_promised() {
        let check = |name: &str, data_type, unit: Option<&str>| {
            let term = vocabulary().term(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((term.data_type, term.unit.as_deref()), (data_type, unit), "{name}");
        };
        for name in ["on", "locked", "occupancy", "contact", "water_leak", "smoke", "tamper", "alarm"] {
            check(name, DataType::Boolean, None);
        }
        for name in ["brightness", "position", "tilt", "battery", "humidity"] {
            check(name, DataType::Number, Some("%"));
            let term = vocabulary().term(name).unwrap();
            assert_eq!((term.minimum, term.maximum), (Some(0.0), Some(100.0)), "{name}");
        }
        for (unit, names) in [
            ("K", ["color_temperature"].as_slice()),
            ("°C", &["temperature", "heating_setpoint", "cooling_setpoint"]),
            ("W", &["power"]),
            ("kWh", &["energy"]),
            ("V", &["voltage"]),
            ("A", &["current"]),
            ("lx", &["illuminance"]),
            ("hPa", &["pressure"]),
            ("ppm", &["co2"]),
            ("µg/m³", &["voc", "pm25"]),
        ] {
            names.iter().for_each(|name| check(name, DataType::Number, Some(unit)));
        }
        check("link_quality", DataType::Number, None);
        for name in ["color_xy", "color_hs", "warning"] {
            check(name, DataType::Object, None);
        }
        for name in ["fan_mode", "hvac_mode", "hvac_action"] {
            check(name, DataType::String, None);
        }
    }

    #[test]
    fn only_numbers_have_a_range_or_a_unit_and_no_range_is_empty() {
        for term in vocabulary().terms() {
            let is_number = term.admits(DataType::Number);
            assert!(is_number || (term.minimum, term.maximum, &term.unit) == (None, None, &None), "{}", term.name);
            let (least, most) = (term.minimum.unwrap_or(f64::MIN), term.maximum.unwrap_or(f64::MAX));
            assert!(least < most, "{}: {least}..{most}", term.name);
        }
    }

    #[test]
    fn only_texts_have_choices_and_none_is_said_twice() {
        for term in vocabulary().terms() {
            assert!(term.choices.is_empty() || term.admits(DataType::String), "{}", term.name);
            assert_eq!(term.choices.iter().collect::<BTreeSet<_>>().len(), term.choices.len(), "{}", term.name);
        }
    }

    #[test]
    fn safe_values_fit_their_terms_and_lower_a_class_that_is_there() {
        let check = |term: &Term, safe: &Datum| {
            let fits = match safe {
                Datum::Bool(_) => term.admits(DataType::Boolean),
                Datum::Integer(_) | Datum::Number(_) => {
                    let number = safe.as_number().unwrap();
                    term.admits(DataType::Number)
                        && term.minimum.is_none_or(|least| least <= number)
                        && term.maximum.is_none_or(|most| number <= most)
                }
                Datum::Text(text) => term.choices.contains(text),
                Datum::Null | Datum::List(_) | Datum::Map(_) => false,
            };
            assert!(fits, "{}: {safe}", term.name);
            assert!(term.safety > Safety::S0, "{}", term.name);
        };
        vocabulary().terms().for_each(|term| term.safe.iter().for_each(|safe| check(term, safe)));
        for (name, safe) in vocabulary().kinds().flat_map(|kind| &kind.safe) {
            check(vocabulary().term(name.as_str()).unwrap_or_else(|| panic!("{name}")), safe);
        }
    }

    #[test]
    fn off_is_the_safe_side_of_a_lamp_and_on_that_of_a_siren() {
        let on = vocabulary().term("on").unwrap();
        assert_eq!(vocabulary().safe_value(on, ["light"]), Some(&Datum::Bool(false)));
        assert_eq!(vocabulary().safe_value(on, ["switch", "siren"]), Some(&Datum::Bool(true)));
        let effect = vocabulary().term("effect").unwrap();
        assert_eq!(vocabulary().safe_value(effect, ["light"]), None);
    }

    #[test]
    fn a_zigbee2mqtt_name_has_one_meaning() {
        let names: Vec<_> = vocabulary().terms().flat_map(names_in_zigbee2mqtt).map(|(native, _)| native).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }

    #[test]
    fn a_feature_means_what_its_kind_says_before_what_its_bare_name_says() {
        let check = |native: &str, expect: Option<&str>| {
            let name = vocabulary().by_zigbee2mqtt_name(native).map(|term| term.name.as_str());
            assert_eq!(name, expect, "{native}");
        };
        check("state", Some("on"));
        check("light.state", Some("on"));
        check("lock.state", Some("locked"));
        check("cover.state", Some("cover_command"));
        check("climate.local_temperature", Some("temperature"));
        check("cover.tilt", Some("tilt"));
        check("tilt", Some("tilted"));
        check("mode", None);
        check("fan.mode", Some("fan_mode"));
        check("", None);
        check(".", None);
    }

    #[test]
    fn a_kind_raises_terms_that_exist_and_lowers_none() {
        for kind in vocabulary().kinds() {
            for (name, class) in &kind.safety {
                let term = vocabulary().term(name.as_str()).unwrap_or_else(|| panic!("{}: {name}", kind.name));
                assert!(*class > term.safety, "{}: {name}", kind.name);
            }
        }
    }

    #[test]
    fn a_write_is_as_dangerous_as_the_most_dangerous_kind_makes_it() {
        let check = |name: &str, kinds: &[&str], expect| {
            let term = vocabulary().term(name).unwrap();
            assert_eq!(vocabulary().write_safety(term, kinds.iter().copied()), expect, "{name} {kinds:?}");
        };
        check("on", &[], Safety::S1);
        check("on", &["switch"], Safety::S1);
        check("on", &["switch", "heater"], Safety::S2);
        check("on", &["siren", "light"], Safety::S3);
        check("on", &["no such kind"], Safety::S1);
        check("position", &["cover"], Safety::S1);
        check("position", &["cover", "garage_door"], Safety::S2);
        check("locked", &["lock"], Safety::S3);
        check("temperature", &["sensor"], Safety::S1);
    }

    #[test]
    fn what_tells_about_people_is_private() {
        for name in ["occupancy", "presence", "contact", "locked", "power", "energy", "action", "location", "arm_mode"]
        {
            assert_eq!(vocabulary().term(name).unwrap().privacy, Safety::S1, "{name}");
        }
        assert_eq!(vocabulary().term("pin_code").unwrap().privacy, Safety::S3);
        assert_eq!(vocabulary().term("temperature").unwrap().privacy, Safety::S0);
    }
}
