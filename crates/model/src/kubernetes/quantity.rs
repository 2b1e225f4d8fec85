//! Resource quantities, exact.
//!
//! The grammar is the API's own: a decimal number, then nothing, a decimal suffix (`n u m k M G T P E`), a binary one
//! (`Ki` to `Ei`) or an exponent (`e3`, `E-2`). A value finer than a billionth is rounded up, as the API rounds it.

use std::str::FromStr;

use portcullis_syntax::{Node, Value};
use serde::{Deserialize, Serialize};

/// A quantity in billionths of its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// Billionths.
    pub nanos: i128,
}

/// Why a text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// It does not begin with a number.
    NoNumber,
    /// What follows the number is no suffix.
    UnknownSuffix,
    /// The exponent or the number is out of range.
    OutOfRange,
}

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a scalar as the API server does once YAML has typed it; `None` where the value is not known or no scalar.
    pub fn of(node: Node<'_>) -> Option<Result<Self, QuantityError>> {
        match node.value() {
            Value::String(text) => Some(text.parse()),
            Value::Number(text) => Some(match node.as_i64() {
                Some(whole) => Ok(Self::whole(whole)),
                None => text.parse(),
            }),
            Value::Bool(_) => Some(Err(QuantityError::NoNumber)),
            Value::Null | Value::Template(_) | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
        }
    }

    /// So many whole units.
    pub fn whole(units: i64) -> Self {
        Self { nanos: i128::from(units) * NANO }
    }

    /// As manifests write amounts of the resource: bytes in the unit that leaves the least whole number, what is finer than a
    /// whole in thousandths (`10m`), millionths or billionths. Exact.
    pub fn shown(self, resource: &str) -> String {
        const BYTES: &[(&str, i128)] = &[
            ("Ti", 1 << 40),
            ("Gi", 1 << 30),
            ("Mi", 1 << 20),
            ("Ki", 1 << 10),
            ("T", 1_000_000_000_000),
            ("G", 1_000_000_000),
            ("M", 1_000_000),
            ("k", 1_000),
        ];
        const PARTS: &[(&str, i128)] = &[("", NANO), ("m", NANO / 1_000), ("u", 1_000), ("n", 1)];
        let is_in_bytes = ["memory", "storage"].iter().any(|word| resource.ends_with(word));
        let bytes = BYTES.iter().map(|(unit, bytes)| (*unit, bytes.saturating_mul(NANO)));
        let bytes = bytes.filter(|_| is_in_bytes && self.nanos != 0);
        let fitting = bytes.chain(PARTS.iter().copied()).filter(|(_, size)| self.nanos % size == 0);
        let (unit, size) = fitting.max_by_key(|(_, size)| *size).unwrap_or(("n", 1));
        format!("{}{unit}", self.nanos / size)
    }

    /// Whether it is a whole number of its unit.
    pub const fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let digits_end =
            unsigned.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at_checked(digits_end).ok_or(QuantityError::NoNumber)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(QuantityError::NoNumber);
        }
        let scale = Scale::of(suffix)?;
        // mantissa × 10^-fraction.len() × scale, in billionths.
        let fraction = fraction.trim_end_matches('0');
        let whole = whole.trim_start_matches('0');
        if whole.len() + fraction.len() > 30 {
            return Err(QuantityError::OutOfRange);
        }
        // Thirty digits fit.
        let digit = |sum: i128, byte: u8| sum * 10 + i128::from(byte - b'0');
        let mantissa = whole.bytes().chain(fraction.bytes()).fold(0, digit);
        let places = u32::try_from(fraction.len()).map_err(|_| QuantityError::OutOfRange)?;
        let nanos = scale.apply(mantissa, places).ok_or(QuantityError::OutOfRange)?;
        Ok(Self { nanos: if negative { -nanos } else { nanos } })
    }
}

enum Scale {
    Binary(u32),
    Decimal(i32),
}

