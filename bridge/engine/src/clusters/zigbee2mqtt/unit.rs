//! Units: many spellings of one, and what one is in another.

/// How a number in one unit becomes the number in another: `factor * number + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) factor: f64,
    pub(super) offset: f64,
}

/// Returns the spelling that the vocabulary uses; nothing for what says that there is no unit.
pub(super) fn canonical(spelling: &str) -> Option<&str> {
    Some(match spelling.trim() {
        "" | "-" | "lqi" | "index" | "VOC Index points" => return None,
        "C" | "ºC" | "℃" => "°C",
        "F" | "ºF" | "℉" => "°F",
        "S" | "sec" | "sec." | "Sec" | "second" | "seconds" | "Seconds" => "s",
        "min." | "mins" | "minute" | "minutes" | "Minutes" => "min",
        "H" | "hr" | "Hr" | "hour" | "hours" | "Hours" => "h",
        "day" | "days" | "Day" | "Days" => "d",
        "watt" | "Watt" => "W",
        "volt" | "Volt" => "V",
        "VAR" | "VAr" => "var",
        "kVAR" | "kVAr" => "kvar",
        "kVARh" | "kVArh" => "kvarh",
        "lux" | "Lx" | "Lux" => "lx",
        "meter" | "meters" => "m",
        "l" | "liter" | "liters" => "L",
        "m3" => "m³",
        "m3/h" => "m³/h",
        // with the Greek letter where the vocabulary has the micro sign
        "μS/cm" => "µS/cm",
        "μg/m³" | "ug/m3" | "µg/m3" => "µg/m³",
        "LEL" | "LEL %" => "%LEL",
        other => other,
    })
}

/// Returns how to get from one unit to another, both spelled as the vocabulary does; nothing if there is no way.
pub(super) fn scale(from: &str, to: &str) -> Option<Scale> {
    if from == to {
        return Some(Scale { factor: 1.0, offset: 0.0 });
    }
    let (factor, offset) = match (from, to) {
        ("°F", "°C") => (5.0 / 9.0, -160.0 / 9.0),
        ("K", "°C") => (1.0, -273.15),
        ("mV", "V") | ("mA", "A") | ("mW", "W") | ("ms", "s") | ("Wh", "kWh") | ("mm", "m") => (0.001, 0.0),
        ("L", "m³") | ("L/h", "m³/h") | ("ppb", "ppm") => (0.001, 0.0),
        ("kV", "V") | ("kA", "A") | ("kW", "W") | ("kVA", "VA") | ("kvar", "var") | ("MWh", "kWh") => (1000.0, 0.0),
        ("mg/m³", "µg/m³") | ("bar", "hPa") => (1000.0, 0.0),
        ("cm", "m") | ("Pa", "hPa") => (0.01, 0.0),
        ("kPa", "hPa") => (10.0, 0.0),
        ("mbar", "hPa") => (1.0, 0.0),
        ("min", "s") => (60.0, 0.0),
        ("h", "s") => (3600.0, 0.0),
        ("d", "s") => (86_400.0, 0.0),
        ("L/min", "m³/h") => (0.06, 0.0),
        _ => return None,
    };
    Some(Scale { factor, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_many_spellings() {
        for (spelling, expect) in
            [("  C", Some("°C")), ("ºC", Some("°C")), ("Hours", Some("h")), ("", None), ("gg", Some("gg"))]
        {
            assert_eq!(canonical(spelling), expect, "{spelling}");
        }
    }

    #[test]
    fn only_what_measures_the_same_can_be_converted() {
        let check = |from, to, number: f64, expect: Option<f64>| {
            let converted = scale(from, to).map(|scale| (number * scale.factor + scale.offset).round());
            assert_eq!(converted, expect, "{from} {to}");
        };
        check("°F", "°C", 212.0, Some(100.0));
        check("kPa", "hPa", 101.3, Some(1013.0));
        check("mV", "V", 3000.0, Some(3.0));
        check("h", "s", 2.0, Some(7200.0));
        check("ppb", "µg/m³", 1.0, None);
        check("%", "lx", 1.0, None);
    }
}
