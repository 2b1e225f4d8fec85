//! The value that stands behind a name and its link, as the language writes values.
//!
//! What is an expression there has no value: where texts are quoted, only quoted ones count.

use super::language::Language;
use super::link::{Link, Onward};
use super::page::Line;
use super::siblings;
use super::text::{Literal, Name, Quote, Text, quoted};

/// Lines that are written by people are shorter.
const LONG: usize = 1000;

/// A value, and whether it is one of several in a connection string.
#[derive(Debug)]
pub(super) struct Read<'t> {
    pub(super) literal: Literal<'t>,
    pub(super) part: Part,
}

/// What a value is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing: it stands alone.
    Whole,
    /// `Server=db;Password=…;`
    ConnectionString,
}

/// Reads the value behind a name.
pub(super) fn value<'t>(text: Text<'t>, line: &Line, name: &Name, onward: Onward) -> Option<Read<'t>> {
    let end = line.range.end;
    let at = onward.at;
    let whole = |literal| Read { literal, part: Part::Whole };
    if at >= end {
        return (line.language == Language::Yaml && onward.link == Link::Colon)
            .then(|| siblings::continued(text, line))
            .flatten()
            .map(whole);
    }
    if onward.link == Link::Default {
        if Quote::at(text, at).is_some_and(|quote| quote.escapes == 0) {
            return quoted(text, at, end).filter(|literal| text.at(literal.after) == b'}').map(whole);
        }
        let stop = text.skip(at, end, |byte| !matches!(byte, b'}' | b'$'));
        return if text.at(stop) == b'}' { Literal::plain(text, at..stop).map(whole) } else { None };
    }
    let is_long = end - line.range.start >= LONG && line.language.quotes_texts();
    if let Some(quote) = Quote::at(text, at) {
        // A quoted name stands in no text.
        let inside = if name.quote.is_some() { None } else { text.open_quote(&line.range, name.token) };
        let closes = quote.escapes == 0 && inside == Some(quote.mark) && name.quote.is_none();
        let runs = quote.mark == b'`'
            && !matches!(line.language, Language::Code | Language::Html | Language::Prose | Language::Other);
        if closes
            || runs
            || line.language == Language::Yaml
                && onward.link == Link::Colon
                && onward.at == onward.tight
                && name.quote.is_none()
        {
            return None;
        }
        let literal = quoted(text, at, end)?;
        let is_expression = matches!(line.language, Language::Code | Language::Html | Language::Shell)
            && goes_on(text, &literal, end, line.language);
        return (!is_expression).then(|| whole(literal));
    }
    // Where a line is cut, nobody knows what its quotes enclose.
    let inside = if is_long { None } else { text.open_quote(&line.range, name.token) };
    let is_setting = matches!(onward.link, Link::Equals | Link::Colon);
    // `"Server=db;Password=…;"`, `"postgres password=…"`, `?token=…`
    let stands_in_text = inside.is_some() || matches!(text.before(name.token), b';' | b'?' | b'&');
    if onward.link == Link::Equals
        && !is_long
        && (stands_in_text || is_shell_like(text, line, name))
        && !onward.spaced
        && at == onward.tight
    {
        return part(text, line, name, at, inside);
    }
    // `"db.password:…"`: a setting in a text of a program.
    let is_dotted = || text.slice(name.range.clone()).contains('.') && inside == Some(text.before(name.token));
    if onward.link == Link::Colon && line.language == Language::Code && at == onward.tight && is_dotted() {
        return part(text, line, name, at, inside);
    }
    // `"X-Vault-Token: …"`
    let is_header = || {
        inside == Some(text.before(name.token)) && name.quote.is_none() && text.slice(name.range.clone()).contains('-')
    };
    if onward.link == Link::Colon && at > onward.tight && is_header() {
        let stop = text.skip(at, end, |byte| byte.is_ascii_graphic() && Some(byte) != inside && byte != b'\\');
        let closes = Some(text.at(stop)) == inside || text.at(stop) == b'\\';
        return if closes { Literal::plain(text, at..stop).map(whole) } else { None };
    }
    if line.language.quotes_texts() {
        return match line.language {
            Language::Code | Language::Html => wrapped(text, at, end).map(whole),
            Language::Hcl => wrapped(text, at, end).or_else(|| number(text, at, end)).map(whole),
            Language::Json | Language::Toml if is_setting && name_leads(text, line, name) => {
                number(text, at, end).map(whole)
            }
            _ => None,
        };
    }
    if !is_setting {
        return match (onward.link, line.language) {
            (Link::Cell, _) => cell(text, at, end).map(whole),
            (Link::Arrow, _) => None,
            _ => None,
        };
    }
    let leads = name_leads(text, line, name);
    match (line.language, onward.link) {
        (Language::Yaml, Link::Colon) => {
            let is_flow = matches!(flow(text, line, name.token), Some(b'{' | b'['));
            (at > onward.tight && (leads || is_flow)).then(|| yaml(text, line, at, is_flow)).flatten().map(whole)
        }
        (_, Link::Colon) if !leads || name.quote.is_some() => None,
        (Language::Prose, Link::Colon) => sole_word(text, at, end).map(whole),
        (Language::Shell | Language::Dockerfile, Link::Colon) => {
            (at > onward.tight).then(|| sole_word(text, at, end)).flatten().map(whole)
        }
        (Language::Shell | Language::Dockerfile | Language::Prose, _) if onward.spaced || at > onward.tight => {
            leads.then(|| sole_word(text, at, end)).flatten().map(whole)
        }
        (Language::Shell | Language::Dockerfile | Language::Prose, _) => part(text, line, name, at, inside),
        _ if leads => rest(text, line, at).map(whole),
        _ if !onward.spaced && at == onward.tight => part(text, line, name, at, inside),
        _ => None,
    }
}

