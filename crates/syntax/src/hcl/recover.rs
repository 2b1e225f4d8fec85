//! Where reading goes on after a fault: at the line after the faulty item.
//!
//! Brackets say where an item ends, unless the fault is that one is missing. So a line that starts at the margin like an
//! item ends it as well, if it stands after the fault: nobody writes nested blocks without indentation, and where
//! somebody does, nested blocks of an item that is faulty anyway are taken for items.

use super::Body;
use super::lexer::{Kind, Token};
use super::parser::{Lines, Parser};

/// What is open where the scan stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Brace,
    Bracket,
    Paren,
    /// The brace of an interpolation or directive in a quoted text.
    Sequence,
}

/// How far out an opening is looked for that a closing one belongs to.
const MISMATCHES: usize = 8;

impl Parser<'_> {
    /// Goes on after the item that starts at `start` and has its fault at `fault`.
    pub(super) fn resume(&mut self, start: usize, fault: usize) {
        self.lines = Lines::End;
        self.depth = 0;
        self.lexer.at = start;
        let item = self.item_at(start);
        // What is read again stands on the line of the fault at most, so that time stays linear.
        let margin = self.line_of(fault);
        let mut open: Vec<Open> = Vec::new();
        let mut attribute: Option<(Token, usize)> = None;
        loop {
            let token = self.lexer.token();
            match token.kind {
                Kind::End => {
                    self.token = token;
                    break;
                }
                Kind::Newline => {
                    self.token = token;
                    if open.is_empty() && token.end > fault.min(self.lexer.text.len()) {
                        return;
                    }
                    if token.end < margin || token.end <= start {
                        continue;
                    }
                    match self.item_at(token.end) {
                        Some(Item::Block) => break,
                        // It may as well be a key of a faulty object: the end of the file tells, if no bracket does.
                        Some(Item::Attribute) if item == Some(Item::Attribute) && attribute.is_none() => {
                            attribute = Some((token, self.lexer.comments.len()));
                            if !self.may_reread() {
                                break;
                            }
                        }
                        _ => {}
                    }
                }
                Kind::OpenBrace => open.push(Open::Brace),
                Kind::OpenBracket => open.push(Open::Bracket),
                Kind::OpenParen => open.push(Open::Paren),
                Kind::CloseBracket => drop(close(&mut open, &[Open::Bracket])),
                Kind::CloseParen => drop(close(&mut open, &[Open::Paren])),
                Kind::CloseBrace | Kind::StripBrace => {
                    let closed = close(&mut open, &[Open::Brace, Open::Sequence]);
                    if closed == Some(Open::Sequence) {
                        self.skip_text(&mut open);
                    }
                }
                Kind::Quote => self.skip_text(&mut open),
                Kind::Heredoc | Kind::BadHeredoc => self.skip_heredoc(token),
                _ => {}
            }
        }
        if let Some((token, comments)) = attribute {
            self.rereads += 1;
            self.token = token;
            self.lexer.at = token.end;
            self.lexer.comments.truncate(comments);
        }
    }

    /// To the end of a quoted text, of its line, or to what is interpolated in it.
    fn skip_text(&mut self, open: &mut Vec<Open>) {
        let mut at = self.lexer.at;
        loop {
            let (byte, next) = (self.lexer.byte(at), self.lexer.byte(at + 1));
            match (byte, next) {
                (b'"', _) => break at += 1,
                (b'\n' | b'\r', _) => break,
                (b'\\', b'\n' | b'\r') => break at += 1,
                (b'\\', _) => at += 2,
                (b'$', b'$') | (b'%', b'%') if self.lexer.byte(at + 2) == b'{' => at += 3,
                (b'$' | b'%', b'{') => {
                    open.push(Open::Sequence);
                    at += 2;
                    break at += usize::from(self.lexer.byte(at) == b'~');
                }
                (0, _) if at >= self.lexer.text.len() => break,
                _ => at += 1,
            }
        }
        at = at.min(self.lexer.text.len());
        // What follows a backslash may be longer than a byte.
        while !self.lexer.text.is_char_boundary(at) {
            at += 1;
        }
        self.lexer.at = at;
    }

    /// To the line that closes a heredoc. Where there is none, what follows is read as if nothing was opened.
    fn skip_heredoc(&mut self, token: Token) {
        if !self.may_reread() {
            return;
        }
        // One that was meant as in a shell, with quotes or a word behind it, is skipped as well.
        // Not past another `<`: a row of them would be gone through once for each.
        let rest = self.lexer.slice(token.start + 2, self.lexer.text.len());
        let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches([' ', '"', '\'']);
        let name = self.lexer.text.len() - rest.len();
        let marker = self.lexer.slice(name, self.lexer.name_end(name));
        if marker.is_empty() {
            return;
        }
        let mut at = token.end;
        while at < self.lexer.text.len() {
            let rest = self.lexer.slice(at, self.lexer.text.len());
            let next = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
            let line = rest.get(..next).unwrap_or_default();
            if line.trim() == marker {
                self.lexer.at = at + line.trim_end().len();
                return;
            }
            at += next;
        }
        self.rereads += 1;
    }

    pub(super) fn column(&self, at: usize) -> usize {
        at - self.line_of(at)
    }

    /// Where the line starts that an offset is in.
    fn line_of(&self, at: usize) -> usize {
        let before = self.lexer.text.as_bytes().get(..at).unwrap_or(self.lexer.text.as_bytes());
        memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)
    }

    /// What a line that starts at the margin is the start of.
    fn item_at(&self, start: usize) -> Option<Item> {
        let mut at = self.lexer.name_end(start);
        if at == start {
            return None;
        }
        let mut has_labels = false;
        loop {
            while matches!(self.lexer.byte(at), b' ' | b'\t') {
                at += 1;
            }
            match self.lexer.byte(at) {
                b'{' => return Some(Item::Block),
                b'=' if !has_labels && !matches!(self.lexer.byte(at + 1), b'=' | b'>') => return Some(Item::Attribute),
                b'"' => {
                    let rest = self.lexer.slice(at + 1, self.lexer.text.len());
                    match rest.bytes().position(|byte| matches!(byte, b'"' | b'\n')) {
                        Some(length) if rest.as_bytes().get(length) == Some(&b'"') => at += length + 2,
                        _ => return None,
                    }
                }
                _ => {
                    let end = self.lexer.name_end(at);
                    if end == at {
                        return None;
                    }
                    at = end;
                }
            }
            has_labels = true;
        }
    }
}

/// What a line starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Attribute,
    Block,
}

/// Takes out what is opened last of these, and what is open within it.
fn close(open: &mut Vec<Open>, wanted: &[Open]) -> Option<Open> {
    let found = open.iter().rev().take(MISMATCHES).position(|open| wanted.contains(open))?;
    open.truncate(open.len() - found);
    open.pop()
}

/// Leaves out of an open body what is read again from `from` on.
pub(super) fn cut(mut body: &mut Body, from: u32) {
    while let Some(last) = body.blocks.last_mut().filter(|block| block.body.open) {
        body = &mut last.body;
        body.attributes.retain(|attribute| attribute.name.span.start < from);
        body.blocks.retain(|block| block.span.start < from);
    }
}
