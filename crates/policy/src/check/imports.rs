//! Imports of what OPA tries out: to the interpreter they are nothing, and what they change would mean something else.

use regorus::unstable::{Module, Ref};

use crate::module::Fault;
use crate::reference::components;

pub(super) fn faults(modules: &[Ref<Module>]) -> Vec<Fault> {
    let imports = modules.iter().flat_map(|module| &module.imports);
    imports
        .filter_map(|import| {
            let name = components(&import.refr)?.join(".");
            let is_tried = TRIED.contains(&name.as_str());
            is_tried.then(|| super::at(import.refr.span(), format!("{name} is not supported")))
        })
        .collect()
}

const TRIED: &[&str] = &["future.keywords.and", "future.keywords.not", "future.keywords.or", "rego.v2"];