impl Scale {
    fn of(suffix: &str) -> Result<Self, QuantityError> {
        Ok(match suffix {
            "" => Self::Decimal(0),
            "n" => Self::Decimal(-9),
            "u" => Self::Decimal(-6),
            "m" => Self::Decimal(-3),
            "k" => Self::Decimal(3),
            "M" => Self::Decimal(6),
            "G" => Self::Decimal(9),
            "T" => Self::Decimal(12),
            "P" => Self::Decimal(15),
            "E" => Self::Decimal(18),
            "Ki" => Self::Binary(10),
            "Mi" => Self::Binary(20),
            "Gi" => Self::Binary(30),
            "Ti" => Self::Binary(40),
            "Pi" => Self::Binary(50),
            "Ei" => Self::Binary(60),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E']).ok_or(QuantityError::UnknownSuffix)?;
                let exponent: i32 = exponent.parse().map_err(|_| QuantityError::UnknownSuffix)?;
                if exponent.abs() > 30 {
                    return Err(QuantityError::OutOfRange);
                }
                Self::Decimal(exponent)
            }
        })
    }

    fn apply(&self, mantissa: i128, places: u32) -> Option<i128> {
        let (numerator, exponent) = match *self {
            Self::Binary(bits) => (mantissa.checked_mul(1_i128.checked_shl(bits)?)?.checked_mul(NANO)?, 0),
            Self::Decimal(exponent) => (mantissa, exponent.checked_add(9)?),
        };
        let exponent = exponent.checked_sub(i32::try_from(places).ok()?)?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        if exponent >= 0 {
            numerator.checked_mul(power)
        } else {
            Some(numerator.div_euclid(power) + i128::from(numerator.rem_euclid(power) != 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_shown_as_manifests_write_them() {
        for (text, resource, shown) in [
            ("1500m", "cpu", "1500m"),
            ("0.01", "cpu", "10m"),
            ("1.5u", "cpu", "1500n"),
            ("2", "cpu", "2"),
            ("1024Mi", "memory", "1Gi"),
            ("1536Mi", "limits.memory", "1536Mi"),
            ("1G", "memory", "1G"),
            ("128M", "memory", "128M"),
            ("1000Ki", "memory", "1000Ki"),
            ("1025", "memory", "1025"),
            ("0.5", "memory", "500m"),
            ("0", "memory", "0"),
            ("10", "pods", "10"),
            ("-1.25", "cpu", "-1250m"),
        ] {
            assert_eq!(text.parse::<Quantity>().unwrap().shown(resource), shown, "{text}");
        }
    }

    #[test]
    fn quantities_are_exact() {
        for (text, nanos) in [
            ("0", 0),
            ("1", NANO),
            ("1.5", 1_500_000_000),
            (".5", 500_000_000),
            ("5.", 5 * NANO),
            ("100m", 100_000_000),
            ("1e3", 1000 * NANO),
            ("1E3", 1000 * NANO),
            ("1E", 1_000_000_000_000_000_000 * NANO),
            ("1e-3", 1_000_000),
            ("1Ki", 1024 * NANO),
            ("1.5Gi", 1_610_612_736 * NANO),
            ("0.1n", 1),
            ("-1k", -1000 * NANO),
            ("+2M", 2_000_000 * NANO),
        ] {
            assert_eq!(text.parse::<Quantity>().map(|quantity| quantity.nanos), Ok(nanos), "{text}");
        }
        for (text, error) in [
            ("", QuantityError::NoNumber),
            ("Gi", QuantityError::NoNumber),
            (".", QuantityError::NoNumber),
            ("1.2.3", QuantityError::NoNumber),
            ("1gb", QuantityError::UnknownSuffix),
            ("1 Gi", QuantityError::UnknownSuffix),
            ("1GB", QuantityError::UnknownSuffix),
            ("1K", QuantityError::UnknownSuffix),
            ("1e", QuantityError::UnknownSuffix),
            ("1e99", QuantityError::OutOfRange),
            ("99999999999999999999999999999999999", QuantityError::OutOfRange),
        ] {
            assert_eq!(text.parse::<Quantity>(), Err(error), "{text}");
        }
    }
}
