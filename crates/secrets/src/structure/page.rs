//! One text while it is looked at: where it is, and what was found.

use std::borrow::Cow;
use std::ops::Range;

use super::address::{self, Form, Host};
use super::command;
use super::exempt::{self, Exemption};
use super::kubernetes::{self, IN_BASE64};
use super::language::Language;
use super::link::{Link, onward};
use super::markup;
use super::siblings;
use super::stems::Stem;
use super::text::{Literal, Name, Quote, Text, quoted};
use super::value::{Part, leads, value};
use crate::{Hit, Kind, Setting, Slot, Structural, Subject, Verdict, judge};

/// Findings of one file: what has more is data.
const MOST: usize = 200;
/// The longest value, and the shortest.
const LONGEST: usize = 1024;
const SHORTEST: usize = 3;

/// A line, or what is near of a long one.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) range: Range<usize>,
    /// Where its content starts: behind indentation, dashes of lists and marks of comments.
    pub(super) content: usize,
    /// The language of the block that it is in.
    pub(super) language: Language,
    pub(super) is_comment: bool,
}

impl Line {
    pub(super) fn plain(range: Range<usize>) -> Self {
        Self { content: range.start, range, language: Language::Yaml, is_comment: false }
    }
}

/// How a candidate stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Setting,
    Argument,
    Address,
}

/// A text, and what is found in it.
pub(super) struct Page<'t> {
    text: Text<'t>,
    language: Language,
    exemption: Exemption,
    expects_weak: bool,
    line: Line,
    /// Blocks of code in a text for people: where each starts, and its language. Filled when the first line asks.
    fences: Option<Vec<(usize, Language)>>,
    /// What stands before has been looked at.
    done: usize,
    hits: Vec<Hit<'t>>,
}

impl<'t> Page<'t> {
    pub(super) fn new(subject: &Subject<'t>) -> Self {
        let language = Language::of(subject.path);
        Self {
            text: Text { all: subject.text },
            language,
            exemption: exempt::exemption(subject.path, subject.text),
            expects_weak: exempt::expects_weak(subject.path),
            line: Line { range: 0..0, content: 0, language, is_comment: false },
            fences: None,
            done: 0,
            hits: Vec::new(),
        }
    }

