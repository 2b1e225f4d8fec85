//! Paths that one Compose file gives of another.

/// `path` as seen from `directory`, by name alone; absent where it leads out of the scanned tree or is no path of it.
pub(super) fn join(directory: &str, path: &str) -> Option<String> {
    let is_elsewhere = path.split('/').next().is_some_and(|first| first.contains(':'));
    if path.is_empty() || path.starts_with(['/', '~']) || path.contains(['\\', '\0', '\n', '$']) || is_elsewhere {
        return None;
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().filter(|part| *part != "..")?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder of a file; empty for the root.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The name of a file.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_tree() {
        for (directory, path, expected) in [
            ("a/b", "c.yaml", Some("a/b/c.yaml")),
            ("a/b", "./c/../d.yaml", Some("a/b/d.yaml")),
            ("a/b", "../../c.yaml", Some("c.yaml")),
            ("a", "../../c.yaml", None),
            ("../a", "../../c.yaml", None),
            ("", "c.yaml", Some("c.yaml")),
            (".", "c.yaml", Some("c.yaml")),
            ("a", "/etc/passwd", None),
            ("a", "oci://x/y", None),
            ("a", "git@host:x/y", None),
            ("a", "${X}/c.yaml", None),
            ("a", "~/c.yaml", None),
        ] {
            assert_eq!(join(directory, path).as_deref(), expected, "{directory} {path}");
        }
    }
}
