//! Texts that are documents keep how they are written, so that what is wrong in a policy within a heredoc stands at its own
//! characters.
//!
//! Only texts that start like JSON pay for this. Where it cannot be told where a part of the text comes from (directives,
//! escapes by number), the document stands where the text does.

use portcullis_core::{OffsetMap, Span};
use portcullis_model::terraform::{Kind, Value};
use portcullis_syntax::hcl::{Part, content_map};

use crate::evaluate::Evaluator;
use crate::scope::Scope;

/// The longest value of an interpolation that is kept track of: each of its bytes costs an entry.
const INTERPOLATED: u32 = 4_096;

/// Bytes that are followed in the time of evaluating an expression: every instance of a resource does it again.
const BYTES_PER_STEP: usize = 64;

/// How a template's text is written, as far as it was put together.
#[derive(Debug, Default)]
pub(crate) struct Track<'t> {
    source: &'t str,
    map: Option<OffsetMap>,
}

impl Evaluator<'_> {
    /// A literal text, with how it is written where it may be a document.
    pub(crate) fn document_text(&mut self, value: Value, scope: &Scope<'_>) -> Value {
        let Kind::String(text) = &value.kind else { return value };
        if !starts_document(text) || !scope.is_file() || !self.steps(text.len() / BYTES_PER_STEP, value.span) {
            return value;
        }
        let map = self.library.text(value.span.file).and_then(|(_, source)| content_map(value.span, source));
        match map {
            Some(map) if map.len() as usize == text.len() => value.written(map),
            _ => value,
        }
    }
}

impl<'t> Track<'t> {
    /// Follows a template where it may be a document.
    pub(crate) fn of(parts: &[Part], evaluator: &mut Evaluator<'t>, at: Span, scope: &Scope<'_>) -> Self {
        let Some(Part::Literal(first, span)) = parts.first() else { return Self::default() };
        if !starts_document(first) || !scope.is_file() || !evaluator.steps(at.len() as usize / BYTES_PER_STEP, at) {
            return Self::default();
        }
        let source = evaluator.library.text(at.file).map_or("", |(_, text)| &**text);
        Self { source, map: Some(OffsetMap::new(span.file, span.start)) }
    }

    /// Gives up: nobody knows where the rest comes from.
    pub(crate) fn lose(&mut self) {
        self.map = None;
    }

    /// A literal comes next.
    pub(crate) fn literal(&mut self, text: &str, span: Span) {
        if let Some(map) = &mut self.map
            && align(map, text, span.slice(self.source), span.start).is_none()
        {
            self.lose();
        }
    }

    /// What an expression gives comes next: this many bytes.
    pub(crate) fn interpolated(&mut self, span: Span, length: usize) {
        match (&mut self.map, u32::try_from(length)) {
            (Some(map), Ok(length @ 0..=INTERPOLATED)) => map.push_opaque(span.start, span.end, length),
            _ => self.lose(),
        }
    }

    /// The value with how it is written.
    pub(crate) fn finish(self, value: Value) -> Value {
        match self.map {
            Some(map) => value.written(map),
            None => value,
        }
    }
}

fn starts_document(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Follows a text through its source: what it lacks is indentation, the marks of escapes, and blanks that a template
/// strips.
fn align(map: &mut OffsetMap, text: &str, source: &str, start: u32) -> Option<()> {
    let mut written = source.bytes().zip(start..);
    let mut before = 0;
    for byte in text.bytes() {
        loop {
            let (found, at) = written.next()?;
            let is_escape = before == b'\\' && matches!((found, byte), (b'n', b'\n') | (b't', b'\t') | (b'r', b'\r'));
            before = found;
            if found == byte || is_escape {
                map.push(at, 1);
                break;
            }
            if !matches!(found, b' ' | b'\t' | b'\r' | b'\n' | b'$' | b'%' | b'\\') {
                return None;
            }
        }
    }
    Some(())
}