    pub(super) fn text(&self) -> Text<'t> {
        self.text
    }

    pub(super) fn is_full(&self) -> bool {
        self.hits.len() >= MOST || self.exemption == Exemption::Encrypted
    }

    pub(super) fn add(&mut self, hit: Hit<'t>) {
        self.hits.push(hit);
    }

    pub(super) fn finish(self) -> Vec<Hit<'t>> {
        self.hits
    }

    /// Looks at what a stem is a part of.
    pub(super) fn look(&mut self, stem: Stem, found: &Range<usize>) {
        if found.start < self.done || self.exemption == Exemption::Lockfile && stem != Stem::Url {
            return;
        }
        if stem != Stem::Url {
            self.enter(found.start);
        }
        match stem {
            Stem::Name => self.name(found),
            Stem::Url | Stem::Dsn => self.login(stem, found),
            Stem::Scheme => self.authorization(found),
            Stem::Program => {
                let line = self.line.clone();
                if let Some(argument) = command::program(self.text, &line, found) {
                    self.tell("password", argument.flag, &argument.literal, Slot::Argument, Place::Argument);
                }
                // `LDAP_PASSWORD`, `mysql_pw`
                self.done = self.done.max(found.end);
            }
            Stem::Identified => {
                let at = self.text.skip_blanks(found.end, self.line.range.end);
                if let Some(literal) = self.quoted_after(at, &["WITH ", "PASSWORD ", "BY "]) {
                    self.tell("password", "IDENTIFIED BY", &literal, self.slot(), Place::Setting);
                }
            }
            Stem::Secret => {
                let line = self.line.clone();
                kubernetes::secret(self, &line);
            }
        }
    }

    /// Lines of files that consist of logins.
    pub(super) fn logins(&mut self) {
        if self.language != Language::Pgpass {
            return;
        }
        let all = self.text.all;
        let mut at = 0;
        for line in all.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end();
            let fields: Vec<&str> = line.splitn(5, ':').collect();
            let [_, _, _, _, password] = fields.as_slice() else { continue };
            if line.starts_with('#') {
                continue;
            }
            let end = start + line.len();
            if let Some(literal) = Literal::plain(self.text, end - password.len()..end) {
                self.tell("password", "", &literal, Slot::Setting, Place::Setting);
            }
        }
    }

    fn enter(&mut self, place: usize) {
        if self.line.range.contains(&place) {
            return;
        }
        let range = self.text.line(place);
        let language = if self.language == Language::Prose { self.block_language(range.start) } else { self.language };
        let mut content = self.text.skip_blanks(range.start, range.end);
        let mut is_comment = false;
        loop {
            let rest = self.text.slice(content..range.end);
            let marks: &[&str] = match language {
                Language::Code => &["//", "# ", "/*", "* ", "-- ", "<!--", "#"],
                Language::Sql => &["--", "/*"],
                Language::Xml | Language::Html => &["<!--"],
                Language::Prose => &["> ", "* ", "- ", "+ ", "| ", "# ", "## ", "### "],
                Language::Json => &["//"],
                _ => &["#", "//", ";", "- ", "$ ", "> ", "<!--", "* "],
            };
            let Some(mark) = marks.iter().find(|mark| rest.starts_with(**mark)) else { break };
            // `#define` is no comment.
            if *mark == "#" && language == Language::Code && rest.starts_with("#define") {
                break;
            }
            is_comment |= !matches!(*mark, "- " | "$ " | "> " | "| " | "* ");
            content = self.text.skip_blanks(content + mark.len(), range.end);
        }
        self.line = Line { range, content, language, is_comment };
    }

    fn block_language(&mut self, place: usize) -> Language {
        let text = self.text;
        let fences = self.fences.get_or_insert_with(|| fences(text));
        let after = fences.partition_point(|(start, _)| *start <= place);
        after.checked_sub(1).and_then(|at| fences.get(at)).map_or(Language::Prose, |(_, language)| *language)
    }

    fn slot(&self) -> Slot {
        if self.line.is_comment { Slot::Prose } else { self.line.language.slot() }
    }

    fn name(&mut self, found: &Range<usize>) {
        let text = self.text;
        let line = self.line.clone();
        let name = text.name(found.clone(), &line.range);
        self.done = name.range.end.max(found.end);
        if name.dashes > 0 {
            if let Some(literal) = command::flag(text, &line, &name) {
                let shown = text.slice(name.token + name.quote.map_or(0, Quote::len)..name.range.end);
                let judged = text.slice(name.range.clone());
                let judged = judged.strip_prefix('D').filter(|rest| rest.contains('.')).unwrap_or(judged);
                if self.tell(judged, shown, &literal, Slot::Argument, Place::Argument) {
                    return;
                }
            }
        }
        let (candidate, place) = self.candidate(&line, &name);
        let Some((judged, literal)) = candidate else { return };
        let judged = text.slice(judged);
        let slot = match self.slot() {
            Slot::Setting if is_screaming(judged) => Slot::Environment,
            slot => slot,
        };
        let shown = judged;
        self.tell_below(judged, shown, &literal, slot, place, Some((&line, &name)));
    }

    /// The name and the value that a name leads to.
    #[allow(clippy::type_complexity, reason = "a name with its value")]
    fn candidate(&self, line: &Line, name: &Name) -> (Option<(Range<usize>, Literal<'t>)>, Place) {
        let text = self.text;
        let mut place = Place::Setting;
        let own = |literal| Some((words_before(text, line, name), literal));
        let onward = onward(text, name, line);
        let found = match onward.link {
            Link::Call => call(text, line, name, onward.at).and_then(own),
            Link::Comma => second(text, line, name, onward.at).and_then(own),
            Link::Tag | Link::End if line.language == Language::Xml => {
                markup::element(text, line, name).or_else(|| markup::named(text, line, name)).and_then(own)
            }
            Link::Blank if matches!(line.language, Language::Xml | Language::Html) => markup::element(text, line, name)
                .filter(|_| line.language == Language::Xml)
                .or_else(|| markup::named(text, line, name))
                .and_then(own),
            Link::Blank => self.blank(line, name, onward.at).and_then(own),
            Link::End | Link::Tag => None,
            Link::Brace => siblings::below(text, line, name).map(|(_, literal)| literal).and_then(own),
            Link::Compare if Quote::at(text, onward.at).is_none() => None,
            _ => {
                let name_range = words_before(text, line, name);
                let wide = Name { range: name_range.clone(), token: name.token.min(name_range.start), ..name.clone() };
                let used = if name_range == name.range { name } else { &wide };
                let read = value(text, line, used, onward);
                if let Some(read) = &read
                    && read.part == Part::ConnectionString
                {
                    place = Place::Address;
                }
                read.map(|read| (name_range, read.literal))
                    .or_else(|| siblings::below(text, line, name).map(|(_, literal)| literal).and_then(own))
            }
        };
        let paired = || siblings::paired(text, line, name).map(|(_, literal)| (name.range.clone(), literal));
        (found.or_else(paired), place)
    }

    /// `name value`, where a language has it.
    fn blank(&self, line: &Line, name: &Name, at: usize) -> Option<Literal<'t>> {
        let text = self.text;
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
            Language::Dockerfile if matches!(before, "ENV" | "env") => alone(at),
            Language::Shell if matches!(before, "setenv" | "setx" | "set" | "set -x" | "set -gx" | "set -Ux") => {
                alone(at)
            }
            Language::Ini | Language::Other if before.is_empty() && !line.is_comment => {
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
                let is_statement = ["user", "role", "with", "encrypted", "login", "account"]
                    .iter()
                    .any(|word| statement.contains(word));
                is_statement.then(|| quoted(text, at, end)).flatten()
            }
            _ => None,
        }
    }

    fn quoted_after(&self, at: usize, words: &[&str]) -> Option<Literal<'t>> {
        let mut at = at;
        let end = self.line.range.end;
        for word in words {
            if self.text.slice(at..end).get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)) {
                at = self.text.skip_blanks(at + word.len(), end);
            }
        }
        // The string of a program that holds the statement may escape its quotes.
        quoted(self.text, at, end)
    }

    fn login(&mut self, stem: Stem, found: &Range<usize>) {
        let login = match stem {
            Stem::Url => address::url(self.text, found),
            _ => address::dsn(self.text, found),
        };
        let Some(login) = login else { return };
        let is_local = login.host == Host::Local;
        if is_sealed_or_odd(&login.secret) || login.form == Form::Token && self.exemption != Exemption::None {
            return;
        }
        self.enter(found.start);
        let name = if login.form == Form::Token { "access_token" } else { "password" };
        let slot = match self.slot() {
            Slot::Prose => Slot::Prose,
            _ => Slot::Setting,
        };
        let setting = Setting { name, parents: &[login.user], value: &login.secret.text, slot };
        let verdict = match judge(&setting) {
            Verdict::Password if login.user == login.secret.text => Verdict::Weak,
            verdict => verdict,
        };
        let kind = match (verdict, login.form) {
            (Verdict::Key, _) | (Verdict::Password, Form::Password) => Structural::Url,
            (Verdict::Weak, Form::Password) if !is_local && !self.expects_weak => Structural::Weak,
            _ => return,
        };
        self.done = self.done.max(login.end);
        self.hits.push(Hit {
            kind: Kind::Structural(kind),
            range: login.secret.range,
            name: Cow::Borrowed(""),
            wrapped: None,
        });
    }

    fn authorization(&mut self, found: &Range<usize>) {
        let Some(literal) = address::authorization(self.text, found) else { return };
        let shown = self.text.slice(found.start..found.end - 1);
        if shown.eq_ignore_ascii_case("basic") {
            self.tell_basic("Authorization", &literal);
            return;
        }
        let setting = Setting { name: "bearer_token", parents: &[], value: &literal.text, slot: self.slot() };
        if judge(&setting) == Verdict::Key {
            self.done = literal.range.end;
            self.hits.push(Hit {
                kind: Kind::Structural(Structural::Key),
                range: literal.range,
                name: Cow::Borrowed("Authorization"),
                wrapped: None,
            });
        }
    }

    /// A login in base64.
    fn tell_basic(&mut self, name: &'t str, literal: &Literal<'t>) -> bool {
        let Some((user, password)) = address::basic(&literal.text) else { return false };
        let setting = Setting { name: "password", parents: &[&user], value: &password, slot: self.slot() };
        let kind = match judge(&setting) {
            Verdict::Password if user == password => Structural::Weak,
            Verdict::Password | Verdict::Key => Structural::Password,
            Verdict::Weak => Structural::Weak,
            Verdict::Nothing => return false,
        };
        if kind == Structural::Weak && self.expects_weak {
            return false;
        }
        self.done = self.done.max(literal.range.end);
        let range = literal.range.clone();
        self.hits.push(Hit {
            kind: Kind::Structural(kind),
            range,
            name: Cow::Borrowed(name),
            wrapped: Some(IN_BASE64),
        });
        true
    }

    fn tell(&mut self, judged: &str, shown: &'t str, literal: &Literal<'t>, slot: Slot, place: Place) -> bool {
        self.tell_below(judged, shown, literal, slot, place, None)
    }

    fn tell_below(
        &mut self,
        judged: &str,
        shown: &'t str,
        literal: &Literal<'t>,
        slot: Slot,
        place: Place,
        at: Option<(&Line, &Name)>,
    ) -> bool {
        let value = literal.text.trim();
        if !(SHORTEST..=LONGEST).contains(&value.len()) || exempt::is_sealed(value) || literal.range.is_empty() {
            return false;
        }
        let last = shown.rsplit(['.', '-']).next().unwrap_or(shown);
        if matches!(last, "auth" | "_auth" | "Auth" | "basicAuth" | "basic_auth" | "Authorization" | "authorization")
            && self.tell_basic(shown, literal)
        {
            return true;
        }
        let parents = at.map_or_else(Vec::new, |(line, name)| siblings::parents(self.text, line, name));
        if parents
            .iter()
            .any(|parent| matches!(*parent, "encryptedData" | "encrypted_data" | "secretKeyRef" | "SopsConfig"))
        {
            return false;
        }
        let slot = match slot {
            Slot::Setting if parents.contains(&"stringData") => Slot::SecretData,
            Slot::Setting if parents.iter().any(|parent| matches!(*parent, "environment" | "env")) => Slot::Environment,
            slot => slot,
        };
        let kind = match (judge(&Setting { name: judged, parents: &parents, value, slot }), place) {
            (Verdict::Nothing, _) => return false,
            (Verdict::Weak, _) if self.expects_weak => return false,
            (Verdict::Weak, _) => Structural::Weak,
            (_, Place::Argument) => Structural::Argument,
            (_, Place::Address) => Structural::Url,
            (Verdict::Password, _) => Structural::Password,
            (Verdict::Key, _) => Structural::Key,
        };
        if self.exemption == Exemption::Labels && matches!(kind, Structural::Password | Structural::Weak) {
            return false;
        }
        self.done = self.done.max(literal.range.end);
        let range = literal.range.clone();
        self.hits.push(Hit { kind: Kind::Structural(kind), range, name: Cow::Borrowed(shown), wrapped: None });
        true
    }
}

