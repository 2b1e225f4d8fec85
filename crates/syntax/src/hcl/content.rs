//! The way from the text that a string stands for back to its source bytes.
//!
//! Policies are JSON within heredocs: a fault in one is reported at its own characters.

use portcullis_core::{OffsetMap, Span};

use super::escapes::{heredoc_runs, quoted_runs};
use super::lexer::{Kind, Lexer, Place, narrow};
use super::pieces::blanks;

/// Maps the text of an [`super::ExprKind::String`], whose expression is at `span` of `source`, back to `source`. Of a
/// string in JSON syntax as well, unless it is literal there and has `$${`. `None` where no text with quotes and no heredoc stands there, as for an object's bare key.
pub fn content_map(span: Span, source: &str) -> Option<OffsetMap> {
    let mut lexer = Lexer::new(source.get(..span.end as usize)?, Place::File(span.file));
    lexer.at = span.start as usize;
    let open = loop {
        let token = lexer.token();
        match token.kind {
            // Parentheses are part of an expression's span.
            Kind::OpenParen | Kind::Newline => {}
            Kind::Quote | Kind::Heredoc => break token,
            _ => return None,
        }
    };
    let mut map = OffsetMap::new(span.file, narrow(open.end));
    if open.kind == Kind::Quote {
        let rest = lexer.slice(open.end, lexer.text.len());
        let raw = rest.get(..quoted_length(rest)).unwrap_or_default();
        quoted_runs(raw, &mut |from, to, decoded| {
            let decoded = decoded.map_or_else(|| json_escape(raw.get(from..to).unwrap_or_default()), str::len);
            push(&mut map, open.end + from, open.end + to, decoded);
        });
        return Some(map);
    }
    let opening = lexer.slice(open.start, open.end).trim_start_matches('<');
    let marker = opening.trim_start_matches('-').trim_end();
    let rest = lexer.slice(open.end, lexer.text.len());
    let lines = || rest.split_inclusive('\n').take_while(|line| line.trim() != marker);
    let indent = if opening.starts_with('-') { lines().filter_map(blanks).min().unwrap_or(0) } else { 0 };
    let mut start = open.end;
    for line in lines() {
        let cut = match blanks(line) {
            Some(_) => line.char_indices().nth(indent).map_or(line.len(), |(at, _)| at),
            None => 0,
        };
        let from = start + cut;
        heredoc_runs(line.get(cut..).unwrap_or_default(), &mut |run, text| {
            push(&mut map, from + run, from + run + text.len(), text.len());
        });
        start += line.len();
    }
    Some(map)
}

fn push(map: &mut OffsetMap, start: usize, end: usize, decoded: usize) {
    if start == end {
        return;
    }
    if end - start == decoded {
        map.push(narrow(start), narrow(decoded));
    } else {
        map.push_opaque(narrow(start), narrow(end), narrow(decoded));
    }
}

/// Bytes up to the quote that closes a text.
fn quoted_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += next;
        if bytes.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
    rest.len()
}

/// Decoded bytes of an escape that JSON has and native syntax has not.
fn json_escape(escape: &str) -> usize {
    // Two surrogates in a row are one character of four bytes; the first one alone counts for none.
    match escape.get(2..4) {
        None => 1,
        Some(high) if high.eq_ignore_ascii_case("d8") || high.eq_ignore_ascii_case("d9") => 0,
        Some(high) if high.eq_ignore_ascii_case("da") || high.eq_ignore_ascii_case("db") => 0,
        Some(_) => 4,
    }
}
