//! Variable expansion by the rules of BuildKit's own word processor, which knows less than a shell.
//!
//! An unset variable is unknown, never empty: the build may set what the file does not.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use portcullis_core::Span;

use super::{Text, lexer, pattern};

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable<'a> {
    /// Its value.
    Set(Cow<'a, str>),
    /// Nothing gives it a value: defaults (`${x:-d}`) apply.
    Unset,
    /// It has a value that the file does not say (`TARGETARCH`): not even defaults can be decided.
    Unknown,
}

/// A reference to a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableRef {
    /// Without `$` and braces.
    pub name: String,
    /// The whole reference in the file, `$` and braces included.
    pub span: Span,
    /// Where its value, or for an unknown one the reference as written, stands in [`Expanded::text`].
    pub range: Range<usize>,
}

/// A word after quote removal and expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text; unknown references stand in it as they were written.
    pub text: String,
    /// References whose value is not known.
    pub unknown: Vec<VariableRef>,
    /// Every reference, in order, with those inside defaults that count.
    pub used: Vec<VariableRef>,
    /// Why the builder would refuse the word; the text is then the word as written.
    pub error: Option<&'static str>,
}

impl Expanded {
    /// The text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        (self.unknown.is_empty() && self.error.is_none()).then_some(self.text.as_str())
    }
}

/// How deep `${a:-${b:-…}}` may nest.
const MAX_DEPTH: u32 = 32;
/// How many bytes an expansion may add to a word, because variables that hold variables grow exponentially.
const MAX_GROWTH: usize = 4096;
/// How many characters the patterns of one word may look at.
const MAX_PATTERN_STEPS: usize = 1 << 20;

/// Expands a word (see [`super::Word::expandable`]); `escape` is [`super::Dockerfile::escape`].
pub fn expand<'v>(text: &Text, escape: char, lookup: impl Fn(&str) -> Variable<'v>) -> Expanded {
    let chars = text.char_indices().peekable();
    let mut expander = Expander { text, chars, escape, lookup, steps: MAX_PATTERN_STEPS };
    let mut out = Expanded::default();
    match expander.until(None, Escapes::Removed, &mut out, 0) {
        Ok(()) => out,
        Err(error) => Expanded { text: text.text.clone(), error: Some(error), ..Expanded::default() },
    }
}

const OPEN_BRACE: &str = "`${` is not closed";
const BAD_SUBSTITUTION: &str = "bad substitution";
const TOO_LONG: &str = "the expansion is too long";
const TOO_DEEP: &str = "substitutions are nested too deeply";

struct Expander<'t, F> {
    text: &'t Text,
    chars: Peekable<CharIndices<'t>>,
    escape: char,
    lookup: F,
    /// How much patterns may still look at.
    steps: usize,
}

/// Whether escape characters outside quotes go or stay; they stay in patterns, which have escapes of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Removed,
    Kept,
}

/// What stands between a name and the word of a substitution.
#[derive(Clone, Copy)]
enum Operator {
    Default { empty_counts: bool },
    Alternative { empty_counts: bool },
    Required { empty_counts: bool },
    Trim(pattern::End),
}

type Result<T> = std::result::Result<T, &'static str>;

