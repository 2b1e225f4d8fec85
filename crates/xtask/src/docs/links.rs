//! Links between the committed documents: to files that are there, and to headings that are in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The links of all committed Markdown that lead nowhere: `docs/a.md: b.md#c`.
pub(super) fn broken(root: &Path) -> Result<Vec<String>> {
    let listed = Command::new("git").args(["ls-files", "-z", "*.md"]).current_dir(root).output();
    let listed = listed.context("cannot run git")?;
    if !listed.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
    }
    let names = String::from_utf8(listed.stdout).context("a file's name is not UTF-8")?;
    let names = names.split_terminator('\0').filter(|name| !name.starts_with("fixtures/"));
    let mut texts = BTreeMap::new();
    for name in names {
        // A file that is being removed is still listed.
        if let Ok(text) = std::fs::read_to_string(root.join(name)) {
            texts.insert(PathBuf::from(name), text);
        }
    }
    Ok(among(&texts, &|path| root.join(path).exists()))
}

/// The links of these texts, by their paths, that lead neither to one of them nor to a file that `is_there`.
pub(super) fn among(texts: &BTreeMap<PathBuf, String>, is_there: &dyn Fn(&Path) -> bool) -> Vec<String> {
    let anchors: BTreeMap<&Path, BTreeSet<String>> =
        texts.iter().map(|(path, text)| (path.as_path(), anchors(text))).collect();
    let mut broken = Vec::new();
    for (path, text) in texts {
        for link in links(text) {
            let (target, anchor) = link.split_once('#').map_or((link, None), |(target, anchor)| (target, Some(anchor)));
            let place = if target.is_empty() { path.clone() } else { joined(path, target) };
            let known = anchors.get(place.as_path());
            let holds = match (known, anchor) {
                (Some(anchors), Some(anchor)) => anchors.contains(anchor),
                (Some(_), None) => true,
                (None, _) => is_there(&place),
            };
            if !holds {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    broken
}

/// A text with other targets for its relative links, where there are others.
pub(super) fn rewritten(text: &str, other: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    for link in links(text) {
        let written = format!("]({link})");
        let Some((before, after)) = rest.split_once(written.as_str()) else { continue };
        out.push_str(before);
        match other(link) {
            Some(target) => _ = write!(out, "]({target})"),
            None => out.push_str(&written),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Where a relative link leads.
pub(super) fn joined(from: &Path, target: &str) -> PathBuf {
    let mut place = from.parent().map(Path::to_path_buf).unwrap_or_default();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = place.pop(),
            name => place.push(name),
        }
    }
    place
}

/// The relative links of a text, `](TARGET)`, outside fences and code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text)
        .flat_map(|line| {
            let outside = line.split('`').step_by(2);
            outside.flat_map(|part| part.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)))
        })
        .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
}

/// What may stand behind a `#`: headings as GitHub and mdBook name them, and written anchors.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in prose(text) {
        if line.starts_with('#') {
            let mut name = String::new();
            for letter in line.trim_start_matches('#').trim().chars().flat_map(char::to_lowercase) {
                match letter {
                    ' ' => name.push('-'),
                    '-' | '_' => name.push(letter),
                    letter if letter.is_alphanumeric() => name.push(letter),
                    _ => {}
                }
            }
            anchors.insert(name);
        }
        anchors.extend(line.split("<a id=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
    }
    anchors
}

/// The lines outside fences.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut open: Option<&str> = None;
    text.lines().filter(move |line| {
        let start = line.trim_start();
        let ticks = start.get(..start.len() - start.trim_start_matches('`').len()).unwrap_or_default();
        match open {
            Some(fence) => {
                if ticks.len() >= fence.len() && start.trim_end() == ticks {
                    open = None;
                }
                false
            }
            None if ticks.len() >= 3 => {
                open = Some(ticks);
                false
            }
            None => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_files_and_headings() {
        let texts = [
            ("README.md", "[a](docs/a.md) [b](docs/a.md#two-words) [c](docs/a.md#three) [d](LICENSE) [e](NONE)"),
            (
                "docs/a.md",
                "# Two `words`!\n[up](../README.md) [own](#two-words) [x](#x) <a id=\"y\"></a>[y](#y)\n\
                           ```\n[no](link)\n```\n`[no](link)` [web](https://example.com)",
            ),
        ];
        let texts = texts.into_iter().map(|(path, text)| (PathBuf::from(path), text.to_owned())).collect();
        let broken = among(&texts, &|path| path == Path::new("LICENSE"));
        assert_eq!(broken, ["README.md: docs/a.md#three", "README.md: NONE", "docs/a.md: #x"]);
    }
}
