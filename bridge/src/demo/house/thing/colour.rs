//! A colour, in the two ways a lamp speaks of it.

use serde_json::Value;

use super::wish;
use crate::demo::house::object::{Object, object, rounded};

/// A colour without brightness.
///
/// Source: CIE 1931 chromaticity; sRGB primaries and white point D65 of IEC 61966-2-1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Colour {
    hue: f64,
    saturation: f64,
    x: f64,
    y: f64,
}

/// Which way of speaking a colour was wished in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Hue and saturation.
    Hs,
    /// Chromaticity.
    Xy,
}

impl Colour {
    /// Makes a colour from its hue in degrees and its saturation in percent.
    pub(super) fn from_hue(hue: f64, saturation: f64) -> Self {
        let (x, y) = chromaticity(rgb(hue, saturation));
        Self { hue, saturation, x, y }
    }

    /// Makes a colour from its chromaticity.
    pub(super) fn from_xy(x: f64, y: f64) -> Self {
        let (hue, saturation) = hue(linear(x, y));
        Self { hue, saturation, x, y }
    }

    /// Reads `{"hue":..,"saturation":..}` or `{"x":..,"y":..}`; a hue without saturation keeps the one there is.
    ///
    /// # Errors
    /// It is neither, or its numbers lie outside of 0..360, 0..100 and 0..1.
    pub(super) fn wished(self, wish: &Object) -> Result<(Self, Way), String> {
        let Some(colour) = wish.get("color").and_then(Value::as_object) else {
            return Err("color is not an object".to_owned());
        };
        if colour.contains_key("x") || colour.contains_key("y") {
            let (x, y) = (wish::number_within("x", colour, 0.0, 1.0)?, wish::number_within("y", colour, 0.0, 1.0)?);
            return Ok((Self::from_xy(x, y), Way::Xy));
        }
        if !colour.contains_key("hue") && !colour.contains_key("saturation") {
            return Err("color has neither x and y nor hue and saturation".to_owned());
        }
        let part = |key: &str, most, kept| {
            if colour.contains_key(key) { wish::number_within(key, colour, 0.0, most) } else { Ok(kept) }
        };
        let colour = Self::from_hue(part("hue", 360.0, self.hue)?, part("saturation", 100.0, self.saturation)?);
        Ok((colour, Way::Hs))
    }

    /// Returns what is published as `color`.
    pub(super) fn to_value(self) -> Value {
        object([
            ("hue", rounded(self.hue, 0)),
            ("saturation", rounded(self.saturation, 0)),
            ("x", rounded(self.x, 4)),
            ("y", rounded(self.y, 4)),
        ])
        .into()
    }
}

/// Returns red, green and blue, 0..1, of a hue at full brightness.
fn rgb(hue: f64, saturation: f64) -> [f64; 3] {
    [5.0, 3.0, 1.0].map(|shift: f64| {
        let sector = (shift + hue / 60.0).rem_euclid(6.0);
        1.0 - saturation / 100.0 * sector.min(4.0 - sector).clamp(0.0, 1.0)
    })
}

fn chromaticity(rgb: [f64; 3]) -> (f64, f64) {
    let [r, g, b] = rgb.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    let x = 0.4124 * r + 0.3576 * g + 0.1805 * b;
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let sum = x + y + (0.0193 * r + 0.1192 * g + 0.9505 * b);
    (x / sum, y / sum)
}

/// Returns the brightest red, green and blue, 0..1, of a chromaticity.
fn linear(x: f64, y: f64) -> [f64; 3] {
    let y = y.max(0.0001);
    let (x, z) = (x / y, (1.0 - x - y) / y);
    let parts = [3.2406 * x - 1.5372 - 0.4986 * z, -0.9689 * x + 1.8758 + 0.0415 * z, 0.0557 * x - 0.2040 + 1.0570 * z]
        .map(|part| part.max(0.0));
    let most = parts.into_iter().fold(f64::MIN_POSITIVE, f64::max);
    parts
        .map(|part| part / most)
        .map(|part| if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 })
}

fn hue([r, g, b]: [f64; 3]) -> (f64, f64) {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let width = most - least;
    if width <= f64::EPSILON || most <= f64::EPSILON {
        return (0.0, 0.0);
    }
    let sector = if most <= r {
        (g - b) / width
    } else if most <= g {
        2.0 + (b - r) / width
    } else {
        4.0 + (r - g) / width
    };
    ((sector * 60.0).rem_euclid(360.0), 100.0 * width / most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_the_same_in_both_ways() {
        for degrees in [0.0, 37.0, 120.0, 200.0, 300.0, 359.0] {
            for saturation in [20.0, 60.0, 100.0] {
                let there = Colour::from_hue(degrees, saturation);
                let back = Colour::from_xy(there.x, there.y);
                assert!((there.hue - back.hue).abs() < 1.0, "{there:?} {back:?}");
                assert!((there.saturation - back.saturation).abs() < 1.0, "{there:?} {back:?}");
            }
        }
    }

    #[test]
    fn white_is_the_white_point() {
        let white = Colour::from_hue(0.0, 0.0);
        assert!((white.x - 0.3127).abs() < 0.001 && (white.y - 0.3290).abs() < 0.001, "{white:?}");
    }
}
