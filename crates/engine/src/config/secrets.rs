//! The section `secrets`: rules of one's own, and what is no secret.
//!
//! A rule becomes one of the catalog, so that it is selected, suppressed, explained and reported as any other is. What is
//! allowed holds for whatever is told as a secret, also by the rules of a domain.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use portcullis_core::{Catalog, RuleMeta, Severity};
use portcullis_secrets::{Allow, Condition, Custom, Group, Scanner, Settings, Target};
use regex::bytes::{Regex, RegexBuilder};

use super::Config;

/// What is set for secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Rules beside those of portcullis.
    pub rules: Vec<SecretRule>,
    /// What is no secret.
    pub allow: Vec<SecretAllow>,
}

/// A rule of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretRule {
    /// `secret-acme-token`.
    pub id: Option<String>,
    /// What it finds, as messages say it.
    pub description: Option<String>,
    /// The form of the secret; without it every text at `path` is one.
    pub regex: Option<Pattern>,
    /// The part of a match that is the secret.
    pub group: Option<SecretGroup>,
    /// Literals of which one stands in each text that is searched.
    pub keywords: Vec<String>,
    /// The least entropy of the secret, in bits for each byte.
    pub entropy: Option<Entropy>,
    /// The paths in which it is looked for.
    pub path: Option<Pattern>,
    /// How bad it is.
    pub severity: Option<Severity>,
}

/// An entry of the allowlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretAllow {
    /// Why.
    pub description: Option<String>,
    /// The rules that it holds for, as selectors; empty: all.
    pub rules: Vec<String>,
    /// Expressions for values.
    pub regexes: Vec<Pattern>,
    /// What they are looked for in.
    pub target: Option<AllowTarget>,
    /// Expressions for paths.
    pub paths: Vec<Pattern>,
    /// Words that no secret holds.
    pub stopwords: Vec<String>,
    /// Commits of which nothing is reported.
    pub commits: Vec<String>,
    /// Whether one of these is enough.
    pub condition: Option<AllowCondition>,
}

/// A regular expression, over bytes and in linear time.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// The expression as it was written.
    pub fn text(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Bytes that a compiled expression may take; one that takes more is a mistake or an attack.
const SIZE_LIMIT: usize = 4 << 20;

impl FromStr for Pattern {
    type Err = String;

    /// Compiles it. Look-around and references back, which no linear time allows, are errors.
    fn from_str(text: &str) -> Result<Self, String> {
        let compiled = RegexBuilder::new(text).unicode(false).size_limit(SIZE_LIMIT).build();
        compiled.map(Self).map_err(|error| {
            // The library draws the expression with a mark below it; its last line says what is wrong.
            let shown = error.to_string();
            let reason = shown.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            let glob = if text.starts_with('*') { "; globs are not read here" } else { "" };
            format!("`{text}` is no regular expression: {reason}{glob}")
        })
    }
}

/// The group of a match that is the secret, by number or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretGroup {
    /// 0 is the whole match.
    Number(usize),
    /// `(?P<name>…)`.
    Name(String),
}

impl FromStr for SecretGroup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a group is a number or a name".to_owned());
        }
        Ok(text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number))
    }
}

impl SecretGroup {
    /// Whether an expression has it.
    pub(super) fn is_in(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Number(number) => *number < pattern.0.captures_len(),
            Self::Name(name) => pattern.0.capture_names().flatten().any(|known| known == name),
        }
    }
}

impl fmt::Display for SecretGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Entropy in hundredths of a bit for each byte: 0 to 800.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entropy(u16);

impl Entropy {
    /// Bits for each byte.
    pub fn bits(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

impl fmt::Display for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part % 10 {
            0 => write!(f, "{whole}.{}", part / 10),
            _ => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl FromStr for Entropy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no entropy from 0 to 8, such as 3.5");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() != 1 || !is_number(whole) || !is_number(part) || text.ends_with('.') {
            return Err(wrong());
        }
        let whole: u16 = whole.parse().map_err(|_| wrong())?;
        let part: u16 = format!("{part:0<2}").get(..2).and_then(|part| part.parse().ok()).ok_or_else(wrong)?;
        match whole * 100 + part {
            hundredths @ 0..=800 => Ok(Self(hundredths)),
            _ => Err(wrong()),
        }
    }
}

/// Declares an enum of words.
macro_rules! words {
    ($(#[$docs:meta])* $name:ident => $inner:ident { $($(#[$word_docs:meta])* $variant:ident = $word:literal),* }) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$word_docs])* $variant),* }

        impl $name {
            /// The words, in order.
            pub(super) const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word in the configuration.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            const fn of_scanner(self) -> $inner {
                match self { $(Self::$variant => $inner::$variant),* }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(format!("`{text}` is none of {}", Self::WORDS.join(", "))),
                }
            }
        }
    };
}

