//! ConstraintTemplates: a kind of constraints, and the Rego that judges for it.

use std::sync::Arc;

use super::object::{Labels, Object, annotations, at, text};
use crate::module::{Fault, Module, RegoVersion};
use crate::value::{Value, View};

/// The one target that Kubernetes' objects have.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// A template whose Rego was found; it is not parsed yet.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The kind of its constraints.
    pub kind: String,
    /// The policy first, then what it imports. Each template is a library of its own: several bring different texts of
    /// one library package.
    pub modules: Vec<Module>,
    /// The schema of `spec.parameters`; undefined for none.
    pub schema: Value,
    pub annotations: Labels,
}

impl Template {
    /// Whether its code mentions other objects than the one that it judges.
    pub(super) fn looks_up(&self) -> bool {
        let mut lines = self.modules.iter().flat_map(|module| module.text.lines());
        lines.any(|line| !line.trim_start().starts_with('#') && (line.contains("inventory") || line.contains("data[")))
    }

    /// Whether two objects declare the same, wherever they stand.
    pub(super) fn says_as_much_as(&self, other: &Self) -> bool {
        let texts = |template: &Self| -> Vec<(Arc<str>, RegoVersion)> {
            template.modules.iter().map(|module| (Arc::clone(&module.text), module.version)).collect()
        };
        self.kind == other.kind && self.schema == other.schema && texts(self) == texts(other)
    }
}

/// What a template is.
pub(super) enum Read {
    /// It has Rego.
    Rego(Template),
    /// It has code in other languages alone. The kind of its constraints.
    Other(String),
}

pub(super) fn is_template(object: &Object) -> bool {
    let identity = object.identity();
    identity.group == "templates.gatekeeper.sh" && identity.kind == "ConstraintTemplate"
}

impl Template {
    pub(super) fn read(object: &Object) -> Result<Read, Fault> {
        let names = ["spec", "crd", "spec", "names", "kind"];
        let kind = text(&object.value, &names);
        if kind.is_empty() {
            return Err(object.fault("the template has no `spec.crd.spec.names.kind`"));
        }
        let name = object.identity().name;
        if name != kind.to_lowercase() {
            return Err(object.fault(format!(
                "the template's name is `{name}`, not its kind in lower case: `{}`",
                kind.to_lowercase()
            )));
        }
        let targets = at(&object.value, &["spec", "targets"]);
        let targets: Vec<Value> = targets.iter().flat_map(Value::items).collect();
        let [target] = targets.as_slice() else {
            return Err(object.fault(format!("template `{name}` has {} targets, not one", targets.len())));
        };
        if text(target, &["target"]) != TARGET {
            return Err(object.fault(format!("the target of template `{name}` is not `{TARGET}`")));
        }
        let Some(source) = source(target) else {
            return match at(target, &["code"]) {
                Some(code) if !code.is_empty() => Ok(Read::Other(kind)),
                _ => Err(object.fault(format!("template `{name}` has no Rego"))),
            };
        };
        let path = |part: &str| -> Arc<str> { Arc::from(format!("{} ({kind}{part})", object.path)) };
        let mut modules =
            vec![Module { path: path(""), text: Arc::from(text(&source.code, &["rego"])), version: source.version }];
        let libraries = at(&source.code, &["libs"]);
        for (index, library) in libraries.iter().flat_map(Value::items).enumerate() {
            let text = Arc::from(library.as_str().unwrap_or_default());
            modules.push(Module { path: path(&format!(" libs[{index}]")), text, version: source.version });
        }
        let schema = at(&object.value, &["spec", "crd", "spec", "validation", "openAPIV3Schema"]);
        let annotations = annotations(&object.value);
        Ok(Read::Rego(Self { kind, modules, schema: schema.unwrap_or(Value::UNDEFINED), annotations }))
    }
}

struct Source {
    /// Holds `rego` and `libs`.
    code: Value,
    version: RegoVersion,
}

/// The Rego of a target, in the new form or in the old one.
fn source(target: &Value) -> Option<Source> {
    let code = at(target, &["code"]);
    let rego = code.iter().flat_map(Value::items).find(|code| text(code, &["engine"]) == "Rego");
    if let Some(code) = rego.and_then(|code| at(&code, &["source"])) {
        let version = if text(&code, &["version"]) == "v1" { RegoVersion::V1 } else { RegoVersion::V0 };
        return Some(Source { code, version });
    }
    let rego = at(target, &["rego"])?;
    matches!(rego.view(), View::String(text) if !text.trim().is_empty())
        .then(|| Source { code: target.clone(), version: RegoVersion::V0 })
}
