//! Bodies: attributes and blocks, and what a fault in one of them costs.

use std::collections::HashSet;
use std::sync::Arc;

use portcullis_core::{Span, SyntaxError, SyntaxErrorKind};

use super::lexer::{Kind, Lexer, Place, Token, narrow};
use super::recover::cut;
use super::{Attribute, Block, Body, Expr, ExprKind, File, Ident};

/// Expressions, blocks and directives within one another.
pub(super) const DEPTH_LIMIT: u32 = 128;

/// Operators and traversals in a row make a tree as high as the row is long, and it is walked by recursion.
const HEIGHT_LIMIT: u32 = 512;

/// With more openings that have no end, the rest of the file belongs to the last one: time stays linear.
const REREADS: u32 = 8;

/// Attributes of a body from which on their names are looked up in a set.
const MANY_ATTRIBUTES: usize = 16;

/// A fault that was reported and that its item is lost for; the offset that it was met at.
pub(super) struct Fault(pub(super) usize);

pub(super) type Parsed<T> = Result<T, Fault>;

/// Whether line breaks end what is read, as they do outside of parentheses, brackets and interpolations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    End,
    Blank,
}

pub(super) struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    /// The token that is next; the lexer stands behind it.
    pub(super) token: Token,
    pub(super) lines: Lines,
    pub(super) depth: u32,
    /// How high the tree of the expression is that was read last.
    pub(super) height: u32,
    pub(super) errors: Vec<SyntaxError>,
    /// How often an end was looked for to the end of the file in vain, and what follows the opening read again.
    pub(super) rereads: u32,
    names: Names,
}

impl<'s> Parser<'s> {
    pub(super) fn new(text: &'s str, place: Place<'s>) -> Self {
        let lexer = Lexer::new(text, place);
        let token = Token { kind: Kind::Newline, start: lexer.at, end: lexer.at };
        let names = Names::default();
        Self { lexer, token, lines: Lines::End, depth: 0, height: 0, errors: Vec::new(), rereads: 0, names }
    }

    /// The whole text as a body.
    pub(super) fn file(mut self) -> File {
        let mut body = Body { span: self.span(0, self.lexer.text.len()), ..Body::default() };
        let mut names = Seen::default();
        // The column that a faulty item starts at, until the next item.
        let mut faulty: Option<usize> = None;
        loop {
            match self.peek() {
                Kind::Newline => {
                    self.advance();
                    continue;
                }
                Kind::End => break,
                _ => {}
            }
            let start = self.token.start;
            let column = self.column(start);
            // What does not start like an item, or further to the right, is the faulty item's rest and no other fault.
            let is_rest = faulty.is_some_and(|faulty| self.token.kind != Kind::Ident || column > faulty);
            let comments = self.lexer.comments.len();
            let read = if is_rest { Err(Fault(start)) } else { self.item(&mut body, &mut names) };
            let Err(Fault(at)) = read else {
                faulty = None;
                continue;
            };
            body.open = true;
            faulty = faulty.filter(|_| is_rest).or(Some(column));
            self.lexer.comments.truncate(comments);
            self.resume(start, at);
            cut(&mut body, narrow(self.token.end));
        }
        self.errors.sort_by_key(|error| error.span.start);
        body.attributes.shrink_to_fit();
        body.blocks.shrink_to_fit();
        File { body, comments: self.lexer.comments, errors: self.errors }
    }

    /// The whole text as a template.
    pub(super) fn template(mut self) -> (Expr, Vec<SyntaxError>) {
        let start = self.lexer.at;
        let expr = self.whole();
        self.or_invalid(start, expr)
    }

    /// The whole text as an expression.
    pub(super) fn only_expression(mut self) -> (Expr, Vec<SyntaxError>) {
        let start = self.lexer.at;
        self.lines = Lines::Blank;
        self.advance();
        let expr = self.expression();
        if expr.is_ok() && self.peek() != Kind::End {
            let fault = self.expected("the end of the expression");
            return self.or_invalid(start, fault);
        }
        self.or_invalid(start, expr)
    }

    fn or_invalid(self, start: usize, expr: Parsed<Expr>) -> (Expr, Vec<SyntaxError>) {
        let span = self.span(start, self.lexer.text.len());
        (expr.unwrap_or(Expr { span, kind: ExprKind::Invalid }), self.errors)
    }

    /// An attribute or a block. Of a faulty one, what was read is put into the body.
    fn item(&mut self, body: &mut Body, names: &mut Seen) -> Parsed<()> {
        if self.token.kind != Kind::Ident {
            if self.token.kind == Kind::Quote {
                return self.fault(self.token, "the names of attributes and blocks have no quotes");
            }
            return self.expected("an attribute or block");
        }
        let name = self.ident();
        match self.peek() {
            Kind::Equal => {
                self.attribute(name, body, names)?;
                self.line_end("an attribute")
            }
            Kind::OpenBrace | Kind::Quote | Kind::Ident => {
                self.block(name, body)?;
                self.line_end("a block")
            }
            _ => self.expected("`=`, a label or `{`"),
        }
    }

