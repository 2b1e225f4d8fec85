//! What the schemes share: runs of digits and letters, and the order of rows of them.
//!
//! A version is a row of tokens, each scheme with its own kinds of them; what stands behind the last one is a token too.
//! A lexicographic order of such rows is total whatever the tokens are, which is why no scheme compares in another way.

use std::cmp::Ordering;

/// A number of any length: its digits without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    pub(crate) const ZERO: Self = Self("");

    /// Nothing but digits is expected; no digits are zero.
    pub(crate) fn new(digits: &'a str) -> Self {
        Self(if digits.starts_with('0') { digits.trim_start_matches('0') } else { digits })
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0.is_empty()
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text whose case does not count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caseless<'a>(pub(super) &'a str);

impl Ord for Caseless<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        self.0.bytes().map(lower).cmp(other.0.bytes().map(lower))
    }
}

impl PartialOrd for Caseless<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Caseless<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Caseless<'_> {}

/// A run of digits or of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run<'a> {
    Text(&'a str),
    Number(Number<'a>),
}

/// The runs of digits and of ASCII letters in a text; all else only separates them.
#[derive(Clone)]
pub(super) struct Runs<'a>(pub(super) &'a str);

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        let start = self.0.bytes().position(|byte| byte.is_ascii_alphanumeric())?;
        let (_, rest) = split(self.0, start);
        let (digits, behind) = split_digits(rest);
        if !digits.is_empty() {
            self.0 = behind;
            return Some(Run::Number(Number::new(digits)));
        }
        let (letters, behind) = split_while(rest, |byte| byte.is_ascii_alphabetic());
        self.0 = behind;
        Some(Run::Text(letters))
    }
}

/// The order of two rows, each of them followed by `end` as often as it takes. Rows must be finite.
pub(super) fn rows<T: Ord + Copy>(mut a: impl Iterator<Item = T>, mut b: impl Iterator<Item = T>, end: T) -> Ordering {
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => a.unwrap_or(end).cmp(&b.unwrap_or(end)),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The numbers between dots, the shorter row filled up with zeros.
pub(crate) fn dotted(a: &str, b: &str) -> Ordering {
    rows(numbers(a), numbers(b), Number::ZERO)
}

/// The numbers between the dots of a text that holds digits and dots only.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = Number<'_>> {
    Dotted(Some(text)).map(Number::new)
}

/// What stands between dots.
pub(super) struct Dotted<'a>(pub(super) Option<&'a str>);

impl<'a> Iterator for Dotted<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0?;
        let Some(at) = text.bytes().position(|byte| byte == b'.') else { return self.0.take() };
        let (piece, rest) = split(text, at);
        self.0 = rest.get(1..);
        Some(piece)
    }
}

/// A text without the `v` that stands before its first number.
pub(super) fn without_v(text: &str) -> &str {
    let text = text.trim();
    match text.as_bytes() {
        [b'v' | b'V', digit, ..] if digit.is_ascii_digit() => text.get(1..).unwrap_or(text),
        _ => text,
    }
}

pub(super) fn split_digits(text: &str) -> (&str, &str) {
    split_while(text, |byte| byte.is_ascii_digit())
}

/// The leading bytes that are as asked, and the rest. Only ASCII may be asked for.
pub(super) fn split_while(text: &str, is: impl Fn(u8) -> bool) -> (&str, &str) {
    split(text, text.bytes().position(|byte| !is(byte)).unwrap_or(text.len()))
}

pub(super) fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}
