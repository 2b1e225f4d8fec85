//! Names that are given values in settings, scripts and command lines.
//!
//! A light reading that every format shares: `name=value`, `name: value`, `--name value`. What a format quotes, nests or
//! continues otherwise is not seen.

use std::ops::Range;

/// A name and the literal text that is given to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<'t> {
    /// The name without dashes and quotes.
    pub name: &'t str,
    /// The value without quotes.
    pub value: &'t str,
    /// Where the value is in the text.
    pub range: Range<usize>,
}

/// The assignments in the text, in order: at the start of a line, and as words of a command.
pub fn assignments(text: &str) -> impl Iterator<Item = Assignment<'_>> {
    // One line at a time: all of a large file would be several times its text.
    text.split_inclusive('\n').flat_map(move |line| {
        let setting = setting(text, line);
        let mut found = Vec::new();
        if setting.is_none() && !is_comment(line) {
            words(text, line, &mut found);
        }
        setting.into_iter().chain(found)
    })
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", ";", "--\n", "-- ", "*"].iter().any(|mark| line.starts_with(mark))
}

/// `name = value`, `name: "value",`, `export NAME=value` on a line of its own.
fn setting<'t>(text: &'t str, line: &'t str) -> Option<Assignment<'t>> {
    if is_comment(line) {
        return None;
    }
    let (name, value) = line.split_once(['=', ':'])?;
    let name = name.trim().trim_start_matches("export ").trim_start_matches("- ").trim();
    let name = unquoted(name);
    if !is_name(name) {
        return None;
    }
    let value = value.trim().trim_end_matches([',', ';']);
    let value = match value.split_once(" #") {
        Some((value, _)) if !value.starts_with(['"', '\'']) => value.trim_end(),
        _ => value,
    };
    let value = unquoted(value);
    // Several words are a command after a variable, or prose.
    (!value.is_empty() && !value.contains(char::is_whitespace)).then(|| assignment(text, name, value))
}

/// `--name=value`, `--name value` and `NAME=value` among the words of a command.
fn words<'t>(text: &'t str, line: &'t str, found: &mut Vec<Assignment<'t>>) {
    let mut flag: Option<&str> = None;
    for word in line.split_whitespace() {
        let word = word.trim_matches([';', '&', '|', '(', ')', '\\', ',']);
        let bare = unquoted(word);
        let option = bare.strip_prefix('-').map(|rest| rest.trim_start_matches('-'));
        if let Some(name) = flag.take()
            && option.is_none()
            && !bare.is_empty()
        {
            found.push(assignment(text, name, bare));
            continue;
        }
        match option.unwrap_or(bare).split_once('=') {
            Some((name, value)) if is_name(name) => {
                let opens = value.starts_with(['"', '\'']) && (value.len() == 1 || !value.ends_with(['"', '\'']));
                let value = unquoted(value);
                if !value.is_empty() && !opens {
                    found.push(assignment(text, name, value));
                }
            }
            Some(_) => {}
            // One letter can mean anything.
            None => flag = option.filter(|name| name.len() > 1 && is_name(name)),
        }
    }
}

fn assignment<'t>(text: &'t str, name: &'t str, value: &'t str) -> Assignment<'t> {
    // `value` is a slice of `text`, so its address says where.
    let start = (value.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    Assignment { name, value, range: start..start + value.len() }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote).map(|rest| rest.strip_suffix(quote).unwrap_or(rest));
    inner('"').or_else(|| inner('\'')).unwrap_or_else(|| text.trim_end_matches(['"', '\'']))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_of_many_formats_are_read() {
        for (text, expected) in [
            ("password=a b", &[("password", "a")][..]),
            ("a=1\n b : two # three\n# c=3\n", &[("a", "1"), ("b", "two")]),
            ("{\n  \"token\": \"x\",\n}\n", &[("token", "x")]),
            ("export TOKEN='x y'; y=2", &[("y", "2")]),
            ("export TOKEN=x", &[("TOKEN", "x")]),
            ("run --token=x --key \"y\" -p z --flag --user u", &[("token", "x"), ("key", "y"), ("user", "u")]),
            ("TOKEN=x run \"--pass=y\" a=b", &[("TOKEN", "x"), ("pass", "y"), ("a", "b")]),
            ("--password=x", &[("password", "x")]),
            ("spring.datasource.password=x\r\n", &[("spring.datasource.password", "x")]),
            ("- name: x", &[("name", "x")]),
            ("", &[]),
            ("=", &[]),
            ("--", &[]),
            ("a=\"", &[]),
        ] {
            let found: Vec<(&str, &str)> = assignments(text).map(|found| (found.name, found.value)).collect();
            assert_eq!(found, expected, "{text}");
            for found in assignments(text) {
                assert_eq!(text.get(found.range.clone()), Some(found.value), "{text}");
            }
        }
    }
}
