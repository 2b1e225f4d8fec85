//! Templates: quoted texts, heredocs and whole files, with what is interpolated in them.
//!
//! A template is read into pieces in a row, as strip markers and the indentation of `<<-` go by what stands next to
//! what; directives are put into one another afterwards.

use std::borrow::Cow;
use std::sync::Arc;

use portcullis_core::SyntaxErrorKind;

use super::lexer::{Kind, Token};
use super::parser::{DEPTH_LIMIT, Fault, Lines, Parsed, Parser};
use super::{Expr, ExprKind, Ident, Part};

/// A part of a template as it is written.
struct Piece<'s> {
    kind: PieceKind<'s>,
    start: usize,
    end: usize,
}

enum PieceKind<'s> {
    /// At most one line of a heredoc.
    Literal(Cow<'s, str>),
    Interpolation(Expr),
    If(Expr),
    Else,
    EndIf,
    For(Option<Ident>, Ident, Expr),
    EndFor,
}

/// The pieces read so far.
#[derive(Default)]
struct Pieces<'s> {
    list: Vec<Piece<'s>>,
    /// The last sequence was closed by `~}`.
    strips: bool,
    /// Something in it has no value; it was reported.
    is_invalid: bool,
    /// Of the highest expression in it.
    height: u32,
}

impl<'s> Pieces<'s> {
    fn literal(&mut self, mut text: Cow<'s, str>, start: usize, end: usize) {
        if std::mem::take(&mut self.strips) {
            text = match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim_start()),
                Cow::Owned(text) => Cow::Owned(text.trim_start().to_owned()),
            };
        }
        self.list.push(Piece { kind: PieceKind::Literal(text), start, end });
    }

    /// Strips the text before a sequence that starts with `${~`.
    fn strip_last(&mut self) {
        if let Some(Piece { kind: PieceKind::Literal(text), .. }) = self.list.last_mut() {
            match text {
                Cow::Borrowed(text) => *text = text.trim_end(),
                Cow::Owned(text) => text.truncate(text.trim_end().len()),
            }
        }
    }

    /// Takes from every line the indentation that all have. A line of blanks alone has no say in it.
    fn unindent(&mut self) {
        let mut fewest = usize::MAX;
        let mut indented = Vec::new();
        let mut starts_line = true;
        for (index, piece) in self.list.iter().enumerate() {
            let literal = if let PieceKind::Literal(text) = &piece.kind { Some(&**text) } else { None };
            if std::mem::take(&mut starts_line) {
                let blanks = match literal {
                    Some(text) => blanks(text),
                    None => Some(0),
                };
                fewest = fewest.min(blanks.unwrap_or(usize::MAX));
                if literal.is_some() && blanks.is_some() {
                    indented.push(index);
                }
            }
            starts_line = literal.is_some_and(|text| text.ends_with('\n'));
        }
        for index in indented {
            let Some(piece) = self.list.get_mut(index) else { continue };
            let PieceKind::Literal(text) = &mut piece.kind else { continue };
            let cut = text.char_indices().nth(fewest).map_or(text.len(), |(at, _)| at);
            match text {
                Cow::Borrowed(text) => *text = text.get(cut..).unwrap_or_default(),
                Cow::Owned(text) => drop(text.drain(..cut)),
            }
            piece.start += cut;
        }
    }
}

/// How many blanks a line starts with; none of a line that is blank.
pub(super) fn blanks(line: &str) -> Option<usize> {
    let rest = line.trim_start();
    if rest.is_empty() && line.ends_with('\n') {
        return None;
    }
    Some(line.chars().count() - rest.chars().count())
}

impl<'s> Parser<'s> {
    pub(super) fn quoted(&mut self) -> Parsed<Expr> {
        let open = self.token;
        if let Some(end) = self.plain_end(open.end) {
            let text = self.name(self.lexer.slice(open.end, end));
            self.lexer.at = end + 1;
            self.advance();
            return Ok(Expr { span: self.span(open.start, end + 1), kind: ExprKind::String(text) });
        }
        let mut pieces = Pieces::default();
        let mut start = open.end;
        let mut at = start;
        loop {
            match self.lexer.byte(at) {
                b'"' => break,
                b'\\' => at += 1 + self.character(at + 1),
                byte @ (b'$' | b'%') => match (self.lexer.byte(at + 1), self.lexer.byte(at + 2)) {
                    (b'{', _) => {
                        self.decoded(&mut pieces, start, at);
                        self.sequence(&mut pieces, at)?;
                        start = self.lexer.at;
                        at = start;
                    }
                    (next, b'{') if next == byte => at += 3,
                    _ => at += 1,
                },
                b'\n' | b'\r' => return self.open_text(open, at, "a line break"),
                0 if at >= self.lexer.text.len() => return self.open_text(open, at, "the end of the file"),
                _ => at += 1,
            }
        }
        self.decoded(&mut pieces, start, at);
        self.lexer.at = at + 1;
        self.advance();
        self.assemble(pieces, open.start, at + 1)
    }

