//! CRAN (R's `package_version`): numbers between dots and dashes, the longer row later.
//!
//! Letters are not allowed in it; where they stand all the same, they come before numbers.

use std::cmp::Ordering;

use super::runs::{Number, Run, Runs, rows};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    rows(Runs(a).map(Token::from), Runs(b).map(Token::from), Token::End)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    End,
    Text(&'a str),
    Number(Number<'a>),
}

impl<'a> From<Run<'a>> for Token<'a> {
    fn from(run: Run<'a>) -> Self {
        match run {
            Run::Text(text) => Self::Text(text),
            Run::Number(number) => Self::Number(number),
        }
    }
}
