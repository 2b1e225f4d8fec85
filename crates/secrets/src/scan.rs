//! One text: its tokens, and what its structure tells.

use std::ops::Range;

use portcullis_syntax::Tree;

use crate::{Custom, Detector, Hit, Kind, detector, structure};

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Rules of the configuration.
    pub custom: Vec<Custom>,
}

/// A text to look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'t> {
    /// Its path, which tells its language.
    pub path: &'t str,
    /// The text.
    pub text: &'t str,
    /// Its tree, where it was parsed.
    pub tree: Option<&'t Tree>,
}

/// Looks for secrets in texts. Cheap to make; what is expensive is made when the first text asks for it, and shared.
#[derive(Debug, Default)]
pub struct Scanner {
    settings: Settings,
}

impl Scanner {
    /// A scanner for what the settings say.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// The rules of the configuration.
    pub fn custom(&self) -> &[Custom] {
        &self.settings.custom
    }

    /// The secrets of a text, in order of their places; no two overlap.
    pub fn scan<'t>(&self, subject: &Subject<'t>) -> Vec<Hit<'t>> {
        let mut hits = detector::tokens(subject.text);
        let tokens: Vec<Range<usize>> = hits.iter().map(|hit| hit.range.clone()).collect();
        structure::settings(subject, &mut hits);
        // What a place promises says less than the form of what stands there. No two tokens overlap, so that the last one
        // that starts before a place ends is the only one that could reach into it.
        let is_told = |range: &Range<usize>| {
            let before = tokens.get(..tokens.partition_point(|token| token.start < range.end)).and_then(<[_]>::last);
            before.is_some_and(|token| token.end > range.start)
        };
        hits.retain(|hit| matches!(hit.kind, Kind::Token(_)) || !is_told(&hit.range));
        hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
        hits.dedup_by(|next, kept| next.range.start < kept.range.end);
        hits
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
