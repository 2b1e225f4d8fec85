//! `time.parse_duration_ns`: Go's durations, and days, weeks and years of 365 days.

use regorus::Value;

use super::Builtin;
use super::arguments::{refuse, text};

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "time.parse_duration_ns",
    arity: 1,
    call: |a, _| nanoseconds(text(a, 0)?).map(Value::from).ok_or_else(|| refuse("no duration")),
}];

const UNITS: &[(&str, i128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
    ("y", 31_536_000_000_000_000),
];

fn nanoseconds(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0_i128;
    while !rest.is_empty() || total == 0 {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let unit_end = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end)?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()?.into() };
        total = total.checked_add(whole.checked_mul(*size)?)?;
        let digits = fraction.get(..fraction.len().min(15))?;
        if !digits.is_empty() {
            let scale = 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
            total = total.checked_add(digits.parse::<i128>().ok()?.checked_mul(*size)?.checked_div(scale)?)?;
        }
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    i64::try_from(total.checked_mul(sign)?).ok()
}
