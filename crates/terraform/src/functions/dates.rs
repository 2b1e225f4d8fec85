//! Functions of timestamps in RFC 3339.

use std::fmt::Write as _;

use portcullis_model::terraform::value::{Kind, Number};

use super::{Answer, Call, SIZE_LIMIT, Stop};

const DAY: i64 = 86_400;

pub(super) fn formatdate(call: &Call<'_>) -> Answer {
    let (pattern, time) = (call.known(0)?, Time::parse(&call.known(1)?).ok_or(Stop::Refused)?);
    let mut text = String::new();
    let mut rest: &str = &pattern;
    while let Some(character) = rest.chars().next() {
        if text.len() > SIZE_LIMIT {
            break;
        }
        if character == '\'' {
            rest = quoted(&mut text, rest).ok_or(Stop::Refused)?;
            continue;
        }
        let run = rest.len().saturating_sub(rest.trim_start_matches(character).len());
        let (token, after) = rest.split_at_checked(run).ok_or(Stop::Refused)?;
        if character.is_ascii_alphabetic() {
            text.push_str(&time.field(token).ok_or(Stop::Refused)?);
        } else {
            text.push_str(token);
        }
        rest = after;
    }
    call.string(text)
}

/// Text between quotes; a doubled quote is a quote. `None` where it is not closed.
fn quoted<'p>(text: &mut String, rest: &'p str) -> Option<&'p str> {
    if let Some(after) = rest.strip_prefix("''") {
        text.push('\'');
        return Some(after);
    }
    let mut rest = rest.strip_prefix('\'')?;
    loop {
        let (inner, after) = rest.split_once('\'')?;
        text.push_str(inner);
        let Some(after) = after.strip_prefix('\'') else { return Some(after) };
        text.push('\'');
        rest = after;
    }
}

pub(super) fn timeadd(call: &Call<'_>) -> Answer {
    let time = Time::parse(&call.known(0)?).ok_or(Stop::Refused)?;
    let nanoseconds = duration(&call.known(1)?).ok_or(Stop::Refused)?;
    let total = i128::from(time.nanosecond) + nanoseconds;
    let second = 1_000_000_000;
    let seconds = i64::try_from(total.div_euclid(second)).ok().and_then(|seconds| time.local.checked_add(seconds));
    let local = seconds.filter(|seconds| (YEAR_0..YEAR_10000).contains(seconds)).ok_or(Stop::Refused)?;
    call.string(Time { local, nanosecond: 0, ..time }.to_text())
}

pub(super) fn timecmp(call: &Call<'_>) -> Answer {
    let a = Time::parse(&call.known(0)?).ok_or(Stop::Refused)?;
    let b = Time::parse(&call.known(1)?).ok_or(Stop::Refused)?;
    let order = (a.local - a.offset, a.nanosecond).cmp(&(b.local - b.offset, b.nanosecond));
    Ok(call.made(Kind::Number(Number::Int(order as i64))))
}

const YEAR_0: i64 = -62_167_219_200;
const YEAR_10000: i64 = 253_402_300_800;

/// A moment as it was written.
#[derive(Clone, Copy)]
struct Time {
    /// Seconds since 1970 of the clock on the wall.
    local: i64,
    nanosecond: u32,
    /// Seconds east of Greenwich.
    offset: i64,
}

