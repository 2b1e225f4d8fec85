//! rpm: `[epoch:]version[-release]`, each part as `rpmvercmp` compares it.
//!
//! Runs of digits and letters count, all else separates, but for `~`, which is before the end, and `^`, which is right
//! after it. A version without a release comes before all that have one.

use std::cmp::Ordering;

use super::debian::epoch;
use super::runs::{Number, rows, split, split_digits, split_while};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let ((a_epoch, a), (b_epoch, b)) = (epoch(a), epoch(b));
    let ((a, a_release), (b, b_release)) = (release(a), release(b));
    a_epoch.cmp(&b_epoch).then_with(|| part(a, b)).then_with(|| match (a_release, b_release) {
        (Some(a), Some(b)) => part(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}

fn release(version: &str) -> (&str, Option<&str>) {
    let Some(dash) = version.bytes().rposition(|byte| byte == b'-') else { return (version, None) };
    (split(version, dash).0, version.get(dash + 1..))
}

fn part(a: &str, b: &str) -> Ordering {
    rows(Tokens(a), Tokens(b), Token::End)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Tilde,
    End,
    Caret,
    Text(&'a str),
    Number(Number<'a>),
}

struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.0.bytes().position(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^'))?;
        let rest = split(self.0, start).1;
        let (token, behind) = match rest.bytes().next()? {
            b'~' => (Token::Tilde, rest.get(1..)?),
            b'^' => (Token::Caret, rest.get(1..)?),
            digit if digit.is_ascii_digit() => {
                let (digits, behind) = split_digits(rest);
                (Token::Number(Number::new(digits)), behind)
            }
            _ => {
                let (letters, behind) = split_while(rest, |byte| byte.is_ascii_alphabetic());
                (Token::Text(letters), behind)
            }
        };
        self.0 = behind;
        Some(token)
    }
}
