//! A name and the value that it is given, in any of the ways that languages have.

use std::ops::Range;

use super::language::Language;
use super::link::{Link, onward};
use super::page::Line;
use super::text::{Literal, Name, Quote, Text, quoted};
use super::value::{Part, leads, value};
use super::{markup, siblings};

/// A value that may be a secret.
#[derive(Debug)]
pub(super) struct Candidate<'t> {
    /// The name that it is judged by.
    pub(super) judged: &'t str,
    /// The name that messages show.
    pub(super) shown: &'t str,
    pub(super) literal: Literal<'t>,
    pub(super) place: Place,
}

/// How a candidate stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Setting,
    Argument,
    Address,
}

impl<'t> Candidate<'t> {
    /// What can only be a password where it stands.
    pub(super) fn password(shown: &'t str, literal: Literal<'t>, place: Place) -> Self {
        Self { judged: "password", shown, literal, place }
    }
}

/// The value that a name leads to.
pub(super) fn read<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<Candidate<'t>> {
    let written = text.slice(name.range.clone());
    let plain =
        |literal| Candidate { judged: judged(line.language, written), shown: written, literal, place: Place::Setting };
    let onward = onward(text, name, line);
    let found = match onward.link {
        Link::Call => call(text, line, name, onward.at),
        Link::Comma => second(text, line, name, onward.at)
            .map(|literal| Candidate { judged: super::command::judged(written), ..plain(literal) }),
        Link::Tag | Link::End if line.language == Language::Xml => {
            markup::element(text, line, name).or_else(|| markup::named(text, line, name)).map(plain)
        }
        Link::Blank if line.language == Language::Xml => {
            markup::element(text, line, name).or_else(|| markup::named(text, line, name)).map(plain)
        }
        Link::Blank => blank(text, line, name, onward.at).map(plain),
        Link::End | Link::Tag => None,
        Link::Brace if line.language == Language::Code && text.starts(onward.at, "get") => {
            property(text, line, onward.at).map(plain)
        }
        Link::Brace => siblings::below(text, line, name).map(|(_, literal)| plain(literal)),
        Link::Compare if Quote::at(text, onward.at).is_none() => None,
        _ => {
            let range = words_before(text, line, name);
            let wide = Name { token: name.token.min(range.start), range, ..name.clone() };
            let shown = text.slice(wide.range.clone());
            let read = value(text, line, &wide, onward).map(|read| {
                let place = if read.part == Part::ConnectionString { Place::Address } else { Place::Setting };
                Candidate { judged: shown, shown, literal: read.literal, place }
            });
            read.or_else(|| siblings::below(text, line, name).map(|(_, literal)| plain(literal)))
        }
    };
    found.or_else(|| siblings::paired(text, line, name).map(|(_, literal)| plain(literal)))
}

/// Directives of configuration files that name a password as flags do.
fn judged(language: Language, name: &str) -> &str {
    if matches!(language, Language::Ini | Language::Other) { super::command::judged(name) } else { name }
}

/// `name value`, where a language has it.
fn blank<'t>(text: Text<'t>, line: &Line, name: &Name, at: usize) -> Option<Literal<'t>> {
    let end = line.range.end;
    let before = text.slice(line.content..name.token).trim_end();
    let word = |at: usize| {
        let stop = text.skip(at, end, |byte| !matches!(byte, b' ' | b'\t'));
        Literal::plain(text, at..stop)
    };
    let alone = |at: usize| {
        let literal = match Quote::at(text, at) {
            Some(_) => quoted(text, at, end)?,
            None => word(at)?,
        };
        let rest = text.slice(literal.after..end).trim();
        (rest.is_empty() || rest.starts_with('#') || rest == ";").then_some(literal)
    };
    let written = text.slice(name.range.clone());
    match line.language {
        Language::Netrc => word(at),
        // `aws configure set`, `npm config set`
        Language::Shell | Language::Dockerfile | Language::Yaml | Language::Other if before.ends_with(" set") => {
            word(at)
        }
        Language::Dockerfile if matches!(before, "ENV" | "env") => alone(at),
        Language::Shell if matches!(before, "setenv" | "setx" | "set" | "set -x" | "set -gx" | "set -Ux") => alone(at),
        // `proxy_pass` of nginx passes requests on.
        Language::Ini | Language::Other if before.is_empty() && !line.is_comment && !written.ends_with("_pass") => {
            let literal = alone(at)?;
            let value_end =
                literal.text.strip_suffix(';').map_or(literal.range.end, |value| literal.range.start + value.len());
            Literal::plain(text, literal.range.start..value_end)
        }
        Language::Code if before == "#define" => quoted(text, at, end),
        // `ALTER USER shop WITH PASSWORD '…'`
        _ if written.eq_ignore_ascii_case("password")
            && matches!(text.at(at), b'\'' | b'"')
            && name.quote.is_none() =>
        {
            let statement = text.slice(line.range.start..name.token).to_ascii_lowercase();
            let is_statement =
                ["user", "role", "with", "encrypted", "login", "account"].iter().any(|word| statement.contains(word));
            is_statement.then(|| quoted(text, at, end)).flatten()
        }
        _ => None,
    }
}

