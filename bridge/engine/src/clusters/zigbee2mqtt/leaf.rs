//! The properties of a device: the tree of `exposes`, flattened, each property once.

use super::expose::{Access, Expose, Numeric, What};

/// One property, and the family of features it stands in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) family: Option<Box<str>>,
    pub(super) expose: Expose,
}

/// The properties of a device.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Leaves {
    pub(super) known: Vec<Leaf>,
    /// How many nodes have no key that a message could speak of, or come after the limit.
    pub(super) left_out: usize,
}

impl Leaves {
    /// The largest device known has 276 properties.
    const LIMIT: usize = 1_000;

    /// Flattens a tree.
    ///
    /// A property that is announced twice becomes one, with the access of both. The colours of a lamp stay apart: they
    /// share a property, each with its own fields of one map.
    ///
    /// Limits: 1,000 properties.
    pub(super) fn of(exposes: Vec<Expose>) -> Self {
        let mut leaves = Self::default();
        leaves.collect(exposes, None);
        let modes: Vec<Leaf> = leaves.known.iter().filter_map(|leaf| color_mode(leaf, &leaves.known)).collect();
        modes.into_iter().for_each(|mode| leaves.add(mode));
        leaves
    }

    fn collect(&mut self, exposes: Vec<Expose>, family: Option<&str>) {
        for expose in exposes {
            if let What::Family(name, features) = expose.what {
                self.collect(features, Some(&name));
            } else if expose.property.is_empty() {
                self.left_out += 1;
            } else {
                self.add(Leaf { family: family.map(Into::into), expose });
            }
        }
    }

    fn add(&mut self, leaf: Leaf) {
        if let Some(known) = self.known.iter_mut().find(|known| known.is_same(&leaf)) {
            known.absorb(leaf);
        } else if self.known.len() < Self::LIMIT {
            self.known.push(leaf);
        } else {
            self.left_out += 1;
        }
    }
}

/// Lamps with colour and white tell which of both they show, without announcing it.
fn color_mode(leaf: &Leaf, leaves: &[Leaf]) -> Option<Leaf> {
    let Leaf { family, expose } = leaf;
    let has_white = leaves.iter().any(|other| {
        other.family == *family && *other.expose.name == *"color_temp" && other.expose.endpoint == expose.endpoint
    });
    if !has_white || family.as_deref() != Some("light") || !leaf.is_color() {
        return None;
    }
    let property = match &expose.endpoint {
        Some(endpoint) => format!("color_mode_{endpoint}").into(),
        None => "color_mode".into(),
    };
    let what = What::Enum(["xy", "hs", "color_temp"].map(Into::into).into());
    let (name, endpoint) = ("color_mode".into(), expose.endpoint.clone());
    let expose = Expose { what, name, property, endpoint, label: None, access: Access::PUBLISHED, unit: None };
    Some(Leaf { family: None, expose })
}

impl Leaf {
    /// Says whether the property is a colour, whose map others share.
    pub(super) fn is_color(&self) -> bool {
        matches!(self.expose.what, What::Composite(_)) && matches!(&*self.expose.name, "color_xy" | "color_hs")
    }

    fn is_same(&self, other: &Self) -> bool {
        let are_colors = self.is_color() && other.is_color();
        self.expose.property == other.expose.property && (!are_colors || self.expose.name == other.expose.name)
    }

    fn absorb(&mut self, other: Self) {
        let (own, their) = (&mut self.expose, other.expose);
        let settable = (own.access.is_settable(), their.access.is_settable());
        match (&mut own.what, their.what) {
            (What::Numeric(one), What::Numeric(two)) if settable.0 == settable.1 => one.widen(two),
            (What::Enum(values), What::Enum(more)) => {
                let new: Vec<_> = more.into_iter().filter(|value| !values.contains(value)).collect();
                values.extend(new);
            }
            (what, settable_what) if settable == (false, true) => *what = settable_what,
            _ => {}
        }
        own.access = own.access.union(their.access);
        own.unit = own.unit.take().or(their.unit);
        self.family = self.family.take().or(other.family);
    }
}

impl Numeric {
    fn widen(&mut self, other: Self) {
        let both = |one: Option<f64>, two: Option<f64>, wider: fn(f64, f64) -> f64| Some(wider(one?, two?));
        self.minimum = both(self.minimum, other.minimum, f64::min);
        self.maximum = both(self.maximum, other.maximum, f64::max);
        self.step = both(self.step, other.step, f64::min);
        self.presets.extend(other.presets);
    }
}
