//! What a scan is for: versions, dates and options that decide a rule's answer.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use portcullis_model::kubernetes::KubernetesVersion;
use portcullis_secrets::Scanner;

/// The settings that rules read.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The Kubernetes version that manifests are for.
    pub kubernetes: Option<KubernetesVersion>,
    /// The Pod Security level that was asked for; its rules then follow that version to the letter.
    pub pod_security: Option<PodSecurity>,
    /// The day that end-of-life tables are compared with.
    pub date: Date,
    /// Options by rule id.
    pub options: BTreeMap<String, Options>,
    /// What is looked for as a secret, and what is allowed.
    pub secrets: Arc<Scanner>,
}

impl Context {
    /// The Kubernetes version, the newest where none is set.
    pub fn kubernetes(&self) -> KubernetesVersion {
        self.kubernetes.unwrap_or(KubernetesVersion::LATEST)
    }

    /// The version whose Pod Security Standard counts.
    pub fn standard(&self) -> KubernetesVersion {
        self.pod_security.map_or_else(|| self.kubernetes(), |asked| asked.version)
    }
}

/// `LEVEL:VERSION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodSecurity {
    /// The level.
    pub level: PodSecurityLevel,
    /// The version whose definition of the level counts.
    pub version: KubernetesVersion,
}

/// A level of the Pod Security Standards; `privileged` allows everything and so is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodSecurityLevel {
    /// Prevents known privilege escalations.
    Baseline,
    /// Hardening best practice.
    Restricted,
}

impl PodSecurityLevel {
    /// The tags of the rules that the level turns on.
    pub const fn tags(self) -> &'static [&'static str] {
        match self {
            Self::Baseline => &["pss:baseline"],
            Self::Restricted => &["pss:baseline", "pss:restricted"],
        }
    }
}

impl FromStr for PodSecurity {
    type Err = String;

    /// Reads `baseline`, `restricted:v1.30`, `restricted:latest`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (level, version) = text.split_once(':').unwrap_or((text, "latest"));
        let level = match level {
            "baseline" => PodSecurityLevel::Baseline,
            "restricted" => PodSecurityLevel::Restricted,
            _ => return Err(format!("`{level}` is not a Pod Security level (baseline, restricted)")),
        };
        // A version to come is judged by the newest that is known.
        let version: KubernetesVersion = version.parse()?;
        Ok(Self { level, version: version.known() })
    }
}

/// A day. Ordered; written `2026-11-21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Default for Date {
    /// The first day of all: nothing has ended yet.
    fn default() -> Self {
        Self { year: 0, month: 1, day: 1 }
    }
}

impl Date {
    /// The day of a Unix time in seconds (proleptic Gregorian, UTC).
    pub fn from_unix(seconds: u64) -> Self {
        // Howard Hinnant's civil-from-days, for days after 1970.
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(12),
            day: u8::try_from(day).unwrap_or(31),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a date such as 2026-11-21");
        let mut parts = text.splitn(3, '-');
        let mut number = |width: usize| {
            let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))?;
            part.parse::<u16>().ok()
        };
        let (year, month, day) = (number(4), number(2), number(2));
        let (Some(year), Some(month @ 1..=12), Some(day @ 1..=31)) = (year, month, day) else { return Err(wrong()) };
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if day > last {
            return Err(format!("`{text}` is a day that does not exist"));
        }
        Ok(Self {
            year,
            month: u8::try_from(month).map_err(|_| wrong())?,
            day: u8::try_from(day).map_err(|_| wrong())?,
        })
    }
}

/// A rule's options, checked against its declaration when the configuration is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(pub BTreeMap<String, OptionValue>);

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// A list of strings.
    Strings(Vec<String>),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Flag(bool),
    /// One string.
    Text(String),
}

impl Options {
    /// A list of strings; empty where it is not set.
    pub fn strings(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(OptionValue::Strings(values)) => values,
            _ => &[],
        }
    }

    /// A number, where it is set.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(OptionValue::Number(value)) => Some(*value),
            _ => None,
        }
    }

    /// One string, where it is set.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(OptionValue::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// A flag; false where it is not set.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(OptionValue::Flag(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_made() {
        assert_eq!(Date::from_unix(0).to_string(), "1970-01-01");
        assert_eq!(Date::from_unix(951_782_400).to_string(), "2000-02-29");
        assert_eq!(Date::from_unix(1_795_219_200).to_string(), "2026-11-21");
        assert_eq!("2026-11-21".parse(), Ok(Date { year: 2026, month: 11, day: 21 }));
        for wrong in ["2026-13-01", "2026-1-01", "x", "2026-01-00", "2026-01-01-01"] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn levels_are_read() {
        let read = |text: &str| text.parse::<PodSecurity>().map(|p| (p.level, p.version.minor));
        assert_eq!(read("baseline:v1.30"), Ok((PodSecurityLevel::Baseline, 30)));
        assert_eq!(read("restricted:1.0"), Ok((PodSecurityLevel::Restricted, 0)));
        assert_eq!(read("restricted"), Ok((PodSecurityLevel::Restricted, 37)));
        assert!(read("privileged:v1.30").is_err());
        assert!(read("baseline:v2.0").is_err());
    }
}
