//! Rules of the configuration: an expression, or a path alone.
//!
//! The literals of all rules are looked for at once; an expression is tried only on texts that hold one of its own.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use regex::bytes::{Captures, Regex};

/// A rule of the configuration.
#[derive(Clone, Debug)]
pub struct Custom {
    /// The rule: `secret-acme-token`.
    pub id: String,
    /// What it is, as messages say it.
    pub what: String,
    /// Its form; `None`: every text of its paths is one.
    pub pattern: Option<Regex>,
    /// The part of a match that is the secret.
    pub group: Group,
    /// Literals of which one stands in each match, in any case; empty: any text may hold one.
    pub keywords: Vec<String>,
    /// The least entropy of the secret in bits for each byte; 0: any.
    pub entropy: f32,
    /// The paths in which it is looked for; all where there is none.
    pub path: Option<Regex>,
}

/// A part of a match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Group {
    /// The first group that takes part and is not empty, else the whole.
    #[default]
    First,
    /// A group by its number; 0 is the whole.
    Number(usize),
    /// A group by its name.
    Named(String),
}

/// A match of a rule.
pub(crate) struct Match {
    /// The rule's index.
    pub(crate) rule: usize,
    /// The secret; never empty.
    pub(crate) secret: Range<usize>,
    /// All that the expression matched.
    pub(crate) whole: Range<usize>,
}

/// The rules of a configuration, made ready to search.
#[derive(Debug)]
pub(crate) struct Search {
    /// The literals of all rules.
    keywords: Option<AhoCorasick>,
    /// For each literal the rules that have it.
    holders: Vec<Vec<usize>>,
    /// Rules that no literal announces.
    always: Vec<usize>,
}

/// Matches of one rule in one text that are kept: more say nothing new.
const MATCH_LIMIT: usize = 1000;

impl Search {
    pub(crate) fn new(rules: &[Custom]) -> Self {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut holders: Vec<Vec<usize>> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut always = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let mut keywords = rule.keywords.iter().filter(|word| !word.is_empty()).peekable();
            if keywords.peek().is_none() {
                always.push(index);
            }
            for word in keywords {
                let number = *numbers.entry(word.to_ascii_lowercase()).or_insert_with_key(|word| {
                    words.push(word.clone());
                    holders.push(Vec::new());
                    holders.len() - 1
                });
                holders.get_mut(number).into_iter().for_each(|rules| rules.push(index));
            }
        }
        let built = AhoCorasick::builder().ascii_case_insensitive(true).build(&words);
        let keywords = built.ok().filter(|_| !words.is_empty());
        if keywords.is_none() {
            // Without the filter every rule is tried: slower, and the same answer.
            always = (0..rules.len()).collect();
        }
        Self { keywords, holders, always }
    }

    /// What the rules find in a text, in order of the rules.
    pub(crate) fn matches(&self, rules: &[Custom], path: &str, text: &str) -> Vec<Match> {
        let mut wanted = self.always.clone();
        if let Some(keywords) = &self.keywords {
            let mut open = self.holders.len();
            let mut seen = vec![false; open];
            for found in keywords.find_overlapping_iter(text) {
                let Some(seen) = seen.get_mut(found.pattern().as_usize()).filter(|seen| !**seen) else { continue };
                *seen = true;
                wanted.extend(self.holders.get(found.pattern().as_usize()).into_iter().flatten());
                open -= 1;
                if open == 0 {
                    break;
                }
            }
            wanted.sort_unstable();
            wanted.dedup();
        }
        let mut matches = Vec::new();
        for index in wanted {
            let Some(rule) = rules.get(index) else { continue };
            if rule.path.as_ref().is_none_or(|paths| paths.is_match(path.as_bytes())) {
                matches.extend(rule.matches(index, text));
            }
        }
        matches
    }
}

impl Custom {
    fn matches(&self, rule: usize, text: &str) -> Vec<Match> {
        let Some(pattern) = &self.pattern else {
            return first_line(text)
                .map(|line| Match { rule, secret: line.clone(), whole: line })
                .into_iter()
                .collect();
        };
        let found = pattern.captures_iter(text.as_bytes()).filter_map(|captures| {
            let whole = captures.get(0)?.range();
            let secret = self.group.of(&captures)?;
            // An expression over bytes may cut a character, and a place in a text is one between characters.
            let value = text.get(secret.clone()).filter(|value| !value.trim().is_empty())?;
            (entropy(value.as_bytes()) >= self.entropy).then_some(Match { rule, secret, whole })
        });
        found.take(MATCH_LIMIT).collect()
    }
}

impl Group {
    fn of(&self, captures: &Captures<'_>) -> Option<Range<usize>> {
        let found = match self {
            Self::First => captures.iter().skip(1).flatten().find(|group| !group.is_empty()).or(captures.get(0)),
            Self::Number(number) => captures.get(*number),
            Self::Named(name) => captures.name(name),
        };
        found.map(|group| group.range())
    }
}

/// The first line that is not blank.
fn first_line(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start().len();
    let line = text.get(start..)?.lines().next()?.trim_end();
    (!line.is_empty()).then_some(start..start + line.len())
}

/// Shannon's entropy of the bytes, in bits for each.
fn entropy(bytes: &[u8]) -> f32 {
    let mut counts = [0_u16; 256];
    // What is longer is none of a secret's; the first part tells as much.
    let bytes = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    for &byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = f32::from(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
    let share = |&count: &u16| f32::from(count) / total;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}
