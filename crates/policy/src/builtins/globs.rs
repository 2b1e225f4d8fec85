//! `regex.globs_match`: whether two patterns of letters, sets, `.`, `*` and `+` have a text in common.

use std::collections::BTreeSet;

use regorus::Value;

use super::arguments::{refuse, text};
use super::{Builtin, Refusal};

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "regex.globs_match",
    arity: 2,
    call: |a, _| {
        let (first, second) = (steps(text(a, 0)?)?, steps(text(a, 1)?)?);
        if first.len().saturating_mul(second.len()) > MOST_PAIRS {
            return Err(Refusal::Limit);
        }
        Ok(Value::Bool(intersect(&first, &second)))
    },
}];

const MOST_PAIRS: usize = 1 << 20;

/// A letter of a text: one of these ranges, once or as often as one likes.
#[derive(Clone)]
struct Step {
    ranges: Vec<(char, char)>,
    repeats: bool,
}

fn steps(pattern: &str) -> Result<Vec<Step>, Refusal> {
    let mut steps: Vec<Step> = Vec::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        let ranges = match letter {
            '.' => vec![('\0', char::MAX)],
            '[' => set(&mut letters)?,
            ']' => return Err(refuse("a ] without a [")),
            '*' | '+' => return Err(refuse(format!("a {letter} behind nothing"))),
            '\\' => {
                let literal = letters.next().ok_or_else(|| refuse("a \\ at the end"))?;
                vec![(literal, literal)]
            }
            literal => vec![(literal, literal)],
        };
        let step = Step { ranges, repeats: false };
        match letters.peek() {
            Some('*') => steps.push(Step { repeats: true, ..step }),
            Some('+') => steps.extend([step.clone(), Step { repeats: true, ..step }]),
            _ => {
                steps.push(step);
                continue;
            }
        }
        letters.next();
    }
    Ok(steps)
}

fn set(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Vec<(char, char)>, Refusal> {
    let mut ranges: Vec<(char, char)> = Vec::new();
    let open = || refuse("a [ without a ]");
    loop {
        let first = match letters.next().ok_or_else(open)? {
            ']' => return if ranges.is_empty() { Err(refuse("a set of nothing")) } else { Ok(ranges) },
            '\\' => letters.next().ok_or_else(open)?,
            letter => letter,
        };
        if letters.next_if_eq(&'-').is_none() {
            ranges.push((first, first));
            continue;
        }
        let last = match letters.next().ok_or_else(open)? {
            ']' => return Err(refuse("a range without an end")),
            '\\' => letters.next().ok_or_else(open)?,
            letter => letter,
        };
        if last < first {
            return Err(refuse("a range that ends before it starts"));
        }
        ranges.push((first, last));
    }
}

/// Both patterns at once: the pairs of places that one text leads to.
fn intersect(first: &[Step], second: &[Step]) -> bool {
    let mut seen = BTreeSet::from([(0, 0)]);
    let mut pending = vec![(0, 0)];
    while let Some((i, j)) = pending.pop() {
        let (a, b) = (first.get(i), second.get(j));
        let (next_i, next_j) = (i.saturating_add(1), j.saturating_add(1));
        let mut reached = Vec::new();
        if a.is_none() && b.is_none() {
            return true;
        }
        if a.is_some_and(|step| step.repeats) {
            reached.push((next_i, j));
        }
        if b.is_some_and(|step| step.repeats) {
            reached.push((i, next_j));
        }
        if let (Some(a), Some(b)) = (a, b)
            && a.ranges.iter().any(|(from, to)| b.ranges.iter().any(|(start, end)| from <= end && start <= to))
        {
            reached.push((if a.repeats { i } else { next_i }, if b.repeats { j } else { next_j }));
        }
        pending.extend(reached.into_iter().filter(|pair| seen.insert(*pair)));
    }
    false
}
