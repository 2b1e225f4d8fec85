//! From keywords to tokens: each detector's expression is tried where one of its keywords stands, and nowhere else.
//!
//! Linear in the text: windows that touch are one, so that no detector looks at a byte more than once.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::prefilter::{Candidate, Prefilter, Word};
use super::{Detector, Prevalence, decoy, detectors};
use crate::structure::{Place, STEMS, Stems};
use crate::{Hit, Kind};

/// The tokens in a text, in order; no two overlap.
pub(crate) fn tokens(text: &str) -> Vec<Hit<'_>> {
    Search::of(text, |_| {}).finish()
}

/// The same, and where stems of names stand, which are found on the way.
pub(crate) fn tokens_and_stems(text: &str) -> (Vec<Hit<'_>>, Stems) {
    let mut places = Vec::new();
    let search = Search::of(text, |place| places.push(place));
    (search.finish(), Stems::of(places))
}

/// The same without names, for callers that have their own.
pub(crate) fn found(text: &str) -> Vec<Found> {
    let mut search = Search::of(text, |_| {});
    search.settle();
    search.found
}

/// A token of a detector.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) detector: &'static Detector,
    pub(crate) range: Range<usize>,
}

/// What is made once for all texts. An expression is compiled when a text first holds a keyword of its detector.
struct Engine {
    prefilter: Prefilter,
    detectors: Vec<&'static Detector>,
    expressions: Vec<OnceLock<Regex>>,
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let detectors: Vec<&'static Detector> = detectors().collect();
        let expressions = detectors.iter().map(|_| OnceLock::new()).collect();
        let prefilter = Prefilter::new(&detectors, STEMS.iter().map(|(stem, _)| stem));
        Engine { prefilter, detectors, expressions }
    })
}

impl Engine {
    fn expression(&self, detector: usize) -> Option<(&'static Detector, &Regex)> {
        let (declared, cell) = (self.detectors.get(detector)?, self.expressions.get(detector)?);
        Some((declared, cell.get_or_init(|| compiled(declared))))
    }
}

/// Bytes, not characters: tables of Unicode would cost milliseconds for each expression.
pub(super) fn compiled(detector: &Detector) -> Regex {
    let built = RegexBuilder::new(detector.pattern).unicode(false).build();
    built.expect("a test compiles every expression")
}

/// Tokens of one detector in one text; more say nothing new, and a file may be made of them.
const MOST: usize = 500;

/// A place that is looked at by medium confidence alone is no place in a program that a machine wrote.
const LONGEST_LINE: usize = 2000;

struct Search<'t> {
    engine: &'static Engine,
    text: &'t str,
    /// For each detector of which a keyword was found the window that the next one may extend.
    open: BTreeMap<u16, Range<usize>>,
    found: Vec<Found>,
}

impl<'t> Search<'t> {
    /// A search that has seen the text; hands over the places of stems, as they were found.
    fn of(text: &'t str, mut stem: impl FnMut(Place)) -> Self {
        let engine = engine();
        let mut search = Self { engine, text, open: BTreeMap::new(), found: Vec::new() };
        engine.prefilter.each(text.as_bytes(), |Candidate { word, start, end }| match word {
            Word::Keyword(detector) => search.extend(detector, start..end),
            Word::Stem(index) => Place::new(index, &(start..end)).into_iter().for_each(&mut stem),
        });
        search
    }

    fn extend(&mut self, index: u16, keyword: Range<usize>) {
        let Some(detector) = self.engine.detectors.get(usize::from(index)) else { return };
        let start = keyword.start.saturating_sub(detector.before);
        let end = keyword.end.saturating_add(detector.reach).min(self.text.len());
        match self.open.get_mut(&index) {
            Some(window) if start <= window.end => window.end = end,
            _ => {
                if let Some(window) = self.open.insert(index, start..end) {
                    self.search(index, window);
                }
            }
        }
    }

