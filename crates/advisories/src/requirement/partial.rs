//! Versions in requirements, of which numbers may be missing, and the ranges that operators make of them.

use super::bounds::{Bound, Operator};

/// `1`, `1.2`, `1.2.x` or a whole version.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    /// Those that are given, at most four.
    pub(super) numbers: Vec<u64>,
    /// Whether an `x` or `*` stands behind them.
    pub(super) is_wildcard: bool,
    /// What stands behind the numbers, without a build: `-rc.1`.
    suffix: String,
}

/// What stands before a [`Partial`] in requirements for npm and Cargo.
#[derive(Clone, Copy)]
pub(super) enum Sign {
    Plain(Operator),
    Caret,
    Tilde,
}

impl Partial {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(text, _)| text);
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'x' | 'X' | '*');
        let (numbers, suffix) = text.split_at_checked(text.find(|c| !is_number(c)).unwrap_or(text.len()))?;
        let mut partial = Self { numbers: Vec::new(), is_wildcard: false, suffix: suffix.to_owned() };
        for number in numbers.split('.') {
            if matches!(number, "x" | "X" | "*") {
                partial.is_wildcard = true;
            } else if partial.is_wildcard {
                return None;
            } else {
                partial.numbers.push(number.parse().ok()?);
            }
        }
        let is_suffix = suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        (partial.numbers.len() <= 4 && is_suffix && (suffix.is_empty() || !partial.is_wildcard)).then_some(partial)
    }

    /// The same with at most three numbers, and with a prerelease only behind a dash and three of them.
    pub(super) fn parse_semver(text: &str) -> Option<Self> {
        let partial = Self::parse(text)?;
        let is_semver = partial.numbers.len() <= 3
            && (partial.suffix.is_empty() || partial.is_whole() && partial.suffix.starts_with('-'));
        is_semver.then_some(partial)
    }

    pub(super) fn is_whole(&self) -> bool {
        self.numbers.len() >= 3
    }

    pub(super) fn has_suffix(&self) -> bool {
        !self.suffix.is_empty()
    }

    /// The version itself, zeros for what is missing.
    pub(super) fn floor(&self) -> String {
        join(&self.numbers) + &self.suffix
    }

    /// The version after all that start like this one up to the number at `index`.
    pub(super) fn bump(&self, index: usize) -> Option<String> {
        let mut numbers: Vec<u64> = self.numbers.iter().copied().take(index.checked_add(1)?).collect();
        let last = numbers.last_mut()?;
        *last = last.checked_add(1)?;
        Some(join(&numbers))
    }

    /// Index of the last number that is given.
    pub(super) fn last(&self) -> usize {
        self.numbers.len().saturating_sub(1)
    }

    /// `^`: the first number that is not zero stays.
    pub(super) fn caret(&self) -> Option<Vec<Bound>> {
        let first = self.numbers.iter().position(|number| *number != 0);
        self.up_to(first.unwrap_or(self.last()))
    }

    /// From this version on, as long as the number at `index` stays.
    pub(super) fn up_to(&self, index: usize) -> Option<Vec<Bound>> {
        Some(vec![Bound::new(Operator::AtLeast, self.floor()), Bound::new(Operator::Below, self.bump(index)?)])
    }

    /// The bounds of one comparator as npm and Cargo read them, where a missing number stands for all.
    pub(super) fn comparator(&self, sign: Sign) -> Option<Vec<Bound>> {
        let operator = match sign {
            _ if self.numbers.is_empty() => return Some(any_or_none(sign)),
            Sign::Caret => return self.caret(),
            Sign::Tilde => return self.up_to(self.last().min(1)),
            Sign::Plain(operator) => operator,
        };
        if self.is_whole() {
            return Some(vec![Bound::new(operator, self.floor())]);
        }
        let next = self.bump(self.last())?;
        Some(match operator {
            Operator::More => vec![Bound::new(Operator::AtLeast, next)],
            Operator::AtMost => vec![Bound::new(Operator::Below, next)],
            Operator::Less => vec![Bound::new(Operator::Below, self.floor())],
            Operator::AtLeast => vec![Bound::new(Operator::AtLeast, self.floor())],
            _ => return self.up_to(self.last()),
        })
    }
}

/// Nothing is more or less than every version.
fn any_or_none(sign: Sign) -> Vec<Bound> {
    match sign {
        Sign::Plain(Operator::Less | Operator::More) => vec![Bound::new(Operator::Below, "0.0.0")],
        _ => Vec::new(),
    }
}

/// Numbers with dots, at least three of them.
fn join(numbers: &[u64]) -> String {
    let missing = 3_usize.saturating_sub(numbers.len());
    let zeros = std::iter::repeat_n(&0, missing);
    numbers.iter().chain(zeros).map(u64::to_string).collect::<Vec<_>>().join(".")
}
