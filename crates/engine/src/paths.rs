//! Paths as text: relative to the working directory, `/`-separated, without `.` components.

use std::path::{Component, Path, PathBuf};

use portcullis_core::RootPaths;

/// Joins and drops `.` and `..` by name alone; nothing is looked up, so links stay as they are.
pub(crate) fn absolute(base: &Path, path: &Path) -> PathBuf {
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

/// How paths shown from `cwd` become paths from `root`.
pub(crate) fn root_paths(cwd: &Path, root: &Path) -> RootPaths {
    if cwd == root {
        return RootPaths::Same;
    }
    match cwd.strip_prefix(root) {
        Ok(below) => RootPaths::Below(below.to_string_lossy().replace('\\', "/")),
        Err(_) => RootPaths::Above(relative(cwd, root)),
    }
}

/// The nearest directory at or above `start` that holds `.git`.
pub(crate) fn repository_root(start: &Path) -> Option<&Path> {
    start.ancestors().find(|directory| directory.join(".git").exists())
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
        ] {
            assert_eq!(relative(Path::new(base), Path::new(path)), expected);
        }
        assert_eq!(absolute(Path::new("/w"), Path::new("./a/../b")), Path::new("/w/b"));
    }
}
