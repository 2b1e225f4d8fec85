//! What objects declare: templates, constraints, expansions; and what is evaluated.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::constraint::{self, Constraint};
use super::expansion::{self, Expansion, Generated};
use super::inventory::Inventory;
use super::object::Object;
use super::review::Reviewer;
use super::template::{self, Read, Template};
use crate::library::Library;
use crate::module::{Fault, Options};
use crate::value::Value;

/// Templates with their constraints, and expansion templates.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    templates: BTreeMap<String, Template>,
    constraints: Vec<Constraint>,
    expansions: Vec<Expansion>,
}

/// What was declared, and what could not be used.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What can be compiled.
    pub policies: Policies,
    /// Declarations that are broken; they are left out.
    pub faults: Vec<Fault>,
    /// Declarations that mean nothing here: templates without Rego, and constraints without a template.
    pub notes: Vec<Fault>,
}

/// Policies, compiled with an inventory.
pub struct Gatekeeper {
    pub(super) policies: Vec<Policy>,
    pub(super) expansions: Vec<Expansion>,
    pub(super) inventory: Arc<Inventory>,
}

/// A template with its constraints.
pub(super) struct Policy {
    pub library: Library,
    /// The path of the rule that gives violations.
    pub rule: Arc<str>,
    pub constraints: Arc<[Constraint]>,
}

impl Policies {
    /// Whether an object is one that [`Policies::load`] reads.
    pub fn declares(object: &Object) -> bool {
        template::is_template(object) || constraint::is_constraint(object) || expansion::is_expansion(object)
    }

    /// Reads what objects declare, in any order. Objects of other kinds are left alone.
    pub fn load(objects: &[Object]) -> Loaded {
        let mut loaded = Loaded::default();
        let mut others = Vec::new();
        for object in objects.iter().filter(|object| template::is_template(object)) {
            match Template::read(object) {
                Ok(Read::Rego(template)) => {
                    let kind = template.kind.clone();
                    if loaded.policies.templates.insert(kind.clone(), template).is_some() {
                        loaded
                            .faults
                            .push(object.fault(format!("another template is for `{kind}`; the last one stands")));
                    }
                }
                Ok(Read::Other(kind)) => {
                    loaded
                        .notes
                        .push(object.fault(format!("the template of `{kind}` has no Rego and is not evaluated")));
                    others.push(kind);
                }
                Err(fault) => loaded.faults.push(fault),
            }
        }
        for object in objects {
            if constraint::is_constraint(object) {
                loaded.constraint(object, &others);
            } else if expansion::is_expansion(object) {
                match Expansion::read(object) {
                    Ok(expansion) => loaded.policies.expansions.push(expansion),
                    Err(fault) => loaded.faults.push(fault),
                }
            }
        }
        loaded
    }

    /// Whether there is nothing to review by.
    pub fn is_empty(&self) -> bool {
        self.constraints.is_empty()
    }

    /// Compiles the templates that have constraints. One that does not compile is left out with its faults.
    pub fn compile(&self, inventory: Inventory, options: &Options) -> (Gatekeeper, Vec<Fault>) {
        let data = inventory.data();
        let mut faults = Vec::new();
        let mut policies = Vec::new();
        for template in self.templates.values() {
            let constraints = self.constraints.iter().filter(|constraint| constraint.kind == template.kind);
            let constraints: Arc<[Constraint]> = constraints.cloned().collect();
            if constraints.is_empty() {
                continue;
            }
            match compile(template, constraints, &data, options) {
                Ok(policy) => policies.push(policy),
                Err(found) => faults.extend(found),
            }
        }
        let inventory = Arc::new(inventory);
        (Gatekeeper { policies, expansions: self.expansions.clone(), inventory }, faults)
    }
}

impl Loaded {
    fn constraint(&mut self, object: &Object, others: &[String]) {
        let identity = object.identity();
        match self.policies.templates.get(&identity.kind) {
            Some(template) => match Constraint::read(object, template) {
                Ok(constraint) => self.policies.constraints.push(constraint),
                Err(fault) => self.faults.push(fault),
            },
            None if others.contains(&identity.kind) => {}
            None => self.notes.push(object.fault(format!("{}: no template is for this kind", identity.title()))),
        }
    }
}

impl Gatekeeper {
    /// An evaluator for one thread. It shares what was compiled.
    pub fn reviewer(&self) -> Reviewer {
        Reviewer::new(self)
    }

    /// What controllers will make of an object.
    pub fn expand(&self, object: &Value) -> Result<Vec<Generated>, String> {
        expansion::expand(&self.expansions, object)
    }
}

fn compile(
    template: &Template,
    constraints: Arc<[Constraint]>,
    data: &Value,
    options: &Options,
) -> Result<Policy, Vec<Fault>> {
    let (library, faults) = Library::compile(&template.modules, data, options);
    if !faults.is_empty() {
        return Err(faults);
    }
    let path = template.modules.first().map(|module| Arc::clone(&module.path)).unwrap_or_default();
    let package = library.packages().iter().find(|package| *package.module == *path);
    match package.filter(|package| package.declares("violation")) {
        Some(package) => {
            let rule = Arc::from(format!("{}.violation", package.path));
            Ok(Policy { library, rule, constraints })
        }
        None => Err(vec![Fault::new(&path, 0, 0, "the template has no rule `violation`")]),
    }
}
