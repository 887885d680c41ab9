//! Native values to common ones and back.
//!
//! Both ways are total: what no rule speaks of passes as it is, because a report that does not fit its definition is still
//! what the device said.

use hes_schemas::Datum;

use super::unit::Scale;

/// How the values of one property are translated.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Conversion {
    /// Values with a translation of their own, native and common; they go before the rule.
    pub(super) words: Box<[(Datum, Datum)]>,
    pub(super) rule: Rule,
}

/// How all other values are translated.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Rule {
    /// Not at all.
    #[default]
    Same,
    Linear(Linear),
    /// Mired to kelvin: a million divided by the number, both ways, rounded to a whole one.
    ///
    /// Each of 1 to 1000 mired comes back as itself.
    Mired,
    /// Some fields of a map that several properties share.
    Fields(Box<[Box<str>]>),
}

/// A number times a factor, plus an offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Linear {
    scale: Scale,
    /// Decimals of the native number.
    native: i32,
    /// Decimals of the common number: as few as keep native numbers apart.
    common: i32,
}

impl Conversion {
    pub(super) const fn new(words: Box<[(Datum, Datum)]>, rule: Rule) -> Self {
        Self { words, rule }
    }

    /// Translates a report; nothing if it has none of the fields that the property is made of.
    pub(super) fn to_common(&self, native: &Datum) -> Option<Datum> {
        if let Some((_, common)) = self.words.iter().find(|(word, _)| word == native) {
            return Some(common.clone());
        }
        Some(match (&self.rule, native) {
            (Rule::Linear(linear), Datum::Integer(_) | Datum::Number(_)) => linear.convert(native, Linear::to_common),
            (Rule::Mired, Datum::Integer(_) | Datum::Number(_)) => reciprocal(native),
            (Rule::Fields(fields), Datum::Map(entries)) => return pick(fields, entries),
            _ => native.clone(),
        })
    }

    /// Translates a wish.
    pub(super) fn to_native(&self, common: &Datum) -> Datum {
        if let Some((native, _)) = self.words.iter().find(|(_, word)| word == common) {
            return native.clone();
        }
        match (&self.rule, common) {
            (Rule::Linear(linear), Datum::Integer(_) | Datum::Number(_)) => linear.convert(common, Linear::to_native),
            (Rule::Mired, Datum::Integer(_) | Datum::Number(_)) => reciprocal(common),
            _ => common.clone(),
        }
    }

    /// Says whether native numbers are the common ones.
    pub(super) const fn keeps_numbers(&self) -> bool {
        matches!(self.rule, Rule::Same)
    }

    /// Translates the ends of a range, which a reciprocal turns around.
    pub(super) fn range(&self, least: Option<f64>, most: Option<f64>) -> (Option<f64>, Option<f64>) {
        let end = |end: Option<f64>| {
            let common = self.to_common(&Datum::number(end?))?;
            common.as_number()
        };
        match self.rule {
            Rule::Mired => (end(most), end(least)),
            Rule::Same | Rule::Linear(_) | Rule::Fields(_) => (end(least), end(most)),
        }
    }
}

impl Linear {
    /// Makes one for native numbers with so many decimals.
    pub(super) fn new(scale: Scale, native: i32) -> Self {
        let step = scale.factor.abs() * 10_f64.powi(-native) * (1.0 + 1e-9);
        let common = (0..12).find(|decimals| 10_f64.powi(-decimals) <= step).unwrap_or(12);
        Self { scale, native, common }
    }

    fn to_common(self, native: f64) -> f64 {
        round(native * self.scale.factor + self.scale.offset, self.common)
    }

    fn to_native(self, common: f64) -> f64 {
        round((common - self.scale.offset) / self.scale.factor, self.native)
    }

    fn convert(self, datum: &Datum, way: fn(Self, f64) -> f64) -> Datum {
        finite_or(datum, datum.as_number().map(|number| way(self, number)))
    }
}

fn reciprocal(datum: &Datum) -> Datum {
    let positive = datum.as_number().filter(|number| *number > 0.0);
    finite_or(datum, positive.map(|number| (1_000_000.0 / number).round()))
}

/// Keeps what cannot be converted, such as 0 mired, or a number so large that it would leave the finite ones.
fn finite_or(datum: &Datum, number: Option<f64>) -> Datum {
    number.filter(|number| number.is_finite()).map_or_else(|| datum.clone(), Datum::number)
}

fn pick(fields: &[Box<str>], entries: &[(Box<str>, Datum)]) -> Option<Datum> {
    let found = fields.iter().filter_map(|field| entries.iter().find(|(key, _)| key == field).cloned());
    let picked: Box<[_]> = found.collect();
    (!picked.is_empty()).then_some(Datum::Map(picked))
}

