//! `vars`: values of fields that stand for `$(NAME)` in the fields of other objects.
//!
//! They are filled in when everything else is done, in the fields that Kustomize looks at and in those that configurations
//! add. Elsewhere `$(NAME)` stays, as it does for the kubelet.

use std::collections::HashMap;
use std::fmt::Write as _;

use portcullis_model::kustomize::field;
use portcullis_syntax::Node;

use crate::accumulate::{Place, Work};
use crate::fault::Fault;
use crate::fields::{Missing, POD_SPECS, keys, visit};
use crate::replace::value_at;
use crate::resource::Id;
use crate::value::{Value, View};

/// A variable.
#[derive(Clone, Debug)]
pub(crate) struct Variable<'t> {
    name: String,
    /// The path of its value in the object that has it.
    path: String,
    entry: Node<'t>,
}

impl<'t> Work<'t> {
    /// Adds the variables of a kustomization, and marks the objects that have their values.
    pub(crate) fn define_variables(&mut self, place: Place<'t, '_>) -> Result<(), Fault> {
        let mut variables = Vec::new();
        for entry in place.items("vars") {
            self.spend(self.resources.len())?;
            let text = |path: &str| {
                let found = path.split('.').try_fold(entry, |node, name| field(node, name));
                found.map(Node::text).unwrap_or_default()
            };
            let api_version = text("objref.apiVersion");
            let (group, version) = match api_version.split_once('/') {
                Some(parts) => parts,
                None if api_version.is_empty() => (text("objref.group"), text("objref.version")),
                None => ("", api_version),
            };
            let wanted = Id {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: text("objref.kind").to_owned(),
                name: text("objref.name").to_owned(),
                namespace: text("objref.namespace").to_owned(),
            };
            let is_meant = |id: &Id| {
                (id.kind == wanted.kind && id.name == wanted.name)
                    && (id.group == wanted.group && id.version == wanted.version)
                    && (wanted.namespace.is_empty() && !wanted.is_of_cluster()
                        || id.effective_namespace() == wanted.effective_namespace())
            };
            let mut found = self.resources.iter_mut().filter(|resource| {
                resource.previous.iter().any(is_meant) || resource.is_called(&wanted.name) && is_meant(&resource.id())
            });
            let name = text("name");
            if let Some(resource) = found.next() {
                if found.next().is_some() {
                    return Err(Fault::new(format!("several objects may have the value of `{name}`")).at(entry));
                }
                resource.variables.push(name.to_owned());
            }
            let path = Some(text("fieldref.fieldPath")).filter(|path| !path.is_empty()).unwrap_or("metadata.name");
            variables.push(Variable { name: name.to_owned(), path: path.to_owned(), entry });
        }
        self.add_variables(variables)
    }

    /// Adds the variables of a base.
    pub(crate) fn add_variables(&mut self, added: Vec<Variable<'t>>) -> Result<(), Fault> {
        for variable in added {
            if self.variables.iter().any(|known| known.name == variable.name) {
                return Err(Fault::new(format!("the variable `{}` is there twice", variable.name)).at(variable.entry));
            }
            self.spend(self.variables.len())?;
            self.variables.push(variable);
        }
        Ok(())
    }

    /// Fills the variables in.
    pub(crate) fn fill_in(&mut self) -> Result<(), Fault> {
        if self.variables.is_empty() {
            return Ok(());
        }
        let mut values: HashMap<&str, Value<'t>> = HashMap::new();
        for variable in &self.variables {
            let mut holders = self.resources.iter().filter(|resource| resource.variables.contains(&variable.name));
            let found = match holders.next() {
                Some(resource) => value_at(resource, &variable.path.replace('[', ".["))?,
                None => None,
            };
            // It may be in an object that is not seen.
            let unknown = || (!self.unseen.is_empty()).then(|| Value::unknown(variable.entry, variable.entry.span()));
            let Some(value) = found.or_else(unknown) else {
                return Err(Fault::new(format!("the variable `{}` has no value", variable.name)).at(variable.entry));
            };
            values.insert(&variable.name, value);
        }
        for resource in &mut self.resources {
            if !holds_mark(resource.root.view()) {
                continue;
            }
            let id = resource.id();
            let at = resource.written;
            let mut fill = |path: &[String]| {
                visit(&mut resource.root, path, Missing::Skip, at, &mut |field| fill_field(field, &values));
            };
            for (_, paths) in FIELDS.iter().filter(|(kind, _)| kind.is_empty() || *kind == id.kind) {
                for path in *paths {
                    fill(&keys(path));
                }
            }
            for (_, spec) in POD_SPECS.iter().filter(|(kind, _)| *kind == id.kind) {
                for path in IN_PODS {
                    fill(&keys(&format!("{spec}/{path}")));
                }
            }
            for spec in self.settings.variables.iter().filter(|spec| spec.is_of(&id)) {
                fill(&spec.keys());
            }
        }
        Ok(())
    }
}

