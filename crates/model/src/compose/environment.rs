//! The variables that Compose reads before the project: `.env` beside it, and what it says of Compose itself.
//!
//! What the shell sets when the project is started cannot be known.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_core::Files;
use portcullis_syntax::dotenv;

use super::load::{DEPTH_LIMIT, read};
use super::paths;

/// Variables by their names.
pub(super) type Variables = Arc<HashMap<String, String>>;

/// The variables that hold for a file.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    /// The file that gives them.
    path: String,
    /// Absent until a file first has a dollar in it.
    variables: Option<Variables>,
}

impl Environment {
    /// That of a project whose first file is at a path.
    pub(super) fn beside(first: &str) -> Self {
        Self { path: beside(paths::directory(first)), variables: None }
    }

    pub(super) fn variables(&mut self, files: &dyn Files) -> Variables {
        let variables = self.variables.get_or_insert_with(|| Arc::new(parse(files, &self.path)));
        Arc::clone(variables)
    }

    /// Adds the variables of an included project, which give way to those that are there.
    pub(super) fn enter(&mut self, own: &[String], files: &dyn Files) {
        let mut added = HashMap::new();
        for path in own.iter().filter(|path| **path != self.path) {
            added.extend(parse(files, path));
        }
        if !added.is_empty() {
            added.extend(self.variables(files).iter().map(|(name, value)| (name.clone(), value.clone())));
            self.variables = Some(Arc::new(added));
        }
    }

    /// `COMPOSE_PROFILES`.
    pub(super) fn profiles(&self, files: &dyn Files) -> HashSet<String> {
        let own = self.variables.is_none().then(|| parse(files, &self.path));
        let variables = self.variables.as_deref().or(own.as_ref());
        let profiles = variables.and_then(|variables| variables.get("COMPOSE_PROFILES")).map_or("", String::as_str);
        profiles.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

/// Whether an `.env` beside a file or above it names it in `COMPOSE_FILE`.
pub fn is_chosen(path: &str, files: &dyn Files) -> bool {
    chosen_files(path, files).is_some()
}

/// The files that `COMPOSE_FILE` names, where the file at a path is one of them: in the nearest `.env` that says so.
pub(super) fn chosen_files(path: &str, files: &dyn Files) -> Option<Vec<String>> {
    let folders = std::iter::successors(Some(paths::directory(path)), |folder| {
        (!folder.is_empty()).then(|| paths::directory(folder))
    });
    folders.take(DEPTH_LIMIT).find_map(|folder| {
        let text = read(files, &beside(folder)).filter(|text| text.contains("COMPOSE_FILE"))?;
        let variables: HashMap<&str, String> = dotenv::parse(&text).into_iter().collect();
        let list = variables.get("COMPOSE_FILE")?;
        let separator = match variables.get("COMPOSE_PATH_SEPARATOR") {
            Some(separator) if !separator.is_empty() => separator.as_str(),
            // Windows has the other one.
            _ if list.contains(';') => ";",
            _ => ":",
        };
        let chosen: Vec<String> = list.split(separator).map(|name| paths::join(folder, name)).collect::<Option<_>>()?;
        chosen.iter().any(|chosen| chosen == path).then_some(chosen)
    })
}

/// The `.env` of a folder.
pub(super) fn beside(folder: &str) -> String {
    if folder.is_empty() { ".env".to_owned() } else { format!("{folder}/.env") }
}

fn parse(files: &dyn Files, path: &str) -> HashMap<String, String> {
    let text = read(files, path).unwrap_or_default();
    dotenv::parse(&text).into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
