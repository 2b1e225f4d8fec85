//! The marks that a merge leaves in a file, blanked out so that a reader sees one of the sides.

use std::sync::Arc;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};

/// The same text with the marks and every side but the first turned to blanks, so that offsets stay; and the fault, at the
/// first mark. `None` where there is no whole conflict.
pub(super) fn ours(file: FileId, text: &str) -> Option<(Arc<str>, SyntaxError)> {
    // Nearly every file ends here, so the search must be fast.
    let first = memchr::memmem::find(text.as_bytes(), b"<<<<<<< ")?;
    let mut blanked: Vec<u8> = Vec::with_capacity(text.len());
    let mut side = Side::None;
    let mut fault = None;
    let mut ended = false;
    for line in text.split_inclusive('\n') {
        let start = blanked.len();
        let is_mark = match side {
            _ if start < first => false,
            Side::None if line.starts_with("<<<<<<< ") => {
                side = Side::First;
                fault.get_or_insert((start, line.trim_end().len()));
                true
            }
            Side::First if line.starts_with("||||||| ") || line.trim_end() == "|||||||" => {
                side = Side::Other;
                true
            }
            Side::First | Side::Other if line.trim_end() == "=======" => {
                side = Side::Other;
                true
            }
            Side::Other if line.starts_with(">>>>>>> ") => {
                side = Side::None;
                ended = true;
                true
            }
            _ => false,
        };
        if is_mark || side == Side::Other {
            blanked.extend(line.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }));
        } else {
            blanked.extend_from_slice(line.as_bytes());
        }
    }
    let (start, length) = fault.filter(|_| ended)?;
    let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let span = Span::new(file, narrow(start), narrow(start.saturating_add(length)));
    let message = "a merge left its conflict here; the packages of its first side are read".to_owned();
    let text = String::from_utf8(blanked).ok()?;
    Some((text.into(), SyntaxError { span, message, kind: SyntaxErrorKind::Invalid }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    None,
    First,
    Other,
}