    /// A quoted text in which nothing may be interpolated. The token behind it is not read yet.
    pub(super) fn plain_text(&mut self) -> Parsed<Arc<str>> {
        let open = self.token;
        let start = open.end;
        if let Some(end) = self.plain_end(start) {
            self.lexer.at = end + 1;
            return Ok(self.name(self.lexer.slice(start, end)));
        }
        let mut at = start;
        loop {
            match self.lexer.byte(at) {
                b'"' => break,
                b'\\' => at += 1 + self.character(at + 1),
                byte @ (b'$' | b'%') => match (self.lexer.byte(at + 1), self.lexer.byte(at + 2)) {
                    (b'{', _) => {
                        let token = Token { kind: Kind::Stray, start: at, end: at + 2 };
                        return self.fault(token, "a label is not a template");
                    }
                    (next, b'{') if next == byte => at += 3,
                    _ => at += 1,
                },
                b'\n' | b'\r' => return self.open_text(open, at, "a line break"),
                0 if at >= self.lexer.text.len() => return self.open_text(open, at, "the end of the file"),
                _ => at += 1,
            }
        }
        let (text, _) = self.unescape(start, at);
        self.lexer.at = at + 1;
        Ok(Arc::from(&*text))
    }

    pub(super) fn heredoc(&mut self) -> Parsed<Expr> {
        let open = self.token;
        let opening = self.lexer.slice(open.start, open.end).trim_start_matches('<');
        let marker = opening.trim_start_matches('-').trim_end();
        let is_flush = opening.starts_with('-');
        let mut pieces = Pieces::default();
        let mut start = open.end;
        let mut starts_line = true;
        loop {
            let rest = self.lexer.slice(start, self.lexer.text.len());
            let next = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            let line = rest.get(..next).unwrap_or_default();
            if std::mem::replace(&mut starts_line, true) && line.trim() == marker {
                let end = start + line.trim_end().len();
                if is_flush {
                    pieces.unindent();
                }
                self.lexer.at = end;
                self.advance();
                return self.assemble(pieces, open.start, end);
            }
            if line.is_empty() {
                return self.open_heredoc(open, marker);
            }
            let (end, is_sequence) = line_end(line);
            let text = self.unescape_heredoc(start, start + end);
            if end > 0 {
                pieces.literal(text, start, start + end);
            }
            start += end;
            if is_sequence {
                self.sequence(&mut pieces, start)?;
                start = self.lexer.at;
                starts_line = false;
            }
        }
    }

    /// The text up to its end as a template.
    pub(super) fn whole(&mut self) -> Parsed<Expr> {
        let begin = self.lexer.at;
        let length = self.lexer.text.len();
        let mut pieces = Pieces::default();
        let mut start = begin;
        while start < length {
            let rest = self.lexer.slice(start, length);
            let next = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            let (end, is_sequence) = line_end(rest.get(..next).unwrap_or_default());
            let text = self.unescape_heredoc(start, start + end);
            if end > 0 {
                pieces.literal(text, start, start + end);
            }
            start += end;
            if is_sequence {
                self.sequence(&mut pieces, start)?;
                start = self.lexer.at;
            }
        }
        self.assemble(pieces, begin, length)
    }

    /// Where a quoted text ends that starts at `at` and is what it is written as.
    fn plain_end(&self, at: usize) -> Option<usize> {
        let rest = self.lexer.text.as_bytes().get(at..)?;
        let mut bytes = rest.iter().enumerate();
        loop {
            let (length, &byte) =
                bytes.find(|&(_, &byte)| matches!(byte, b'"' | b'\\' | b'$' | b'%' | b'\n' | b'\r'))?;
            match byte {
                b'"' => return Some(at + length),
                b'$' | b'%' if !matches!(rest.get(length + 1), Some(b'{' | b'$' | b'%')) => {}
                _ => return None,
            }
        }
    }

