//! What a device says about itself: the tree of `exposes`, read with tolerance, since converters are written by users too.

use hes_schemas::Datum;

/// One node of the tree.
///
/// Limits: the codec has bounded the depth before.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expose {
    pub(super) what: What,
    /// The feature; the meaning is found by it. Empty if it has none.
    pub(super) name: Box<str>,
    /// The key in states and commands; the name if none is given.
    pub(super) property: Box<str>,
    pub(super) endpoint: Option<Box<str>>,
    pub(super) label: Option<Box<str>>,
    pub(super) access: Access,
    pub(super) unit: Option<Box<str>>,
}

/// The kinds of nodes, with what only they have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Binary(Binary),
    Numeric(Numeric),
    /// The values, each once.
    Enum(Vec<Datum>),
    Text,
    Composite(Vec<Expose>),
    List(List),
    /// Light, switch, cover, climate, fan, lock, or what may come: a family of features.
    Family(Box<str>, Vec<Expose>),
    /// Anything else: any value may come.
    Any,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Binary {
    pub(super) on: Datum,
    pub(super) off: Datum,
    pub(super) toggle: Option<Datum>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Numeric {
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) step: Option<f64>,
    /// Names and values; a value may lie outside of the range, or be a text.
    pub(super) presets: Vec<(Box<str>, Datum)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    pub(super) item: Option<Box<Expose>>,
    pub(super) least: Option<u32>,
    pub(super) most: Option<u32>,
}

/// Whether a property is published, can be set, and can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Access(u8);

impl Access {
    /// For what the peer publishes without announcing it.
    pub(super) const PUBLISHED: Self = Self(1);

    pub(super) const fn is_published(self) -> bool {
        self.0 & 1 != 0
    }

    pub(super) const fn is_settable(self) -> bool {
        self.0 & 2 != 0
    }

    pub(super) const fn is_gettable(self) -> bool {
        self.0 & 4 != 0
    }

    pub(super) const fn is_reading(self) -> bool {
        !self.is_settable()
    }

    pub(super) const fn is_write_only(self) -> bool {
        self.0 & 7 == 2
    }

    pub(super) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without_get(self) -> Self {
        Self(self.0 & 3)
    }
}

impl Expose {
    /// Reads a node and all below it; nothing if it is not a map.
    pub(super) fn read(datum: &Datum) -> Option<Self> {
        datum.as_map()?;
        let what = What::read(datum);
        let name = text(datum, "name").unwrap_or_default();
        let property = text(datum, "property").filter(|property| !property.is_empty()).unwrap_or_else(|| name.clone());
        let endpoint = text(datum, "endpoint").filter(|endpoint| !endpoint.is_empty());
        let access = read_access(datum, &what);
        Some(Self { what, name, property, endpoint, label: text(datum, "label"), access, unit: text(datum, "unit") })
    }

    /// Reads a list of nodes, leaving out what is none.
    pub(super) fn read_all(datum: Option<&Datum>) -> Vec<Self> {
        datum.and_then(Datum::as_list).unwrap_or_default().iter().filter_map(Self::read).collect()
    }
}

impl What {
    fn read(datum: &Datum) -> Self {
        let features = || Expose::read_all(datum.field("features"));
        match datum.field("type").and_then(Datum::as_text).unwrap_or_default() {
            "binary" => Binary::read(datum).map_or(Self::Any, Self::Binary),
            "numeric" => Self::Numeric(Numeric::read(datum)),
            "enum" => Self::Enum(choices(datum)),
            "text" => Self::Text,
            "composite" => Self::Composite(features()),
            "list" => Self::List(List::read(datum)),
            family if datum.field("features").is_some() => Self::Family(family.into(), features()),
            _ => Self::Any,
        }
    }
}

impl Binary {
    fn read(datum: &Datum) -> Option<Self> {
        let (on, off) = (datum.field("value_on")?.clone(), datum.field("value_off")?.clone());
        let toggle = datum.field("value_toggle").filter(|toggle| **toggle != on && **toggle != off).cloned();
        (on != off).then_some(Self { on, off, toggle })
    }
}

impl Numeric {
    fn read(datum: &Datum) -> Self {
        let number = |key| datum.field(key).and_then(Datum::as_number);
        let (minimum, maximum) = (number("value_min"), number("value_max"));
        let presets = datum.field("presets").and_then(Datum::as_list).unwrap_or_default();
        Self {
            minimum,
            maximum,
            step: number("value_step").filter(|step| *step > 0.0),
            presets: presets
                .iter()
                .filter_map(|preset| Some((text(preset, "name")?, preset.field("value")?.clone())))
                .collect(),
        }
    }

    /// Says whether a value lies in the range.
    pub(super) fn holds(&self, value: &Datum) -> bool {
        value.as_number().is_some_and(|number| {
            self.minimum.is_none_or(|least| least <= number) && self.maximum.is_none_or(|most| number <= most)
        })
    }
}

impl List {
    fn read(datum: &Datum) -> Self {
        let count = |key| datum.field(key).and_then(Datum::as_number).and_then(count);
        let item = datum.field("item_type").and_then(Expose::read).map(Box::new);
        Self { item, least: count("length_min"), most: count("length_max") }
    }
}

/// Older versions leave the access of a composite to its features.
fn read_access(datum: &Datum, what: &What) -> Access {
    let own = match datum.field("access") {
        Some(Datum::Integer(bits)) => Access(u8::try_from(bits & 7).unwrap_or(0)),
        _ => Access(0),
    };
    match what {
        What::Composite(features) if own == Access(0) => {
            features.iter().fold(own, |access, feature| access.union(feature.access))
        }
        What::Binary(_) | What::Numeric(_) | What::Enum(_) | What::Text | What::Composite(_) | What::List(_) => own,
        What::Family(..) | What::Any => own,
    }
}

fn choices(datum: &Datum) -> Vec<Datum> {
    let values = datum.field("values").and_then(Datum::as_list).unwrap_or_default();
    let mut choices: Vec<Datum> = Vec::with_capacity(values.len());
    for value in values {
        if !choices.contains(value) {
            choices.push(value.clone());
        }
    }
    choices
}

fn text(datum: &Datum, key: &str) -> Option<Box<str>> {
    datum.field(key)?.as_text().map(Into::into)
}

fn count(number: f64) -> Option<u32> {
    if let Datum::Integer(integer) = Datum::number(number) { u32::try_from(integer).ok() } else { None }
}
