//! Arguments of commands: flags whose name promises a secret, and those of well-known programs whose flags are one letter.

use std::ops::Range;

use super::language::Language;
use super::page::Line;
use super::text::{Literal, Name, Quote, Text, quoted};

/// The value after a flag: `--password X`, `--password=X`, `"--password", "X"`, `- --password` above `- X`.
pub(super) fn flag<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<Literal<'t>> {
    let end = line.range.end;
    let is_start = matches!(
        text.before(name.token),
        b' ' | b'\t' | b'[' | b',' | b'(' | b'"' | b'\'' | b'`' | b'\n' | b'=' | b'{'
    ) || name.token == line.range.start;
    let written = text.slice(name.range.clone());
    if !is_start || name.dashes > 2 || NO_VALUE.iter().any(|start| written.starts_with(start)) {
        return None;
    }
    let is_code = matches!(line.language, Language::Code | Language::Html | Language::Prose);
    if text.at(name.after) == b'=' && name.quote.is_none() {
        return word(text, line, name.token, name.after + 1).map(|literal| without_source(text, literal));
    }
    let at = text.skip_blanks(name.after, end);
    if name.quote.is_some() {
        // An element of a list: the value is the next one.
        if text.at(at) == b',' {
            let next = text.skip(at + 1, at + 80, |byte| byte.is_ascii_whitespace());
            let line_end = text.line(next.min(text.all.len())).end;
            return operand(quoted(text, next, line_end)?);
        }
        return if at >= end { listed(text, line) } else { None };
    }
    if at >= end {
        return if text.before(end) == b'\\' || is_code { None } else { listed(text, line) };
    }
    if at == name.after || text.at(at) == b'-' {
        return None;
    }
    let inside = text.open_quote(&line.range, name.token);
    if is_code && inside.is_none() && line.language == Language::Code {
        return None;
    }
    if text.at(at) == b'\\' && at + 1 >= end {
        return None;
    }
    let literal = without_source(text, word(text, line, name.token, at)?);
    // A sentence about a flag: the command ends behind the value, or another flag follows.
    let is_prose = matches!(line.language, Language::Prose | Language::Other) || line.is_comment;
    let after = text.skip_blanks(literal.after, end);
    let is_command = after >= end
        || after == literal.after && text.at(after) != b','
        || matches!(
            text.at(after),
            b'-' | b'\\' | b'|' | b'&' | b';' | b'>' | b'<' | b'"' | b'\'' | b'`' | b'[' | b'#'
        );
    let has_sign = literal.text.bytes().any(|byte| byte.is_ascii_digit() || b"!@$%_".contains(&byte));
    let is_sentence = is_prose && (!is_command && !has_sign || matches!(text.before(literal.range.end), b'.' | b'?'));
    if is_sentence { None } else { operand(literal) }
}

/// The name that the value of a flag or directive is judged by.
pub(super) fn judged(name: &str) -> &str {
    const PASSWORDS: &[&str] = &[
        "requirepass",
        "masterauth",
        "storepass",
        "keypass",
        "srcstorepass",
        "deststorepass",
        "srckeypass",
        "destkeypass",
        "passin",
        "passout",
        "pass",
        "passwd",
        "pw",
        "pwd",
        "primaryauth",
    ];
    if PASSWORDS.contains(&name) {
        return "password";
    }
    // `-Ddb.password` of Java.
    name.strip_prefix('D').filter(|rest| rest.contains('.')).unwrap_or(name)
}

/// An option in the place of a value says that there is none.
fn operand(literal: Literal<'_>) -> Option<Literal<'_>> {
    (!literal.text.starts_with('-')).then_some(literal)
}

/// `pass:X` of openssl.
fn without_source<'t>(text: Text<'t>, literal: Literal<'t>) -> Literal<'t> {
    if literal.text.starts_with("pass:") {
        let range = literal.range.start + 5..literal.range.end;
        return Literal::plain(text, range).unwrap_or(literal);
    }
    literal
}

/// The element of a YAML list below the one in a line.
fn listed<'t>(text: Text<'t>, line: &Line) -> Option<Literal<'t>> {
    let next = text.next_line(&line.range)?;
    let at = text.skip_blanks(next.start, next.end);
    if text.at(at) != b'-' || text.at(at + 1) != b' ' {
        return None;
    }
    let at = text.skip_blanks(at + 1, next.end);
    let literal = match Quote::at(text, at) {
        Some(_) => quoted(text, at, next.end)?,
        None => Literal::plain(text, at..text.trim_end(at..next.end))?,
    };
    operand(literal)
}

