//! Maven: `ComparableVersion`, as the version order specification in Maven's POM reference describes it.
//!
//! Tokens stand between dots, dashes and changes from digits to letters, which count as dashes. Zeros and the words for a
//! release (`ga`, `final`, `release`) are dropped before a dash, a word and the end. Maven's nested lists come to the same
//! as a row of the tokens that are left. Words outside of Maven's table come after the release, in the alphabet's order.

use std::cmp::Ordering;

use super::runs::{Caseless, Number, rows, split, split_digits};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    rows(Tokens::new(a), Tokens::new(b), Token::End)
}

pub(super) fn is_prerelease(version: &str) -> bool {
    Tokens::new(version).any(|token| token < Token::End)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    End,
    /// A word for a release that something follows.
    Release,
    ServicePack,
    Word(Caseless<'a>),
    /// A number behind a dash.
    Dashed(Number<'a>),
    /// A number behind a dot, or the first one.
    Dotted(Number<'a>),
}

impl Token<'_> {
    fn is_null(self) -> bool {
        match self {
            Self::Release => true,
            Self::Dashed(number) | Self::Dotted(number) => number.is_zero(),
            _ => false,
        }
    }
}

/// The tokens without what is dropped.
struct Tokens<'a> {
    pieces: Pieces<'a>,
    is_first: bool,
    /// Nulls that stand further than this from the end are known to be followed by a number.
    kept: usize,
}

impl<'a> Tokens<'a> {
    fn new(version: &'a str) -> Self {
        Self {
            pieces: Pieces { rest: Some(version.trim()), separator: Separator::Dot },
            is_first: true,
            kept: usize::MAX,
        }
    }

    /// Whether a number that is not zero follows before a dash, a word or the end. If not, the pieces go on behind all
    /// that is dropped; each piece is looked at in this way once, so that a row of zeros takes linear time.
    fn nulls_count(&mut self) -> bool {
        if self.pieces.left() >= self.kept {
            return true;
        }
        loop {
            let mut ahead = self.pieces.clone();
            let left = ahead.left();
            match ahead.next() {
                Some((Token::Dotted(number), Separator::Dot)) if !number.is_zero() => {
                    self.kept = left;
                    return true;
                }
                Some((token, Separator::Dot)) if token.is_null() => self.pieces = ahead,
                _ => return false,
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (token, _) = self.pieces.next()?;
            let before = self.pieces.clone();
            if std::mem::take(&mut self.is_first) || !token.is_null() {
                return Some(token);
            }
            if self.nulls_count() {
                self.pieces = before;
                return Some(token);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Dot,
    Dash,
}

/// Every token with what stands before it.
#[derive(Clone)]
struct Pieces<'a> {
    rest: Option<&'a str>,
    separator: Separator,
}

impl Pieces<'_> {
    fn left(&self) -> usize {
        self.rest.map_or(0, str::len)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (Token<'a>, Separator);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest?;
        let separator = self.separator;
        let (digits, behind) = split_digits(text);
        let is_number = !digits.is_empty();
        let (word, behind) = if is_number { ("", behind) } else { split_word(text) };
        (self.rest, self.separator) = match behind.bytes().next() {
            None => (None, Separator::Dot),
            Some(b'.') => (behind.get(1..), Separator::Dot),
            Some(b'-') => (behind.get(1..), Separator::Dash),
            Some(_) => (Some(behind), Separator::Dash),
        };
        let number = Number::new(digits);
        let token = match (is_number || word.is_empty(), separator) {
            (true, Separator::Dot) => Token::Dotted(number),
            (true, Separator::Dash) => Token::Dashed(number),
            (false, _) => self::word(word, behind.starts_with(|c: char| c.is_ascii_digit())),
        };
        Some((token, separator))
    }
}

fn split_word(text: &str) -> (&str, &str) {
    let ends = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    split(text, text.bytes().position(ends).unwrap_or(text.len()))
}

/// The words of Maven's table; one letter stands for a word where a digit follows at once.
fn word(word: &str, digit_follows: bool) -> Token<'_> {
    const WORDS: &[(&str, Token<'static>)] = &[
        ("alpha", Token::Alpha),
        ("beta", Token::Beta),
        ("milestone", Token::Milestone),
        ("rc", Token::Candidate),
        ("cr", Token::Candidate),
        ("snapshot", Token::Snapshot),
        ("ga", Token::Release),
        ("final", Token::Release),
        ("release", Token::Release),
        ("sp", Token::ServicePack),
    ];
    const LETTERS: &[(&str, Token<'static>)] = &[("a", Token::Alpha), ("b", Token::Beta), ("m", Token::Milestone)];
    let letters = if digit_follows { LETTERS } else { &[] };
    let known = WORDS.iter().chain(letters).find(|(name, _)| name.eq_ignore_ascii_case(word));
    known.map_or(Token::Word(Caseless(word)), |(_, token)| *token)
}
