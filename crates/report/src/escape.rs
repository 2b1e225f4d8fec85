//! How text of scanned files is written into formats that would take some of it for their own.
//!
//! Names and messages are hostile: they come from files that anybody may have written.

use std::fmt::Write as _;

/// Text as XML and HTML take it, in content and between double quotes; characters that XML has no form of are replaced.
pub(crate) fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ if letter.is_control() => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// What a message sets between backticks, as code; `text` and `code` write what they are given as text.
fn with_code(message: &str, text: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let parts: Vec<&str> = message.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // One of them has no partner, so that nobody knows which.
        return text(message);
    }
    parts.iter().enumerate().map(|(at, part)| if at.is_multiple_of(2) { text(part) } else { code(part) }).collect()
}

/// A message as HTML.
pub(crate) fn markup_message(message: &str) -> String {
    with_code(message, markup, |code| format!("<code>{}</code>", markup(code)))
}

/// A message as Markdown: text and code, and nothing else whatever it holds.
pub(crate) fn markdown_message(message: &str) -> String {
    with_code(message, markdown, markdown_code)
}

/// One line of Markdown prose that is nothing but text, also in a cell of a table.
///
/// A character reference can never be a mark of Markdown's. What looks for names, numbers and addresses after it has
/// been rendered (`@team`, `#12`, `https://`) finds them broken by a space of no width.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '@' | '#' => {
                let _ = write!(escaped, "&#{};", u32::from(letter));
                if letters.peek().is_some_and(char::is_ascii_alphanumeric) {
                    escaped.push_str("&#8203;");
                }
            }
            ':' if letters.peek() == Some(&'/') => escaped.push_str("&#58;&#8203;"),
            '.' if ends_with_www(&escaped) => escaped.push_str("&#46;&#8203;"),
            _ => push_reference(&mut escaped, letter),
        }
    }
    escaped
}

/// The same as code, in which nothing is looked for afterwards.
pub(crate) fn markdown_code(text: &str) -> String {
    let mut escaped = String::from("<code>");
    text.chars().for_each(|letter| push_reference(&mut escaped, letter));
    escaped.push_str("</code>");
    escaped
}

fn push_reference(escaped: &mut String, letter: char) {
    match letter {
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&' | '@' | '#' => {
            let _ = write!(escaped, "&#{};", u32::from(letter));
        }
        '\n' | '\r' | '\t' => escaped.push(' '),
        _ => escaped.push(letter),
    }
}

fn ends_with_www(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// The message of a workflow command of GitHub's.
pub(crate) fn command_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of one.
pub(crate) fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A field of RFC 4180, quoted where it has to be.
///
/// Spreadsheets take text for a formula by how it begins, and some look past blanks: an apostrophe before it makes it
/// text. Fullwidth forms are read as their ASCII ones in some locales.
pub(crate) fn csv(text: &str) -> String {
    let start = text.trim_start_matches(' ');
    let is_formula = start.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = text.replace('\0', "");
    if is_formula || text.contains([',', '"', '\n', '\r']) {
        let mark = if is_formula { "'" } else { "" };
        return format!("\"{mark}{}\"", text.replace('"', "\"\""));
    }
    text
}