/// What no password of a URL holds.
fn is_sealed_or_odd(literal: &Literal<'_>) -> bool {
    literal.range.len() < SHORTEST || literal.text.contains(['\\', '^', '*']) && literal.text.contains(['[', '(', '+'])
}

fn is_screaming(name: &str) -> bool {
    name.contains('_') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
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
fn call<'t>(text: Text<'t>, line: &Line, name: &Name, at: usize) -> Option<Literal<'t>> {
    if !matches!(line.language, Language::Code | Language::Other | Language::Html) {
        return None;
    }
    let written = text.slice(name.range.clone());
    let method = written.rsplit('.').next().unwrap_or(written);
    let lower = method.to_ascii_lowercase();
    let end = line.range.end;
    let first = quoted(text, at, end)?;
    let after = text.skip_blanks(first.after, end);
    let is_login = ["auth", "cred"].iter().any(|part| lower.contains(part));
    if text.at(after) == b',' && (is_login || lower.starts_with("with") || lower.contains("userpass")) {
        let next = text.skip_blanks(after + 1, end);
        let second = quoted(text, next, end)?;
        return matches!(text.at(text.skip_blanks(second.after, end)), b')' | b',').then_some(second);
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
    (text.at(after) == b')' && (sets || is_bare)).then_some(first)
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

/// The second argument of a call whose first is a name: `put("password", "…")`, `getenv("DB_PASSWORD", "…")`.
fn second<'t>(text: Text<'t>, line: &Line, name: &Name, at: usize) -> Option<Literal<'t>> {
    if text.before(name.token) != b'('
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
    let before = text.slice(line.range.start..name.token - 1);
    let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
    let method = before.get(start..)?.to_ascii_lowercase();
    let asks = [
        "get",
        "assert",
        "equal",
        "label",
        "t",
        "translate",
        "trans",
        "__",
        "_",
        "replace",
        "field",
        "text",
        "error",
        "fail",
        "describe",
        "it",
    ];
    let reads_environment = method.contains("env") || method == "fetch";
    (reads_environment
        || !asks.iter().any(|verb| method == *verb || verb.len() > 3 && method.contains(verb))
            && !method.starts_with("get"))
    .then_some(literal)
}

/// Where blocks of code start and end in a text for people.
fn fences(text: Text<'_>) -> Vec<(usize, Language)> {
    let mut found = Vec::new();
    let mut open: Option<&str> = None;
    let mut at = 0;
    for line in text.all.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_start_matches([' ', '>', '\t']);
        let mark = ["```", "~~~"].into_iter().find(|mark| content.starts_with(mark));
        match (mark, open) {
            (Some(mark), None) => {
                open = Some(mark);
                found.push((at, Language::of_fence(content.trim_start_matches(['`', '~']))));
            }
            (Some(mark), Some(opened)) if mark == opened => {
                open = None;
                found.push((start, Language::Prose));
            }
            _ => {}
        }
    }
    found
}
