//! Numbers with bounds and units: a time is `500ms`, a size `64KiB`.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A span of time within bounds, in milliseconds.
///
/// Shape: a whole number and `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<const MIN: u64, const MAX: u64>(u64);

/// A number of bytes within bounds.
///
/// Shape: a whole number and `B`, `KiB`, `MiB` or `GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size<const MIN: u64, const MAX: u64>(u64);

/// A number of things within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count<const MIN: u64, const MAX: u64>(u64);

/// A unit and how many of the smallest it is; the smallest comes first.
type Unit = (&'static str, u64);

const TIMES: &[Unit] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: &[Unit] = &[("B", 1), ("KiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824)];

impl<const MIN: u64, const MAX: u64> Span<MIN, MAX> {
    pub(super) const fn new(millis: u64) -> Self {
        Self(millis)
    }

    pub(super) const fn get(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl<const MIN: u64, const MAX: u64> Size<MIN, MAX> {
    pub(super) const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    pub(super) fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u64, const MAX: u64> Count<MIN, MAX> {
    pub(super) const fn new(count: u64) -> Self {
        Self(count)
    }

    pub(super) fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for Span<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Shown(self.0, TIMES))
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for Size<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Shown(self.0, SIZES))
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for Count<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Span<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let reader = Reader { min: MIN, max: MAX, what: "a time", units: TIMES };
        deserializer.deserialize_any(reader).map(Self)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Size<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let reader = Reader { min: MIN, max: MAX, what: "a size", units: SIZES };
        deserializer.deserialize_any(reader).map(Self)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Count<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let reader = Reader { min: MIN, max: MAX, what: "a whole number", units: &[] };
        deserializer.deserialize_any(reader).map(Self)
    }
}

/// A number in the largest unit that leaves it whole.
struct Shown(u64, &'static [Unit]);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, units) = *self;
        let unit = units.iter().rev().find(|(_, factor)| number != 0 && number.is_multiple_of(*factor));
        let (name, factor) = unit.or(units.first()).copied().unwrap_or(("", 1));
        write!(f, "{}{name}", number / factor)
    }
}

/// What a number has to look like; without units it is a bare one.
struct Reader {
    min: u64,
    max: u64,
    what: &'static str,
    units: &'static [Unit],
}

impl Reader {
    fn parse(&self, text: &str) -> Option<u64> {
        let digits = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits)?;
        let (_, factor) = self.units.iter().find(|(name, _)| *name == unit.trim_start())?;
        number.parse::<u64>().ok()?.checked_mul(*factor)
    }

    fn check<E: de::Error>(&self, number: Option<u64>, seen: de::Unexpected<'_>) -> Result<u64, E> {
        number.filter(|number| (self.min..=self.max).contains(number)).ok_or_else(|| E::invalid_value(seen, self))
    }
}

impl de::Visitor<'_> for Reader {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (Shown(self.min, self.units), Shown(self.max, self.units));
        write!(f, "{} from {min} to {max}", self.what)?;
        match self.units {
            [] => Ok(()),
            units => write!(f, " in {}", units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        if self.units.is_empty() {
            return Err(E::invalid_type(de::Unexpected::Str(text), &self));
        }
        self.check(self.parse(text), de::Unexpected::Str(text))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
        let bare = u64::try_from(number).ok().filter(|_| self.units.is_empty());
        self.check(bare, de::Unexpected::Signed(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
        self.check(Some(number).filter(|_| self.units.is_empty()), de::Unexpected::Unsigned(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Time = Span<100, 600_000>;
    type Bytes = Size<1_024, 1_073_741_824>;
    type Number = Count<1, 10>;

    fn read<T: de::DeserializeOwned>(json: &str) -> Result<T, String> {
        serde_json::from_str(json).map_err(|error| error.to_string().split(" at line").next().unwrap().to_owned())
    }

    #[test]
    fn reads_what_it_writes() {
        for text in ["\"100ms\"", "\"1500ms\"", "\"10s\"", "\"10m\""] {
            assert_eq!(serde_json::to_string(&read::<Time>(text).unwrap()).unwrap(), text);
        }
        for text in ["\"4160KiB\"", "\"16MiB\"", "\"1025B\"", "\"1GiB\""] {
            assert_eq!(serde_json::to_string(&read::<Bytes>(text).unwrap()).unwrap(), text);
        }
        assert_eq!(read::<Time>("\"2 s\"").unwrap().get(), Duration::from_secs(2));
    }

    #[test]
    fn says_what_it_wants() {
        let times = "expected a time from 100ms to 10m in ms, s, m, h, d";
        for (text, seen) in [
            ("10", "invalid value: integer `10`"),
            ("\"10\"", "invalid value: string \"10\""),
            ("\"99ms\"", "invalid value: string \"99ms\""),
            ("\"1h\"", "invalid value: string \"1h\""),
            ("\"ten\"", "invalid value: string \"ten\""),
            ("\"99999999999999999999d\"", "invalid value: string \"99999999999999999999d\""),
            ("true", "invalid type: boolean `true`"),
        ] {
            assert_eq!(read::<Time>(text).unwrap_err(), format!("{seen}, {times}"));
        }
        for (text, seen) in [
            ("0", "invalid value: integer `0`"),
            ("-1", "invalid value: integer `-1`"),
            ("11", "invalid value: integer `11`"),
            ("\"3\"", "invalid type: string \"3\""),
        ] {
            assert_eq!(read::<Number>(text).unwrap_err(), format!("{seen}, expected a whole number from 1 to 10"));
        }
    }
}
