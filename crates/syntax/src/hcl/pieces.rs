//! A template's pieces in a row, and how they become its parts.
//!
//! Strip markers and the indentation of `<<-` go by what stands next to what, so they are applied to the row; then
//! directives are put into one another.

use std::borrow::Cow;
use std::sync::Arc;

use portcullis_core::SyntaxErrorKind;

use super::parser::{DEPTH_LIMIT, Parsed, Parser};
use super::{Expr, ExprKind, Ident, Part};

/// A part of a template as it is written.
pub(super) struct Piece<'s> {
    pub(super) kind: PieceKind<'s>,
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) enum PieceKind<'s> {
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
pub(super) struct Pieces<'s> {
    pub(super) list: Vec<Piece<'s>>,
    /// The last sequence was closed by `~}`.
    pub(super) strips: bool,
    /// Something in it has no value; it was reported.
    pub(super) is_invalid: bool,
    /// Of the highest expression in it.
    pub(super) height: u32,
}

impl<'s> Pieces<'s> {
    pub(super) fn literal(&mut self, mut text: Cow<'s, str>, start: usize, end: usize) {
        if std::mem::take(&mut self.strips) {
            text = match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim_start()),
                Cow::Owned(text) => Cow::Owned(text.trim_start().to_owned()),
            };
        }
        self.list.push(Piece { kind: PieceKind::Literal(text), start, end });
    }

    /// Strips the text before a sequence that starts with `${~`.
    pub(super) fn strip_last(&mut self) {
        if let Some(Piece { kind: PieceKind::Literal(text), .. }) = self.list.last_mut() {
            match text {
                Cow::Borrowed(text) => *text = text.trim_end(),
                Cow::Owned(text) => text.truncate(text.trim_end().len()),
            }
        }
    }

    /// Takes from every line the indentation that all have. A line of blanks alone has no say in it.
    pub(super) fn unindent(&mut self) {
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

impl Parser<'_> {
    /// The value of a template that stands at `start..end`.
    pub(super) fn assemble(&mut self, pieces: Pieces<'_>, start: usize, end: usize) -> Parsed<Expr> {
        let span = self.span(start, end);
        if pieces.list.iter().all(|piece| matches!(piece.kind, PieceKind::Literal(_))) {
            self.height = 1;
            let kind = if pieces.is_invalid { ExprKind::Invalid } else { ExprKind::String(join(&pieces.list)) };
            return Ok(Expr { span, kind });
        }
        let mut nest = Nest::default();
        let mut list = pieces.list.into_iter().peekable();
        while let Some(Piece { kind, start, mut end }) = list.next() {
            let misfit = match kind {
                PieceKind::Literal(mut text) => {
                    while let Some(Piece { kind: PieceKind::Literal(next), end: next_end, .. }) =
                        list.next_if(|piece| matches!(piece.kind, PieceKind::Literal(_)))
                    {
                        text.to_mut().push_str(&next);
                        end = next_end;
                    }
                    // Stripped text is nothing, but a template with it beside an interpolation is a text.
                    if !text.is_empty() || nest.open.is_empty() {
                        nest.parts.push(Part::Literal(Arc::from(&*text), self.span(start, end)));
                    }
                    None
                }
                PieceKind::Interpolation(expr) => {
                    nest.parts.push(Part::Interpolation(expr));
                    None
                }
                PieceKind::If(condition) => {
                    nest.begin(OpenKind::If(condition, None), start, end);
                    None
                }
                PieceKind::For(key, value, collection) => {
                    nest.begin(OpenKind::For(key, value, collection), start, end);
                    None
                }
                PieceKind::Else => nest.turn().is_none().then_some("else"),
                PieceKind::EndIf => nest.end_if().is_none().then_some("endif"),
                PieceKind::EndFor => nest.end_for().is_none().then_some("endfor"),
            };
            let (message, kind) = if let Some(word) = misfit {
                (format!("`{word}` without the directive that it belongs to"), SyntaxErrorKind::Invalid)
            } else if nest.deepest > DEPTH_LIMIT {
                (format!("directives are nested deeper than {DEPTH_LIMIT} levels"), SyntaxErrorKind::Limit)
            } else {
                continue;
            };
            self.report(start, end, message, kind);
            return Ok(Expr { span, kind: ExprKind::Invalid });
        }
        self.stand_on(pieces.height.saturating_add(nest.deepest))?;
        if let Some(Open { kind, start, end, .. }) = nest.open.pop() {
            let closer = if matches!(kind, OpenKind::If(..)) { "endif" } else { "endfor" };
            self.error(start, end, format!("the directive is not closed: expected `%{{ {closer} }}`"));
            return Ok(Expr { span, kind: ExprKind::Invalid });
        }
        Ok(Expr {
            span,
            kind: if pieces.is_invalid { ExprKind::Invalid } else { ExprKind::Template(nest.parts.into()) },
        })
    }
}

fn join(list: &[Piece<'_>]) -> Arc<str> {
    if let [Piece { kind: PieceKind::Literal(text), .. }] = list {
        return Arc::from(&**text);
    }
    let mut joined = String::with_capacity(list.iter().map(|piece| piece.end - piece.start).sum());
    for piece in list {
        if let PieceKind::Literal(text) = &piece.kind {
            joined.push_str(text);
        }
    }
    Arc::from(joined)
}

/// Parts, and the directives around them that are still open.
#[derive(Default)]
struct Nest {
    parts: Vec<Part>,
    open: Vec<Open>,
    deepest: u32,
}

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

/// Each gives nothing where the directive does not belong.
impl Nest {
    fn begin(&mut self, kind: OpenKind, start: usize, end: usize) {
        self.open.push(Open { kind, start, end, before: std::mem::take(&mut self.parts) });
        self.deepest = self.deepest.max(u32::try_from(self.open.len()).unwrap_or(u32::MAX));
    }

    fn turn(&mut self) -> Option<()> {
        match self.open.last_mut()? {
            Open { kind: OpenKind::If(_, then @ None), .. } => *then = Some(std::mem::take(&mut self.parts)),
            _ => return None,
        }
        Some(())
    }

    fn end_if(&mut self) -> Option<()> {
        let Open { kind: OpenKind::If(condition, then), before, .. } = self.open.pop()? else { return None };
        let last = std::mem::replace(&mut self.parts, before);
        let (then, otherwise) = match then {
            Some(then) => (then, last),
            None => (last, Vec::new()),
        };
        self.parts.push(Part::If { condition, then, otherwise });
        Some(())
    }

    fn end_for(&mut self) -> Option<()> {
        let Open { kind: OpenKind::For(key, value, collection), before, .. } = self.open.pop()? else { return None };
        let body = std::mem::replace(&mut self.parts, before);
        self.parts.push(Part::For { key, value, collection, body });
        Some(())
    }
}