fn round(number: f64, decimals: i32) -> f64 {
    let power = 10_f64.powi(decimals);
    let rounded = (number * power).round() / power;
    if rounded.is_finite() { rounded } else { number }
}

#[cfg(test)]
mod tests {
    use super::{super::unit, *};

    fn linear(factor: f64, native: i32) -> Conversion {
        Conversion { rule: Rule::Linear(Linear::new(Scale { factor, offset: 0.0 }, native)), ..Conversion::default() }
    }

    fn comes_back(conversion: &Conversion, native: &Datum) {
        let common = conversion.to_common(native).unwrap();
        assert_eq!(conversion.to_native(&common), *native, "by way of {common}");
    }

    #[test]
    fn every_step_of_a_dimmer_survives_the_way_to_percent_and_back() {
        for most in [8_i64, 9, 100, 254, 255, 1000, 65_535] {
            let conversion = linear(100.0 / Datum::Integer(most).as_number().unwrap(), 0);
            (0..=most).for_each(|step| comes_back(&conversion, &Datum::Integer(step)));
            assert_eq!(conversion.to_common(&Datum::Integer(most)), Some(Datum::Integer(100)), "{most}");
        }
    }

    #[test]
    fn percent_have_no_more_decimals_than_needed() {
        assert_eq!(linear(100.0 / 254.0, 0).to_common(&Datum::Integer(102)), Some(Datum::Number(40.2)));
        assert_eq!(linear(100.0 / 254.0, 0).to_native(&Datum::Integer(40)), Datum::Integer(102));
    }

    #[test]
    fn every_mired_survives_the_way_to_kelvin_and_back() {
        let conversion = Conversion { rule: Rule::Mired, ..Conversion::default() };
        (1..=1000).for_each(|mired| comes_back(&conversion, &Datum::Integer(mired)));
        assert_eq!(conversion.to_common(&Datum::Integer(250)), Some(Datum::Integer(4000)));
        assert_eq!(conversion.range(Some(153.0), Some(500.0)), (Some(2000.0), Some(6536.0)));
    }

    #[test]
    fn zero_and_negative_mired_pass_as_they_are() {
        let conversion = Conversion { rule: Rule::Mired, ..Conversion::default() };
        for native in [Datum::Integer(0), Datum::Integer(-7), Datum::Null, Datum::text("warm")] {
            comes_back(&conversion, &native);
        }
    }

    #[test]
    fn tenths_of_fahrenheit_and_millivolts_survive() {
        let fahrenheit = unit::scale("°F", "°C").map(|scale| Rule::Linear(Linear::new(scale, 1))).unwrap();
        let fahrenheit = Conversion { rule: fahrenheit, ..Conversion::default() };
        (-400..2000).for_each(|tenths| comes_back(&fahrenheit, &Datum::number(f64::from(tenths) / 10.0)));
        (0..5000).for_each(|milli| comes_back(&linear(0.001, 3), &Datum::Integer(milli)));
        assert_eq!(linear(0.001, 3).to_common(&Datum::Integer(3005)), Some(Datum::Number(3.005)));
    }

    #[test]
    fn what_is_no_number_or_beyond_all_numbers_passes_as_it_is() {
        let thousandfold = linear(1000.0, 3);
        for native in [Datum::Null, Datum::text("?"), Datum::Bool(true), Datum::Number(f64::MAX)] {
            assert_eq!(thousandfold.to_common(&native), Some(native.clone()));
        }
    }

    #[test]
    fn words_go_before_the_rule() {
        let words = [(Datum::Integer(65_535), Datum::text("previous"))].into();
        let startup = Conversion { words, rule: Rule::Mired };
        comes_back(&startup, &Datum::Integer(65_535));
        comes_back(&startup, &Datum::Integer(153));
        assert_eq!(startup.to_common(&Datum::Integer(65_535)), Some(Datum::text("previous")));
    }

    #[test]
    fn a_property_takes_only_its_fields_from_a_shared_map() {
        let hue =
            Conversion { rule: Rule::Fields(["hue".into(), "saturation".into()].into()), ..Conversion::default() };
        let color: Datum = [("x", Datum::Number(0.3)), ("hue", Datum::Integer(20))].into_iter().collect();
        assert_eq!(hue.to_common(&color), Some([("hue", Datum::Integer(20))].into_iter().collect()));
        let color: Datum = [("x", Datum::Number(0.3))].into_iter().collect();
        assert_eq!(hue.to_common(&color), None);
        assert_eq!(hue.to_common(&Datum::Null), Some(Datum::Null));
    }
}
