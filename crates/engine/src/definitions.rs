//! How custom resources and their definitions meet, in whatever files they stand.
//!
//! A file's text is gone when the scan knows all definitions. So each file leaves behind what it defines and which kinds
//! of custom resources it holds; where the two meet, the files with such resources are judged a second time. A scan
//! without definitions pays nothing, and one with them keeps their schemas and a few numbers.

use std::path::Path;
use std::sync::Arc;

use portcullis_core::{FileId, Files, ScanError};
use portcullis_model::kubernetes::objects;
use portcullis_model::kubernetes::schema::{CustomKind, Definitions};
use portcullis_syntax::{Dialect, json, yaml};

use crate::classify::{Language, classify};
use crate::judge::Judged;
use crate::kustomize::World;
use crate::paths;

/// What the files of a scan define, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Customs<'w> {
    definitions: Definitions,
    holders: Vec<(Holder<'w>, Vec<CustomKind>)>,
}

/// What is judged as one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holder<'w> {
    /// The file of an index.
    File(usize),
    /// Kustomizations that are built together.
    World(&'w World),
}

impl<'w> Customs<'w> {
    /// Takes over what was left behind.
    pub(crate) fn take(&mut self, holder: Holder<'w>, judged: &mut Judged) {
        self.definitions.merge(std::mem::take(&mut judged.definitions));
        let mut kinds = std::mem::take(&mut judged.custom_kinds);
        if !kinds.is_empty() {
            kinds.sort_unstable();
            kinds.dedup();
            self.holders.push((holder, kinds));
        }
    }

    /// Whether anything waits for definitions.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.holders.is_empty()
    }

    /// Adds what is defined where nothing waits.
    pub(crate) fn define(&mut self, definitions: Definitions) {
        self.definitions.merge(definitions);
    }

    /// The worlds and the files that hold resources of the scan's own definitions, in order.
    pub(crate) fn waiting(&self) -> (Vec<&'w World>, Vec<usize>) {
        let (mut worlds, mut files) = (Vec::new(), Vec::new());
        for (holder, kinds) in &self.holders {
            if kinds.iter().any(|kind| self.definitions.has(*kind)) {
                match *holder {
                    Holder::File(index) => files.push(index),
                    Holder::World(world) => worlds.push(world),
                }
            }
        }
        (worlds, files)
    }

    /// The scan's definitions, and those of `known` that it lacks.
    pub(crate) fn into_definitions(mut self, known: &Definitions) -> Arc<Definitions> {
        self.definitions.fall_back_on(known);
        Arc::new(self.definitions)
    }
}

/// How deep the folders of definitions may be nested.
const DEPTH: usize = 8;

/// Reads the definitions below the folders that the configuration names, relative to `base`. What cannot be parsed is
/// passed over: these files are read for what they say, not judged.
pub(crate) fn load(
    folders: &[String],
    cwd: &Path,
    base: &Path,
    files: &dyn Files,
    errors: &mut Vec<ScanError>,
) -> Definitions {
    let mut found = Definitions::default();
    for folder in folders {
        let path = paths::relative(cwd, &paths::absolute(base, Path::new(folder)));
        if let Err(error) = files.list(&path) {
            errors.push(ScanError::Path { path: path.into(), reason: error.to_string() });
            continue;
        }
        load_folder(&path, DEPTH, files, &mut found);
    }
    found
}

fn load_folder(folder: &str, depth: usize, files: &dyn Files, found: &mut Definitions) {
    for name in files.list(folder).unwrap_or_default() {
        let path = format!("{folder}/{name}");
        match classify(&path) {
            Some(language @ (Language::Yaml11 | Language::Json)) => read(&path, language, files, found),
            // A folder with such a name is none that anybody has.
            Some(_) => {}
            None if depth > 0 => load_folder(&path, depth - 1, files, found),
            None => {}
        }
    }
}

fn read(path: &str, language: Language, files: &dyn Files, found: &mut Definitions) {
    let Some(text) = files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let text: Arc<str> = text.into();
    let tree = match language {
        Language::Json => json::parse(FileId::default(), &text),
        _ => yaml::parse(FileId::default(), &text, Dialect::Yaml11),
    };
    for object in tree.documents().flat_map(|document| objects(document.root)) {
        found.merge(Definitions::of(&object));
    }
}
