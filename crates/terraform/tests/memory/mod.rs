//! Files in memory, and what their configuration comes to.

#![allow(dead_code, reason = "each test binary uses some of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure message")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use portcullis_core::{FileError, FileId, Files, Span};
use portcullis_model::terraform::value::{Format, Number, Piece};
use portcullis_model::terraform::{Kind, Reason, Value};
use portcullis_terraform::{Evaluated, Library, Options, evaluate};

/// Files by their paths.
pub(crate) struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| FileError::Missing(PathBuf::from(path)))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let names: BTreeSet<String> = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .map(|rest| rest.split('/').next().unwrap_or(rest).to_owned())
            .collect();
        if names.is_empty() {
            return Err(FileError::Missing(PathBuf::from(directory)));
        }
        Ok(names.into_iter().collect())
    }
}

impl Memory {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// Files that stand one after another, each behind a line `== path`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut files = BTreeMap::new();
        for part in text.split("== ").skip(1) {
            let (path, body) = part.split_once('\n').unwrap();
            files.insert(path.trim().to_owned(), body.to_owned());
        }
        Self(files)
    }

    pub(crate) fn library(&self, root: &str) -> Library {
        let mut library = Library::default();
        library.gather([root.to_owned()], self, &mut |path| self.id(path));
        library
    }

    pub(crate) fn id(&self, path: &str) -> FileId {
        FileId(u32::try_from(self.0.keys().position(|name| name == path).unwrap_or(self.0.len())).unwrap())
    }

    pub(crate) fn evaluate(&self, root: &str) -> Evaluated {
        self.evaluate_with(root, &Options::default())
    }

    pub(crate) fn evaluate_with(&self, root: &str, options: &Options) -> Evaluated {
        let mut library = self.library(root);
        for path in &options.variable_files {
            library.add_variables(path, self, &mut |path| self.id(path));
        }
        evaluate(root, &library, self, options)
    }

    /// `path:line: text` of a place.
    pub(crate) fn place(&self, span: Span) -> String {
        let Some((path, text)) = self.0.iter().nth(span.file.0 as usize) else { return "nowhere".to_owned() };
        let line = text.as_bytes().iter().take(span.start as usize).filter(|byte| **byte == b'\n').count() + 1;
        format!("{path}:{line}: {}", span.slice(text))
    }
}

/// A value in the language itself; what is not known is `?` and the reason.
pub(crate) fn shown(value: &Value) -> String {
    match &value.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(Number::Int(value)) => value.to_string(),
        Kind::Number(Number::Float(value)) => value.to_string(),
        Kind::String(text) => format!("{text:?}"),
        Kind::Template(pieces) => {
            let pieces: Vec<String> = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.to_string(),
                    Piece::Unknown(reason) => format!("${{{}}}", reason_name(*reason)),
                })
                .collect();
            format!("\"{}\"", pieces.concat())
        }
        Kind::Encoded(encoded) => {
            let format = if encoded.format == Format::Json { "json" } else { "yaml" };
            format!("{format}({})", shown(&encoded.value))
        }
        Kind::List(list) => {
            let mut items: Vec<String> = list.items.iter().map(shown).collect();
            if list.open {
                items.push("...".to_owned());
            }
            let items = items.join(", ");
            if list.set { format!("set({items})") } else { format!("[{items}]") }
        }
        Kind::Map(map) => {
            let mut entries: Vec<String> =
                map.entries.iter().map(|(key, entry)| format!("{key} = {}", shown(&entry.value))).collect();
            if map.open {
                entries.push("...".to_owned());
            }
            format!("{{{}}}", entries.join(", "))
        }
        Kind::Unknown(reason) => reason_name(*reason),
    }
}

pub(crate) fn reason_name(reason: Reason) -> String {
    format!("?{}", format!("{reason:?}").to_lowercase())
}

/// The references of a value.
pub(crate) fn references(value: &Value) -> Vec<String> {
    value.references().iter().map(|it| format!("{}.{}", it.address, it.attribute)).collect()
}