/// A word of a command, quoted or not.
fn word<'t>(text: Text<'t>, line: &Line, token: usize, at: usize) -> Option<Literal<'t>> {
    let end = line.range.end;
    let inside = text.open_quote(&line.range, token);
    if let Some(quote) = Quote::at(text, at) {
        if quote.escapes == 0 && inside == Some(quote.mark) {
            return None;
        }
        let literal = quoted(text, at, end)?;
        let is_glued =
            matches!(text.at(literal.after), b'$' | b'"' | b'\'') || text.at(literal.after).is_ascii_alphanumeric();
        return (!is_glued || inside.is_some()).then_some(literal);
    }
    let stop = text.skip(at, end, |byte| {
        let ends = match byte {
            b' ' | b'\t' | b'`' => true,
            b'"' | b'\'' => true,
            b';' | b'|' | b')' | b'>' | b'<' => inside.is_none() || byte != b'>' && byte != b'<',
            b'\\' | b',' => inside.is_some(),
            _ => false,
        };
        !ends
    });
    let mut stop = stop;
    while stop > at && matches!(text.before(stop), b',' | b';') {
        stop -= 1;
    }
    if inside.is_none() && matches!(text.at(stop), b'"' | b'\'') {
        return None;
    }
    Literal::plain(text, at..stop)
}

/// A secret that a program gets in a flag of one letter.
#[derive(Debug)]
pub(super) struct Argument<'t> {
    /// The flag, as messages show it.
    pub(super) flag: &'static str,
    pub(super) literal: Literal<'t>,
}

/// The secret in the arguments of the program whose name holds a range.
pub(super) fn program<'t>(text: Text<'t>, line: &Line, found: &Range<usize>) -> Option<Argument<'t>> {
    if matches!(line.language, Language::Code | Language::Html) && text.open_quote(&line.range, found.start).is_none() {
        return None;
    }
    let name = text.name(found.clone(), &line.range);
    let program = text.slice(name.range.clone());
    let program = program.rsplit('/').next().unwrap_or(program);
    if program == "chpasswd" {
        return fed(text, line, name.token);
    }
    let form = PROGRAMS.iter().find(|form| form.names.contains(&program))?;
    let words = words(text, line, name.after);
    if !form.after.is_empty() {
        let before = text.slice(line.range.start..name.token).trim_end();
        if !form.after.iter().any(|known| before.ends_with(known)) {
            return None;
        }
    }
    let argument = |literal| Some(Argument { flag: form.flag, literal });
    match form.value {
        Value::Operand(index) => {
            // `-n` writes to the screen: there is no file.
            let prints = words.iter().any(|word| word.text.starts_with('-') && word.text.contains('n'));
            let is_batch = words.iter().any(|word| word.text.starts_with('-') && word.text.contains('b'));
            if form.flag == "htpasswd" && !is_batch {
                return None;
            }
            let index = if prints { index.saturating_sub(1) } else { index };
            let mut operands = words.into_iter().filter(|word| !word.text.starts_with('-'));
            argument(operands.nth(index)?)
        }
        Value::Attached | Value::Separate | Value::Either | Value::Login(_) => {
            let mut words = words.into_iter();
            while let Some(word) = words.next() {
                let attached = word.text.strip_prefix(form.flag).is_some_and(|rest| !rest.is_empty());
                let is_long = matches!(form.value, Value::Login(_)) && matches!(&*word.text, "--user" | "--proxy-user");
                let literal = if is_long || *word.text == *form.flag && form.value != Value::Attached {
                    operand(words.next()?)?
                } else if attached && form.value != Value::Separate {
                    let length = word.text.len() - form.flag.len();
                    let end = word.range.end;
                    Literal::plain(text, end - length..end)?
                } else {
                    continue;
                };
                let Value::Login(separator) = form.value else { return argument(literal) };
                let (user, _) = literal.text.split_once(separator)?;
                let start = literal.range.start + user.len() + 1;
                return argument(Literal::plain(text, start..literal.range.end)?);
            }
            None
        }
    }
}

/// What `chpasswd` gets from the command before it: `echo 'user:password' | chpasswd`.
fn fed<'t>(text: Text<'t>, line: &Line, program: usize) -> Option<Argument<'t>> {
    let before = text.slice(line.range.start..program);
    let before = before.trim_end().strip_suffix("sudo").unwrap_or(before).trim_end().strip_suffix('|')?;
    let echo = before.rfind("echo ").map(|at| at + 5).or_else(|| before.rfind("printf ").map(|at| at + 7))?;
    let end = line.range.start + before.len();
    let at = text.skip(line.range.start + echo, end, |byte| byte == b' ');
    let at = if text.starts(at, "-e ") || text.starts(at, "-n ") { at + 3 } else { at };
    let literal = match Quote::at(text, at) {
        Some(_) => quoted(text, at, end)?,
        None => Literal::plain(text, at..text.skip(at, end, |byte| byte != b' '))?,
    };
    let (user, password) = literal.text.split_once(':')?;
    let start = literal.range.start + user.len() + 1;
    let length = password.find("\\n").unwrap_or(password.len());
    let literal = Literal::plain(text, start..start + length)?;
    Some(Argument { flag: "chpasswd", literal })
}

