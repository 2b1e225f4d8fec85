//! JSON with spans.
//!
//! Strict JSON but for what files in repositories have: a byte order mark, and several documents one after another
//! (`kubectl get -o json` piped twice, JSON lines).

use std::sync::Arc;

use portcullis_core::{FileId, SyntaxErrorKind};

use crate::tree::{Style, TreeBuilder};
use crate::yaml::DEPTH_LIMIT;
use crate::{Dialect, Tree};

/// Parses the documents of `text`. A fault breaks its document and ends the reading, because JSON has no marker to
/// resume at.
pub fn parse(file: FileId, text: &Arc<str>) -> Tree {
    let mut reader = Reader::new(file, text, Form::Strict);
    reader.blanks();
    while reader.peek().is_some() {
        reader.builder.begin_document(narrow(reader.at));
        match reader.document() {
            Ok(()) => reader.builder.end_document(narrow(reader.at)),
            Err(fault) => {
                reader.report(fault);
                reader.builder.break_document(narrow(reader.bytes.len()));
                break;
            }
        }
        reader.blanks();
    }
    reader.builder.finish()
}

/// Parses the one document of `text` and keeps what stands before a fault: for generated files, where a part of the whole
/// says what it says.
pub fn parse_partial(file: FileId, text: &Arc<str>, form: Form) -> Tree {
    let mut reader = Reader::new(file, text, form);
    reader.blanks();
    reader.builder.begin_document(narrow(reader.at));
    if reader.peek().is_some() {
        let read = reader.document().and_then(|()| {
            reader.blanks();
            if reader.peek().is_none() { Ok(()) } else { fault("more follows after the end of the document") }
        });
        if let Err(fault) = read {
            reader.report(fault);
        }
    }
    while reader.builder.depth() > 0 {
        reader.builder.end(narrow(reader.at));
    }
    reader.builder.end_document(narrow(reader.at));
    reader.builder.finish()
}

/// What counts as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What the standard says.
    Strict,
    /// With comments and with commas before closing brackets, as editors' settings and Bun's lockfile have them.
    Commented,
}

struct Fault {
    message: String,
    kind: SyntaxErrorKind,
}

fn fault<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { message: message.into(), kind: SyntaxErrorKind::Invalid })
}

struct Reader<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    form: Form,
    builder: TreeBuilder,
}

/// What may come next. A stack of closers stands in for recursion, so that depth costs memory and not the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    AfterValue,
}

