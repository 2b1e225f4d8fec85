//! Policies that ship with the program: packs, and the parameters that they take.
//!
//! A pack is modules in Rego below `policies/` and a list of parameters, which its rules read as `data.packs.<name>`. A rule
//! that lacks a parameter finds nothing; that it does is for the caller to say. What a rule means is in its module alone.

mod parameter;
mod table;

pub use parameter::{Parameter, Shape, Step, Wrong};
pub use table::PACKS;

use crate::module::{Module, RegoVersion};
use crate::value::Value;

/// Policies under one name.
#[derive(Debug)]
pub struct Pack {
    /// As `--pack` takes it, and as it stands below `data.packs`.
    pub name: &'static str,
    /// What it is about, in a sentence.
    pub about: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// Its rules' text.
    text: &'static str,
}

/// Where the parameters of packs stand below `data`.
pub const DATA: &str = "packs";

/// What packs share.
const SHARED: &[(&str, &str)] = &[
    ("lib/kubernetes.rego", include_str!("../../../../policies/lib/kubernetes.rego")),
    ("lib/names.rego", include_str!("../../../../policies/lib/names.rego")),
    ("lib/terraform.rego", include_str!("../../../../policies/lib/terraform.rego")),
];

/// The pack of a name.
pub fn pack(name: &str) -> Option<&'static Pack> {
    PACKS.iter().find(|pack| pack.name == name)
}

/// The modules of packs, with what they share.
pub fn modules<'p>(packs: impl IntoIterator<Item = &'p Pack>) -> Vec<Module> {
    let module = |path: String, text: &'static str| Module { version: RegoVersion::V1, ..Module::new(path, text) };
    let mut modules: Vec<Module> =
        packs.into_iter().map(|pack| module(format!("pack:{}", pack.name), pack.text)).collect();
    if !modules.is_empty() {
        modules.extend(SHARED.iter().map(|(path, text)| module(format!("pack:{path}"), text)));
    }
    modules
}

impl Pack {
    /// What is wrong with parameters, each with its name: unknown ones, and those that are not what they should be.
    pub fn faults(&self, given: &Value) -> Vec<String> {
        let each = given.entries().filter_map(|(name, value)| {
            let name = name.as_str()?.to_owned();
            let Some(parameter) = self.parameters.iter().find(|it| it.name == name) else {
                return Some(format!("the pack `{}` has no parameter `{name}`", self.name));
            };
            let wrong = parameter.shape.check(&value.to_json()).err()?;
            let way =
                std::iter::once(name).chain(wrong.way.iter().map(ToString::to_string)).collect::<Vec<_>>().join(".");
            Some(format!("{way}: expected {}", wrong.wanted))
        });
        each.collect()
    }

    /// The rules that say nothing without a parameter that is not given, each with the parameter.
    pub fn silent(&self, given: &Value) -> impl Iterator<Item = (&'static str, &'static str)> {
        let missing = self.parameters.iter().filter(move |it| given.get(it.name).is_none());
        missing.flat_map(|it| it.rules.iter().map(move |rule| (*rule, it.name)))
    }
}