    fn search(&mut self, detector: u16, window: Range<usize>) {
        let Some((detector, expression)) = self.engine.expression(usize::from(detector)) else { return };
        // What stands before the window is there to look back at; what stands behind it is not.
        let Some(text) = self.text.as_bytes().get(..window.end) else { return };
        let mut at = window.start;
        let mut count = 0;
        while let Some(matched) = expression.find_at(text, at) {
            at = matched.end().max(at + 1);
            let mut group = matched.range();
            if expression.captures_len() > 1
                && let Some(groups) = expression.captures_at(text, matched.start())
                && let Some(secret) = groups.name("secret").or_else(|| groups.name("other"))
            {
                group = secret.range();
            }
            if is_token(detector, self.text, &group) {
                self.found.push(Found { detector, range: group });
                count += 1;
            }
            if at > text.len() || count == MOST {
                break;
            }
        }
    }

    /// Looks at what is still open, and keeps the more exact of what overlaps.
    fn settle(&mut self) {
        for (detector, window) in std::mem::take(&mut self.open) {
            self.search(detector, window);
        }
        if self.found.is_empty() {
            return;
        }
        // The most exact ones first; a stable sort leaves what is alike in the order of the declarations.
        self.found.sort_by_key(|found| {
            let detector = found.detector;
            (
                detector.prevalence == Prevalence::Likely,
                detector.verify.is_none(),
                Reverse(found.range.len()),
                found.range.start,
            )
        });
        let mut kept: BTreeMap<usize, usize> = BTreeMap::new();
        self.found.retain(|found| {
            let before = kept.range(..found.range.end).next_back();
            let is_free = before.is_none_or(|(_, &end)| end <= found.range.start);
            if is_free {
                kept.insert(found.range.start, found.range.end);
            }
            is_free
        });
        self.found.sort_by_key(|found| found.range.start);
    }

    fn finish(mut self) -> Vec<Hit<'t>> {
        self.settle();
        let hit = |found: &Found| Hit {
            kind: Kind::Token(found.detector),
            range: found.range.clone(),
            name: Cow::Borrowed(name_of(self.text, found.range.start, &self.found)),
            wrapped: None,
        };
        self.found.iter().map(hit).collect()
    }
}

fn is_token(detector: &Detector, text: &str, range: &Range<usize>) -> bool {
    let Some(secret) = text.get(range.clone()) else { return false };
    !secret.is_empty()
        && (detector.entropy <= 0.0 || decoy::entropy(secret) >= detector.entropy)
        && !decoy::is_cut_out(text, range)
        && !decoy::is_sample(secret)
        && detector.verify.is_none_or(|verify| verify(secret))
        && (detector.prevalence == Prevalence::Certain || !is_on_long_line(text, range))
}

fn is_on_long_line(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = bytes.get(range.start.saturating_sub(LONGEST_LINE)..range.start).unwrap_or_default();
    let after = bytes.get(range.end..).unwrap_or_default();
    let after = after.get(..LONGEST_LINE).unwrap_or(after);
    let left = memchr::memrchr(b'\n', before).map_or(before.len(), |at| before.len() - at);
    let right = memchr::memchr(b'\n', after).unwrap_or(after.len());
    left + right >= LONGEST_LINE
}

/// The name that is given the token right before it: `token` of `token: "…"`. Empty where there is none, or where it may
/// be a secret itself.
fn name_of<'t>(text: &'t str, start: usize, found: &[Found]) -> &'t str {
    const LONGEST: usize = 40;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let before = text.as_bytes().get(..start).unwrap_or_default();
    let skip = |end: usize, what: &[u8], most: usize| {
        let bytes = before.get(..end).unwrap_or_default();
        end - bytes.iter().rev().take(most).take_while(|byte| what.contains(byte)).count()
    };
    let value = skip(start, b"\"'` ", 4);
    let sign = skip(value, b":=>", 2);
    let end = skip(sign, b"\"'` ", 4);
    let bytes = before.get(..end).unwrap_or_default();
    let length = bytes.iter().rev().take(LONGEST + 1).take_while(|byte| is_name(**byte)).count();
    let name = text.get(end - length..end).unwrap_or_default();
    let is_found = found.iter().any(|other| other.range.start < end && end - length < other.range.end);
    let is_random = name.bytes().filter(u8::is_ascii_digit).count() > 4;
    if sign == value || length > LONGEST || is_found || is_random { "" } else { name.trim_start_matches(['-', '.']) }
}