    fn attribute(&mut self, name: Ident, body: &mut Body, names: &mut Seen) -> Parsed<()> {
        self.advance();
        let start = self.token.start;
        let repeated = names.has(&name.name, &body.attributes);
        if repeated {
            let message = format!("the attribute `{}` is set twice", name.name);
            self.errors.push(SyntaxError { span: name.span, message, kind: SyntaxErrorKind::DuplicateKey });
        }
        let value = self.expression();
        let (value, fault) = match value {
            Ok(value) => (value, None),
            Err(Fault(at)) => {
                let span = self.span(start, at.max(start));
                (Expr { span, kind: ExprKind::Invalid }, Some(Fault(at)))
            }
        };
        body.attributes.push(Attribute { name, value });
        fault.map_or(Ok(()), Err)
    }

    fn block(&mut self, kind: Ident, body: &mut Body) -> Parsed<()> {
        let mut labels = Vec::new();
        loop {
            match self.peek() {
                Kind::Ident => labels.push(self.ident()),
                Kind::Quote => labels.push(self.label()?),
                Kind::OpenBrace => break,
                Kind::Newline => return self.expected("`{` on the line of the block's header"),
                _ => return self.expected("a label or `{`"),
            }
        }
        let header = kind.span.to(labels.last().map_or(kind.span, |label| label.span));
        let open = self.token;
        self.advance();
        let mut inner = Body::default();
        let read = self.deeper().and_then(|()| {
            let read = self.braced(open, &mut inner);
            self.depth -= 1;
            read
        });
        let end = match read {
            Ok(close) => close.end,
            Err(Fault(at)) => at.max(open.end),
        };
        inner.attributes.shrink_to_fit();
        inner.blocks.shrink_to_fit();
        labels.shrink_to_fit();
        inner.open = read.is_err();
        inner.span = self.span(open.end, read.as_ref().map_or(end, |close| close.start));
        let span = kind.span.to(self.span(open.start, end));
        body.blocks.push(Block { kind, labels, body: inner, header, span });
        read.map(|_| ())
    }

    /// What stands between the braces; gives the closing one.
    fn braced(&mut self, open: Token, body: &mut Body) -> Parsed<Token> {
        let mut names = Seen::default();
        if !matches!(self.peek(), Kind::Newline | Kind::CloseBrace | Kind::End) {
            return self.single(open, body, &mut names);
        }
        loop {
            match self.peek() {
                Kind::Newline => self.advance(),
                Kind::CloseBrace => {
                    let close = self.token;
                    self.advance();
                    return Ok(close);
                }
                Kind::End => return self.unclosed(open),
                _ => self.item(body, &mut names)?,
            }
        }
    }

    /// `{ name = value }`: a block on one line has one attribute.
    fn single(&mut self, open: Token, body: &mut Body, names: &mut Seen) -> Parsed<Token> {
        if self.token.kind != Kind::Ident {
            return self.expected("an attribute or `}`");
        }
        let name = self.ident();
        match self.peek() {
            Kind::Equal => self.attribute(name, body, names)?,
            Kind::OpenBrace | Kind::Quote | Kind::Ident => {
                return self.fault(self.token, "expected `=`: a block within a block starts on a line of its own");
            }
            _ => return self.expected("`=`"),
        }
        match self.peek() {
            Kind::CloseBrace => {
                let close = self.token;
                self.advance();
                Ok(close)
            }
            Kind::End => self.unclosed(open),
            _ => self.fault(self.token, "expected `}`: a block on one line has one attribute"),
        }
    }

    fn unclosed<T>(&mut self, open: Token) -> Parsed<T> {
        self.error(open.start, open.end, "the block is not closed: expected `}` before the end of the file");
        self.rereads += 1;
        Err(Fault(if self.may_reread() { open.start } else { self.token.start }))
    }

    pub(super) fn may_reread(&self) -> bool {
        self.rereads <= REREADS
    }

    fn line_end(&mut self, after: &str) -> Parsed<()> {
        match self.peek() {
            Kind::Newline => self.advance(),
            Kind::End => {}
            _ => return self.expected(&format!("a line break after {after}")),
        }
        Ok(())
    }

    fn label(&mut self) -> Parsed<Ident> {
        let start = self.token.start;
        let text = self.plain_text()?;
        Ok(Ident { name: text, span: self.span(start, self.lexer.at) }).inspect(|_| self.advance())
    }

    /// The identifier that is next.
    pub(super) fn ident(&mut self) -> Ident {
        let Token { start, end, .. } = self.token;
        let name = self.name(self.lexer.slice(start, end));
        self.advance();
        Ident { name, span: self.span(start, end) }
    }

