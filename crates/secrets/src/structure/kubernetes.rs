//! Data of Kubernetes Secrets: what stands there in base64 is decoded and looked at as what its key says it is.
//!
//! Told by the lines around `kind: Secret`, so that a chart's template that no YAML parser takes is read as well.

use std::borrow::Cow;

use portcullis_model::base64::decode_base64;

use super::page::{Line, Page};
use super::siblings::{children_of, entries_of};
use super::text::Text;
use crate::{Hit, Kind, Setting, Slot, Structural, Subject, Verdict, detector, judge};

/// How it was wrapped, as messages say it.
pub(super) const IN_BASE64: &str = "in base64";

/// Looks at the data of the Secret whose kind is said in a line.
pub(super) fn secret(page: &mut Page<'_>, line: &Line) {
    let text = page.text();
    let is_secret = text.slice(line.range.clone()).trim_end().trim_end_matches([',', '"', '\'']).ends_with("Secret");
    if !is_secret {
        return;
    }
    flow(page, &line.range);
    for entry in entries_of(text, &line.range) {
        let key = text.slice(entry.clone()).trim().trim_start_matches("- ").trim_end_matches(['{', ' ']);
        if key.starts_with("data: {") {
            flow(page, &entry);
        }
        if !matches!(key, "data:" | "\"data\":") {
            continue;
        }
        for child in children_of(text, &entry) {
            data(page, &child);
        }
    }
}

/// Data in braces: `data: { password: … }`, `"data":{"password":"…"}`.
fn flow(page: &mut Page<'_>, line: &std::ops::Range<usize>) {
    let text = page.text();
    let written = text.slice(line.clone());
    let marks = ["data: {", "data:{", "\"data\":{", "\"data\": {"];
    let Some((at, mark)) = marks.iter().find_map(|mark| written.find(mark).map(|at| (at, mark))) else { return };
    // `stringData` is not encoded.
    if text.before(line.start + at).is_ascii_alphanumeric() {
        return;
    }
    let mut start = line.start + at + mark.len();
    let inner = text.slice(start..line.end);
    for piece in inner.split('}').next().unwrap_or_default().split(',') {
        data(page, &(start..start + piece.len()));
        start += piece.len() + 1;
    }
}

/// One entry of the data.
fn data(page: &mut Page<'_>, line: &std::ops::Range<usize>) {
    let text = page.text();
    let Some((key, value)) = entry(text, line) else { return };
    let written = text.slice(value.clone());
    let Some(decoded) = decode_base64(written).and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let decoded = decoded.trim_end_matches('\n');
    if decoded.is_empty() || decoded.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        return;
    }
    let Some(kind) = told(key, decoded) else { return };
    page.add(Hit { kind, range: value, name: Cow::Borrowed(key), wrapped: Some(IN_BASE64) });
}

/// What a decoded value is.
fn told(key: &str, decoded: &str) -> Option<Kind> {
    if let Some(hit) = detector::tokens(decoded).into_iter().next() {
        return Some(hit.kind);
    }
    let verdict = judge(&Setting { name: key, parents: &["Secret", "data"], value: decoded, slot: Slot::SecretData });
    match verdict {
        Verdict::Password => Some(Kind::Structural(Structural::Password)),
        Verdict::Key => Some(Kind::Structural(Structural::Key)),
        Verdict::Weak => Some(Kind::Structural(Structural::Weak)),
        Verdict::Nothing if decoded.contains(['=', ':', '<']) => {
            let mut inner = Vec::new();
            super::settings(&Subject { path: key, text: decoded }, &mut inner);
            inner.into_iter().next().map(|hit| hit.kind)
        }
        Verdict::Nothing => None,
    }
}

/// A key and where its value stands.
fn entry<'t>(text: Text<'t>, line: &std::ops::Range<usize>) -> Option<(&'t str, std::ops::Range<usize>)> {
    let content = text.slice(line.clone());
    let (key, rest) = content.split_once(':')?;
    let key = key.trim().trim_matches(['"', '\'']);
    let rest = rest.trim_start();
    if matches!(rest.trim_end(), "|" | "|-" | ">" | ">-") {
        let block = super::siblings::block(text, &Line::plain(line.clone()))?;
        return Some((key, block.range));
    }
    let start = line.end - rest.len();
    let start = start + usize::from(rest.starts_with(['"', '\'']));
    let end = text.skip(start, line.end, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    (end > start + 3).then_some((key, start..end))
}
