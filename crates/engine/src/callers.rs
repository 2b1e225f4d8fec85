//! What the workflows of a repository hand to those that they call.
//!
//! Known from the folder of the workflow that is called, where GitHub wants its callers as well. Who calls from elsewhere cannot
//! be known.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use portcullis_core::{FileId, Files};
use portcullis_model::actions::{Workflow, repository_prefix};
use portcullis_rules::actions::{Handed, handed};
use portcullis_syntax::{Dialect, yaml};

/// What is handed over in each folder of workflows; a folder is read when the first reusable workflow of it is met.
#[derive(Debug, Default)]
pub(crate) struct Callers(Mutex<HashMap<String, Arc<OnceLock<Vec<Handed>>>>>);

/// Workflows of one folder that are read.
const MAX_WORKFLOWS: usize = 1000;

impl Callers {
    /// The inputs of a workflow, in lower case, that others fill with what anybody may write, and the contexts that they take.
    pub(crate) fn outsiders(&self, path: &str, files: &dyn Files) -> BTreeMap<String, String> {
        let prefix = repository_prefix(path);
        let own = path.strip_prefix(prefix).unwrap_or(path);
        let Some((folder, _)) = path.rsplit_once('/') else { return BTreeMap::new() };
        let cell = {
            let mut folders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(folders.entry(folder.to_owned()).or_default())
        };
        let all = cell.get_or_init(|| read(folder, files));
        // Of two callers the first counts, whatever the order in which files are judged.
        let of_own = all.iter().rev().filter(|handed| handed.workflow == own);
        of_own.map(|handed| (handed.input.clone(), handed.context.clone())).collect()
    }
}

fn read(folder: &str, files: &dyn Files) -> Vec<Handed> {
    let names = files.list(folder).unwrap_or_default();
    let workflows = names.iter().filter(|name| name.ends_with(".yml") || name.ends_with(".yaml"));
    let mut all = Vec::new();
    for name in workflows.take(MAX_WORKFLOWS) {
        let bytes = files.read(&format!("{folder}/{name}")).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(text) = text.filter(|text| text.contains("./.github/workflows/")) else { continue };
        let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12);
        if let Some(caller) = tree.documents().next().and_then(|document| Workflow::new(document.root)) {
            all.extend(handed(&caller));
        }
    }
    all
}
