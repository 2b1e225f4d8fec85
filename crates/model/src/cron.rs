//! Schedules as Kubernetes' CronJob controller reads them: five fields, or a name such as `@daily`.
//!
//! The last field goes from 0 to 6: the controller knows no 7 for Sunday, no seconds, and none of `L`, `W` and `#`.
//! A day that no month has (`0 0 30 2 *`) is legal and never comes.

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// It has not five fields.
    #[error("it has {0} fields, not five")]
    Fields(usize),
    /// It starts with a zone.
    #[error("a time zone cannot stand in it")]
    Zone,
    /// `@` and a word that is no schedule.
    #[error("`{0}` is no named schedule")]
    Name(String),
    /// `@every` and something that is no duration.
    #[error("`{0}` is not a duration")]
    Duration(String),
    /// A field has a part that is no value, range or step.
    #[error("`{part}` is not a {field}")]
    Part {
        /// The part.
        part: String,
        /// The field's name.
        field: &'static str,
    },
    /// A value is out of its field's range.
    #[error("`{part}` is out of range: the {field} goes from {low} to {high}")]
    Range {
        /// The part.
        part: String,
        /// The field's name.
        field: &'static str,
        /// Smallest value.
        low: u32,
        /// Largest value.
        high: u32,
    },
    /// A range ends before it starts.
    #[error("the range `{0}` ends before it starts")]
    Backwards(String),
    /// A step of nothing.
    #[error("the step of `{0}` is zero")]
    ZeroStep(String),
}

/// Whether the controller accepts the schedule.
///
/// # Errors
/// Says what is wrong with the first part that is.
pub fn validate(schedule: &str) -> Result<(), InvalidSchedule> {
    if schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=") {
        return Err(InvalidSchedule::Zone);
    }
    if let Some(duration) = schedule.strip_prefix("@every ") {
        return if is_duration(duration) { Ok(()) } else { Err(InvalidSchedule::Duration(duration.to_owned())) };
    }
    if schedule.starts_with('@') {
        return if NAMES.contains(&schedule) { Ok(()) } else { Err(InvalidSchedule::Name(schedule.to_owned())) };
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(InvalidSchedule::Fields(fields.len()));
    }
    FIELDS.iter().zip(fields).try_for_each(|(field, text)| field.validate(text))
}

/// The schedules that have a name.
const NAMES: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    /// Names of the values from `low` on.
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", low: 0, high: 59, words: &[] },
    Field { name: "hour", low: 0, high: 23, words: &[] },
    Field { name: "day of the month", low: 1, high: 31, words: &[] },
    Field {
        name: "month",
        low: 1,
        high: 12,
        words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of the week", low: 0, high: 6, words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

impl Field {
    fn validate(&self, text: &str) -> Result<(), InvalidSchedule> {
        text.split(',').try_for_each(|part| self.validate_part(part))
    }

    /// `*`, `5`, `1-5`, each with a step: `*/15`, `5/10`, `1-5/2`.
    fn validate_part(&self, part: &str) -> Result<(), InvalidSchedule> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let step = step.map(|step| number(step).ok_or_else(|| self.wrong(part))).transpose()?;
        if !matches!(range, "*" | "?") {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let first = self.value(first).ok_or_else(|| self.wrong(part))?;
            let last = self.value(last).ok_or_else(|| self.wrong(part))?;
            if first < self.low || last > self.high {
                let (low, high) = (self.low, self.high);
                return Err(InvalidSchedule::Range { part: part.to_owned(), field: self.name, low, high });
            }
            if first > last {
                return Err(InvalidSchedule::Backwards(part.to_owned()));
            }
        }
        if step == Some(0) { Err(InvalidSchedule::ZeroStep(part.to_owned())) } else { Ok(()) }
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = (self.low..).zip(self.words).find(|(_, word)| text.eq_ignore_ascii_case(word));
        named.map(|(value, _)| value).or_else(|| number(text))
    }

    fn wrong(&self, part: &str) -> InvalidSchedule {
        InvalidSchedule::Part { part: part.to_owned(), field: self.name }
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `1h30m`: numbers, each with a unit.
fn is_duration(text: &str) -> bool {
    const UNITS: &[&str] = &["ns", "us", "µs", "ms", "s", "m", "h"];
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let Some((unit, next)) = after.split_at_checked(unit_end) else { return false };
        if after.len() == rest.len() || !UNITS.contains(&unit) {
            return false;
        }
        rest = next;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_schedules() {
        for text in [
            "0 3 * * *",
            "*/15 0-6 1,15 jan-MAR sun",
            "5/10 * ? * 1-5/2",
            "0 0 30 2 *",
            " 0  0\t* * * ",
            "@daily",
            "@every 1h30m",
            "@every 1.5h",
        ] {
            assert_eq!(validate(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn illegal_schedules() {
        for (text, message) in [
            ("", "it has 0 fields, not five"),
            ("* * * *", "it has 4 fields, not five"),
            ("0 0 3 * * *", "it has 6 fields, not five"),
            ("60 * * * *", "`60` is out of range: the minute goes from 0 to 59"),
            ("* 24 * * *", "`24` is out of range: the hour goes from 0 to 23"),
            ("* * 0 * *", "`0` is out of range: the day of the month goes from 1 to 31"),
            ("* * * * 7", "`7` is out of range: the day of the week goes from 0 to 6"),
            ("* * * * 5-1", "the range `5-1` ends before it starts"),
            ("*/0 * * * *", "the step of `*/0` is zero"),
            ("*/x * * * *", "`*/x` is not a minute"),
            ("1,,2 * * * *", "`` is not a minute"),
            ("* * L * *", "`L` is not a day of the month"),
            ("* * * foo *", "`foo` is not a month"),
            ("@reboot", "`@reboot` is no named schedule"),
            ("@every day", "`day` is not a duration"),
            ("@every ", "`` is not a duration"),
            ("@every 5", "`5` is not a duration"),
            ("CRON_TZ=UTC 0 3 * * *", "a time zone cannot stand in it"),
            ("TZ=UTC 0 3 * * *", "a time zone cannot stand in it"),
        ] {
            assert_eq!(validate(text).map_err(|error| error.to_string()), Err(message.to_owned()), "{text}");
        }
    }
}