/// The words of a command after its program, over continued lines, until it ends.
fn words<'t>(text: Text<'t>, line: &Line, from: usize) -> Vec<Literal<'t>> {
    const MOST: usize = 40;
    let mut found: Vec<Literal<'t>> = Vec::new();
    let mut range = line.range.clone();
    let mut at = from;
    let inside = text.open_quote(&line.range, from);
    while found.len() < MOST {
        at = text.skip(at, range.end, |byte| matches!(byte, b' ' | b'\t' | b','));
        if at >= range.end {
            break;
        }
        if text.at(at) == b'\\' && at + 1 >= range.end {
            let Some(next) = text.next_line(&range) else { break };
            at = next.start;
            range = next;
            continue;
        }
        if matches!(text.at(at), b'|' | b';' | b'&' | b')' | b']' | b'}')
            || inside.is_some_and(|open| text.at(at) == open)
        {
            // The elements of an exec form are quoted one by one.
            let is_element = inside.is_some() && at == from && text.starts(at + 1, ",");
            if !is_element {
                break;
            }
            at += 1;
            continue;
        }
        let literal = match Quote::at(text, at) {
            Some(quote) if quote.mark != b'`' => quoted(text, at, range.end),
            _ => {
                let stop = text.skip(at, range.end, |byte| {
                    !matches!(byte, b' ' | b'\t' | b'|' | b';' | b'"' | b'\'' | b'`' | b')') && Some(byte) != inside
                });
                // `-p"$X"` and `-p'word'`
                match Quote::at(text, stop) {
                    Some(_) if stop > at && text.at(stop) != b'`' && inside != Some(text.at(stop)) => {
                        quoted(text, stop, range.end).map(|inner| {
                            let glued = format!("{}{}", text.slice(at..stop), inner.text);
                            Literal { range: inner.range.clone(), text: glued.into(), after: inner.after }
                        })
                    }
                    _ => {
                        // Elements of a list end with a comma.
                        let is_element = stop > at + 1 && text.before(stop) == b',';
                        Literal::plain(text, at..stop - usize::from(is_element))
                    }
                }
            }
        };
        let Some(literal) = literal else { break };
        at = literal.after.max(at + 1);
        found.push(literal);
    }
    found
}

/// What a program takes a secret in.
struct Program {
    names: &'static [&'static str],
    /// Words of which one stands before, where the name says too little.
    after: &'static [&'static str],
    flag: &'static str,
    value: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    /// `-pX`
    Attached,
    /// `-p X`
    Separate,
    /// `-pX`, `-p X`
    Either,
    /// `-u user:X`, with its separator.
    Login(char),
    /// The operand with this index.
    Operand(usize),
}

#[rustfmt::skip]
const PROGRAMS: &[Program] = &[
    Program { names: &["mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlslap", "mysqlbinlog", "mysqlsh",
        "mariadb", "mariadb-dump", "mariadb-admin"], after: &[], flag: "-p", value: Value::Attached },
    Program { names: &["redis-cli"], after: &[], flag: "-a", value: Value::Separate },
    Program { names: &["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd", "ldapwhoami"], after: &[], flag: "-w", value: Value::Separate },
    Program { names: &["login"], after: &["docker", "podman", "az", "oc", "cf", "registry", "crane", "skopeo", "buildah", "nerdctl", "npm"],
        flag: "-p", value: Value::Separate },
    Program { names: &["sshpass"], after: &[], flag: "-p", value: Value::Either },
    Program { names: &["curl"], after: &[], flag: "-u", value: Value::Login(':') },
    Program { names: &["mongo", "mongosh", "mongodump", "mongorestore", "mongoimport", "mongoexport"], after: &[], flag: "-p", value: Value::Separate },
    Program { names: &["sqlcmd"], after: &[], flag: "-P", value: Value::Separate },
    Program { names: &["add_user", "change_password"], after: &["rabbitmqctl"], flag: "", value: Value::Operand(1) },
    Program { names: &["htpasswd"], after: &[], flag: "htpasswd", value: Value::Operand(2) },
    Program { names: &["smbclient"], after: &[], flag: "-U", value: Value::Login('%') },
];

/// Flags that take no secret, whatever they name.
const NO_VALUE: &[&str] = &[
    "no-",
    "skip-",
    "ask-",
    "with-",
    "without-",
    "use-",
    "require-",
    "enable-",
    "disable-",
    "allow-",
    "show-",
    "print-",
    "generate-",
    "prompt-",
];
