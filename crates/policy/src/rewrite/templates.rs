//! `$"…{x}…"`: text with expressions in it, which the interpreter does not lex.
//!
//! It becomes the call that OPA makes of it: a list of texts and of sets that hold an expression's value, or nothing where it
//! is undefined.

use std::borrow::Cow;

use super::{Added, advance, count};

/// What surrounds a place.
enum Around {
    /// A template, up to this quote.
    Template(char),
    /// An expression in a template with this quote, inside so many braces.
    Expression(char, usize),
}

/// The text with calls in the place of templates, and what was added.
pub(crate) fn rewrite(text: &str) -> (Cow<'_, str>, Vec<Added>) {
    if !text.contains("$\"") && !text.contains("$`") {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut writer = Writer { text: String::with_capacity(text.len()), position: (1, 1), added: Vec::new() };
    let mut around: Vec<Around> = Vec::new();
    let mut names = 0_u32;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (around.last_mut(), letter) {
            (Some(Around::Template(quote)), _) if *quote == letter => {
                writer.put(&format!("{quote}])"), 1);
                around.pop();
            }
            (Some(Around::Template(_)), '\\') if letters.next_if_eq(&'{').is_some() => writer.put("{", 2),
            (Some(Around::Template('"')), '\\') => {
                writer.copy('\\');
                letters.next().into_iter().for_each(|next| writer.copy(next));
            }
            (Some(Around::Template(quote)), '{') => {
                names = names.saturating_add(1);
                writer.put(&format!("{quote}, {{template_{names}_ | template_{names}_ := "), 1);
                let quote = *quote;
                around.push(Around::Expression(quote, 0));
            }
            (Some(Around::Template(_)), _) => writer.copy(letter),
            (_, '$') if matches!(letters.peek(), Some('"' | '`')) => {
                let quote = letters.next().unwrap_or('"');
                writer.put(&format!("internal.template_string([{quote}"), 2);
                around.push(Around::Template(quote));
            }
            (Some(Around::Expression(quote, 0)), '}') => {
                writer.put(&format!("}}, {quote}"), 1);
                around.pop();
            }
            (Some(Around::Expression(_, braces)), '{' | '}') => {
                *braces = if letter == '{' { braces.saturating_add(1) } else { braces.saturating_sub(1) };
                writer.copy(letter);
            }
            (_, '"' | '`' | '#') => {
                writer.copy(letter);
                let end = if letter == '#' { '\n' } else { letter };
                while let Some(next) = letters.next() {
                    writer.copy(next);
                    if next == end || (letter == '"' && next == '\n') {
                        break;
                    }
                    if letter == '"' && next == '\\' {
                        letters.next().into_iter().for_each(|next| writer.copy(next));
                    }
                }
            }
            _ => writer.copy(letter),
        }
    }
    (Cow::Owned(writer.text), writer.added)
}

struct Writer {
    text: String,
    position: (u32, u32),
    added: Vec<Added>,
}

impl Writer {
    fn copy(&mut self, letter: char) {
        self.text.push(letter);
        self.position = advance(self.position, letter.encode_utf8(&mut [0; 4]));
    }

    /// Writes what stands for so many characters of the policy.
    fn put(&mut self, text: &str, replaced: u32) {
        let length = count(text.chars().count()).saturating_sub(replaced);
        if length > 0 {
            let (line, column) = self.position;
            self.added.push(Added { line, column, length });
        }
        self.text.push_str(text);
        self.position = advance(self.position, text);
    }
}
