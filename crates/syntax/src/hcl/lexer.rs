//! HCL's tokens, one at a time: which of them a line break ends is the parser's to know, and so is where a template
//! goes on.
//!
//! Identifiers beyond ASCII go by letters and digits of the standard library, which lacks a few marks that Unicode
//! allows in names.

use portcullis_core::{Comment, FileId, OffsetMap, Span};

/// What a token is; of a heredoc and a quoted text it is the opening alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ident,
    Number,
    Quote,
    /// `<<EOT` with its line break.
    Heredoc,
    /// `<<` that opens no heredoc.
    BadHeredoc,
    /// `/*` that nothing closes.
    OpenComment,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    /// `~}`
    StripBrace,
    Dot,
    Ellipsis,
    Comma,
    Colon,
    DoubleColon,
    Question,
    Equal,
    Arrow,
    EqualEqual,
    NotEqual,
    Bang,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Newline,
    End,
    /// A character that has no meaning outside of quotes.
    Stray,
}

/// A token, in offsets of the text that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Where offsets of the text stand.
#[derive(Clone, Copy)]
pub(super) enum Place<'m> {
    /// The text is this file.
    File(FileId),
    /// The text was decoded from a part of a file.
    Decoded(&'m OffsetMap),
}

impl Place<'_> {
    pub(super) fn span(self, start: usize, end: usize) -> Span {
        match self {
            Self::File(file) => Span::new(file, narrow(start), narrow(end)),
            Self::Decoded(map) => map.span(narrow(start), narrow(end)),
        }
    }
}

