//! Rego's tokens, as far as rewrites need them. Comments are none.

/// A piece of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// Whether it is the first of its line.
    pub starts_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword.
    Word,
    Number,
    /// A string of any form.
    Text,
    /// One character of anything else.
    Symbol,
}

impl Token {
    pub(super) fn text(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Its text if it is a symbol, else nothing.
    pub(super) fn symbol(self, text: &str) -> &str {
        if self.kind == Kind::Symbol { self.text(text) } else { "" }
    }
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut starts_line = true;
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let mut end = start.saturating_add(first.len_utf8());
        let kind = match first {
            '\n' => {
                starts_line = true;
                continue;
            }
            '#' => {
                while rest.next_if(|&(_, next)| next != '\n').is_some() {}
                continue;
            }
            _ if first.is_whitespace() => continue,
            '"' => {
                let mut is_escaped = false;
                while let Some((at, next)) = rest.next_if(|&(_, next)| next != '\n') {
                    end = at.saturating_add(next.len_utf8());
                    if next == '"' && !is_escaped {
                        break;
                    }
                    is_escaped = next == '\\' && !is_escaped;
                }
                Kind::Text
            }
            '`' => {
                for (at, next) in rest.by_ref() {
                    end = at.saturating_add(next.len_utf8());
                    if next == '`' {
                        break;
                    }
                }
                Kind::Text
            }
            _ if first == '_' || first.is_alphanumeric() => {
                while let Some((at, next)) = rest.next_if(|&(_, next)| next == '_' || next.is_alphanumeric()) {
                    end = at.saturating_add(next.len_utf8());
                }
                if first.is_numeric() { Kind::Number } else { Kind::Word }
            }
            _ => Kind::Symbol,
        };
        tokens.push(Token { kind, start, end, starts_line });
        starts_line = false;
    }
    tokens
}