impl Time {
    fn parse(text: &str) -> Option<Self> {
        let digits = |range: std::ops::Range<usize>| {
            let text = text.get(range)?;
            if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<i64>().ok() } else { None }
        };
        let at = |index: usize, wanted: u8| text.as_bytes().get(index).filter(|&&byte| byte == wanted);
        let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
        let (hour, minute, second) = (digits(11..13)?, digits(14..16)?, digits(17..19)?);
        at(4, b'-').and(at(7, b'-')).and(at(10, b'T')).and(at(13, b':')).and(at(16, b':'))?;
        let in_range = (1..=12).contains(&month) && (1..=month_length(year, month)).contains(&day);
        if !in_range || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut nanosecond = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let end = fraction.find(|character: char| !character.is_ascii_digit())?;
            let digits = fraction.get(..end).filter(|digits| !digits.is_empty())?;
            nanosecond = format!("{digits:0<9}").get(..9)?.parse().ok()?;
            rest = fraction.get(end..)?;
        }
        let offset = offset(rest)?;
        let local = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        Some(Self { local, nanosecond, offset })
    }

    fn to_text(self) -> String {
        let field = |token| self.field(token).unwrap_or_default();
        format!(
            "{}-{}-{}T{}:{}:{}{}",
            field("YYYY"),
            field("MM"),
            field("DD"),
            field("hh"),
            field("mm"),
            field("ss"),
            field("Z")
        )
    }

    /// What a run of one letter stands for; `None` where it stands for nothing.
    fn field(self, token: &str) -> Option<String> {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        const WEEK: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
        let (year, month, day) = date(self.local.div_euclid(DAY));
        let clock = self.local.rem_euclid(DAY);
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
        let name = |names: &[&str], at: i64| {
            usize::try_from(at).ok().and_then(|at| names.get(at).map(|&name| name.to_owned()))
        };
        let short = |name: String| name.get(..3).map(str::to_owned);
        Some(match token {
            "YY" => format!("{:02}", year.rem_euclid(100)),
            "YYYY" => format!("{year:04}"),
            "M" => month.to_string(),
            "MM" => format!("{month:02}"),
            "MMM" => short(name(&MONTHS, month - 1)?)?,
            "MMMM" => name(&MONTHS, month - 1)?,
            "D" => day.to_string(),
            "DD" => format!("{day:02}"),
            "EEE" => short(name(&WEEK, self.local.div_euclid(DAY).rem_euclid(7))?)?,
            "EEEE" => name(&WEEK, self.local.div_euclid(DAY).rem_euclid(7))?,
            "h" => hour.to_string(),
            "hh" => format!("{hour:02}"),
            "H" => twelve.to_string(),
            "HH" => format!("{twelve:02}"),
            "AA" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            "aa" => if hour < 12 { "am" } else { "pm" }.to_owned(),
            "m" => minute.to_string(),
            "mm" => format!("{minute:02}"),
            "s" => second.to_string(),
            "ss" => format!("{second:02}"),
            "Z" if self.offset == 0 => "Z".to_owned(),
            "Z" | "ZZZZZ" => self.zone(":"),
            "ZZZ" if self.offset == 0 => "UTC".to_owned(),
            "ZZZ" | "ZZZZ" => self.zone(""),
            _ => return None,
        })
    }

    fn zone(self, between: &str) -> String {
        let mut text = String::from(if self.offset < 0 { "-" } else { "+" });
        let minutes = self.offset.abs() / 60;
        // Writing to a text cannot fail.
        let _ = write!(text, "{:02}{between}{:02}", minutes / 60, minutes % 60);
        text
    }
}

/// `Z` or `+01:00`, in seconds.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A duration of Go, `-1h15m30.5s`, in nanoseconds.
fn duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || whole.len() > 12 || fraction.contains('.') {
            return None;
        }
        let units: [(&str, i128); 8] = [
            ("ns", 1),
            ("us", 1_000),
            ("µs", 1_000),
            ("μs", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ];
        let (unit, scale) = units.into_iter().find(|(unit, _)| after.starts_with(unit))?;
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total += whole * scale;
        let digits = fraction.get(..fraction.len().min(12))?;
        let power = u32::try_from(digits.len()).ok()?;
        total += if digits.is_empty() { 0 } else { digits.parse::<i128>().ok()? * scale / 10_i128.pow(power) };
        // Some 292 years are what a duration can hold.
        if total > i128::from(i64::MAX) {
            return None;
        }
        rest = after.get(unit.len()..)?;
    }
    Some(sign * total)
}

/// Days since 1970 of a date, in the calendar that has always been Gregorian.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, in_era) = (year.div_euclid(400), year.rem_euclid(400));
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719_468
}

/// The date of a day since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, in_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

fn month_length(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
