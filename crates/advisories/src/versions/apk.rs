//! apk: `1.2.3b_rc1~1a2b3c-r4` (apk-tools, `doc/apk-package.5.scd`), as version 3 of apk compares it.
//!
//! What ends a version early is later the earlier the kind of token that is missing: a number more counts more than a
//! letter, a letter more than a suffix. Suffixes like `_rc` come before the end. What does not fit the form ends the
//! version, and comes before all that do.

use std::cmp::Ordering;

use super::runs::{Number, rows, split_digits, split_while};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    rows(Tokens::new(a), Tokens::new(b), Token::End)
}

pub(super) fn is_prerelease(version: &str) -> bool {
    Tokens::new(version).any(|token| matches!(token, Token::Alpha | Token::Beta | Token::Pre | Token::Candidate))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Malformed,
    Alpha,
    Beta,
    Pre,
    Candidate,
    End,
    Revision(Number<'a>),
    Commit(&'a str),
    SuffixNumber(Number<'a>),
    Cvs,
    Svn,
    Git,
    Hg,
    Patch,
    /// No digits where a number should stand: `1..2`.
    Empty,
    Letter(u8),
    /// A number with a leading zero behind a dot: compared digit by digit, so that `1.06` comes before `1.1`.
    Fraction(&'a str),
    Number(Number<'a>),
}

struct Tokens<'a> {
    rest: &'a str,
    after: After,
}

/// What the last token was, which decides what may follow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Start,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Commit,
    Revision,
}

impl<'a> Tokens<'a> {
    fn new(version: &'a str) -> Self {
        Self { rest: version.trim(), after: After::Start }
    }

    fn number(&mut self, digits: &'a str) -> Token<'a> {
        let is_first = self.after == After::Start;
        self.after = After::Number;
        match digits.bytes().next() {
            None => Token::Empty,
            Some(b'0') if !is_first => Token::Fraction(digits),
            Some(_) => Token::Number(Number::new(digits)),
        }
    }

    /// The token at the start of the rest, and what is behind it. `None` if none fits there.
    fn token(&mut self) -> Option<(Token<'a>, &'a str)> {
        let rest = self.rest;
        let (digits, behind) = split_digits(rest);
        if !digits.is_empty() {
            return match self.after {
                After::Start | After::Letter => {
                    self.after = After::Start;
                    Some((self.number(digits), behind))
                }
                After::Suffix => {
                    self.after = After::SuffixNumber;
                    Some((Token::SuffixNumber(Number::new(digits)), behind))
                }
                _ => None,
            };
        }
        let tail = rest.get(1..);
        match rest.bytes().next()? {
            b'.' if self.after == After::Start => Some((self.number(""), rest)),
            b'.' if self.after == After::Number => {
                let (digits, behind) = split_digits(tail?);
                Some((self.number(digits), behind))
            }
            letter @ b'a'..=b'z' if self.after <= After::Number => {
                self.after = After::Letter;
                Some((Token::Letter(letter), tail?))
            }
            b'_' if self.after <= After::SuffixNumber => {
                self.after = After::Suffix;
                let (name, behind) = split_while(tail?, |byte| byte.is_ascii_lowercase());
                Some((suffix(name)?, behind))
            }
            b'~' if self.after <= After::SuffixNumber => {
                self.after = After::Commit;
                let (commit, behind) = split_while(tail?, |byte| byte.is_ascii_hexdigit());
                Some((Token::Commit(commit), behind))
            }
            b'-' if self.after <= After::Commit => {
                self.after = After::Revision;
                let (digits, behind) = split_digits(tail?.strip_prefix('r')?);
                let is_word = digits.is_empty() && behind.starts_with(|c: char| c.is_ascii_alphabetic());
                (!is_word).then(|| (Token::Revision(Number::new(digits)), behind))
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (token, rest) = self.token().unwrap_or((Token::Malformed, ""));
        self.rest = rest;
        Some(token)
    }
}

fn suffix(name: &str) -> Option<Token<'static>> {
    Some(match name {
        "alpha" => Token::Alpha,
        "beta" => Token::Beta,
        "pre" => Token::Pre,
        "rc" => Token::Candidate,
        "cvs" => Token::Cvs,
        "svn" => Token::Svn,
        "git" => Token::Git,
        "hg" => Token::Hg,
        "p" => Token::Patch,
        _ => return None,
    })
}