/// A value in a text that holds several: it ends with its word, its field or the text.
fn part<'t>(text: Text<'t>, line: &Line, name: &Name, at: usize, inside: Option<u8>) -> Option<Read<'t>> {
    let end = line.range.end;
    let before = text.trim_end(line.range.start..name.token);
    // `"NAME=some words"` is one element.
    let fills = inside.is_some() && text.before(name.token) == inside.unwrap_or_default();
    let is_query = matches!(text.before(name.token), b'?' | b'&');
    let is_field = text.before(before) == b';';
    // `sed 's/password=.*/password=…/'`
    let is_substituted = text.slice(line.range.start..name.token).contains("sed ");
    let mut stop = at;
    while stop < end {
        let byte = text.at(stop);
        let ends = match byte {
            b'/' | b'|' | b'#' | b'@' if is_substituted => true,
            b' ' | b'\t' => !fills,
            b';' => {
                is_field || names_follow(text, stop + 1, end) || inside.is_none() && line.language == Language::Shell
            }
            b'&' => is_query || names_follow(text, stop + 1, end),
            b',' => text.before(name.token) == b',' || names_follow(text, stop + 1, end),
            b'#' => is_query,
            b'\\' => {
                inside.is_some() && (Quote::at(text, stop).is_some() || matches!(text.at(stop + 1), b'n' | b'r' | b't'))
            }
            b'"' | b'\'' | b'`' => inside.is_none_or(|open| open == byte),
            b'|' | b')' | b'<' | b'>' => inside.is_none(),
            _ => false,
        };
        if ends {
            break;
        }
        stop += 1;
    }
    // `[the secret of the service]`
    if matches!(text.at(at), b'[' | b'<') && !matches!(text.before(stop), b']' | b'>') {
        return None;
    }
    // A quote in the middle glues texts together.
    if inside.is_none() && stop > at && matches!(text.at(stop), b'"' | b'\'') && !is_field {
        return None;
    }
    // `[user=shop,password=…]`
    let closes = [(b']', '['), (b'}', '{'), (b')', '(')]
        .iter()
        .any(|(close, open)| text.before(stop) == *close && !text.slice(at..stop).contains(*open));
    let stop = if closes { stop - 1 } else { stop };
    let stop = if line.language == Language::Prose { trimmed(text, at, stop) } else { stop };
    let has_fields = is_field || is_query || text.at(stop) == b';' && inside.is_some();
    let part = if has_fields { Part::ConnectionString } else { Part::Whole };
    Literal::plain(text, at..stop).map(|literal| Read { literal, part })
}

/// Whether `name=` or `two words=` starts at a place.
fn names_follow(text: Text<'_>, at: usize, end: usize) -> bool {
    let at = text.skip_blanks(at, end);
    let after = text.skip(at, (at + 40).min(end), |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ' | b'.' | b'-' | b'[' | b']')
    });
    after > at && text.at(after) == b'='
}