/// A name with the words before it: `API Key: …`.
fn words_before(text: Text<'_>, line: &Line, name: &Name) -> Range<usize> {
    const MOST: usize = 3;
    let before = text.slice(line.content..name.token.max(line.content));
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte >= 128) && word.len() < 20;
    let is_label = name.quote.is_none()
        && name.dashes == 0
        && before.ends_with(' ')
        && !matches!(
            line.language,
            Language::Code | Language::Shell | Language::Dockerfile | Language::Hcl | Language::Sql | Language::Html
        )
        && before.split_whitespace().count() <= MOST
        && before.split_whitespace().all(is_word)
        && !["export ", "set ", "env ", "ENV "].iter().any(|word| before.ends_with(word));
    if is_label && leads(text, line, &Name { token: line.content, ..name.clone() }) {
        return line.content..name.range.end;
    }
    name.range.clone()
}

/// The argument of a call that sets what it is named after: `setPassword("…")`, and the second of `BasicAuth("user", "…")`.
fn call<'t>(text: Text<'t>, line: &Line, name: &Name, at: usize) -> Option<Candidate<'t>> {
    if !matches!(line.language, Language::Code | Language::Other | Language::Html | Language::Sql) {
        return None;
    }
    let written = text.slice(name.range.clone());
    let method = written.rsplit('.').next().unwrap_or(written);
    let lower = method.to_ascii_lowercase();
    let end = line.range.end;
    let first = quoted(text, at, end)?;
    let after = text.skip_blanks(first.after, end);
    let is_login = ["auth", "cred"].iter().any(|part| lower.contains(part)) && !lower.contains("oauth");
    if text.at(after) == b',' && (is_login || lower.starts_with("with") || lower.contains("userpass")) {
        let next = text.skip_blanks(after + 1, end);
        let second = quoted(text, next, end)?;
        let ends = matches!(text.at(text.skip_blanks(second.after, end)), b')' | b',');
        return ends.then(|| Candidate::password(written, second, Place::Setting));
    }
    let sets = ["set", "with", "add", "put"].iter().any(|verb| lower.starts_with(verb));
    let is_bare = [
        "password",
        "passwd",
        "pwd",
        "pass",
        "secret",
        "token",
        "apikey",
        "api_key",
        "secretkey",
        "accesskey",
        "accesstoken",
    ]
    .iter()
    .any(|word| lower == *word || lower.ends_with(word) && !VERBS.iter().any(|verb| lower.starts_with(verb)));
    let is_only =
        text.at(after) == b')' || [".toCharArray()", ".getBytes()"].iter().any(|method| text.starts(after, method));
    (is_only && (sets || is_bare)).then_some(Candidate {
        judged: method,
        shown: written,
        literal: first,
        place: Place::Setting,
    })
}

/// What is done with a secret that is not said to be one.
const VERBS: &[&str] = &[
    "get",
    "is",
    "has",
    "find",
    "check",
    "valid",
    "verify",
    "encode",
    "hash",
    "encrypt",
    "decrypt",
    "test",
    "assert",
    "expect",
    "gen",
    "read",
    "load",
    "fetch",
    "parse",
    "require",
    "delete",
    "remove",
    "reset",
    "compare",
    "match",
    "send",
    "press",
    "on",
    "show",
    "hide",
    "toggle",
    "create",
    "make",
    "new",
    "by",
    "to",
    "from",
    "decode",
    "resolve",
    "lookup",
    "next",
    "unexpected",
    "skip",
    "consume",
    "count",
    "sanitize",
];

/// What a property of C# starts with: `{ get; set; } = "…"`.
fn property<'t>(text: Text<'t>, line: &Line, at: usize) -> Option<Literal<'t>> {
    let end = line.range.end;
    let close = text.skip(at, end.min(at + 40), |byte| byte != b'}');
    let equals = text.skip_blanks(close + 1, end);
    let is_assigned = text.at(close) == b'}' && text.at(equals) == b'=';
    is_assigned.then(|| quoted(text, text.skip_blanks(equals + 1, end), end)).flatten()
}

/// The second argument of a call whose first is a name: `put("password", "…")`, `getenv("DB_PASSWORD", "…")`.
fn second<'t>(text: Text<'t>, line: &Line, name: &Name, at: usize) -> Option<Literal<'t>> {
    let is_first = text.before(name.token) == b'(';
    if !is_first && !is_pair_of_map(text, line, name)
        || !matches!(line.language, Language::Code | Language::Html | Language::Other | Language::Hcl)
    {
        return None;
    }
    let end = line.range.end;
    let literal = quoted(text, at, end)?;
    let after = text.skip_blanks(literal.after, end);
    if !matches!(text.at(after), b')' | b',') {
        return None;
    }
    if !is_first {
        return Some(literal);
    }
    let before = text.slice(line.range.start..name.token - 1);
    let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
    let method = before.get(start..)?.to_ascii_lowercase();
    let gives = ["put", "set", "add", "with", "define", "env", "append", "insert", "update"];
    let pairs =
        ["", "of", "entry", "configset", "header", "headers", "param", "property", "fetch", "pair", "tuple", "option"];
    let asks =
        ["get", "remove", "assert", "read"].iter().any(|verb| method.starts_with(verb)) && !method.contains("env");
    let is_given = pairs.contains(&method.as_str())
        || method.ends_with("entry")
        || method.contains("env")
        || gives.iter().any(|verb| method.starts_with(verb));
    (is_given && !asks).then_some(literal)
}

/// Whether a name is a later key of `Map.of("user", "…", "password", "…")`: an even number of texts stands before it.
fn is_pair_of_map(text: Text<'_>, line: &Line, name: &Name) -> bool {
    let before = text.slice(line.range.start..name.token);
    let Some((_, arguments)) = before.rsplit_once("Map.of(") else { return false };
    arguments.trim_end().ends_with(',') && arguments.matches(',').count().is_multiple_of(2) && !arguments.contains(')')
}
