//! Templates: quoted texts, heredocs and whole files, with what is interpolated in them.

use std::borrow::Cow;
use std::sync::Arc;

use super::escapes::{has_doubled, heredoc_runs, quoted_runs};
use super::lexer::{Kind, Token};
use super::parser::{Fault, Lines, Parsed, Parser};
use super::pieces::{Piece, PieceKind, Pieces};
use super::{Expr, ExprKind};

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
        let mut line_break = start;
        let mut starts_line = true;
        loop {
            line_break = self.line_break(start, line_break);
            let line = self.lexer.slice(start, line_break);
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
        let mut line_break = start;
        while start < length {
            line_break = self.line_break(start, line_break);
            let (end, is_sequence) = line_end(self.lexer.slice(start, line_break));
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

    /// Past the break of the line that `start` is in; `last`, where the line was looked at before, so that a long line
    /// with many sequences is gone through once.
    fn line_break(&self, start: usize, last: usize) -> usize {
        if start < last {
            return last;
        }
        let rest = self.lexer.slice(start, self.lexer.text.len());
        start + memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1)
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
        heredoc_runs(raw, &mut |_, run| text.push_str(run));
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
