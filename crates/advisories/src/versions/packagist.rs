//! Packagist: PHP's `version_compare`, after a leading `v`.
//!
//! A run of letters is known by how it begins, and case counts: `beta`, `bugfix` and `b` are betas, while `BETA` is an
//! unknown word; all unknown words are the same. Every other character only separates.

use std::cmp::Ordering;

use super::runs::{Number, Run, Runs, dotted, rows, split_while, without_v};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    tokens(without_v(a), without_v(b))
}

/// The order in which Composer checks constraints: as many numbers as the other has, filled up with zeros.
pub(crate) fn compare_padded(a: &str, b: &str) -> Ordering {
    let cut = |text| split_while(text, |byte| byte.is_ascii_digit() || byte == b'.');
    let ((a, a_rest), (b, b_rest)) = (cut(without_v(a)), cut(without_v(b)));
    dotted(a, b).then_with(|| tokens(a_rest, b_rest))
}

pub(super) fn is_prerelease(version: &str) -> bool {
    Runs(without_v(version)).any(|run| Token::from(run) < Token::End)
}

fn tokens(a: &str, b: &str) -> Ordering {
    rows(Runs(a).map(Token::from), Runs(b).map(Token::from), Token::End)
}

/// In the order of PHP's table, where the end of a version counts as a number that is before all others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Unknown,
    Dev,
    Alpha,
    Beta,
    Candidate,
    End,
    Number(Number<'a>),
    Patch,
}

impl<'a> From<Run<'a>> for Token<'a> {
    fn from(run: Run<'a>) -> Self {
        match run {
            Run::Number(number) => Self::Number(number),
            Run::Text(text) if text.starts_with("dev") => Self::Dev,
            Run::Text(text) if text.starts_with('a') => Self::Alpha,
            Run::Text(text) if text.starts_with('b') => Self::Beta,
            Run::Text(text) if text.starts_with("RC") || text.starts_with("rc") => Self::Candidate,
            Run::Text(text) if text.starts_with('p') => Self::Patch,
            Run::Text(_) => Self::Unknown,
        }
    }
}