    /// Bytes of the character at `at`.
    fn character(&self, at: usize) -> usize {
        match self.lexer.slice(at, self.lexer.text.len()).chars().next() {
            // A line break is no part of an escape: it ends the line that the text should have ended on.
            None | Some('\n' | '\r') => 0,
            Some(character) => character.len_utf8(),
        }
    }

    /// `${…}` or `%{…}` at `at`. The lexer stands behind it then, and no token is read ahead.
    fn sequence(&mut self, pieces: &mut Pieces<'s>, at: usize) -> Parsed<()> {
        let is_directive = self.lexer.byte(at) == b'%';
        let strips = self.lexer.byte(at + 2) == b'~';
        pieces.strips = false;
        if strips {
            pieces.strip_last();
        }
        self.lexer.at = at + 2 + usize::from(strips);
        let outer = std::mem::replace(&mut self.lines, Lines::Blank);
        self.advance();
        let kind = if is_directive { self.directive()? } else { PieceKind::Interpolation(self.expression()?) };
        if matches!(kind, PieceKind::Interpolation(_) | PieceKind::If(_) | PieceKind::For(..)) {
            pieces.height = pieces.height.max(self.height);
        }
        match self.peek() {
            Kind::CloseBrace => {}
            Kind::StripBrace => pieces.strips = true,
            _ if is_directive => return self.expected("`}` after the directive"),
            _ => return self.expected("`}` after what is interpolated"),
        }
        self.lines = outer;
        let end = self.token.end;
        pieces.list.push(Piece { kind, start: at, end });
        Ok(())
    }

