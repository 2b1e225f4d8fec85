//! What the configuration allows: values, lines, paths and commits that are no secrets to whoever wrote it.

use std::ops::Range;

use regex::bytes::Regex;

/// An entry of the configuration's allowlist. One that asks for nothing allows nothing.
#[derive(Clone, Debug, Default)]
pub struct Allow {
    /// The ids of the rules that it holds for; `None`: all.
    pub rules: Option<Vec<String>>,
    /// Expressions, of which one is in the target.
    pub regexes: Vec<Regex>,
    /// What the expressions are looked for in.
    pub target: Target,
    /// Expressions, of which one is in the path.
    pub paths: Vec<Regex>,
    /// Words, of which one is in the secret, in any case.
    pub stopwords: Vec<String>,
    /// Commits, whole or their beginnings from seven digits on, of which one is the commit that a text is from.
    pub commits: Vec<String>,
    /// How many of these have to hold.
    pub condition: Condition,
}

/// What an allowlist's expressions are looked for in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The secret.
    #[default]
    Secret,
    /// All that the rule's expression matched; the secret where it has none.
    Match,
    /// The lines that the secret stands in.
    Line,
}

/// How the parts of an entry go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// One of them is enough.
    #[default]
    Or,
    /// All that are given have to hold.
    And,
}

/// A place that may be allowed.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'t> {
    /// The id of the rule that reports it.
    pub(crate) rule: &'t str,
    pub(crate) path: &'t str,
    /// The commit that the text is from, where it is from one.
    pub(crate) commit: Option<&'t str>,
    pub(crate) text: &'t str,
    pub(crate) secret: Range<usize>,
    pub(crate) whole: Range<usize>,
}

impl Allow {
    /// Whether it takes a place for no secret.
    pub(crate) fn holds(&self, candidate: &Candidate<'_>) -> bool {
        if self.rules.as_ref().is_some_and(|rules| !rules.iter().any(|rule| rule == candidate.rule)) {
            return false;
        }
        let slice = |range: &Range<usize>| candidate.text.as_bytes().get(range.clone()).unwrap_or_default();
        let given = [
            (!self.commits.is_empty()).then(|| {
                let is_meant = |commit: &str| self.commits.iter().any(|known| is_same_commit(known, commit));
                candidate.commit.is_some_and(is_meant)
            }),
            (!self.paths.is_empty()).then(|| self.paths.iter().any(|path| path.is_match(candidate.path.as_bytes()))),
            (!self.regexes.is_empty()).then(|| {
                let target = match self.target {
                    Target::Secret => slice(&candidate.secret),
                    Target::Match => slice(&candidate.whole),
                    Target::Line => slice(&lines_of(candidate.text, &candidate.secret)),
                };
                self.regexes.iter().any(|regex| regex.is_match(target))
            }),
            (!self.stopwords.is_empty()).then(|| {
                let secret = String::from_utf8_lossy(slice(&candidate.secret)).to_lowercase();
                self.stopwords.iter().any(|word| secret.contains(&word.to_lowercase()))
            }),
        ];
        let mut given = given.into_iter().flatten().peekable();
        match self.condition {
            Condition::Or => given.any(|holds| holds),
            Condition::And => given.peek().is_some() && given.all(|holds| holds),
        }
    }
}

/// Digits of a commit that name it.
const COMMIT_DIGITS: usize = 7;

fn is_same_commit(known: &str, commit: &str) -> bool {
    let start = commit.get(..known.len());
    known.len() >= COMMIT_DIGITS && start.is_some_and(|start| start.eq_ignore_ascii_case(known))
}

/// The whole lines around a range, without the last break.
fn lines_of(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let rest = text.get(range.end..).unwrap_or_default();
    start..rest.find('\n').map_or(text.len(), |at| range.end + at)
}