impl<'s> Reader<'s> {
    fn new(file: FileId, text: &'s Arc<str>, form: Form) -> Self {
        let builder = TreeBuilder::new(file, Arc::clone(text), Dialect::Json);
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, bytes: text.as_bytes(), at, form, builder }
    }

    fn report(&mut self, fault: Fault) {
        let at = narrow(self.at);
        let width = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.builder.error(at, at.saturating_add(narrow(width)), fault.kind, fault.message);
    }

    fn document(&mut self) -> Result<(), Fault> {
        let mut closers: Vec<u8> = Vec::new();
        let mut state = State::Value;
        loop {
            self.blanks();
            match state {
                State::Value => {
                    let Some(byte) = self.peek() else { return fault("the file ends where a value should be") };
                    let start = narrow(self.at);
                    if byte == b'{' || byte == b'[' {
                        if self.builder.depth() >= DEPTH_LIMIT {
                            let message = format!("nested deeper than {DEPTH_LIMIT} levels; the document is not read");
                            return Err(Fault { message, kind: SyntaxErrorKind::Limit });
                        }
                        let is_map = byte == b'{';
                        if is_map {
                            self.builder.begin_map(start, Style::Flow, 0);
                        } else {
                            self.builder.begin_list(start, Style::Flow, 0);
                        }
                        self.at += 1;
                        self.blanks();
                        let closer = if is_map { b'}' } else { b']' };
                        closers.push(closer);
                        if self.peek() == Some(closer) {
                            state = State::AfterValue;
                        } else if is_map {
                            self.key()?;
                        }
                        continue;
                    }
                    self.scalar(byte)?;
                    state = State::AfterValue;
                }
                State::AfterValue => {
                    let Some(&closer) = closers.last() else { return Ok(()) };
                    match self.peek() {
                        Some(byte) if byte == closer => {
                            self.at += 1;
                            self.builder.end(narrow(self.at));
                            closers.pop();
                        }
                        Some(b',') => {
                            self.at += 1;
                            self.blanks();
                            if self.form == Form::Commented && self.peek() == Some(closer) {
                                continue;
                            }
                            if closer == b'}' {
                                self.key()?;
                            }
                            state = State::Value;
                        }
                        Some(_) => return fault(format!("expected `,` or `{}`", char::from(closer))),
                        None => return fault(format!("the file ends before `{}`", char::from(closer))),
                    }
                }
            }
        }
    }

    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return fault("expected a key in double quotes");
        }
        self.string()?;
        self.blanks();
        if self.peek() != Some(b':') {
            return fault("expected `:` after the key");
        }
        self.at += 1;
        Ok(())
    }

    fn scalar(&mut self, first: u8) -> Result<(), Fault> {
        if first == b'"' {
            return self.string();
        }
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            self.at = start;
            return fault("expected a value");
        }
        let span = (narrow(start), narrow(self.at));
        self.builder.slice(span, span, Style::Plain, 0);
        Ok(())
    }

    /// Reads a string from its opening quote to past its closing one.
    fn string(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        let content = self.at;
        // Where the text without its escapes begins, once there was one.
        let mut decoded: Option<usize> = None;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(step) = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20) else {
                self.at = self.bytes.len();
                return fault("the file ends inside a string");
            };
            if decoded.is_some() {
                self.builder.decoded().push_str(self.text.get(self.at..self.at + step).unwrap_or_default());
            }
            self.at += step;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    if decoded.is_none() {
                        decoded = Some(self.builder.decoded().len());
                        self.make_room(content);
                        self.builder.decoded().push_str(self.text.get(content..self.at).unwrap_or_default());
                    }
                    let character = self.escape()?;
                    self.builder.decoded().push(character);
                }
                _ => return fault("a control character stands unescaped in a string"),
            }
        }
        self.at += 1;
        let span = (narrow(start), narrow(self.at));
        match decoded {
            Some(first) => self.builder.take_decoded(span, first, Style::DoubleQuoted),
            None => self.builder.slice(span, (narrow(content), narrow(self.at - 1)), Style::DoubleQuoted, 0),
        }
        Ok(())
    }

    /// Room for what is decoded of a string that begins at `content`. No escape is shorter than what it stands for, so that all
    /// that comes has room in as many bytes as are left: a buffer that doubles would be twice a long string, beside which the
    /// half of it is held while it is moved.
    fn make_room(&mut self, content: usize) {
        let left = self.bytes.len().saturating_sub(content);
        let rest = self.bytes.get(content..).unwrap_or_default();
        let decoded = self.builder.decoded();
        let free = decoded.capacity().saturating_sub(decoded.len());
        if left < LONG || free >= left {
            return;
        }
        let wanted = end_of_string(rest);
        if free < wanted {
            decoded.reserve_exact(wanted.max(decoded.capacity()).min(left));
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let simple = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return fault("unknown escape in a string"),
        };
        self.at += 2;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let Some(high) = self.hex(self.at) else { return fault("`\\u` needs four hexadecimal digits") };
        self.at += 6;
        if (0xd800..0xdc00).contains(&high)
            && let Some(low) = self.hex(self.at)
            && (0xdc00..0xe000).contains(&low)
        {
            self.at += 6;
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        // A lone surrogate has no character; Go's decoder, which reads manifests, replaces it as well.
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        if digits.starts_with('+') {
            return None;
        }
        u32::from_str_radix(digits, 16).ok()
    }

    fn blanks(&mut self) {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                self.at += 1;
            }
            if self.form == Form::Strict || self.peek() != Some(b'/') || !self.comment() {
                return;
            }
        }
    }

    /// Passes over a comment; false where there is none.
    fn comment(&mut self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = match rest.get(1) {
            Some(b'/') => memchr::memchr(b'\n', rest),
            Some(b'*') => memchr::memmem::find(rest.get(2..).unwrap_or_default(), b"*/").map(|at| at.saturating_add(4)),
            _ => return false,
        };
        self.at = self.at.saturating_add(length.unwrap_or(rest.len()));
        true
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// Bytes of a text in which a string may be long.
const LONG: usize = 64 << 10;

/// Bytes up to the quote that ends a string, or all.
fn end_of_string(rest: &[u8]) -> usize {
    let mut at = 0_usize;
    while let Some(step) = rest.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at = at.saturating_add(step);
        if rest.get(at) == Some(&b'"') {
            return at;
        }
        at = at.saturating_add(2);
    }
    rest.len()
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let starts_right = digits.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    let leading_zero =
        digits.len() > 1 && digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    starts_right && !leading_zero && !word.ends_with('.') && word.parse::<f64>().is_ok()
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
