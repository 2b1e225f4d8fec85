//! Notes about what was asked for and is answered in another way: versions that are not known here, and rules that say
//! nothing without their configuration.

use portcullis_core::{Catalog, Note, NoteKind};
use portcullis_model::kubernetes::KubernetesVersion;
use portcullis_model::kubernetes::schema::{first_version, last_version};

use crate::scan::ScanOptions;
use crate::select::Selection;

/// The tag of rules that are silent until one of their options is set.
const NEEDS_CONFIGURATION: &str = "needs-configuration";

/// The Kubernetes version that was asked for.
pub(crate) fn version(options: &ScanOptions) -> Option<KubernetesVersion> {
    options.kubernetes_version.or(options.config.kubernetes_version)
}

/// What is said about the scan as a whole.
pub(crate) fn notes(options: &ScanOptions, catalog: &Catalog, selections: &[&Selection]) -> Vec<Note> {
    let configured = options.config.options(catalog);
    let is_unheard = |id: &str| !configured.contains_key(id);
    let rules = catalog.iter().filter(|(rule, meta)| {
        meta.tags.contains(NEEDS_CONFIGURATION)
            && is_unheard(&meta.id)
            && selections.iter().any(|selection| selection.is_on(*rule))
    });
    let unconfigured = rules.map(|(_, meta)| {
        let names: Vec<String> = meta.options.iter().map(|option| format!("`{}`", option.name)).collect();
        format!("{} says nothing until the configuration gives it {}", meta.id, names.join(" or "))
    });
    let messages = version(options).and_then(unknown_version).into_iter().chain(unconfigured);
    messages.map(|message| Note { path: String::new(), kind: NoteKind::Other, message }).collect()
}

fn unknown_version(asked: KubernetesVersion) -> Option<String> {
    let (first, last) = (first_version(), last_version());
    if asked > last {
        return Some(format!(
            "Kubernetes {asked} is newer than what is known here: objects are judged as {last} would judge them"
        ));
    }
    (asked < first).then(|| {
        format!("there are no schemas here for Kubernetes {asked}: objects are held to those of {first}, the oldest that are known")
    })
}
