//! One text while it is looked at: where it is, and what was found.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::address::{self, Form, Host};
use super::assignment::{self, Candidate, Place};
use super::command;
use super::exempt::{self, Exemption};
use super::kubernetes::{self, IN_BASE64};
use super::language::Language;
use super::siblings;
use super::stems::Stem;
use super::text::{Literal, Name, Quote, Text, quoted};
use crate::{Hit, Kind, Setting, Slot, Structural, Subject, Verdict, judge};

/// Findings of one file: what has more is data.
const MOST: usize = 200;
/// How often lines around one are walked through, by what for: no file that people write needs more.
const MOST_SECRETS: u32 = 1000;
const MOST_MAPS: u32 = 300;
const MOST_PROGRAMS: u32 = 5000;
const MOST_PARENTS: u32 = 2000;
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

/// What the file is, as its path and its content tell.
#[derive(Debug)]
struct Nature {
    exemption: Exemption,
    expects_weak: bool,
    is_pipeline: bool,
}

/// A text, and what is found in it.
pub(super) struct Page<'t> {
    text: Text<'t>,
    language: Language,
    path: &'t str,
    is_lockfile: bool,
    /// Asked only where something may be told: most texts hold a stem, and few a setting.
    nature: OnceCell<Nature>,
    /// Where the first part of a diff starts; past the end where the text is none.
    hunks: OnceCell<usize>,
    line: Line,
    /// Blocks of code in a text for people: where each starts, and its language. Filled when the first line asks.
    fences: Option<Vec<(usize, Language)>>,
    /// What stands before has been looked at.
    done: usize,
    hits: Vec<Hit<'t>>,
    walks: Walks,
}

/// Walks that have been made.
#[derive(Debug, Default)]
struct Walks {
    secrets: u32,
    maps: u32,
    programs: u32,
    parents: u32,
}

impl<'t> Page<'t> {
    pub(super) fn new(subject: &Subject<'t>) -> Self {
        let language = Language::of(subject.path);
        Self {
            text: Text { all: subject.text },
            language,
            path: subject.path,
            is_lockfile: exempt::is_lockfile(subject.path),
            nature: OnceCell::new(),
            hunks: OnceCell::new(),
            line: Line { range: 0..0, content: 0, language, is_comment: false },
            fences: None,
            done: 0,
            hits: Vec::new(),
            walks: Walks::default(),
        }
    }

