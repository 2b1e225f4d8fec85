//! What `uses:` names.

use portcullis_core::Span;
use portcullis_syntax::Node;

/// A `uses:` and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Uses<'t> {
    /// The value.
    pub node: Node<'t>,
    /// What it names.
    pub kind: UsesKind<'t>,
}

/// The forms of `uses:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsesKind<'t> {
    /// `owner/repo/path@ref`
    Repository {
        /// `actions`
        owner: &'t str,
        /// `checkout`
        repo: &'t str,
        /// What follows the repository, without the first slash; often empty.
        path: &'t str,
        /// `v4`, or a commit.
        reference: &'t str,
    },
    /// `docker://image`
    Docker(&'t str),
    /// `./path`
    Local(&'t str),
    /// `$/path`: this repository at the commit of the workflow.
    SameRepository(&'t str),
    /// None of these.
    Invalid,
    /// It holds an expression.
    Unknown,
}

impl<'t> Uses<'t> {
    /// Reads a `uses:` value.
    pub fn new(node: Node<'t>) -> Self {
        Self { node, kind: kind(node.text().trim()) }
    }

    /// Whether it is an action of that repository (and path), whatever the version; case does not count.
    pub fn is(&self, name: &str) -> bool {
        let UsesKind::Repository { owner, repo, path, .. } = self.kind else { return false };
        let mut wanted = name.splitn(3, '/');
        let mut same = |part: &str| wanted.next().unwrap_or_default().eq_ignore_ascii_case(part);
        same(owner) && same(repo) && same(path.trim_end_matches('/'))
    }

    /// Whether it is one of them.
    pub fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(name))
    }

    /// `owner/repo` in lower case.
    pub fn repository(&self) -> Option<String> {
        let UsesKind::Repository { owner, repo, .. } = self.kind else { return None };
        Some(format!("{owner}/{repo}").to_ascii_lowercase())
    }

    /// The branch, tag or commit.
    pub fn reference(&self) -> Option<&'t str> {
        match self.kind {
            UsesKind::Repository { reference, .. } => Some(reference),
            _ => None,
        }
    }

    /// The version: the reference's own, or for a commit the one that the comment behind it names.
    pub fn version(&self) -> Option<Version> {
        let reference = self.reference()?;
        if !is_commit(reference) {
            return Version::parse(reference);
        }
        self.comment()?.split([' ', '=', ':', '@']).find_map(Version::parse)
    }

    /// The comment on the line of the value, without its mark.
    pub fn comment(&self) -> Option<&'t str> {
        let tree = self.node.tree();
        let comments = tree.comments();
        let span = self.node.span();
        let next = comments.partition_point(|comment| comment.span.start < span.end);
        let comment = comments.get(next)?;
        let between = Span::new(span.file, span.end, comment.span.start).slice(tree.text());
        let text = comment.span.slice(tree.text());
        (!between.contains('\n')).then(|| text.trim_start_matches('#').trim())
    }
}

fn kind(text: &str) -> UsesKind<'_> {
    if text.contains("${{") {
        return UsesKind::Unknown;
    }
    if let Some(image) = text.strip_prefix("docker://") {
        return if image.is_empty() { UsesKind::Invalid } else { UsesKind::Docker(image) };
    }
    if text.starts_with("./") || text == "." || text.starts_with("../") || text.starts_with(".\\") {
        return UsesKind::Local(text);
    }
    if let Some(path) = text.strip_prefix("$/") {
        return UsesKind::SameRepository(path);
    }
    let Some((name, reference)) = text.split_once('@') else { return UsesKind::Invalid };
    let mut parts = name.splitn(3, '/');
    let (Some(owner), Some(repo)) = (parts.next(), parts.next()) else { return UsesKind::Invalid };
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if !is_name(owner) || !is_name(repo) || reference.is_empty() || reference.contains(char::is_whitespace) {
        return UsesKind::Invalid;
    }
    UsesKind::Repository { owner, repo, path: parts.next().unwrap_or_default(), reference }
}

/// Whether a reference is a whole commit hash.
pub fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A version number; parts that are not written are unknown, not zero: `v4` moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The first part.
    pub major: u32,
    /// The second.
    pub minor: Option<u32>,
    /// The third.
    pub patch: Option<u32>,
}

impl Version {
    /// Reads `v4`, `4.1`, `v4.1.2`, `v4.1.2-rc1`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split(['-', '+']).next().unwrap_or_default();
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next()??;
        let rest: Vec<Option<u32>> = parts.collect();
        // A commit's digits are no version.
        if text.len() > 20 || rest.len() > 3 || rest.contains(&None) {
            return None;
        }
        Some(Self { major, minor: rest.first().copied().flatten(), patch: rest.get(1).copied().flatten() })
    }

    /// Whether it is surely before `other`: a part that is not written may be the newest.
    pub fn is_before(self, other: (u32, u32, u32)) -> bool {
        if self.major != other.0 {
            return self.major < other.0;
        }
        let Some(minor) = self.minor else { return false };
        if minor != other.1 {
            return minor < other.1;
        }
        self.patch.is_some_and(|patch| patch < other.2)
    }

    /// Whether it is surely at least `other`.
    pub fn is_since(self, other: (u32, u32, u32)) -> bool {
        let known = (self.major, self.minor.unwrap_or(u32::MAX), self.patch.unwrap_or(u32::MAX));
        known >= other
    }
}