/// The text and how far it is read.
pub(super) struct Lexer<'s> {
    pub(super) text: &'s str,
    /// Where the next token is looked for.
    pub(super) at: usize,
    pub(super) place: Place<'s>,
    pub(super) comments: Vec<Comment>,
    /// No `*/` is left, so that none is looked for again.
    comments_stay_open: bool,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(text: &'s str, place: Place<'s>) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, at, place, comments: Vec::new(), comments_stay_open: false }
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The byte there; 0, which has no meaning in HCL, past the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    pub(super) fn token(&mut self) -> Token {
        loop {
            let start = self.at;
            let byte = self.byte(start);
            if byte == b' ' || byte == b'\t' {
                self.at += 1;
                continue;
            }
            if is_name_start(byte) {
                return self.word(start);
            }
            let next = self.byte(start + 1);
            let (kind, length) = match (byte, next) {
                (b'\n', _) => (Kind::Newline, 1),
                (b'\r', b'\n') => (Kind::Newline, 2),
                (b'=', b'=') => (Kind::EqualEqual, 2),
                (b'=', b'>') => (Kind::Arrow, 2),
                (b'=', _) => (Kind::Equal, 1),
                (b'"', _) => (Kind::Quote, 1),
                (b'.', b'.') if self.byte(start + 2) == b'.' => (Kind::Ellipsis, 3),
                (b'.', _) => (Kind::Dot, 1),
                (b'{', _) => (Kind::OpenBrace, 1),
                (b'}', _) => (Kind::CloseBrace, 1),
                (b'[', _) => (Kind::OpenBracket, 1),
                (b']', _) => (Kind::CloseBracket, 1),
                (b'(', _) => (Kind::OpenParen, 1),
                (b')', _) => (Kind::CloseParen, 1),
                (b',', _) => (Kind::Comma, 1),
                (b'0'..=b'9', _) => return self.number(start),
                (b'#', _) | (b'/', b'/') => {
                    self.line_comment(start);
                    continue;
                }
                (b'/', b'*') => {
                    if self.block_comment(start) {
                        continue;
                    }
                    (Kind::OpenComment, 2)
                }
                (b'<', b'<') => return self.heredoc(start),
                (b':', b':') => (Kind::DoubleColon, 2),
                (b':', _) => (Kind::Colon, 1),
                (b'?', _) => (Kind::Question, 1),
                (b'!', b'=') => (Kind::NotEqual, 2),
                (b'!', _) => (Kind::Bang, 1),
                (b'<', b'=') => (Kind::LessEqual, 2),
                (b'<', _) => (Kind::Less, 1),
                (b'>', b'=') => (Kind::GreaterEqual, 2),
                (b'>', _) => (Kind::Greater, 1),
                (b'&', b'&') => (Kind::And, 2),
                (b'|', b'|') => (Kind::Or, 2),
                (b'+', _) => (Kind::Plus, 1),
                (b'-', _) => (Kind::Minus, 1),
                (b'*', _) => (Kind::Star, 1),
                (b'/', _) => (Kind::Slash, 1),
                (b'%', _) => (Kind::Percent, 1),
                (b'~', b'}') => (Kind::StripBrace, 2),
                _ => match self.slice(start, self.text.len()).chars().next() {
                    None => (Kind::End, 0),
                    Some(character) if character.is_alphabetic() => return self.word(start),
                    Some(character) => (Kind::Stray, character.len_utf8()),
                },
            };
            self.at = start + length;
            return Token { kind, start, end: self.at };
        }
    }

    fn word(&mut self, start: usize) -> Token {
        self.at = self.name_end(start);
        Token { kind: Kind::Ident, start, end: self.at }
    }

    /// Past the name that starts there; `start` itself where none does.
    pub(super) fn name_end(&self, start: usize) -> usize {
        let rest = self.slice(start, self.text.len());
        let ascii = rest.bytes().position(|byte| !is_name(byte)).unwrap_or(rest.len());
        let begins = rest.chars().next().is_some_and(|first| first == '_' || first.is_alphabetic());
        if !begins {
            return start;
        }
        if rest.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
            return start + ascii;
        }
        let goes_on = |character: char| {
            character.is_alphanumeric()
                || matches!(character, '_' | '-' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
        };
        start + rest.find(|character| !goes_on(character)).unwrap_or(rest.len())
    }

    /// Digits, points and exponents; the last point of `1.` and the points of `1...` belong to what follows.
    fn number(&mut self, start: usize) -> Token {
        let mut at = start + 1;
        let mut end = at;
        loop {
            let sign = usize::from(matches!(self.byte(at + 1), b'+' | b'-'));
            match self.byte(at) {
                b'0'..=b'9' => at += 1,
                b'e' | b'E' if self.byte(at + 1 + sign).is_ascii_digit() => at += 2 + sign,
                b'.' => {
                    at += 1;
                    continue;
                }
                _ => break,
            }
            end = at;
        }
        self.at = end;
        Token { kind: Kind::Number, start, end }
    }

    fn heredoc(&mut self, start: usize) -> Token {
        let name = start + 2 + usize::from(self.byte(start + 2) == b'-');
        let end = self.name_end(name);
        let newline = match (self.byte(end), self.byte(end + 1)) {
            (b'\n', _) => 1,
            (b'\r', b'\n') => 2,
            _ => 0,
        };
        let (kind, end) = if end == name || newline == 0 {
            (Kind::BadHeredoc, end.max(name))
        } else {
            (Kind::Heredoc, end + newline)
        };
        self.at = end;
        Token { kind, start, end }
    }

    fn line_comment(&mut self, start: usize) {
        let rest = self.slice(start, self.text.len());
        let line = memchr::memchr(b'\n', rest.as_bytes()).and_then(|end| rest.get(..end)).unwrap_or(rest);
        let line = line.strip_suffix('\r').unwrap_or(line);
        self.at = start + line.len();
        self.comment(start);
    }

    fn block_comment(&mut self, start: usize) -> bool {
        if self.comments_stay_open {
            return false;
        }
        let rest = self.slice(start + 2, self.text.len());
        let Some(end) = memchr::memmem::find(rest.as_bytes(), b"*/") else {
            self.comments_stay_open = true;
            return false;
        };
        self.at = start + 2 + end + 2;
        self.comment(start);
        true
    }

    fn comment(&mut self, start: usize) {
        let before = self.text.as_bytes().get(..start).unwrap_or_default();
        let before = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
        let span = self.place.span(start, self.at);
        self.comments.push(Comment { span, own_line: before.is_none_or(|&byte| byte == b'\n') });
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

pub(super) fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