    pub(super) fn text(&self) -> Text<'t> {
        self.text
    }

    pub(super) fn is_full(&self) -> bool {
        let is_encrypted = || self.nature.get().is_some_and(|nature| nature.exemption == Exemption::Encrypted);
        self.hits.len() >= MOST || self.walks.parents > MOST_PARENTS || is_encrypted()
    }

    pub(super) fn add(&mut self, hit: Hit<'t>) {
        self.hits.push(hit);
    }

    pub(super) fn finish(self) -> Vec<Hit<'t>> {
        self.hits
    }

    fn nature(&self) -> &Nature {
        self.nature.get_or_init(|| Nature {
            exemption: exempt::exemption(self.path, self.text.all),
            expects_weak: exempt::expects_weak(self.path, self.language),
            is_pipeline: exempt::is_pipeline(self.path),
        })
    }

    fn hunks(&self) -> usize {
        *self.hunks.get_or_init(|| {
            let all = self.text.all;
            if all.starts_with("@@ -") { 0 } else { all.find("\n@@ -").unwrap_or(usize::MAX) }
        })
    }

    fn exemption(&self) -> Exemption {
        self.nature().exemption
    }

    /// Looks at what a stem is a part of.
    pub(super) fn look(&mut self, stem: Stem, found: &Range<usize>) {
        if found.start < self.done || self.is_lockfile && stem != Stem::Url {
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
                self.walks.programs += 1;
                let is_left = self.walks.programs <= MOST_PROGRAMS;
                let argument = is_left.then(|| command::program(self.text, &line, found)).flatten();
                if let Some(argument) = argument {
                    self.tell(&Candidate::password(argument.flag, argument.literal, Place::Argument), Slot::Argument);
                }
                // `LDAP_PASSWORD`, `mysql_pw`
                self.done = self.done.max(found.end);
            }
            Stem::Identified => {
                let at = self.text.skip_blanks(found.end, self.line.range.end);
                if let Some(literal) = self.quoted_after(at, &["WITH ", "PASSWORD ", "BY "]) {
                    self.tell(&Candidate::password("IDENTIFIED BY", literal, Place::Setting), self.slot());
                }
            }
            Stem::Secret => {
                let line = self.line.clone();
                self.walks.secrets += 1;
                if self.walks.secrets <= MOST_SECRETS && self.exemption() != Exemption::Encrypted {
                    kubernetes::secret(self, &line);
                }
            }
        }
    }

    fn enter(&mut self, place: usize) {
        if self.line.range.contains(&place) {
            return;
        }
        let mut range = self.text.line(place);
        // Behind the mark of a diff stands the line that was taken away or added.
        if range.start < place && matches!(self.text.at(range.start), b'-' | b'+') && range.start > self.hunks() {
            range.start += 1;
        }
        let language = if self.language == Language::Prose { self.block_language(range.start) } else { self.language };
        let mut content = self.text.skip_blanks(range.start, range.end);
        let mut is_comment = false;
        loop {
            let rest = self.text.slice(content..range.end);
            let marks: &[&str] = match language {
                Language::Code => &["//", "# ", "/*", "* ", "-- ", "<!--", "#"],
                Language::Sql => &["--", "/*"],
                Language::Xml | Language::Html => &["<!--"],
                Language::Prose => &["> ", "* ", "- ", "+ ", "| ", "# ", "## ", "### ", "**", "`", "__"],
                Language::Json => &["//"],
                _ => &["#", "//", ";", "- ", "$ ", "> ", "<!--", "* "],
            };
            let Some(mark) = marks.iter().find(|mark| rest.starts_with(**mark)) else { break };
            // `#define` is no comment.
            if *mark == "#" && language == Language::Code && rest.starts_with("#define") {
                break;
            }
            is_comment |= !matches!(*mark, "- " | "$ " | "> " | "| " | "* " | "**" | "`" | "__");
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
        if name.dashes > 0
            && let Some(literal) = command::flag(text, &line, &name)
        {
            let shown = text.slice(name.token + name.quote.map_or(0, Quote::len)..name.range.end);
            let written = text.slice(name.range.clone());
            let judged = command::judged(written);
            if self.tell(&Candidate { judged, shown, literal, place: Place::Argument }, Slot::Argument) {
                return;
            }
        }
        let Some(candidate) = assignment::read(text, &line, &name) else {
            let is_left = self.walks.maps < MOST_MAPS;
            let Some(named) = is_left.then(|| siblings::named_by(text, &line, &name)).flatten() else { return };
            self.walks.maps += 1;
            for (key, literal) in named {
                let candidate = Candidate {
                    judged: text.slice(name.range.clone()),
                    shown: text.slice(key),
                    literal,
                    place: Place::Setting,
                };
                self.tell_below(&candidate, self.slot(), Some((&line, &name)));
            }
            return;
        };
        let slot = match self.slot() {
            Slot::Setting if is_screaming(candidate.judged) => Slot::Environment,
            // `# - DB_PASSWORD=…`: a variable that is out of use.
            Slot::Prose
                if is_screaming(candidate.judged)
                    && text.at(name.after) == b'='
                    && matches!(line.language, Language::Yaml | Language::Env | Language::Dockerfile) =>
            {
                Slot::Environment
            }
            Slot::Prose if is_indented_code(&line, candidate.judged) => Slot::Setting,
            slot => slot,
        };
        self.tell_below(&candidate, slot, Some((&line, &name)));
    }

    fn quoted_after(&self, at: usize, words: &[&str]) -> Option<Literal<'t>> {
        let mut at = at;
        let end = self.line.range.end;
        for word in words {
            if self.text.slice(at..end).get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)) {
                at = self.text.skip_blanks(at + word.len(), end);
            }
        }
        let quote = Quote::at(self.text, at).filter(|quote| quote.mark != b'`')?;
        // The string of a program that holds the statement may escape its quotes.
        quoted(self.text, at, end).filter(|literal| literal.range.start == at + quote.len())
    }

    fn login(&mut self, stem: Stem, found: &Range<usize>) {
        let login = match stem {
            Stem::Url => address::url(self.text, found),
            _ => address::dsn(self.text, found),
        };
        let Some(login) = login else { return };
        let is_local = login.host == Host::Local;
        if self.is_program_text(found.start, &login.secret)
            || is_sealed_or_odd(&login.secret)
            || login.form == Form::Token && self.exemption() != Exemption::None
            || self.exemption() == Exemption::Encrypted
        {
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
            (Verdict::Password, _) if is_local && self.nature().is_pipeline => return,
            (Verdict::Key, _) | (Verdict::Password, Form::Password) => Structural::Url,
            (Verdict::Weak, Form::Password) if !is_local && !self.nature().expects_weak => Structural::Weak,
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

    /// Whether a text of a minified program is its code.
    fn is_program_text(&self, place: usize, literal: &Literal<'_>) -> bool {
        let line = self.text.line(place);
        line.len() > 1000 && literal.text.contains(['{', '}', '(', ')', ';', '='])
    }

    fn authorization(&mut self, found: &Range<usize>) {
        let Some(literal) = address::authorization(self.text, found) else { return };
        let shown = self.text.slice(found.start..found.end - 1);
        if shown.eq_ignore_ascii_case("basic") {
            self.tell_basic("Authorization", &literal);
            return;
        }
        let setting = Setting { name: "bearer_token", parents: &[], value: &literal.text, slot: self.slot() };
        if judge(&setting) == Verdict::Key && self.exemption() != Exemption::Encrypted {
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
        if self.exemption() == Exemption::Encrypted {
            return false;
        }
        let setting = Setting { name: "password", parents: &[&user], value: &password, slot: self.slot() };
        let kind = match judge(&setting) {
            Verdict::Password if user == password => Structural::Weak,
            Verdict::Password | Verdict::Key => Structural::Password,
            Verdict::Weak => Structural::Weak,
            Verdict::Nothing => return false,
        };
        if kind == Structural::Weak && self.nature().expects_weak {
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

    pub(super) fn tell(&mut self, candidate: &Candidate<'t>, slot: Slot) -> bool {
        self.tell_below(candidate, slot, None)
    }

    fn tell_below(&mut self, candidate: &Candidate<'t>, slot: Slot, at: Option<(&Line, &Name)>) -> bool {
        let Candidate { judged, shown, ref literal, place } = *candidate;
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
        // Its fields are looked at one by one.
        let is_connection_string = value.contains(';') && value.matches('=').count() > 1;
        if is_connection_string || !may_hold(judged, value, slot) || self.exemption() == Exemption::Encrypted {
            return false;
        }
        self.walks.parents += 1;
        let parents = at.map_or_else(Vec::new, |(line, name)| siblings::parents(self.text, line, name));
        if parents.iter().any(|parent| matches!(*parent, "encryptedData" | "secretKeyRef" | "example" | "examples")) {
            return false;
        }
        let slot = match slot {
            Slot::Setting if parents.contains(&"stringData") => Slot::SecretData,
            Slot::Setting if parents.iter().any(|parent| matches!(*parent, "environment" | "env")) => Slot::Environment,
            slot => slot,
        };
        let kind = match (judge(&Setting { name: judged, parents: &parents, value, slot }), place) {
            (Verdict::Nothing, _) => return false,
            (Verdict::Weak, _) if self.nature().expects_weak => return false,
            // A database that lives as long as the job.
            (Verdict::Password, _) if self.nature().is_pipeline && parents.contains(&"services") => return false,
            (Verdict::Weak, _) => Structural::Weak,
            (_, Place::Argument) => Structural::Argument,
            (Verdict::Password, Place::Address) => Structural::Url,
            (Verdict::Password, _) => Structural::Password,
            (Verdict::Key, _) => Structural::Key,
        };
        if self.exemption() == Exemption::Labels && matches!(kind, Structural::Password | Structural::Weak) {
            return false;
        }
        self.done = self.done.max(literal.range.end);
        let range = literal.range.clone();
        self.hits.push(Hit { kind: Kind::Structural(kind), range, name: Cow::Borrowed(shown), wrapped: None });
        true
    }
}

/// Whether a value can be one whatever stands around it: what does is expensive to find out.
fn may_hold(name: &str, value: &str, slot: Slot) -> bool {
    // What a `key` is for, only what encloses it says.
    let name = if name.eq_ignore_ascii_case("key") { "api_key" } else { name };
    let slot = if slot == Slot::Setting { Slot::Environment } else { slot };
    judge(&Setting { name, parents: &[], value, slot }) != Verdict::Nothing
}

/// What no password of a URL holds.
fn is_sealed_or_odd(literal: &Literal<'_>) -> bool {
    literal.range.len() < SHORTEST || literal.text.contains(['\\', '^', '*']) && literal.text.contains(['[', '(', '+'])
}

/// `    mysql_root_password: …` in a text for people: a block of code without marks; no sentence has such a name.
fn is_indented_code(line: &Line, name: &str) -> bool {
    line.language == Language::Prose
        && !line.is_comment
        && line.content >= line.range.start + 4
        && name.contains(['_', '.'])
        && !name.contains(' ')
}

fn is_screaming(name: &str) -> bool {
    name.contains('_') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
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
