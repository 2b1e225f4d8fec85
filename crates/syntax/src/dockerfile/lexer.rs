//! The words of a whole instruction line, as BuildKit's word processor sees them when it looks for heredocs.
//!
//! Quotes and escapes stay in the words. The escape character is always `\` here, whatever the directive says.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// How deep `${a:-${b:-…}}` may nest; a line beyond it counts as one that the builder refuses.
const MAX_DEPTH: u32 = 64;

/// The words of a line; absent where the builder's word processor refuses it.
pub(super) fn words(line: &str) -> Option<Vec<Range<usize>>> {
    let mut lexer = Lexer { chars: line.char_indices().peekable(), length: line.len() };
    let mut words = Vec::new();
    let mut start = None;
    while let Some(&(at, c)) = lexer.chars.peek() {
        if c.is_whitespace() {
            lexer.chars.next();
            words.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        lexer.step(0)?;
    }
    words.extend(start.map(|start| start..line.len()));
    Some(words)
}

struct Lexer<'t> {
    chars: Peekable<CharIndices<'t>>,
    length: usize,
}

impl Lexer<'_> {
    /// Consumes one character with all that it opens.
    fn step(&mut self, depth: u32) -> Option<()> {
        match self.next()? {
            '\'' => while self.next()? != '\'' {},
            '"' => self.double_quoted(depth)?,
            '$' => self.dollar(depth)?,
            '<' if self.chars.next_if(|&(_, c)| c == '<').is_some() => {
                // Blanks between `<<` and its delimiter belong to the word.
                while self.chars.next_if(|&(_, c)| matches!(c, '\t' | '\r' | ' ')).is_some() {}
            }
            '\\' => {
                self.chars.next();
            }
            _ => {}
        }
        Some(())
    }

    fn double_quoted(&mut self, depth: u32) -> Option<()> {
        loop {
            match self.next()? {
                '"' => return Some(()),
                '$' => self.dollar(depth)?,
                '\\' => {
                    self.chars.next_if(|&(_, c)| matches!(c, '"' | '$' | '\\'));
                }
                _ => {}
            }
        }
    }

    /// What follows `$`.
    fn dollar(&mut self, depth: u32) -> Option<()> {
        if self.chars.next_if(|&(_, c)| c == '{').is_none() {
            name(&mut self.chars, self.length);
            return Some(());
        }
        if depth >= MAX_DEPTH || matches!(self.chars.peek()?.1, '{' | '}' | ':') {
            return None;
        }
        name(&mut self.chars, self.length);
        match self.next()? {
            '}' => Some(()),
            ':' => {
                matches!(self.next()?, '+' | '-' | '?').then_some(())?;
                self.until('}', depth + 1)
            }
            '+' | '-' | '?' | '#' | '%' => self.until('}', depth + 1),
            '/' => {
                self.chars.next_if(|&(_, c)| c == '/');
                self.until('/', depth + 1)?;
                self.until('}', depth + 1)
            }
            _ => None,
        }
    }

    fn until(&mut self, stop: char, depth: u32) -> Option<()> {
        loop {
            if self.chars.next_if(|&(_, c)| c == stop).is_some() {
                return Some(());
            }
            self.step(depth)?;
        }
    }

    fn next(&mut self) -> Option<char> {
        self.chars.next().map(|(_, c)| c)
    }
}

/// Consumes the name that may follow `$` or `${`: digits, one special parameter, or letters, digits and `_`.
pub(super) fn name(chars: &mut Peekable<CharIndices<'_>>, length: usize) -> Range<usize> {
    let start = chars.peek().map_or(length, |&(at, _)| at);
    if chars.next_if(|&(_, c)| c.is_numeric()).is_some() {
        while chars.next_if(|&(_, c)| c.is_numeric()).is_some() {}
    } else if chars.next_if(|&(_, c)| matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!')).is_none() {
        while chars.next_if(|&(_, c)| c.is_alphanumeric() || c == '_').is_some() {}
    }
    start..chars.peek().map_or(length, |&(at, _)| at)
}
