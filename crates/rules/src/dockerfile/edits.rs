//! Edits of Dockerfiles that keep every byte that they do not name.
//!
//! Words are decoded: continued lines are joined, quotes and escapes removed. Only where the source reads as the decoded
//! text does is there an edit.

use portcullis_core::{Edit, Span};
use portcullis_model::dockerfile::{Call, Run, RunForm};
use portcullis_syntax::dockerfile::Text;

use super::Image;

/// Puts another text in the place of one.
pub(super) fn replace(image: &Image<'_>, span: Span, written: &str, text: impl Into<String>) -> Option<Edit> {
    (!written.is_empty() && source(image, span) == written).then(|| Edit { span, text: text.into() })
}

/// Puts texts around one, which is left as it is: it may be a secret, and fixes are shown.
pub(super) fn enclose(image: &Image<'_>, written: &Text, before: &str, after: &str) -> Option<[Edit; 2]> {
    let span = written.span();
    let insert = |at, text: &str| Edit { span: Span { start: at, end: at, ..span }, text: text.to_owned() };
    (!written.is_empty() && source(image, span) == written.as_str())
        .then(|| [insert(span.start, before), insert(span.end, after)])
}

/// Inserts a word behind one that a blank follows.
pub(super) fn insert_word(image: &Image<'_>, behind: Span, written: &str, word: &str) -> Option<Edit> {
    let next = Span { start: behind.end, end: behind.end.saturating_add(1), ..behind };
    let is_whole = source(image, behind).ends_with(written) && matches!(source(image, next), " " | "\t");
    is_whole.then(|| Edit { span: Span { start: behind.end, ..behind }, text: format!(" {word}") })
}

/// Inserts a word of a command behind a span that ends with `written`. The words of the exec form are no text.
pub(super) fn insert_argument(
    image: &Image<'_>,
    (run, call): (&Run<'_>, &Call<'_>),
    behind: Span,
    written: &str,
    word: &str,
) -> Option<Edit> {
    let is_text = matches!(run.form, RunForm::Shell | RunForm::Heredoc) && !call.open;
    is_text.then(|| insert_word(image, behind, written, word)).flatten()
}

/// Removes a word and the blanks behind it, where the line goes on.
pub(super) fn remove_word(image: &Image<'_>, span: Span) -> Option<Edit> {
    let rest = text(image).get(span.end as usize..)?;
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let goes_on = blanks > 0 && !rest.get(blanks..)?.starts_with(['\r', '\n']);
    let end = span.end.checked_add(u32::try_from(blanks).ok()?)?;
    goes_on.then(|| Edit { span: Span { end, ..span }, text: String::new() })
}

/// Removes a line whose text is at `span`, with its line break.
pub(super) fn remove_line(image: &Image<'_>, span: Span) -> Option<Edit> {
    let rest = text(image).get(span.end as usize..)?;
    let line_break = ["\r\n", "\n"].into_iter().find(|line_break| rest.starts_with(line_break))?;
    let end = span.end.checked_add(u32::try_from(line_break.len()).ok()?)?;
    Some(Edit { span: Span { end, ..span }, text: String::new() })
}

/// What stands at a span.
pub(super) fn source<'d>(image: &Image<'d>, span: Span) -> &'d str {
    span.slice(text(image))
}

fn text<'d>(image: &Image<'d>) -> &'d str {
    &image.build.dockerfile.text
}
