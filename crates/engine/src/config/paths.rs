//! Which paths a list of globs means, by the rules of `.gitignore`.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Globs as in a `.gitignore`: `name` matches at any depth, `a/b` from the directory of the configuration file, a
/// directory with everything in it, and `!` takes back what an earlier glob matched.
#[derive(Clone)]
pub struct PathMatcher {
    globs: Vec<String>,
    matcher: Gitignore,
}

/// Tells the globs alone: what they are compiled to differs between machines, and parts of a scan compare what they were told.
impl fmt::Debug for PathMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.globs).finish()
    }
}

/// A glob that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` cannot be used as a glob: {reason}")]
pub struct GlobError {
    /// The glob; the first of them where they are too many.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Globs of one list; each is tried on each path.
const GLOB_LIMIT: usize = 1000;

impl PathMatcher {
    /// Compiles the globs; the first that is wrong is the error.
    pub fn new(globs: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, GlobError> {
        let globs: Vec<String> = globs.into_iter().map(Into::into).collect();
        if globs.len() > GLOB_LIMIT {
            return Err(too_many(&globs));
        }
        let mut builder = GitignoreBuilder::new(".");
        builder.allow_unclosed_class(false);
        for glob in &globs {
            let wrong = |reason: &str| GlobError { glob: glob.clone(), reason: reason.to_owned() };
            let (sign, body) = glob.strip_prefix('!').map_or(("", glob.as_str()), |body| ("!", body));
            if body.trim_matches(['/', ' ']).is_empty() {
                return Err(wrong("it is empty"));
            }
            if body.starts_with('#') {
                return Err(wrong("a `#` at its start has to be written `\\#`"));
            }
            if body.split('/').any(|part| part == "..") {
                return Err(wrong("nothing above the configuration file's directory is matched"));
            }
            // To git `./a` matches nothing; everybody who writes it means the `a` next to the file.
            let anchored = body.strip_prefix("./").map(|rest| format!("{sign}/{rest}"));
            builder.add_line(None, anchored.as_deref().unwrap_or(glob)).map_err(|error| wrong(&reason(error)))?;
        }
        let matcher = builder.build().map_err(|_| too_many(&globs))?;
        Ok(Self { globs, matcher })
    }

    /// The globs as they were written.
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// Whether a file is meant, by itself or by a directory above it. The path is relative to the configuration file's
    /// directory and `/`-separated; a path outside of it never matches.
    pub fn matches(&self, file: &str) -> bool {
        below(file).is_some_and(|path| self.matcher.matched_path_or_any_parents(&*path, false).is_ignore())
    }

    /// The same for a directory: whether nothing in it need be looked at, because nothing below it can be taken back.
    pub fn matches_directory(&self, directory: &str) -> bool {
        below(directory).is_some_and(|path| self.matcher.matched_path_or_any_parents(&*path, true).is_ignore())
    }
}

/// The path in the only form that the library takes without a panic: below its root, without empty parts.
fn below(path: &str) -> Option<Cow<'_, str>> {
    if Path::new(path).has_root() || path.split('/').any(|part| part == "..") {
        return None;
    }
    if !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | ".")) {
        return Some(Cow::Borrowed(path));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty()).then(|| Cow::Owned(parts.join("/")))
}

fn too_many(globs: &[String]) -> GlobError {
    let reason = format!("with {} others it is too much to match", globs.len().saturating_sub(1));
    GlobError { glob: globs.first().cloned().unwrap_or_default(), reason }
}

/// The library's words without the glob, which is named already.
fn reason(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        other => other.to_string(),
    }
}

impl Default for PathMatcher {
    fn default() -> Self {
        Self { globs: Vec::new(), matcher: Gitignore::empty() }
    }
}

impl PartialEq for PathMatcher {
    fn eq(&self, other: &Self) -> bool {
        self.globs == other.globs
    }
}

impl Eq for PathMatcher {}
