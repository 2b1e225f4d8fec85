//! What constraints look up in admission: dumps of a cluster, which a review does not bring along.
//!
//! They are as old as their files. A namespace that came after them is not known, and what depends on it is not decided.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{LineIndex, ScanError};
use portcullis_policy::gatekeeper::{Inventory, Object as Declaring, Policies};
use portcullis_syntax::Dialect;

use super::{Wanted, kept_object, objects_of, parse};
use crate::files::FILE_LIMIT;
use crate::paths;

/// What policies need of the dumps; nothing where they look nothing up. What is wrong with a dump is an error, whatever it may hold:
/// an object that is not seen may be the one that is looked for.
pub(super) fn inventory(policies: &Policies, dumps: &[PathBuf], cwd: &Path, errors: &mut Vec<ScanError>) -> Inventory {
    let wanted = match (policies.look_up(), policies.select_namespaces()) {
        (true, _) => Wanted::All,
        (false, true) => Wanted::Namespaces,
        (false, false) => return Inventory::default(),
    };
    let mut kept = Vec::new();
    for dump in dumps {
        if let Err(error) = add(dump, cwd, wanted, &mut kept) {
            errors.push(error);
        }
    }
    Inventory::new(&kept)
}

fn add(dump: &Path, cwd: &Path, wanted: Wanted, kept: &mut Vec<Declaring>) -> Result<(), ScanError> {
    let path = paths::absolute(cwd, dump);
    let shown = paths::relative(cwd, &path);
    let error = |line, column, reason| ScanError::Policy { path: shown.clone(), line, column, reason };
    let text = read(&path).map_err(|reason| error(0, 0, reason))?;
    let text: Arc<str> = Arc::from(text);
    let dialect = if text.trim_start().starts_with('{') { Dialect::Json } else { Dialect::Yaml11 };
    let tree = parse(&text, dialect);
    if let Some(fault) = tree.errors().first() {
        let position = LineIndex::new(&text).position(fault.span.start);
        return Err(error(position.line, position.column, fault.message.clone()));
    }
    let objects = objects_of(&tree);
    if objects.is_empty() {
        return Err(error(0, 0, "no object is in it, though `admission.inventory` names it".to_owned()));
    }
    kept.extend(objects.iter().filter(|object| wanted.has(object)).map(kept_object));
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_LIMIT {
        return Err(format!("it has {size} bytes, over the limit of {FILE_LIMIT}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
