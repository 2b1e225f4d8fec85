//! Which modules are judged together: those that call one another, and whatever calls them.

use std::collections::HashMap;

use portcullis_terraform::{Library, Options};

use crate::shard::Shard;

/// Which directories are judged: all of them, unless the scan is a part.
pub(super) struct Units {
    shard: Option<Shard>,
    /// By directory what all that are judged with it have in common.
    by_directory: HashMap<String, String>,
    /// Whether all directories are one unit.
    is_one: bool,
}

impl Units {
    pub(super) fn new(library: &Library, options: &Options, shard: Option<Shard>) -> Self {
        // Whether a variable that is given on the command line fits any root is said of all of them.
        let is_one = !options.variables.is_empty() || !options.variable_files.is_empty();
        let by_directory = if shard.is_none() || is_one { HashMap::new() } else { components(library) };
        Self { shard, by_directory, is_one }
    }

    /// Whether what is given on the command line is judged: with all that it may be meant for.
    pub(super) fn has_given(&self) -> bool {
        !self.is_one || self.has("")
    }

    /// Whether the modules and plans of a directory are judged.
    pub(super) fn has(&self, directory: &str) -> bool {
        let Some(shard) = self.shard else { return true };
        let unit = if self.is_one { "" } else { self.by_directory.get(directory).map_or(directory, String::as_str) };
        shard.judges(&format!("{unit}/\nterraform"))
    }
}

/// The first directory of each set of directories that calls lead through.
fn components(library: &Library) -> HashMap<String, String> {
    let mut all: HashMap<String, Vec<String>> = HashMap::new();
    let roots = library.roots();
    for directory in library.directories() {
        for called in library.called(directory) {
            all.entry(called.clone()).or_default().push(directory.to_owned());
            all.entry(directory.to_owned()).or_default().push(called);
        }
    }
    let mut units: HashMap<String, String> = HashMap::new();
    // In order, so that the first of a set is met first.
    let mut directories: Vec<&str> = library.directories().chain(roots).collect();
    directories.sort_unstable();
    for first in directories {
        let mut open = vec![first.to_owned()];
        while let Some(directory) = open.pop() {
            if units.contains_key(&directory) {
                continue;
            }
            open.extend(all.get(&directory).into_iter().flatten().cloned());
            units.insert(directory, first.to_owned());
        }
    }
    units
}
