//! Packs that are asked for: their modules, and the parameters that the configuration and data documents give them.
//!
//! Parameters in the configuration were read there, with the places of mistakes. Those in data documents are checked here; a
//! wrong one is an error, and its rule says nothing.

use portcullis_core::{Note, NoteKind, ScanError};
use portcullis_policy::packs::{self, DATA, PACKS, Pack};
use portcullis_policy::{Module, Value};

use super::path_error;

/// A pack that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackChoice {
    /// Its name.
    pub name: String,
    /// Its parameters, by their names; those of data documents stand beside them.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

impl PackChoice {
    /// A pack without parameters of its own.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), parameters: serde_json::Map::new() }
    }
}

/// The names of all packs, each with what it is about.
pub fn packs() -> impl Iterator<Item = (&'static str, &'static str)> {
    PACKS.iter().map(|pack| (pack.name, pack.about))
}

/// Adds the packs' modules, and gives the data with the parameters in it.
pub(super) fn add(
    chosen: &[PackChoice],
    data: Value,
    modules: &mut Vec<Module>,
    errors: &mut Vec<ScanError>,
    notes: &mut Vec<Note>,
) -> Value {
    let mut found: Vec<(&'static Pack, Value)> = Vec::new();
    let told = data.get(DATA).unwrap_or(Value::UNDEFINED);
    for choice in chosen {
        let Some(pack) = packs::pack(&choice.name) else {
            errors.push(path_error(choice.name.as_ref(), "there is no pack of this name".to_owned()));
            continue;
        };
        let given = given(choice, pack, &told, errors);
        match found.iter_mut().find(|(known, _)| known.name == pack.name) {
            // The command line names packs, and the configuration says more of them.
            Some((_, known)) => {
                *known = given.entries().fold(known.clone(), |all, (key, value)| match key.as_str() {
                    Some(key) => all.with(key, value),
                    None => all,
                });
            }
            None => found.push((pack, given)),
        }
    }
    let mut all = told;
    for (pack, given) in &found {
        for (rule, parameter) in pack.silent(given) {
            let message =
                format!("`{rule}` of the pack `{}` says nothing without its parameter `{parameter}`", pack.name);
            notes.push(Note { path: String::new(), kind: NoteKind::Other, message });
        }
        all = all.with(pack.name, given.clone());
    }
    modules.extend(packs::modules(found.iter().map(|(pack, _)| *pack)));
    if found.is_empty() { data } else { data.with(DATA, all) }
}

/// The parameters of a pack: those of data documents that are right, and those of the configuration over them.
fn given(choice: &PackChoice, pack: &Pack, told: &Value, errors: &mut Vec<ScanError>) -> Value {
    let mut given = Value::object::<&str>([]);
    for (name, value) in told.get(pack.name).iter().flat_map(Value::entries) {
        let Some(name) = name.as_str() else { continue };
        let one = Value::object([(name, value.clone())]);
        let faults = pack.faults(&one);
        if faults.is_empty() {
            given = given.with(name, value);
        }
        let path = format!("data.{DATA}.{}", pack.name);
        errors.extend(faults.into_iter().map(|fault| path_error(path.as_ref(), fault)));
    }
    choice.parameters.iter().fold(given, |all, (name, value)| all.with(name, Value::from(value.clone())))
}