impl<'v, F: Fn(&str) -> Variable<'v>> Expander<'_, F> {
    /// Expands up to a character, which is consumed, or to the end.
    fn until(&mut self, stop: Option<char>, escapes: Escapes, out: &mut Expanded, depth: u32) -> Result<()> {
        loop {
            let Some((at, c)) = self.chars.next() else {
                return if stop.is_none() { Ok(()) } else { Err(OPEN_BRACE) };
            };
            match c {
                c if Some(c) == stop => return Ok(()),
                '\'' => self.single_quoted(out)?,
                '"' => self.double_quoted(escapes, out, depth)?,
                '$' => self.dollar(at, out, depth)?,
                c if c == self.escape => {
                    if escapes == Escapes::Kept {
                        out.text.push(c);
                    }
                    out.text.extend(self.chars.next().map(|(_, next)| next));
                }
                c => out.text.push(c),
            }
        }
    }

    fn single_quoted(&mut self, out: &mut Expanded) -> Result<()> {
        loop {
            match self.chars.next().ok_or("a single quote is not closed")?.1 {
                '\'' => return Ok(()),
                c => out.text.push(c),
            }
        }
    }

    fn double_quoted(&mut self, escapes: Escapes, out: &mut Expanded, depth: u32) -> Result<()> {
        let escape = self.escape;
        loop {
            match self.chars.next().ok_or("a double quote is not closed")? {
                (_, '"') => return Ok(()),
                (at, '$') => self.dollar(at, out, depth)?,
                (_, c) if c == escape => {
                    let next = self.chars.next_if(|&(_, next)| matches!(next, '"' | '$') || next == escape);
                    if next.is_none() || escapes == Escapes::Kept {
                        out.text.push(c);
                    }
                    out.text.extend(next.map(|(_, next)| next));
                }
                (_, c) => out.text.push(c),
            }
        }
    }

    /// What follows the `$` at `start`.
    fn dollar(&mut self, start: usize, out: &mut Expanded, depth: u32) -> Result<()> {
        let length = self.text.len();
        if self.chars.next_if(|&(_, c)| c == '{').is_none() {
            let name = lexer::name(&mut self.chars, length);
            if name.is_empty() {
                out.text.push('$');
                return Ok(());
            }
            return self.plain(start, name, out);
        }
        if depth >= MAX_DEPTH {
            return Err(TOO_DEEP);
        }
        if matches!(self.chars.peek().ok_or(OPEN_BRACE)?.1, '{' | '}' | ':') {
            return Err(BAD_SUBSTITUTION);
        }
        let name = lexer::name(&mut self.chars, length);
        let operator = match self.chars.next().ok_or(OPEN_BRACE)?.1 {
            '}' => return self.plain(start, name, out),
            '/' => return self.replacement(start, name, out, depth),
            ':' => match self.chars.next().ok_or(OPEN_BRACE)?.1 {
                '-' => Operator::Default { empty_counts: true },
                '+' => Operator::Alternative { empty_counts: true },
                '?' => Operator::Required { empty_counts: true },
                _ => return Err(BAD_SUBSTITUTION),
            },
            '-' => Operator::Default { empty_counts: false },
            '+' => Operator::Alternative { empty_counts: false },
            '?' => Operator::Required { empty_counts: false },
            '#' => Operator::Trim(pattern::End::Prefix),
            '%' => Operator::Trim(pattern::End::Suffix),
            _ => return Err(BAD_SUBSTITUTION),
        };
        let mut word = Expanded::default();
        let escapes = if matches!(operator, Operator::Trim(_)) { Escapes::Kept } else { Escapes::Removed };
        self.until(Some('}'), escapes, &mut word, depth + 1)?;
        let reference = self.reference(start, name);
        let value = (self.lookup)(&reference.name);
        match (operator, value) {
            (_, Variable::Unknown) => self.unknown(reference, out),
            (Operator::Default { empty_counts }, value) => match value {
                Variable::Set(value) if !(empty_counts && value.is_empty()) => self.known(reference, &value, out),
                _ => self.nested(reference, &word, out),
            },
            (Operator::Alternative { empty_counts }, value) => match value {
                Variable::Set(value) if !(empty_counts && value.is_empty()) => self.nested(reference, &word, out),
                _ => self.known(reference, "", out),
            },
            (Operator::Required { empty_counts }, Variable::Set(value)) if !(empty_counts && value.is_empty()) => {
                self.known(reference, &value, out)
            }
            (Operator::Trim(end), Variable::Set(value)) if word.unknown.is_empty() => {
                let trimmed = pattern::trim(&value, &word.text, end, &mut self.steps)?;
                self.known(reference, trimmed, out)
            }
            (Operator::Required { .. } | Operator::Trim(_), _) => self.unknown(reference, out),
        }
    }

    /// `$x` or `${x}`.
    fn plain(&self, start: usize, name: Range<usize>, out: &mut Expanded) -> Result<()> {
        let reference = self.reference(start, name);
        match (self.lookup)(&reference.name) {
            Variable::Set(value) => self.known(reference, &value, out),
            Variable::Unset | Variable::Unknown => self.unknown(reference, out),
        }
    }

    /// `${x/pattern/replacement}` or `${x//pattern/replacement}`, after the first slash.
    fn replacement(&mut self, start: usize, name: Range<usize>, out: &mut Expanded, depth: u32) -> Result<()> {
        let all = self.chars.next_if(|&(_, c)| c == '/').is_some();
        let which = if all { pattern::Occurrences::All } else { pattern::Occurrences::First };
        let (mut from, mut to) = (Expanded::default(), Expanded::default());
        self.until(Some('/'), Escapes::Kept, &mut from, depth + 1)?;
        self.until(Some('}'), Escapes::Kept, &mut to, depth + 1)?;
        let reference = self.reference(start, name);
        match (self.lookup)(&reference.name) {
            Variable::Set(value) if from.unknown.is_empty() && to.unknown.is_empty() => {
                let limit = self.text.len() + MAX_GROWTH;
                let replaced = pattern::replace(&value, &from.text, &to.text, which, &mut self.steps, limit)?;
                self.known(reference, &replaced, out)
            }
            _ => self.unknown(reference, out),
        }
    }

    /// The reference from `start` up to what has been read.
    fn reference(&self, start: usize, name: Range<usize>) -> VariableRef {
        let name = self.text.get(name).unwrap_or_default().to_owned();
        VariableRef { name, span: self.text.span_of(start..self.position()), range: start..self.position() }
    }

    fn position(&self) -> usize {
        self.chars.clone().next().map_or(self.text.len(), |(at, _)| at)
    }

    fn known(&self, mut reference: VariableRef, value: &str, out: &mut Expanded) -> Result<()> {
        let start = out.text.len();
        self.append(value, out)?;
        reference.range = start..out.text.len();
        out.used.push(reference);
        Ok(())
    }

    fn unknown(&self, mut reference: VariableRef, out: &mut Expanded) -> Result<()> {
        let written = self.text.get(reference.range.clone()).unwrap_or_default();
        let start = out.text.len();
        self.append(written, out)?;
        reference.range = start..out.text.len();
        out.unknown.push(reference.clone());
        out.used.push(reference);
        Ok(())
    }

    /// The word of a substitution takes the place of the reference.
    fn nested(&self, mut reference: VariableRef, word: &Expanded, out: &mut Expanded) -> Result<()> {
        let start = out.text.len();
        self.append(&word.text, out)?;
        reference.range = start..out.text.len();
        let shift = |inner: &VariableRef| VariableRef {
            range: start + inner.range.start..start + inner.range.end,
            ..inner.clone()
        };
        out.used.push(reference);
        out.used.extend(word.used.iter().map(shift));
        out.unknown.extend(word.unknown.iter().map(shift));
        Ok(())
    }

    fn append(&self, text: &str, out: &mut Expanded) -> Result<()> {
        out.text.push_str(text);
        if out.text.len() > self.text.len() + MAX_GROWTH { Err(TOO_LONG) } else { Ok(()) }
    }
}
