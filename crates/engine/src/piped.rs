//! What comes from standard input, and under which paths it is shown.
//!
//! The output of `helm template` is taken apart: each template of the chart is a file of its own, whose first line is the
//! first that the template gave. Where the text is a file that has a name, it stays whole.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::classify::{Language, by_content, classify, json_by_content};
use crate::discover::{Discovered, Origin, Reads, Target};
use crate::scan::Stdin;
use crate::{helm, paths};

/// A file of the scan whose content is at hand.
pub(crate) struct Piped<'s> {
    pub(crate) target: Target,
    pub(crate) language: Language,
    pub(crate) bytes: Cow<'s, [u8]>,
}

/// The path of a text that has no name.
pub(crate) const UNNAMED: &str = "<stdin>";

/// The files that standard input is.
pub(crate) fn files<'s>(cwd: &Path, stdin: &'s Stdin, reads: Reads) -> Vec<Piped<'s>> {
    let text = std::str::from_utf8(&stdin.bytes).ok().filter(|_| stdin.name.is_none());
    let Some(templates) = text.and_then(take_apart) else { return vec![whole(cwd, stdin, reads)] };
    let rendered = templates.into_iter().map(|(path, text)| Piped {
        target: Target { path: helm::template_path(cwd, path), origin: Origin::Rendered },
        language: Language::Yaml11,
        bytes: Cow::Owned(text.into_bytes()),
    });
    rendered.collect()
}

/// Puts the files among the targets.
pub(crate) fn add_to(found: &mut Discovered, piped: &[Piped<'_>]) {
    for file in piped {
        found.add_standard_input(file.target.clone(), file.language);
    }
}

/// Standard input as one file.
pub(crate) fn whole<'s>(cwd: &Path, stdin: &'s Stdin, reads: Reads) -> Piped<'s> {
    let path = match &stdin.name {
        // An editor's absolute path is the file that a scan of the directory calls by a relative one.
        Some(name) => paths::relative(cwd, &paths::absolute(cwd, Path::new(name))),
        None => UNNAMED.to_owned(),
    };
    // Without a name or a beginning that tells, Kubernetes YAML is what people pipe.
    let text = String::from_utf8_lossy(&stdin.bytes);
    let language = classify(&path).unwrap_or_else(|| {
        let first = text.trim_start_matches('\u{feff}').trim_start();
        if first.starts_with(['{', '[']) {
            Language::Json
        } else if looks_like_dockerfile(first) {
            Language::Dockerfile
        } else if reads == Reads::Texts && (is_of_another_kind(stdin) || looks_like_diff(first)) {
            by_content(&text).unwrap_or(Language::Text)
        } else {
            Language::Yaml11
        }
    });
    let language = if language == Language::Json { json_by_content(&text) } else { language };
    Piped { target: Target { path, origin: Origin::StandardInput }, language, bytes: Cow::Borrowed(&stdin.bytes) }
}

/// Whether its name says that it is a text, and not which.
fn is_of_another_kind(stdin: &Stdin) -> bool {
    stdin.name.as_ref().is_some_and(|name| Path::new(name).extension().is_some())
}

/// What `git diff`, `git show`, `git log -p` and `git format-patch` write.
fn looks_like_diff(text: &str) -> bool {
    let is_id = |rest: &str| rest.bytes().take_while(u8::is_ascii_hexdigit).count() >= 40;
    let mut lines = text.lines();
    let Some(first) = lines.next() else { return false };
    first.starts_with("diff --")
        || ["commit ", "From "].iter().any(|start| first.strip_prefix(start).is_some_and(is_id))
        || first.starts_with("--- ") && lines.next().is_some_and(|second| second.starts_with("+++ "))
}

fn looks_like_dockerfile(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut words = lines.take(1).flat_map(str::split_whitespace);
    matches!((words.next(), words.next()), (Some(first), Some(_))
        if ["FROM", "ARG", "RUN"].iter().any(|keyword| first.eq_ignore_ascii_case(keyword)))
}

/// What Helm writes above what a template gave, below a line `---`.
pub(crate) const SOURCE: &str = "# Source: ";

/// The templates of `helm template`'s output with the text that each gave; `None` for any other text, and where documents
/// stand in it that no template gave.
fn take_apart(text: &str) -> Option<BTreeMap<&str, String>> {
    let mut templates: BTreeMap<&str, String> = BTreeMap::new();
    let mut current: Option<&str> = None;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let is_marker = line.trim_end() == "---";
        if is_marker && let Some(path) = lines.peek().and_then(|next| named(next)) {
            lines.next();
            // Documents of one template stay apart.
            let text = templates.entry(path).or_default();
            if !text.is_empty() {
                text.push_str("---\n");
            }
            current = Some(path);
            continue;
        }
        match current {
            Some(path) => templates.entry(path).or_default().push_str(line),
            None if is_marker || line.trim().is_empty() => {}
            None => return None,
        }
    }
    (!templates.is_empty()).then_some(templates)
}

/// The template that a line names. Such a path is shown and looked up, so it stays below where it starts.
fn named(line: &str) -> Option<&str> {
    let path = line.strip_prefix(SOURCE)?.trim_end();
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(char::is_control);
    path.split('/').all(is_plain).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendered_templates_are_taken_apart() {
        let two = "---\n# Source: web/templates/b.yaml\nb: 1\n---\n# Source: web/templates/a.yaml\na: 1\n---\n# Source: \
                   web/templates/b.yaml\nb: 2\n";
        for (text, expected) in [
            (two, Some(vec![("web/templates/a.yaml", "a: 1\n"), ("web/templates/b.yaml", "b: 1\n---\nb: 2\n")])),
            ("\n---\r\n# Source: w/t.yaml\r\na: 1\r\n", Some(vec![("w/t.yaml", "a: 1\r\n")])),
            ("---\n# Source: w/t.yaml\na: 1\n---\nb: 1", Some(vec![("w/t.yaml", "a: 1\n---\nb: 1")])),
            ("a: 1\n---\n# Source: w/t.yaml\na: 1\n", None),
            ("---\n# Source: ../t.yaml\na: 1\n", None),
            ("---\n# Source: /t.yaml\na: 1\n", None),
            ("# Source: w/t.yaml\na: 1\n", None),
            ("", None),
        ] {
            let expected = expected.map(|all| all.into_iter().map(|(path, text)| (path, text.to_owned())).collect());
            assert_eq!(take_apart(text), expected, "{text}");
        }
    }
}