/// `export NAME=value` in a text of another language: a script within it.
fn is_shell_like(text: Text<'_>, line: &Line, name: &Name) -> bool {
    let before = text.slice(line.content..name.token);
    let is_name = || {
        text.slice(name.range.clone())
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let ends = |word: &str| before.trim_end().ends_with(word);
    before.starts_with("export ") && is_name()
        || before.ends_with(' ') && ["-e", "--env", "--build-arg", "--from-literal", "--set"].into_iter().any(ends)
        || before.ends_with("--from-literal=")
        || line.language == Language::Hcl && before.is_empty() && is_name()
}

/// Whether nothing but marks and words of declarations stands before a name in its line.
fn name_leads(text: Text<'_>, line: &Line, name: &Name) -> bool {
    const WORDS: &[&str] = &[
        "export",
        "set",
        "setx",
        "setenv",
        "declare",
        "local",
        "readonly",
        "typeset",
        "env",
        "ENV",
        "ARG",
        "const",
        "var",
        "let",
        "-x",
        "-e",
        "--env",
        "-",
        "val",
        "SET",
        "$env:",
        "-gx",
        "-Ux",
        "override",
        "Environment",
    ];
    text.slice(line.content..name.token.max(line.content)).split_whitespace().all(|word| WORDS.contains(&word))
}

/// A YAML scalar that is not quoted.
fn yaml<'t>(text: Text<'t>, line: &Line, at: usize, is_flow: bool) -> Option<Literal<'t>> {
    let end = line.range.end;
    let mut at = at;
    if text.at(at) == b'&' || text.starts(at, "!!str ") {
        at = text.skip(at, end, |byte| byte != b' ');
        at = text.skip_blanks(at, end);
        if Quote::at(text, at).is_some() {
            return quoted(text, at, end);
        }
    }
    match text.at(at) {
        b'|' | b'>' if !is_flow => return siblings::block(text, line),
        b'!' | b'*' | b'{' | b'[' | b'#' | b'|' | b'>' | b'&' | b'%' | b'@' => return None,
        _ => {}
    }
    let mut stop = at;
    while stop < end {
        let byte = text.at(stop);
        let is_comment = byte == b'#' && text.before(stop) == b' ';
        if is_comment || is_flow && matches!(byte, b',' | b'}' | b']') {
            break;
        }
        stop += 1;
    }
    Literal::plain(text, at..text.trim_end(at..stop))
}

/// The rest of a line.
fn rest<'t>(text: Text<'t>, line: &Line, at: usize) -> Option<Literal<'t>> {
    let end = line.range.end;
    let mut stop = at;
    while stop < end {
        let is_comment = matches!(text.at(stop), b'#' | b';') && matches!(text.before(stop), b' ' | b'\t');
        if is_comment {
            break;
        }
        stop += 1;
    }
    let mut stop = text.trim_end(at..stop);
    while line.language == Language::Other && stop > at && matches!(text.before(stop), b',' | b';') {
        stop -= 1;
    }
    Literal::plain(text, at..stop)
}