    fn directive(&mut self) -> Parsed<PieceKind<'s>> {
        self.peek();
        let word = self.lexer.slice(self.token.start, self.token.end);
        if !matches!(word, "if" | "else" | "endif" | "for" | "endfor") {
            return self.expected("`if`, `else`, `endif`, `for` or `endfor`");
        }
        self.advance();
        Ok(match word {
            "if" => PieceKind::If(self.expression()?),
            "else" => PieceKind::Else,
            "endif" => PieceKind::EndIf,
            "for" => {
                let (key, value) = self.for_names()?;
                PieceKind::For(key, value, self.expression()?)
            }
            _ => PieceKind::EndFor,
        })
    }

    fn decoded(&mut self, pieces: &mut Pieces<'s>, start: usize, end: usize) {
        if start == end {
            return;
        }
        let (text, is_invalid) = self.unescape(start, end);
        pieces.is_invalid |= is_invalid;
        pieces.literal(text, start, end);
    }

    /// The text of a quoted literal, and whether an escape in it was wrong.
    fn unescape(&mut self, start: usize, end: usize) -> (Cow<'s, str>, bool) {
        let raw = self.lexer.slice(start, end);
        if !raw.contains('\\') && !has_doubled(raw) {
            return (Cow::Borrowed(raw), false);
        }
        let mut text = String::with_capacity(raw.len());
        let mut wrong = Vec::new();
        quoted_runs(raw, &mut |from, to, decoded| match decoded {
            Some(decoded) => text.push_str(decoded),
            None => wrong.push((start + from, start + to)),
        });
        for &(from, to) in &wrong {
            let message = format!("`{}` is not an escape", self.lexer.slice(from, to));
            self.error(from, to, message);
        }
        (Cow::Owned(text), !wrong.is_empty())
    }

    fn unescape_heredoc(&self, start: usize, end: usize) -> Cow<'s, str> {
        let raw = self.lexer.slice(start, end);
        if !has_doubled(raw) {
            return Cow::Borrowed(raw);
        }
        let mut text = String::with_capacity(raw.len());
        heredoc_runs(raw, &mut |_, _, decoded| text.push_str(decoded));
        Cow::Owned(text)
    }

    fn open_text<T>(&mut self, open: Token, at: usize, before: &str) -> Parsed<T> {
        self.error(open.start, at, format!("the text is not closed: expected `\"` before {before}"));
        Err(Fault(at))
    }

    fn open_heredoc<T>(&mut self, open: Token, marker: &str) -> Parsed<T> {
        let message = format!("the heredoc is not closed: expected a line with `{marker}` alone");
        let end = self.lexer.slice(open.start, open.end).trim_end().len();
        self.error(open.start, open.start + end, message);
        self.rereads += 1;
        Err(Fault(if self.may_reread() { open.start } else { self.lexer.text.len() }))
    }

    /// Joins literals, and puts directives into one another.
    fn assemble(&mut self, pieces: Pieces<'s>, start: usize, end: usize) -> Parsed<Expr> {
        let span = self.span(start, end);
        let Pieces { list, mut is_invalid, height, .. } = pieces;
        let is_text = list.iter().all(|piece| matches!(piece.kind, PieceKind::Literal(_)));
        self.height = 1;
        if is_text
            && !is_invalid
            && let [Piece { kind: PieceKind::Literal(text), .. }] = &*list
        {
            return Ok(Expr { span, kind: ExprKind::String(Arc::from(&**text)) });
        }
        if is_text {
            let length = list.iter().map(|piece| piece.end - piece.start).sum();
            let mut text = String::with_capacity(length);
            for piece in &list {
                if let PieceKind::Literal(literal) = &piece.kind {
                    text.push_str(literal);
                }
            }
            let kind = if is_invalid { ExprKind::Invalid } else { ExprKind::String(Arc::from(text)) };
            return Ok(Expr { span, kind });
        }
        let mut open: Vec<Open> = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        let mut deepest = 0;
        let mut list = list.into_iter().peekable();
        while let Some(Piece { kind, start, mut end }) = list.next() {
            let unexpected = match kind {
                PieceKind::Literal(text) => {
                    let mut text = text;
                    while let Some(Piece { kind: PieceKind::Literal(next), end: next_end, .. }) =
                        list.next_if(|piece| matches!(piece.kind, PieceKind::Literal(_)))
                    {
                        text.to_mut().push_str(&next);
                        end = next_end;
                    }
                    parts.push(Part::Literal(Arc::from(&*text), self.span(start, end)));
                    None
                }
                PieceKind::Interpolation(expr) => {
                    parts.push(Part::Interpolation(expr));
                    None
                }
                PieceKind::If(condition) => {
                    let kind = OpenKind::If(condition, None);
                    open.push(Open { kind, start, end, before: std::mem::take(&mut parts) });
                    None
                }
                PieceKind::For(key, value, collection) => {
                    let kind = OpenKind::For(key, value, collection);
                    open.push(Open { kind, start, end, before: std::mem::take(&mut parts) });
                    None
                }
                PieceKind::Else => match open.last_mut() {
                    Some(Open { kind: OpenKind::If(_, then @ None), .. }) => {
                        *then = Some(std::mem::take(&mut parts));
                        None
                    }
                    _ => Some("else"),
                },
                PieceKind::EndIf => match open.pop() {
                    Some(Open { kind: OpenKind::If(condition, then), before, .. }) => {
                        let last = std::mem::replace(&mut parts, before);
                        let (then, otherwise) = match then {
                            Some(then) => (then, last),
                            None => (last, Vec::new()),
                        };
                        parts.push(Part::If { condition, then, otherwise });
                        None
                    }
                    other => {
                        open.extend(other);
                        Some("endif")
                    }
                },
                PieceKind::EndFor => match open.pop() {
                    Some(Open { kind: OpenKind::For(key, value, collection), before, .. }) => {
                        let body = std::mem::replace(&mut parts, before);
                        parts.push(Part::For { key, value, collection, body });
                        None
                    }
                    other => {
                        open.extend(other);
                        Some("endfor")
                    }
                },
            };
            deepest = deepest.max(open.len());
            if open.len() > DEPTH_LIMIT as usize {
                let message = format!("directives are nested deeper than {DEPTH_LIMIT} levels");
                self.error(start, end, message);
                self.last_is_limit();
                return Ok(Expr { span, kind: ExprKind::Invalid });
            }
            if let Some(word) = unexpected {
                self.error(start, end, format!("`{word}` without the directive that it belongs to"));
                is_invalid = true;
                break;
            }
        }
        if !is_invalid && let Some(last) = open.last() {
            let closer = if matches!(last.kind, OpenKind::If(..)) { "endif" } else { "endfor" };
            self.error(last.start, last.end, format!("the directive is not closed: expected `%{{ {closer} }}`"));
            is_invalid = true;
        }
        let deepest = u32::try_from(deepest).unwrap_or(u32::MAX);
        self.stand_on(height.saturating_add(deepest))?;
        Ok(Expr { span, kind: if is_invalid { ExprKind::Invalid } else { ExprKind::Template(parts) } })
    }

    fn last_is_limit(&mut self) {
        if let Some(error) = self.errors.last_mut() {
            error.kind = SyntaxErrorKind::Limit;
        }
    }
}