    pub(super) fn name(&mut self, text: &str) -> Arc<str> {
        self.names.get(text)
    }

    /// The next token; line breaks that mean nothing here are passed over.
    pub(super) fn peek(&mut self) -> Kind {
        while self.token.kind == Kind::Newline && self.lines == Lines::Blank {
            self.token = self.lexer.token();
        }
        self.token.kind
    }

    pub(super) fn advance(&mut self) {
        self.token = self.lexer.token();
    }

    /// Whether the next token is this word.
    pub(super) fn is_word(&mut self, word: &str) -> bool {
        self.peek() == Kind::Ident && self.lexer.slice(self.token.start, self.token.end) == word
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.lexer.place.span(start, end)
    }

    /// Reports that the next token is not what it should be.
    pub(super) fn expected<T>(&mut self, what: &str) -> Parsed<T> {
        let token = self.token;
        let found = match token.kind {
            Kind::Newline => "the end of the line".to_owned(),
            Kind::End => "the end of the file".to_owned(),
            Kind::Quote => "a quoted text".to_owned(),
            Kind::Heredoc => "a heredoc".to_owned(),
            Kind::BadHeredoc => return self.fault(token, "expected a word and a line break after `<<`"),
            Kind::OpenComment => return self.fault(token, "the comment is not closed: expected `*/`"),
            Kind::Stray if self.lexer.byte(token.start) == b'\'' => {
                return self.fault(token, format!("expected {what}, found `'`; texts stand in double quotes"));
            }
            _ => {
                let text = self.lexer.slice(token.start, token.end);
                let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
                format!("`{shown}`")
            }
        };
        self.fault(token, format!("expected {what}, found {found}"))
    }

    /// Reports a fault that the item is lost for.
    pub(super) fn fault<T>(&mut self, token: Token, message: impl Into<String>) -> Parsed<T> {
        // The token of a heredoc's opening has its line break, which is not what is wrong.
        let end = if token.kind == Kind::Heredoc { token.start + 2 } else { token.end };
        self.error(token.start, end, message);
        Err(Fault(token.start))
    }

    /// Reports what costs no more than the value that it is in.
    pub(super) fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        self.report(start, end, message.into(), SyntaxErrorKind::Invalid);
    }

    pub(super) fn report(&mut self, start: usize, end: usize, message: String, kind: SyntaxErrorKind) {
        let span = self.span(start, end);
        self.errors.push(SyntaxError { span, message, kind });
    }

    /// Counts a level; whoever asks takes it back.
    pub(super) fn deeper(&mut self) -> Parsed<()> {
        if self.depth >= DEPTH_LIMIT {
            return self.limit(format!("nested deeper than {DEPTH_LIMIT} levels"));
        }
        self.depth += 1;
        Ok(())
    }

    /// Says that a tree now stands on one that is `height` high.
    pub(super) fn stand_on(&mut self, height: u32) -> Parsed<()> {
        if height >= HEIGHT_LIMIT {
            return self.limit(format!("more than {HEIGHT_LIMIT} operators or traversals in one expression"));
        }
        self.height = height + 1;
        Ok(())
    }

    fn limit<T>(&mut self, message: String) -> Parsed<T> {
        let Token { start, end, .. } = self.token;
        self.report(start, end, message, SyntaxErrorKind::Limit);
        Err(Fault(start))
    }
}

/// The names of a body's attributes.
#[derive(Default)]
struct Seen(HashSet<Arc<str>>);

impl Seen {
    /// Whether one of `attributes`, which only grow, has this name.
    fn has(&mut self, name: &Arc<str>, attributes: &[Attribute]) -> bool {
        if attributes.len() < MANY_ATTRIBUTES {
            return attributes.iter().any(|attribute| attribute.name.name == *name);
        }
        if self.0.is_empty() {
            self.0.extend(attributes.iter().map(|attribute| Arc::clone(&attribute.name.name)));
        }
        !self.0.insert(Arc::clone(name))
    }
}

/// Texts that were met lately: names repeat all through a file, and one allocation serves them.
struct Names(Vec<Option<Arc<str>>>);

impl Default for Names {
    fn default() -> Self {
        Self(vec![None; Self::SLOTS])
    }
}

impl Names {
    const SLOTS: usize = 256;

    fn get(&mut self, text: &str) -> Arc<str> {
        let hash =
            text.bytes().fold(0_u32, |hash, byte| (hash.rotate_left(5) ^ u32::from(byte)).wrapping_mul(0x9e37_79b9));
        let Some(slot) = self.0.get_mut((hash >> 24) as usize) else { return Arc::from(text) };
        match slot {
            Some(name) if **name == *text => Arc::clone(name),
            _ => Arc::clone(slot.insert(Arc::from(text))),
        }
    }
}