/// A word that nothing follows but marks.
fn sole_word(text: Text<'_>, at: usize, end: usize) -> Option<Literal<'_>> {
    let at = text.skip(at, end, |byte| byte == b'`');
    let stop = text.skip(at, end, |byte| !matches!(byte, b' ' | b'\t' | b'`' | b'"'));
    let after =
        text.skip(stop, end, |byte| matches!(byte, b' ' | b'\t' | b'`' | b'.' | b',' | b'*' | b'|' | b')' | b'\\'));
    if after < end && text.at(after) != b'#' && text.at(after) != b'(' {
        return None;
    }
    Literal::plain(text, at..trimmed(text, at, stop))
}

/// The field of a table.
fn cell(text: Text<'_>, at: usize, end: usize) -> Option<Literal<'_>> {
    let at = text.skip(at, end, |byte| matches!(byte, b'`' | b' '));
    let stop = text.skip(at, end, |byte| !matches!(byte, b' ' | b'`' | b'|'));
    let close = text.skip(stop, end, |byte| matches!(byte, b' ' | b'`'));
    (text.at(close) == b'|').then(|| Literal::plain(text, at..stop)).flatten()
}

fn trimmed(text: Text<'_>, at: usize, mut stop: usize) -> usize {
    while stop > at && matches!(text.before(stop), b'.' | b',' | b';' | b':' | b')' | b'*' | b'`' | b'_') {
        stop -= 1;
    }
    stop
}

/// A number, which a password may be.
fn number(text: Text<'_>, at: usize, end: usize) -> Option<Literal<'_>> {
    let stop = text.skip(at, end, |byte| byte.is_ascii_digit());
    let after = text.skip_blanks(stop, end);
    let ends = after >= end || matches!(text.at(after), b',' | b'}' | b'#');
    (ends && stop > at + 3).then(|| Literal::plain(text, at..stop)).flatten()
}

/// A literal of a program that is not the first thing behind the link: `b"…"`, `new String("…")`, `env("X") || "…"`.
fn wrapped(text: Text<'_>, at: usize, end: usize) -> Option<Literal<'_>> {
    const WRAPS: &[&str] = &[
        "[]byte(",
        "new String(",
        "String(",
        "Buffer.from(",
        "SecretStr(",
        "bytes(",
        "Some(",
        "String::from(",
        "std::string(",
        "pulumi.String(",
        "to.Ptr(",
        "aws.String(",
        "ptr.To(",
        "pointer.String(",
        "Secret(",
        "TEXT(",
        "F(",
        "_T(",
        "QStringLiteral(",
        "ConvertTo-SecureString -String ",
        "ConvertTo-SecureString ",
        "(ConvertTo-SecureString ",
        "QString(",
        "str(",
    ];
    let prefix = text.skip(at, (at + 3).min(end), |byte| b"rRbBuUfFNL@$".contains(&byte));
    if prefix > at && Quote::at(text, prefix).is_some_and(|quote| quote.escapes == 0) {
        let literal = quoted(text, prefix, end)?;
        let fills = text.slice(at..prefix).contains(['f', 'F', '$']) && literal.text.contains('{');
        return (!fills && !goes_on(text, &literal, end, Language::Code)).then_some(literal);
    }
    if let Some(wrap) = WRAPS.iter().find(|wrap| text.starts(at, wrap)) {
        let inner = text.skip(at + wrap.len(), end, |byte| byte == b'@');
        return quoted(text, inner, end).filter(|literal| !goes_on(text, literal, end, Language::Code));
    }
    fallback(text, at, end)
}

/// What an expression gives where the environment has nothing: `process.env.X || "…"`, `os.getenv("X", "…")`.
fn fallback(text: Text<'_>, at: usize, end: usize) -> Option<Literal<'_>> {
    let end = end.min(at + 256);
    let expression = text.all.get(at..text.all.floor_char_boundary(end))?;
    let asks = ["env", "ENV", "config", "settings", "conf"].iter().any(|word| expression.contains(word));
    if !asks {
        return None;
    }
    let mut from = at;
    while let Some(offset) = text.slice(from..text.all.floor_char_boundary(end)).find(['"', '\'']) {
        let start = from + offset;
        let literal = quoted(text, start, end)?;
        let before = text.slice(at..start).trim_end();
        let is_fallback = ["||", "??", "?:", " or", "Or(", "else"].iter().any(|link| before.ends_with(link))
            || before.ends_with(',') && expression.contains("env");
        if is_fallback {
            return (!goes_on(text, &literal, end, Language::Code)).then_some(literal);
        }
        from = literal.after;
    }
    None
}

/// Whether a literal is only a part of an expression.
fn goes_on(text: Text<'_>, literal: &Literal<'_>, end: usize, language: Language) -> bool {
    let after = text.skip_blanks(literal.after, end);
    if language == Language::Shell {
        // `"$A"b`
        return after == literal.after
            && (text.at(after).is_ascii_alphanumeric() || matches!(text.at(after), b'$' | b'"' | b'\''));
    }
    match text.at(after) {
        b'+' | b'%' => true,
        // A dot glues texts in PHP; a method of a text gives another one.
        b'.' => ![
            "to_string",
            "toString",
            "into",
            "as_bytes",
            "encode",
            "toCharArray",
            "freeze",
            "getBytes",
            "to_owned",
            "as_ref",
            "ToCharArray",
        ]
        .iter()
        .any(|method| text.starts(after + 1, method)),
        _ => false,
    }
}

/// The bracket of a flow collection that is open at a place of a line.
pub(super) fn flow(text: Text<'_>, line: &Line, place: usize) -> Option<u8> {
    let mut open = 0_usize;
    for &byte in text.all.as_bytes().get(line.range.start..place)?.iter().rev() {
        match byte {
            b'}' | b']' => open += 1,
            b'{' | b'[' if open == 0 => return Some(byte),
            b'{' | b'[' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Whether the name is the first thing in its line, after marks.
pub(super) fn leads(text: Text<'_>, line: &Line, name: &Name) -> bool {
    name_leads(text, line, name)
}
