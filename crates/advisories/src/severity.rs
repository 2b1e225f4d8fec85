//! How bad an advisory is: the score of its CVSS vectors, or the word that its database uses.
//!
//! A vector is scored with all metrics that it gives, by its own version of CVSS. What has neither vector nor word is
//! unknown, which is a level of its own: nobody has said that it is harmless.

use std::fmt;

use cvss::Cvss;
use portcullis_core::Severity;

/// A level; ordered from the least to the worst, what is not known first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nobody has said.
    #[default]
    Unknown,
    /// Scored as 0.
    None,
    /// From 0.1.
    Low,
    /// From 4.0.
    Medium,
    /// From 7.0.
    High,
    /// From 9.0.
    Critical,
}

impl Level {
    /// The name in outputs and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of a finding about it; `None` where nobody has said, which the configuration decides.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Unknown => None,
            Self::None => Some(Severity::Info),
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
        }
    }

    /// The level that a database's word means (`MODERATE`, `important`); `None` for any other word.
    pub fn of_word(word: &str) -> Option<Self> {
        const WORDS: &[(&str, Level)] = &[
            ("none", Level::None),
            ("negligible", Level::Low),
            ("low", Level::Low),
            ("moderate", Level::Medium),
            ("medium", Level::Medium),
            ("important", Level::High),
            ("high", Level::High),
            ("critical", Level::Critical),
        ];
        WORDS.iter().find(|(known, _)| word.trim().eq_ignore_ascii_case(known)).map(|&(_, level)| level)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A CVSS score in tenths, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u8);

impl Score {
    /// The score of so many tenths; `None` above 100.
    pub const fn of_tenths(tenths: u8) -> Option<Self> {
        if tenths <= 100 { Some(Self(tenths)) } else { None }
    }

    /// The score of a vector of CVSS 2, 3.0, 3.1 or 4.0; `None` where it is no such vector.
    pub fn of_vector(vector: &str) -> Option<Self> {
        let vector = vector.trim();
        // Version 2 has no prefix; some databases write it in parentheses, or with one all the same.
        let plain = vector.trim_start_matches('(').trim_end_matches(')');
        let plain = plain.strip_prefix("CVSS:2.0/").unwrap_or(plain);
        if !is_complete(plain) {
            return None;
        }
        let score = plain.parse::<Cvss>().ok()?.score();
        (0..=100).find(|&tenths| (score * 10.0 - f64::from(tenths)).abs() < 0.5).and_then(Self::of_tenths)
    }

    /// In tenths.
    pub const fn tenths(self) -> u8 {
        self.0
    }

    /// The level of the qualitative scale, which versions 3 and 4 share; the scores of version 2 are put on it as well.
    pub const fn level(self) -> Level {
        match self.0 {
            0 => Level::None,
            1..40 => Level::Low,
            40..70 => Level::Medium,
            70..90 => Level::High,
            _ => Level::Critical,
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// Whether a vector has every metric that its version asks for. One that was cut off would score 0, which says that it is
/// harmless.
fn is_complete(vector: &str) -> bool {
    const MANDATORY: [(&str, &[&str]); 3] = [
        ("CVSS:3.", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
        ("CVSS:4.", &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"]),
        ("", &["AV", "AC", "Au", "C", "I", "A"]),
    ];
    let given =
        |metric: &str| vector.split('/').any(|part| part.split_once(':').is_some_and(|(name, _)| name == metric));
    MANDATORY
        .iter()
        .find(|(prefix, _)| vector.starts_with(prefix))
        .is_some_and(|(_, metrics)| metrics.iter().all(|metric| given(metric)))
}

/// What is known about how bad something is. A score counts for more than any word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rating {
    /// Neither score nor word.
    #[default]
    Unknown,
    /// The word of a database.
    Word(Level),
    /// The score of a vector.
    Score(Score),
}

impl Rating {
    /// The rating of an advisory by its vectors, the highest of which counts, else by its word.
    pub fn of<'a>(vectors: impl IntoIterator<Item = &'a str>, word: Option<Level>) -> Self {
        match (vectors.into_iter().filter_map(Score::of_vector).max(), word) {
            (Some(score), _) => Self::Score(score),
            (None, Some(level)) => Self::Word(level),
            (None, None) => Self::Unknown,
        }
    }

    /// The higher of two ratings of one defect.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if self.key() >= other.key() { self } else { other }
    }

    /// The level.
    pub const fn level(self) -> Level {
        match self {
            Self::Unknown => Level::Unknown,
            Self::Word(level) => level,
            Self::Score(score) => score.level(),
        }
    }

    /// The score, where there is one.
    pub const fn score(self) -> Option<Score> {
        match self {
            Self::Score(score) => Some(score),
            Self::Unknown | Self::Word(_) => None,
        }
    }

    const fn key(self) -> (u8, u8) {
        match self {
            Self::Unknown => (0, 0),
            Self::Word(level) => (1, level as u8),
            Self::Score(score) => (2, score.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_the_scores_that_their_databases_publish() {
        for (vector, score, level) in [
            // NVD's scores of CVE-2021-44228, CVE-2014-0160, CVE-2017-5638, CVE-2019-0708.
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "10.0", Level::Critical),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "7.5", Level::High),
            ("AV:N/AC:L/Au:N/C:P/I:N/A:N", "5.0", Level::Medium),
            ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", "10.0", Level::Critical),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8", Level::Critical),
            ("CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", "1.8", Level::Low),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "0.0", Level::None),
            // Examples of FIRST for version 4.
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "10.0", Level::Critical),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3", Level::Critical),
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "7.3", Level::High),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "0.0", Level::None),
        ] {
            let found = Score::of_vector(vector).unwrap();
            assert_eq!((found.to_string().as_str(), found.level()), (score, level), "{vector}");
        }
    }

    #[test]
    fn what_is_no_vector_has_no_score() {
        for vector in [
            "",
            "high",
            "7.5",
            "CVSS:3.1/AV:N",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
            "CVSS:9.0/AV:N/AC:L",
            "AV:N/AC:L",
            "CVSS:3.1/é",
        ] {
            assert_eq!(Score::of_vector(vector), None, "{vector}");
        }
    }

    #[test]
    fn a_score_counts_for_more_than_a_word_and_anything_for_more_than_nothing() {
        let score = |tenths| Rating::Score(Score::of_tenths(tenths).unwrap());
        for (a, b, best) in [
            (Rating::Unknown, Rating::Word(Level::None), Rating::Word(Level::None)),
            (Rating::Word(Level::Critical), score(21), score(21)),
            (score(21), score(75), score(75)),
            (Rating::Word(Level::Low), Rating::Word(Level::High), Rating::Word(Level::High)),
        ] {
            assert_eq!((a.max(b), b.max(a)), (best, best));
        }
        assert_eq!(Rating::of(["junk"], Level::of_word("MODERATE")).level(), Level::Medium);
        assert_eq!(Rating::of([], Level::of_word("whatever")).level(), Level::Unknown);
    }
}
