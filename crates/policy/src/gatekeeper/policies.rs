//! What objects declare: templates, constraints, expansions; and what is evaluated.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::constraint::{self, Constraint, Point};
use super::expansion::{self, Expansion, Generated};
use super::inventory::Inventory;
use super::object::{Labels, Object};
use super::review::Reviewer;
use super::rules::{ConstraintRule, rules};
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
    /// Declarations that mean nothing here: templates without Rego, constraints without a template, and what another
    /// declaration of the same name takes the place of.
    pub notes: Vec<Fault>,
    /// Constraints that nothing here evaluates, since no template with Rego is for them. [`notes`](Self::notes) says so of them or
    /// of their template.
    pub unevaluated: Vec<Fault>,
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
    /// The path of the module that has it.
    pub module: Arc<str>,
    /// The template's.
    pub annotations: Labels,
    pub constraints: Arc<[Constraint]>,
    /// It ran out of time, or worse: asking again would cost as much for every object.
    pub broken: Arc<AtomicBool>,
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
                    let same = loaded.policies.templates.get(&kind).map(|known| known.says_as_much_as(&template));
                    if same == Some(false) {
                        loaded
                            .notes
                            .push(object.fault(format!("another template is for `{kind}` as well; this one stands")));
                    }
                    if same != Some(true) {
                        loaded.policies.templates.insert(kind, template);
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

    /// Whether some policy looks up other objects than the one that it judges.
    pub fn look_up(&self) -> bool {
        self.templates.values().any(Template::looks_up)
    }

    /// Whether some constraint asks for the labels of namespaces.
    pub fn select_namespaces(&self) -> bool {
        self.constraints.iter().any(|constraint| constraint.criteria.asks_for_namespace_labels())
    }

    /// What keeps constraints that speak at a point from being judged by a review and what is given beside it: they select namespaces by
    /// labels, or their template looks up other objects.
    pub fn beyond_review(&self, point: Point, given: Option<&Inventory>) -> Vec<Fault> {
        let speaking = || self.constraints.iter().filter(move |constraint| constraint.enforcement(point).is_some());
        let knows_namespaces = given.is_some_and(Inventory::has_namespaces);
        let selecting =
            speaking().filter(|constraint| !knows_namespaces && constraint.criteria.asks_for_namespace_labels());
        let selecting = selecting.map(|constraint| {
            let message = format!(
                "{} {}: `spec.match.namespaceSelector` asks for labels of namespaces, which a review does not have; select \
                 namespaces in the webhook's configuration, or by `namespaces` and `excludedNamespaces`, or name a dump that \
                 holds the Namespaces in `admission.inventory`",
                constraint.kind, constraint.name
            );
            Fault::new(&constraint.path, 0, 0, message)
        });
        let looking = self.templates.values().filter(|template| given.is_none() && template.looks_up());
        let looking = looking.filter(|template| speaking().any(|constraint| constraint.kind == template.kind));
        let looking = looking.map(|template| {
            let path = template.modules.first().map_or("", |module| &module.path);
            let message = format!(
                "template `{}` looks up other objects in `data.inventory`, which a review does not have; name a dump of them \
                 in `admission.inventory`",
                template.kind.to_lowercase()
            );
            Fault::new(path, 0, 0, message)
        });
        selecting.chain(looking).collect()
    }

    /// Compiles the templates. One that does not compile is left out with its faults, and so are those that no constraint is of.
    pub fn compile(&self, inventory: Inventory, options: &Options) -> (Gatekeeper, Vec<Fault>) {
        let data = inventory.data();
        let mut faults = Vec::new();
        let mut policies = Vec::new();
        for template in self.templates.values() {
            let constraints = self.constraints.iter().filter(|constraint| constraint.kind == template.kind);
            let constraints: Arc<[Constraint]> = constraints.cloned().collect();
            match compile(template, constraints, &data, options) {
                Ok(policy) if policy.constraints.is_empty() => {}
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
        let Some(template) = self.policies.templates.get(&identity.kind) else {
            let title = identity.title();
            self.unevaluated.push(object.fault(format!("{title}: no template with Rego is for this kind")));
            if !others.contains(&identity.kind) {
                self.notes.push(object.fault(format!("{title}: no template is for this kind")));
            }
            return;
        };
        match Constraint::read(object, template) {
            Ok(constraint) => self.add(object, constraint),
            Err(fault) => self.faults.push(fault),
        }
    }
}

impl Loaded {
    /// Of constraints with one name the last stands, as in a cluster.
    fn add(&mut self, object: &Object, constraint: Constraint) {
        let is_same = |known: &&mut Constraint| known.kind == constraint.kind && known.name == constraint.name;
        let Some(known) = self.policies.constraints.iter_mut().find(is_same) else {
            return self.policies.constraints.push(constraint);
        };
        if !known.says_as_much_as(&constraint) {
            let title = object.identity().title();
            self.notes.push(object.fault(format!("{title} stands elsewhere as well; this one stands")));
            *known = constraint;
        }
    }
}

impl Gatekeeper {
    /// The constraints that speak, as rules, in order of kinds and names as they were loaded.
    pub fn rules(&self) -> Vec<ConstraintRule> {
        self.policies.iter().flat_map(rules).collect()
    }

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
            let annotations = template.annotations.clone();
            let broken = Arc::new(AtomicBool::new(false));
            Ok(Policy { library, rule, module: path, annotations, constraints, broken })
        }
        None => Err(vec![Fault::new(&path, 0, 0, "the template has no rule `violation`")]),
    }
}
