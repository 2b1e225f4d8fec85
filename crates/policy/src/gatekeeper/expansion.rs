//! ExpansionTemplates: the pods that a controller will make of an object.
//!
//! Mutations of what is made are not applied.

use super::constraint::Enforcement;
use super::object::{Identity, Object, at, text};
use crate::module::Fault;
use crate::value::{Value, View};

/// What is made may be expanded in turn; templates that feed each other end here.
const MAX_DEPTH: usize = 30;
/// Objects that one object may become: several templates for one kind multiply with every step.
const MAX_GENERATED: usize = 1000;

/// One template.
#[derive(Clone, Debug)]
pub(super) struct Expansion {
    name: String,
    applies_to: Vec<Value>,
    source: String,
    group: String,
    version: String,
    kind: String,
    enforcement: Option<Enforcement>,
}

/// An object that would be made.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The object.
    pub value: Value,
    /// The name of the template.
    pub template: String,
    /// What follows from a violation, where the template says so.
    pub enforcement: Option<Enforcement>,
}

pub(super) fn is_expansion(object: &Object) -> bool {
    let identity = object.identity();
    identity.group == "expansion.gatekeeper.sh" && identity.kind == "ExpansionTemplate"
}

impl Expansion {
    pub(super) fn read(object: &Object) -> Result<Self, Fault> {
        let spec = at(&object.value, &["spec"]).unwrap_or(Value::UNDEFINED);
        let identity = object.identity();
        let fault = |message: &str| object.fault(format!("{}: {message}", identity.title()));
        let applies_to = at(&spec, &["applyTo"]);
        let action = text(&spec, &["enforcementAction"]);
        let enforcement = Enforcement::read(&action);
        let expansion = Self {
            name: identity.name.clone(),
            applies_to: applies_to.iter().flat_map(Value::items).collect(),
            source: text(&spec, &["templateSource"]),
            group: text(&spec, &["generatedGVK", "group"]),
            version: text(&spec, &["generatedGVK", "version"]),
            kind: text(&spec, &["generatedGVK", "kind"]),
            enforcement,
        };
        let generated = Identity {
            group: expansion.group.clone(),
            version: expansion.version.clone(),
            kind: expansion.kind.clone(),
            ..Identity::default()
        };
        let message = if expansion.source.is_empty() {
            "`templateSource` is missing"
        } else if expansion.kind.is_empty() {
            "`generatedGVK` has no kind"
        } else if expansion.applies_to.is_empty() {
            "`applyTo` is missing"
        } else if expansion.applies(&generated) {
            "it applies to what it makes"
        } else if !action.is_empty() && enforcement.is_none() {
            "`enforcementAction` is not deny, warn or dryrun"
        } else {
            return Ok(expansion);
        };
        Err(fault(message))
    }

    fn applies(&self, identity: &Identity) -> bool {
        let lists = |entry: &Value, key: &str, name: &str| {
            at(entry, &[key]).is_some_and(|list| list.items().any(|item| item.as_str() == Some(name)))
        };
        self.applies_to.iter().any(|entry| {
            lists(entry, "groups", &identity.group)
                && lists(entry, "versions", &identity.version)
                && lists(entry, "kinds", &identity.kind)
        })
    }

    fn expand(&self, parent: &Value, identity: &Identity) -> Result<Value, String> {
        let path: Vec<&str> = self.source.split('.').collect();
        let source = at(parent, &path).filter(|source| source.view() == View::Object);
        let Some(source) = source else {
            return Err(format!(
                "{} has no `{}`, which expansion template `{}` asks for",
                identity.title(),
                self.source,
                self.name
            ));
        };
        let api_version =
            if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) };
        let owner = Value::object([
            ("apiVersion", Value::from(identity.api_version())),
            ("kind", Value::from(identity.kind.as_str())),
            ("name", Value::from(identity.name.as_str())),
            ("uid", Value::from("")),
        ]);
        let mut metadata = at(&source, &["metadata"]).unwrap_or_else(|| Value::object::<&str>([]));
        let owners = at(&metadata, &["ownerReferences"]);
        let owners = Value::array(owners.iter().flat_map(Value::items).chain([owner]));
        metadata = metadata
            .with("name", Value::from(format!("{}-{}", identity.name, self.kind).to_lowercase()))
            .with("ownerReferences", owners);
        if !identity.namespace.is_empty() {
            metadata = metadata.with("namespace", Value::from(identity.namespace.as_str()));
        }
        Ok(source
            .with("apiVersion", Value::from(api_version))
            .with("kind", Value::from(self.kind.as_str()))
            .with("metadata", metadata))
    }
}

/// All that would be made of an object, what is made of that included.
pub(super) fn expand(expansions: &[Expansion], object: &Value) -> Result<Vec<Generated>, String> {
    let mut made: Vec<Generated> = Vec::new();
    let mut level = vec![object.clone()];
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for parent in &level {
            let identity = Identity::of(parent);
            for expansion in expansions.iter().filter(|expansion| expansion.applies(&identity)) {
                if made.len() >= MAX_GENERATED {
                    return Err(format!(
                        "expansion templates make more than {MAX_GENERATED} objects of {}",
                        identity.title()
                    ));
                }
                let value = expansion.expand(parent, &identity)?;
                next.push(value.clone());
                made.push(Generated { value, template: expansion.name.clone(), enforcement: expansion.enforcement });
            }
        }
        if next.is_empty() {
            return Ok(made);
        }
        level = next;
    }
    Err(format!("expansion templates go on for more than {MAX_DEPTH} steps"))
}