/// Fills variables in in a string, or in the strings that a list or a mapping holds.
fn fill_field<'t>(field: &mut Value<'t>, values: &HashMap<&str, Value<'t>>) {
    if field.view().is_scalar() {
        fill_scalar(field, values);
    } else if field.view().is_list() {
        field.items_mut().into_iter().flatten().for_each(|item| fill_scalar(item, values));
    } else if field.view().is_map() {
        field.entries_mut().into_iter().flatten().for_each(|(_, value)| fill_scalar(value, values));
    }
}

/// A scalar that is filled in keeps its place: that is where the variable was asked for.
fn fill_scalar<'t>(field: &mut Value<'t>, values: &HashMap<&str, Value<'t>>) {
    let Some(text) = field.view().string().filter(|text| text.contains(MARK)) else { return };
    let mut filled = String::new();
    let mut sources = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            // Two of them stand for one.
            filled.push('$');
            rest = after;
            continue;
        }
        let reference = rest.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        let Some((name, after)) = reference else {
            filled.push('$');
            continue;
        };
        rest = after;
        let Some(value) = values.get(name) else {
            let _ = write!(filled, "$({name})");
            continue;
        };
        let is_whole = text.len() == name.len().saturating_add(MARK.len() + 1);
        match value.view().scalar() {
            Some(_) if is_whole && value.view().string().is_none() => {
                let (content, span) = (value.content.clone(), field.span());
                field.content = content;
                field.over.insert(0, span);
                return;
            }
            Some(part) => filled.push_str(part),
            None if value.view().is_map() || value.view().is_list() => _ = write!(filled, "$({name})"),
            None => {
                let (at, span) = (field.at(), field.span());
                field.content = Value::unknown(at, span).content;
                return;
            }
        }
        sources.push(value.span());
        if filled.len() > TEXT_LIMIT {
            return;
        }
    }
    filled.push_str(rest);
    if filled != text {
        field.reword(filled);
        field.over.extend(sources);
    }
}

/// What a reference starts with.
const MARK: &str = "$(";

/// Bytes that a text may grow to.
const TEXT_LIMIT: usize = 1 << 20;

/// Whether some text in it may refer to a variable.
fn holds_mark(value: View<'_, '_>) -> bool {
    match value.scalar() {
        Some(text) => text.contains('$'),
        None => {
            value.items().into_iter().any(holds_mark) || value.entries().into_iter().any(|(_, child)| holds_mark(child))
        }
    }
}

/// In the pods of workloads.
const IN_PODS: &[&str] = &[
    "containers/args",
    "containers/command",
    "containers/env/value",
    "containers/volumeMounts/mountPath",
    "initContainers/args",
    "initContainers/command",
    "initContainers/env/value",
    "initContainers/volumeMounts/mountPath",
    "volumes/nfs/server",
];

/// In other places; no kind stands for any.
const FIELDS: &[(&str, &[&str])] = &[
    ("", &["metadata/labels", "metadata/annotations"]),
    ("Deployment", &["spec/template/metadata/annotations"]),
    // Kustomize looks for the volumes of a CronJob in this place, too, where none are.
    ("CronJob", &["spec/jobTemplate/spec/template/volumes/nfs/server"]),
    ("Ingress", &["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"]),
    ("Service", &["spec/ports/port", "spec/ports/targetPort"]),
    ("StatefulSet", &["spec/volumeClaimTemplates/spec/nfs/server"]),
    ("PersistentVolume", &["spec/nfs/server"]),
];
