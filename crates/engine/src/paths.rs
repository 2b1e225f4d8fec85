//! Paths as text: relative to the working directory, `/`-separated, without `.` components.

use std::path::{Component, Path, PathBuf};

use portcullis_core::RootPaths;

/// Joins and drops `.` and `..` by name alone; nothing is looked up, so links stay as they are.
pub(crate) fn absolute(base: &Path, path: &Path) -> PathBuf {
    // Nearly every path was put together here.
    let above = base.as_os_str().as_encoded_bytes().strip_prefix(b"/");
    if above.is_some_and(is_clean) && is_clean(path.as_os_str().as_encoded_bytes()) {
        return base.join(path);
    }
    let mut clean = PathBuf::new();
    for component in base.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// `path` as seen from `base`, both absolute and clean, with `..` where it must be; `.` for `base` itself.
pub(crate) fn relative(base: &Path, path: &Path) -> String {
    let below = || path.to_str()?.strip_prefix(base.to_str()?)?.strip_prefix('/');
    if let Some(below) = below().filter(|below| is_clean(below.as_bytes())) {
        return below.to_owned();
    }
    let mut ours = base.components().peekable();
    let mut theirs = path.components().peekable();
    while ours.peek().is_some() && ours.peek() == theirs.peek() {
        ours.next();
        theirs.next();
    }
    let up = ours.map(|_| "..".to_owned());
    let down = theirs.map(|component| component.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Whether a path is relative and has a name in each of its parts, so that joining it to a clean path gives a clean one.
fn is_clean(path: &[u8]) -> bool {
    let has_name = |part: &[u8]| !matches!(part, b"" | b"." | b"..");
    cfg!(unix) && path.split(|&byte| byte == b'/').all(has_name)
}

/// A relative path as text. Where folders are set apart by slashes, a backslash is a letter of a name.
pub(crate) fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// How paths shown from `cwd` become paths from `root`.
pub(crate) fn root_paths(cwd: &Path, root: &Path) -> RootPaths {
    if cwd == root {
        return RootPaths::Same;
    }
    match cwd.strip_prefix(root) {
        Ok(below) => RootPaths::Below(slashed(below)),
        Err(_) => RootPaths::Above(relative(cwd, root)),
    }
}

/// The nearest directory at or above `start` that holds `.git`, or is a bare repository.
pub(crate) fn repository_root(start: &Path) -> Option<&Path> {
    start.ancestors().find(|directory| is_root(directory))
}

/// Whether a repository ends at this directory. In a linked worktree `.git` is a file.
pub(crate) fn is_root(directory: &Path) -> bool {
    directory.join(".git").exists() || is_bare(directory)
}

/// Whether a directory is a repository without a worktree.
pub(crate) fn is_bare(directory: &Path) -> bool {
    directory.join("HEAD").is_file() && directory.join("objects").is_dir() && directory.join("refs").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_working_directory() {
        for (base, path, expected) in [
            ("/w/repo", "/w/repo/k8s/a.yaml", "k8s/a.yaml"),
            ("/w/repo/sub", "/w/repo/a.yaml", "../a.yaml"),
            ("/w/repo", "/w/repo", "."),
            ("/w/repo", "/x/a.yaml", "../../x/a.yaml"),
            ("/w/repo", "/w/repo2/a.yaml", "../repo2/a.yaml"),
            ("/w/repo", "/w/repo//k8s/./a.yaml", "k8s/a.yaml"),
            ("/", "/w/a.yaml", "w/a.yaml"),
        ] {
            assert_eq!(relative(Path::new(base), Path::new(path)), expected);
        }
        for (base, path, expected) in [
            ("/w", "a/b", "/w/a/b"),
            ("/w", "./a/../b", "/w/b"),
            ("/w", "a//b/", "/w/a/b"),
            ("/w/../x", "a", "/x/a"),
            ("/w", "/x/a", "/x/a"),
            ("/", "a", "/a"),
        ] {
            // As text: paths that differ in a `.` are equal.
            assert_eq!(absolute(Path::new(base), Path::new(path)).to_str(), Some(expected));
        }
    }
}