words! {
    /// What the expressions of an entry are looked for in.
    AllowTarget => Target {
        /// The secret.
        Secret = "secret",
        /// All that the rule's expression matched.
        Match = "match",
        /// The line.
        Line = "line"
    }
}

words! {
    /// How the parts of an entry go together.
    AllowCondition => Condition {
        /// One is enough.
        Or = "or",
        /// All have to hold.
        And = "and"
    }
}

/// How the ids of rules of the configuration begin: as those of portcullis about secrets do.
pub(super) const PREFIX: &str = "secret-";

/// Whether a rule of the configuration may have this id, as far as its form goes.
pub(super) fn is_rule_id(id: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    id.strip_prefix(PREFIX).is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain) && !name.ends_with('-')
    })
}

/// A catalog with rules of these ids beside its own, for checks of selectors.
pub(super) fn with_ids(catalog: &Catalog, ids: impl Iterator<Item = String>) -> Catalog {
    let own = ids.map(|id| meta(id, None, None, ""));
    Catalog::new(catalog.iter().map(|(_, rule)| rule.clone()).chain(own))
}

fn meta(id: String, description: Option<&str>, severity: Option<Severity>, more: &str) -> RuleMeta {
    let title = description.map_or_else(|| id.clone(), str::to_owned);
    RuleMeta {
        severity: severity.unwrap_or(Severity::High),
        tags: ["secret", "cwe-798"].into_iter().collect(),
        docs: format!("{title}\n\n{more}\n").into(),
        id: id.into(),
        ..RuleMeta::DEFAULT
    }
}

impl Config {
    /// The builtin rules and those that this configuration declares.
    pub fn catalog(&self) -> Arc<Catalog> {
        portcullis_rules::catalog_with(self.secret_rules())
    }

    /// The rules that this configuration declares.
    pub fn secret_rules(&self) -> Vec<RuleMeta> {
        self.secrets.rules.iter().filter_map(SecretRule::meta).collect()
    }

    /// What looks for secrets, as this configuration has it; selectors are those of `catalog`.
    pub(crate) fn scanner(&self, catalog: &Catalog) -> Arc<Scanner> {
        let custom = self.secrets.rules.iter().filter_map(SecretRule::custom).collect();
        let allow = self.secrets.allow.iter().map(|entry| entry.allow(catalog)).collect();
        Arc::new(Scanner::new(Settings { custom, allow }))
    }
}

impl SecretRule {
    fn meta(&self) -> Option<RuleMeta> {
        let mut docs = "A rule of the configuration. ".to_owned();
        // A string takes whatever is written.
        _ = match &self.regex {
            Some(regex) => write!(docs, "Reported where `{regex}` matches"),
            None => write!(docs, "Reported for every text"),
        };
        if let Some(path) = &self.path {
            _ = write!(docs, ", in paths that `{path}` matches");
        }
        docs.push('.');
        Some(meta(self.id.clone()?, self.title().as_deref(), self.severity, &docs))
    }

    /// The description on one line.
    fn title(&self) -> Option<String> {
        let words: Vec<&str> = self.description.as_deref()?.split_whitespace().collect();
        let title = words.join(" ");
        let title = title.trim_end_matches('.');
        (!title.is_empty()).then(|| title.to_owned())
    }

    fn custom(&self) -> Option<Custom> {
        Some(Custom {
            id: self.id.clone()?,
            what: self.title().unwrap_or_else(|| "a secret".to_owned()),
            pattern: self.regex.as_ref().map(|pattern| pattern.0.clone()),
            group: match &self.group {
                None => Group::First,
                Some(SecretGroup::Number(number)) => Group::Number(*number),
                Some(SecretGroup::Name(name)) => Group::Named(name.clone()),
            },
            keywords: self.keywords.clone(),
            entropy: self.entropy.map_or(0.0, Entropy::bits),
            path: self.path.as_ref().map(|pattern| pattern.0.clone()),
        })
    }
}

impl SecretAllow {
    fn allow(&self, catalog: &Catalog) -> Allow {
        let patterns = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.0.clone()).collect();
        let named = self.rules.iter().flat_map(|selector| catalog.select(selector));
        Allow {
            rules: (!self.rules.is_empty()).then(|| named.map(|rule| catalog.get(rule).id.to_string()).collect()),
            regexes: patterns(&self.regexes),
            target: self.target.map(AllowTarget::of_scanner).unwrap_or_default(),
            paths: patterns(&self.paths),
            stopwords: self.stopwords.clone(),
            commits: self.commits.clone(),
            condition: self.condition.map(AllowCondition::of_scanner).unwrap_or_default(),
        }
    }
}
