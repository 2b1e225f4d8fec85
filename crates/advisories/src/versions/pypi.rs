//! PyPI: PEP 440. What it does not describe comes before all that it does, by its runs of digits and letters.

use std::cmp::Ordering;

use super::runs::{Caseless, Dotted, Number, Run, Runs, dotted, rows, split, split_digits, split_while};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    match (Version::parse(a), Version::parse(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (None, None) => legacy(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

pub(super) fn is_prerelease(version: &str) -> bool {
    Version::parse(version).is_some_and(|version| version.is_prerelease())
}

/// `epoch!release`, then a prerelease, a post-release, a development release and a local label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version<'a> {
    pub(crate) epoch: Number<'a>,
    /// Numbers and dots.
    pub(crate) release: &'a str,
    pre: Option<(Phase, Number<'a>)>,
    pub(crate) post: Option<Number<'a>>,
    dev: Option<Number<'a>>,
    pub(crate) local: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Alpha,
    Beta,
    Candidate,
}

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (digits, rest) = split_digits(text);
        let (epoch, text) = rest.strip_prefix('!').map_or((Number::ZERO, text), |rest| (Number::new(digits), rest));
        let (release, rest) = release(text)?;
        if rest.is_empty() {
            return Some(Self { epoch, release, pre: None, post: None, dev: None, local: None });
        }
        let (pre, rest) = labelled(rest, PRE).unwrap_or((None, rest));
        let (post, rest) = implicit_post(rest).or_else(|| labelled(rest, POST)).unwrap_or((None, rest));
        let (dev, rest) = labelled(rest, DEV).unwrap_or((None, rest));
        let local = rest.strip_prefix('+');
        if !local.map_or(rest.is_empty(), is_local) {
            return None;
        }
        let number = |label: Option<(Phase, Number<'a>)>| label.map(|(_, number)| number);
        Some(Self { epoch, release, pre, post: number(post), dev: number(dev), local })
    }

    pub(crate) fn is_prerelease(&self) -> bool {
        self.pre.is_some() || self.dev.is_some()
    }

    /// Whether it is nothing but numbers.
    pub(crate) fn is_release(&self) -> bool {
        self.pre.is_none() && self.post.is_none() && self.dev.is_none()
    }

    /// The first of what leads to this version.
    pub(crate) fn first_development(self) -> Self {
        Self { dev: Some(Number::ZERO), ..self }
    }

    /// What a post-release comes after.
    pub(crate) fn without_post(self) -> Option<Self> {
        self.post.map(|_| Self { post: None, dev: None, ..self })
    }

    /// The order without local labels.
    pub(crate) fn public_cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| dotted(self.release, other.release))
            .then_with(|| self.phase().cmp(&other.phase()))
            .then_with(|| self.post.cmp(&other.post))
            // No development release is the latest one.
            .then_with(|| self.dev.is_none().cmp(&other.dev.is_none()))
            .then_with(|| self.dev.cmp(&other.dev))
    }

    /// The order with local labels.
    pub(crate) fn cmp(&self, other: &Self) -> Ordering {
        self.public_cmp(other).then_with(|| match (self.local, other.local) {
            (Some(a), Some(b)) => rows(runs_of_label(a), runs_of_label(b), Part::End),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
    }

    /// A development release of a release comes before its prereleases.
    fn phase(&self) -> (u8, Option<(Phase, Number<'a>)>) {
        match (self.pre, self.post, self.dev) {
            (Some(pre), ..) => (1, Some(pre)),
            (None, None, Some(_)) => (0, None),
            (None, ..) => (2, None),
        }
    }
}

type Label = (&'static str, Phase);

/// Names of one kind of label, a longer one before those that it starts with.
const PRE: &[Label] = &[
    ("preview", Phase::Candidate),
    ("pre", Phase::Candidate),
    ("alpha", Phase::Alpha),
    ("a", Phase::Alpha),
    ("beta", Phase::Beta),
    ("b", Phase::Beta),
    ("rc", Phase::Candidate),
    ("c", Phase::Candidate),
];
const POST: &[Label] = &[("post", Phase::Candidate), ("rev", Phase::Candidate), ("r", Phase::Candidate)];
const DEV: &[Label] = &[("dev", Phase::Candidate)];

type Labelled<'a> = (Option<(Phase, Number<'a>)>, &'a str);

/// A label with the number behind it, which is zero if it is not given.
fn labelled<'a>(text: &'a str, names: &[Label]) -> Option<Labelled<'a>> {
    let is_separator = |c: char| matches!(c, '-' | '_' | '.');
    let label = text.strip_prefix(is_separator).unwrap_or(text);
    let first = label.bytes().next()?.to_ascii_lowercase();
    let starts = |name: &str| {
        name.bytes().next() == Some(first)
            && label.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let (name, phase) = names.iter().find(|(name, _)| starts(name))?;
    let rest = label.get(name.len()..)?;
    let (digits, rest) = split_digits(rest.strip_prefix(is_separator).unwrap_or(rest));
    Some((Some((*phase, Number::new(digits))), rest))
}

/// `1.0-1` is a post-release.
fn implicit_post(text: &str) -> Option<Labelled<'_>> {
    let (digits, rest) = split_digits(text.strip_prefix('-')?);
    (!digits.is_empty()).then(|| (Some((Phase::Candidate, Number::new(digits))), rest))
}

fn release(text: &str) -> Option<(&str, &str)> {
    let (numbers, _) = split_while(text, |byte| byte.is_ascii_digit() || byte == b'.');
    // A dot that no digit follows belongs to a label.
    let numbers = numbers.strip_suffix('.').unwrap_or(numbers);
    let is_release = Dotted(Some(numbers)).all(|number| !number.is_empty());
    is_release.then(|| split(text, numbers.len()))
}

fn is_local(label: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    label.split(['-', '_', '.']).all(is_part)
}

/// The parts of a local label: a number comes after a text, more parts after fewer.
fn runs_of_label(label: &str) -> impl Iterator<Item = Part<'_>> {
    label.split(['-', '_', '.']).map(|part| {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Part::Number(Number::new(part)) } else { Part::Text(Caseless(part)) }
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    End,
    Text(Caseless<'a>),
    Number(Number<'a>),
}

fn legacy(a: &str, b: &str) -> Ordering {
    let row = |text| {
        Runs(text).map(|run| match run {
            Run::Text(text) => Part::Text(Caseless(text)),
            Run::Number(number) => Part::Number(number),
        })
    };
    rows(row(a), row(b), Part::End)
}
