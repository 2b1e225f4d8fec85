//! `.dockerignore`: what a build context leaves out.
//!
//! Patterns are Go's `filepath.Match` with `**`, rooted at the context; the last one that matches a path or a directory
//! above it decides. Which directory the context is cannot be known from the files alone, so callers hold the ignore files
//! of each that it may be.

/// What a Dockerfile's build context leaves out, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildContext {
    /// The files beside the Dockerfile are not at hand (standard input).
    Unknown,
    /// The ignore files that may apply: of the Dockerfile itself, of its directory, of the scan's root. Empty where there
    /// are none.
    Known(Vec<DockerIgnore>),
}

/// A parsed ignore file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerIgnore {
    /// Each as `(excludes, segments)`; `!pattern` does not exclude.
    patterns: Vec<(bool, Vec<String>)>,
}

impl BuildContext {
    /// Whether some ignore file that may apply leaves the path out.
    pub fn may_leave_out(&self, path: &str) -> bool {
        matches!(self, Self::Known(files) if files.iter().any(|file| file.leaves_out(path)))
    }

    /// Whether every ignore file that may apply leaves the path out, and there is one.
    pub fn surely_leaves_out(&self, path: &str) -> bool {
        matches!(self, Self::Known(files) if !files.is_empty() && files.iter().all(|file| file.leaves_out(path)))
    }
}

impl DockerIgnore {
    /// Reads an ignore file; a line that is no pattern is passed over.
    pub fn parse(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let patterns = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(|line| {
            let (excludes, pattern) = match line.strip_prefix('!') {
                Some(pattern) => (false, pattern.trim()),
                None => (true, line),
            };
            let segments = segments(pattern);
            (!segments.is_empty()).then_some((excludes, segments))
        });
        Self { patterns: patterns.collect() }
    }

    /// Whether a path of the context is left out.
    pub fn leaves_out(&self, path: &str) -> bool {
        let path = segments(path);
        if path.is_empty() {
            return self.leaves_out_everything();
        }
        let mut left_out = false;
        for (excludes, pattern) in &self.patterns {
            // A pattern that matches a directory matches all that is in it.
            let matched = (1..=path.len())
                .any(|length| path.get(..length).is_some_and(|ancestor| matches_segments(pattern, ancestor)));
            if matched {
                left_out = *excludes;
            }
        }
        left_out
    }

    /// Whether nothing of the context is left: everything is excluded, and nothing taken back afterwards.
    fn leaves_out_everything(&self) -> bool {
        let mut last = self.patterns.iter().rev().take_while(|(excludes, _)| *excludes);
        last.any(|(_, pattern)| matches!(pattern.as_slice(), [all] if all == "*" || all == "**"))
    }
}

/// The parts of a path, cleaned as the builder cleans it: without `.`, empty parts and what `..` takes back.
fn segments(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name.to_owned()),
        }
    }
    parts
}

/// Whether the pattern matches the whole path. A row for each pattern segment, as in matching one wildcard string: time
/// is the product of both lengths at worst.
fn matches_segments(pattern: &[String], path: &[String]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for segment in pattern {
        let mut next = vec![false; path.len() + 1];
        for at in 0..=path.len() {
            let here = reached.get(at).copied().unwrap_or_default();
            if segment == "**" {
                let before = at.checked_sub(1).and_then(|before| next.get(before)).copied().unwrap_or_default();
                if let Some(slot) = next.get_mut(at) {
                    *slot = here || before;
                }
            } else if here
                && path.get(at).is_some_and(|name| matches_name(segment.as_bytes(), name.as_bytes()))
                && let Some(slot) = next.get_mut(at + 1)
            {
                *slot = true;
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

/// `filepath.Match` within one segment: `*`, `?`, `[a-z]`, `[^a]`, `\x`. Backtracks to the last star only.
fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(_) => name.get(n).and_then(|&byte| matches_one(pattern.get(p..).unwrap_or_default(), byte)),
            None => None,
        };
        match (step, star) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((star_at, from))) => {
                star = Some((star_at, from + 1));
                p = star_at + 1;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|&byte| byte == b'*')
}

/// The length of the pattern's first element, if it matches the byte.
fn matches_one(pattern: &[u8], byte: u8) -> Option<usize> {
    match *pattern.first()? {
        b'?' => Some(1),
        b'\\' => (*pattern.get(1)? == byte).then_some(2),
        b'[' => {
            let end = pattern.iter().skip(2).position(|&inner| inner == b']')? + 2;
            let class = pattern.get(1..end)?;
            let (negated, class) = match class.first() {
                Some(b'^' | b'!') => (true, class.get(1..)?),
                _ => (false, class),
            };
            let mut rest = class;
            let mut found = false;
            while let Some(&low) = rest.first() {
                if let [_, b'-', high, ..] = rest {
                    found |= (low..=*high).contains(&byte);
                    rest = rest.get(3..).unwrap_or_default();
                } else {
                    found |= low == byte;
                    rest = rest.get(1..).unwrap_or_default();
                }
            }
            (found != negated).then_some(end + 1)
        }
        literal => (literal == byte).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_leave_out_what_the_builder_leaves_out() {
        for (text, path, expected) in [
            (".git", ".git", true),
            (".git", ".git/config", true),
            (".git", "sub/.git", false),
            ("**/.git", "sub/.git", true),
            ("**/.git", ".git", true),
            ("*", ".env", true),
            ("*\n!src", "src/main.go", false),
            ("*\n!src", "README.md", true),
            ("/.env", ".env", true),
            ("./.env", ".env", true),
            (".env*", ".env.local", true),
            (".*", ".git", true),
            ("*.md\n!README.md", "README.md", false),
            ("*.md\n!README.md", "a.md", true),
            ("*.md", "docs/a.md", false),
            ("**/*.md", "docs/a.md", true),
            ("docs/**", "docs/a/b", true),
            ("# .git", ".git", false),
            ("", ".git", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("node_modules/", "node_modules/x", true),
            ("**", "anything/at/all", true),
            ("../x", "x", true),
        ] {
            assert_eq!(DockerIgnore::parse(text).leaves_out(path), expected, "{text:?} on {path}");
        }
    }
}
