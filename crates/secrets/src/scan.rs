//! One text: its tokens, what its structure tells, and what the configuration says of both.

use std::ops::Range;
use std::sync::OnceLock;

use crate::allow::Candidate;
use crate::custom::Search;
use crate::findings::is_report;
use crate::{Allow, Custom, Detector, Hit, Kind, detector, structure};

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Rules of the configuration.
    pub custom: Vec<Custom>,
    /// What is no secret whatever it looks like.
    pub allow: Vec<Allow>,
}

/// A text to look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'t> {
    /// Its path, which tells its language.
    pub path: &'t str,
    /// The text.
    pub text: &'t str,
}

/// Looks for secrets in texts. Cheap to make; what is expensive is made when the first text asks for it, and shared.
#[derive(Debug, Default)]
pub struct Scanner {
    settings: Settings,
    search: OnceLock<Search>,
}

impl Scanner {
    /// A scanner for what the settings say.
    pub fn new(settings: Settings) -> Self {
        Self { settings, search: OnceLock::new() }
    }

    /// The rules of the configuration.
    pub fn custom(&self) -> &[Custom] {
        &self.settings.custom
    }

    /// Whether the configuration allows anything.
    pub fn allows_any(&self) -> bool {
        !self.settings.allow.is_empty()
    }

    /// The secrets of a text, in order of their places; no two overlap. A rule of the configuration is stronger than a
    /// token's form, and that stronger than the place.
    pub fn scan<'t>(&self, subject: &Subject<'t>) -> Vec<Hit<'t>> {
        self.scan_in(subject, None)
    }

    /// The same of a text that a commit added.
    pub fn scan_in<'t>(&self, subject: &Subject<'t>, commit: Option<&str>) -> Vec<Hit<'t>> {
        let mut hits = self.own(subject, commit);
        let own = hits.len();
        hits.extend(told(subject));
        if self.allows_any() {
            let mut rest = hits.split_off(own);
            rest.retain(|hit| !self.allows(hit.kind.id(self.custom()), subject, commit, &hit.range));
            hits.append(&mut rest);
        }
        in_order(hits, own)
    }

    /// Whether the configuration allows a value that a rule takes for a secret.
    pub fn allows(&self, rule: &str, subject: &Subject<'_>, commit: Option<&str>, secret: &Range<usize>) -> bool {
        self.allows_match(rule, subject, commit, (secret, secret))
    }

    fn allows_match(
        &self,
        rule: &str,
        subject: &Subject<'_>,
        commit: Option<&str>,
        (secret, whole): (&Range<usize>, &Range<usize>),
    ) -> bool {
        let Subject { path, text } = *subject;
        let candidate = Candidate { rule, path, commit, text, secret: secret.clone(), whole: whole.clone() };
        self.settings.allow.iter().any(|entry| entry.holds(&candidate))
    }

    /// What the rules of the configuration find and its allowlist leaves.
    fn own<'t>(&self, subject: &Subject<'t>, commit: Option<&str>) -> Vec<Hit<'t>> {
        let rules = self.custom();
        if rules.is_empty() {
            return Vec::new();
        }
        let search = self.search.get_or_init(|| Search::new(rules));
        let found = search.matches(rules, subject.path, subject.text).into_iter();
        let left = found.filter(|found| {
            let id = rules.get(found.rule).map_or("", |rule| &rule.id);
            !self.allows_match(id, subject, commit, (&found.secret, &found.whole))
        });
        let hit = |kind, range| Hit { kind, range, name: "".into(), wrapped: None };
        left.map(|found| hit(Kind::Custom(found.rule), found.secret)).collect()
    }

    /// The tokens alone: what has a form of its own, wherever it stands.
    pub fn tokens(text: &str) -> Vec<Hit<'_>> {
        detector::tokens(text)
    }

    /// The detector that takes a value for a token, where one does.
    pub fn token(value: &str) -> Option<&'static Detector> {
        detector::tokens(value).into_iter().find_map(|hit| match hit.kind {
            Kind::Token(detector) => Some(detector),
            _ => None,
        })
    }
}

/// What the form of a text tells, and what its place does where no form has spoken: what a place promises says less than the
/// form of what stands there.
fn told<'t>(subject: &Subject<'t>) -> Vec<Hit<'t>> {
    let (mut hits, stems) = detector::tokens_and_stems(subject.text);
    if is_report(subject.text) {
        hits.retain(|hit| matches!(hit.kind, Kind::Token(detector) if stands_alone(detector, hit, subject.text)));
        return hits;
    }
    let tokens: Vec<Range<usize>> = hits.iter().map(|hit| hit.range.clone()).collect();
    structure::settings(subject, &stems, &mut hits);
    // No two tokens overlap, so that the last one that starts before a place ends is the only one that could reach into it.
    let is_told = |range: &Range<usize>| {
        let before = tokens.get(..tokens.partition_point(|token| token.start < range.end)).and_then(<[_]>::last);
        before.is_some_and(|token| token.end > range.start)
    };
    hits.retain(|hit| matches!(hit.kind, Kind::Token(_)) || !is_told(&hit.range));
    hits
}

/// Whether a token is one without what stands before it: it holds the word that its detector looks for.
fn stands_alone(detector: &Detector, hit: &Hit<'_>, text: &str) -> bool {
    let token = text.get(hit.range.clone()).unwrap_or_default().to_ascii_lowercase();
    detector.keywords.iter().any(|keyword| token.contains(keyword))
}

/// In order of their places; of those that overlap one is left. The first `own` of them are of the configuration, and
/// nothing else is said of what they name.
fn in_order(mut hits: Vec<Hit<'_>>, own: usize) -> Vec<Hit<'_>> {
    let rest = hits.split_off(own);
    let mut own = apart(hits);
    if own.is_empty() {
        return apart(rest);
    }
    let is_free = |hit: &Hit<'_>| {
        let next = own.partition_point(|known| known.range.end <= hit.range.start);
        own.get(next).is_none_or(|known| hit.range.end <= known.range.start)
    };
    let rest: Vec<Hit<'_>> = rest.into_iter().filter(is_free).collect();
    own.extend(rest);
    apart(own)
}

/// In order of their places; of those that overlap the first, of those the longest.
fn apart(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
    hits.dedup_by(|next, kept| next.range.start < kept.range.end);
    hits
}