/// A directive whose end is still to come.
struct Open {
    kind: OpenKind,
    start: usize,
    end: usize,
    /// What stands before it.
    before: Vec<Part>,
}

enum OpenKind {
    /// The condition, and what holds then once `else` was met.
    If(Expr, Option<Vec<Part>>),
    For(Option<Ident>, Ident, Expr),
}

/// How much of a line is text, and whether a sequence stands there.
fn line_end(line: &str) -> (usize, bool) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'$', b'%', rest)) {
        at += next;
        let sign = bytes.get(at);
        match (bytes.get(at + 1), bytes.get(at + 2)) {
            (Some(b'{'), _) => return (at, true),
            (second, Some(b'{')) if second == sign => at += 3,
            _ => at += 1,
        }
    }
    (line.len(), false)
}

fn has_doubled(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'$', b'%', rest)) {
        at += next;
        if bytes.get(at + 1) == bytes.get(at) && bytes.get(at + 2) == Some(&b'{') {
            return true;
        }
        at += 1;
    }
    false
}

/// Gives each run of a heredoc's text: from where to where in it, and what that stands for.
pub(super) fn heredoc_runs(raw: &str, run: &mut impl FnMut(usize, usize, &str)) {
    let mut start = 0;
    let mut at = 0;
    let bytes = raw.as_bytes();
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'$', b'%', rest)) {
        at += next;
        let is_doubled = bytes.get(at + 1) == bytes.get(at) && bytes.get(at + 2) == Some(&b'{');
        if !is_doubled {
            at += 1;
            continue;
        }
        run(start, at, raw.get(start..at).unwrap_or_default());
        run(at, at + 3, raw.get(at + 1..at + 3).unwrap_or_default());
        at += 3;
        start = at;
    }
    run(start, raw.len(), raw.get(start..).unwrap_or_default());
}

/// The same of a quoted text; of a wrong escape there is nothing that it stands for.
pub(super) fn quoted_runs(raw: &str, run: &mut impl FnMut(usize, usize, Option<&str>)) {
    let mut start = 0;
    loop {
        let rest = raw.get(start..).unwrap_or_default();
        let plain = rest.find('\\').unwrap_or(rest.len());
        let text = rest.get(..plain).unwrap_or_default();
        heredoc_runs(text, &mut |from, to, decoded| {
            if from < to {
                run(start + from, start + to, Some(decoded));
            }
        });
        start += plain;
        if start >= raw.len() {
            return;
        }
        start = escape(raw, start, run);
    }
}

/// The escape at `at`; gives where it ends.
fn escape(raw: &str, at: usize, run: &mut impl FnMut(usize, usize, Option<&str>)) -> usize {
    let Some(selector) = raw.get(at + 1..).and_then(|rest| rest.chars().next()) else {
        run(at, raw.len(), None);
        return raw.len();
    };
    let end = at + 1 + selector.len_utf8();
    let digits = match selector {
        'n' => return simple(at, end, "\n", run),
        'r' => return simple(at, end, "\r", run),
        't' => return simple(at, end, "\t", run),
        '"' => return simple(at, end, "\"", run),
        '\\' => return simple(at, end, "\\", run),
        'u' => 4,
        'U' => 8,
        _ => {
            run(at, end, None);
            return end;
        }
    };
    let rest = raw.get(end..).unwrap_or_default();
    let found = rest.bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    let code = rest.get(..found).filter(|_| found == digits).and_then(|code| u32::from_str_radix(code, 16).ok());
    match code.and_then(char::from_u32) {
        Some(character) => run(at, end + found, Some(character.encode_utf8(&mut [0; 4]))),
        None => run(at, end + found, None),
    }
    end + found
}

fn simple(at: usize, end: usize, decoded: &str, run: &mut impl FnMut(usize, usize, Option<&str>)) -> usize {
    run(at, end, Some(decoded));
    end
}
