//! The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*`, `?` and escapes, no brackets.
//!
//! A pattern runs as an automaton of one bit for each token, so a match costs one step for each character.

use std::ops::Range;

/// Longer patterns are refused: the automaton's states fill one word.
const MAX_TOKENS: usize = 62;

/// Which end of a value a pattern is taken from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Prefix,
    Suffix,
}

/// How many occurrences are replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occurrences {
    First,
    All,
}

type Result<T> = std::result::Result<T, &'static str>;

/// The value without the shortest match at an end, or the longest where the pattern begins with the operator doubled.
pub(super) fn trim<'v>(value: &'v str, pattern: &str, end: End, steps: &mut usize) -> Result<&'v str> {
    let doubled = if end == End::Prefix { '#' } else { '%' };
    let (longest, pattern) = pattern.strip_prefix(doubled).map_or((false, pattern), |rest| (true, rest));
    let mut tokens = tokens(pattern)?;
    let matched = |found: Option<Range<usize>>| found.map_or(0, |found| if longest { found.end } else { found.start });
    Ok(match end {
        End::Prefix => {
            let kept = matched(Automaton::new(&tokens).run(value.chars(), steps)?);
            value.get(kept..).unwrap_or(value)
        }
        End::Suffix => {
            tokens.reverse();
            let dropped = matched(Automaton::new(&tokens).run(value.chars().rev(), steps)?);
            value.get(..value.len() - dropped).unwrap_or(value)
        }
    })
}

/// The value with the longest match of each leftmost occurrence replaced.
pub(super) fn replace(
    value: &str,
    pattern: &str,
    replacement: &str,
    which: Occurrences,
    steps: &mut usize,
    limit: usize,
) -> Result<String> {
    let tokens = tokens(pattern)?;
    if tokens.is_empty() {
        return Err("an empty pattern replaces nothing");
    }
    let automaton = Automaton::new(&tokens);
    let mut replaced = String::new();
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let end = automaton.run(rest.chars(), steps)?.map_or(0, |found| found.end);
        if end > 0 {
            replaced.push_str(replacement);
            rest = rest.get(end..).unwrap_or_default();
            if which == Occurrences::First {
                break;
            }
        } else {
            replaced.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
        if replaced.len() > limit {
            return Err("the expansion is too long");
        }
    }
    replaced.push_str(rest);
    Ok(replaced)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Any,
    Star,
    Char(char),
}

fn tokens(pattern: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let token = match c {
            '*' if tokens.last() == Some(&Token::Star) => continue,
            '*' => Token::Star,
            '?' => Token::Any,
            '\\' => match chars.next() {
                Some(escaped @ ('}' | '/' | '*' | '?' | '\\')) => Token::Char(escaped),
                _ => return Err("the pattern has an invalid escape"),
            },
            c => Token::Char(c),
        };
        if tokens.len() == MAX_TOKENS {
            return Err("the pattern is too long");
        }
        tokens.push(token);
    }
    Ok(tokens)
}

/// Bit `i` stands for "the first `i` tokens have matched".
struct Automaton<'t> {
    tokens: &'t [Token],
    stars: u64,
    accepted: u64,
}

impl<'t> Automaton<'t> {
    fn new(tokens: &'t [Token]) -> Self {
        let mut bit = 1_u64;
        let mut stars = 0;
        for &token in tokens {
            if token == Token::Star {
                stars |= bit;
            }
            bit <<= 1;
        }
        Self { tokens, stars, accepted: bit }
    }

    /// The lengths in bytes of the shortest and the longest match at the beginning.
    fn run(&self, chars: impl Iterator<Item = char>, steps: &mut usize) -> Result<Option<Range<usize>>> {
        let mut state = self.closed(1);
        let mut found = (state & self.accepted != 0).then_some(0..0);
        let mut length = 0;
        for c in chars {
            *steps = steps.checked_sub(1).ok_or("the patterns look at too much text")?;
            state = self.closed((state & self.stars) | ((state & self.matching(c)) << 1));
            if state == 0 {
                break;
            }
            length += c.len_utf8();
            if state & self.accepted != 0 {
                found = Some(found.map_or(length, |found| found.start)..length);
            }
        }
        Ok(found)
    }

    /// A star matches nothing, too; two never stand side by side.
    fn closed(&self, state: u64) -> u64 {
        state | ((state & self.stars) << 1)
    }

    fn matching(&self, c: char) -> u64 {
        let mut bit = 1_u64;
        let mut mask = 0;
        for &token in self.tokens {
            if token == Token::Any || token == Token::Char(c) {
                mask |= bit;
            }
            bit <<= 1;
        }
        mask
    }
}
