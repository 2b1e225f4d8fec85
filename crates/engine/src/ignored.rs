//! Whether git would keep a file that does not exist out of the repository.
//!
//! Asked of few paths, so that the ignore files are read anew each time. Those above the working directory are not looked at.

use ignore::Match;
use ignore::gitignore::GitignoreBuilder;
use portcullis_core::Files;

/// Whether the ignore files from a path's folder up to the working directory leave it out; the nearest decides.
pub(crate) fn is_ignored(path: &str, files: &dyn Files) -> bool {
    let folders = path.match_indices('/').map(|(at, _)| at).rev().chain([0]);
    for end in folders {
        let folder = path.get(..end).unwrap_or_default();
        let own = if folder.is_empty() { ".gitignore".to_owned() } else { format!("{folder}/.gitignore") };
        let Ok(bytes) = files.read(&own) else { continue };
        let mut builder = GitignoreBuilder::new("");
        for line in String::from_utf8_lossy(&bytes).lines() {
            // A line that is no pattern says nothing, as to git.
            let _ = builder.add_line(None, line);
        }
        let below = path.get(end..).unwrap_or_default().trim_start_matches('/');
        let Ok(patterns) = builder.build() else { continue };
        match patterns.matched_path_or_any_parents(below, false) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}
