//! A build: a kustomization, its bases and components, and what each of them changes, in Kustomize's order.
//!
//! What fails in Kustomize fails here, with the reason. A base that lies elsewhere and a chart leave the build partial:
//! what is in them is not known, the rest is. Transformers that are programs may change anything, so that nothing is known.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use portcullis_core::{Span, StableHash};
use portcullis_model::kubernetes::{Object, objects};
use portcullis_model::kustomize::{directory_of, is_component, local, patch_path};
use portcullis_syntax::{Lookup, Node, Tree};

use crate::generate::{Generated, generate};
use crate::library::Library;
use crate::merge::{Outcome, merge};
use crate::resource::{Id, Resource};
use crate::schema::Schema;
use crate::select::Target;
use crate::transform::{End, Image, add_pairs, add_pairs_at, affix, namespace, replicas};
use crate::value::{Key, Value, View};
use crate::{fields, json_patch, names, plugins, replace};

/// Kustomizations within one another.
const DEPTH_LIMIT: usize = 64;

/// Kustomizations that one build may go through: bases of bases of bases can be taken in many times.
const STEP_LIMIT: usize = 20_000;

/// Objects of one build.
const OBJECT_LIMIT: usize = 100_000;

/// What a kustomization builds.
#[derive(Debug)]
pub struct Build {
    /// The objects, in order.
    pub objects: Vec<Built>,
    /// The files that it took in.
    pub files: BTreeSet<String>,
    /// The files of patches that it laid over them.
    pub patches: BTreeSet<String>,
    /// The directories of the kustomizations that it went through.
    pub kustomizations: BTreeSet<String>,
    /// What it leaves out, in order: a base that lies elsewhere, a chart.
    pub unseen: Vec<String>,
}

/// An object as it is deployed.
#[derive(Debug)]
pub struct Built {
    /// One document.
    pub tree: Tree,
    /// Hash of what it was known by where it was written: it stays the same in every build.
    pub subject: u64,
    /// Annotations that builds laid over the object where it was written.
    pub annotations: Vec<Span>,
}

/// Why a kustomization cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    reason: Cow<'static, str>,
}

impl Fault {
    pub(crate) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }
}

/// Builds the kustomization of a directory.
pub fn build(library: &Library, directory: &str) -> Result<Build, Fault> {
    let mut builder = Builder {
        library,
        files: BTreeSet::new(),
        patches: BTreeSet::new(),
        kustomizations: BTreeSet::new(),
        unseen: BTreeSet::new(),
        variables: Vec::new(),
        steps: 0,
    };
    let mut resources = Vec::new();
    builder.accumulate(directory, &mut resources, &mut Vec::new())?;
    names::correct(&mut resources);
    for resource in &mut resources {
        if !builder.variables.is_empty() {
            names::forget(&mut resource.root, &builder.variables);
        }
    }
    let is_local = |resource: &Resource<'_>| {
        resource.metadata("annotations").get("config.kubernetes.io/local-config").is_some_and(|value| value == "true")
    };
    resources.retain(|resource| !is_local(resource));
    let objects: Option<Vec<Built>> = resources.iter().map(Built::new).collect();
    let objects = objects.ok_or_else(|| Fault::new("an object becomes too large"))?;
    Ok(Build {
        objects,
        files: builder.files,
        patches: builder.patches,
        kustomizations: builder.kustomizations,
        unseen: builder.unseen.into_iter().collect(),
    })
}

impl Built {
    fn new(resource: &Resource<'_>) -> Option<Self> {
        let tree = resource.root.assemble()?;
        let subject = Object::new(resource.written).map_or_else(
            || {
                let id = resource.original();
                let mut hash = StableHash::new();
                for part in [&id.group, &id.kind, &id.namespace, &id.name] {
                    hash.text(part);
                }
                hash.short()
            },
            |object| object.identity(),
        );
        let root = tree.documents().next()?.root;
        let found = root.get("metadata.annotations").present();
        let values = found.into_iter().flat_map(Node::entries).map(|(_, value)| value.span());
        let annotations = values.filter(|span| span.file != root.span().file).collect();
        Some(Self { tree, subject, annotations })
    }
}

struct Builder<'t> {
    library: &'t Library,
    files: BTreeSet<String>,
    patches: BTreeSet<String>,
    kustomizations: BTreeSet<String>,
    unseen: BTreeSet<String>,
    /// References to variables, whose values are not followed.
    variables: Vec<String>,
    steps: usize,
}

/// One kustomization.
#[derive(Clone, Copy)]
struct Place<'t, 'a> {
    root: Node<'t>,
    path: &'a str,
    directory: &'a str,
}

impl<'t> Place<'t, '_> {
    fn items(self, list: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.root.field(list).into_iter().flat_map(Node::items)
    }

    fn field(self, name: &str) -> Option<Node<'t>> {
        self.root.field(name).filter(|value| !value.is_null())
    }
}

impl<'t> Builder<'t> {
    /// Adds what a directory's kustomization takes in and makes, and applies its changes: to that alone, or, of a
    /// component, to all there is.
    fn accumulate(
        &mut self,
        directory: &str,
        resources: &mut Vec<Resource<'t>>,
        open: &mut Vec<String>,
    ) -> Result<(), Fault> {
        self.steps += 1;
        if open.len() >= DEPTH_LIMIT || self.steps > STEP_LIMIT || self.library.is_over_limit() {
            return Err(Fault::new("it takes in too much"));
        }
        if open.iter().any(|other| other == directory) {
            return Err(Fault::new(format!("`{}` takes itself in", shown(directory))));
        }
        let Some(path) = self.library.kustomization(directory) else {
            return Err(Fault::new(format!("`{}` is not there or has no kustomization", shown(directory))));
        };
        let Some(root) = self.library.root(&path).filter(|root| root.is_map()) else {
            return Err(Fault::new(format!("`{path}` cannot be read")));
        };
        let place = Place { root, path: &path, directory: directory_of(&path) };
        open.push(directory.to_owned());
        self.kustomizations.insert(directory.to_owned());
        for list in ["resources", "bases"] {
            for entry in place.items(list) {
                self.take_in(place, entry, resources, open)?;
            }
        }
        let options = place.field("generatorOptions");
        for (list, what) in [("configMapGenerator", Generated::ConfigMap), ("secretGenerator", Generated::Secret)] {
            for entry in place.items(list) {
                generate(resources, entry, options, what, self.library, directory)?;
            }
        }
        for list in ["helmCharts", "helmChartInflationGenerator"] {
            for chart in place.items(list) {
                let name = chart.field("name").or_else(|| chart.field("chartName")).map_or("?", Node::text);
                self.unseen.insert(format!("the chart `{name}`"));
            }
        }
        if place.items("generators").next().is_some() {
            self.unseen.insert("what its generators make".to_owned());
        }
        for entry in place.items("components") {
            match entry.as_str().and_then(|text| local(directory, text)) {
                Some(path) => self.accumulate(&path, resources, open)?,
                None => _ = self.unseen.insert(format!("the remote component `{}`", entry.text())),
            }
        }
        self.transform(place, resources)?;
        for variable in place.items("vars").filter_map(|entry| entry.field("name")) {
            self.variables.push(format!("$({})", variable.text()));
        }
        open.pop();
        if resources.len() > OBJECT_LIMIT {
            return Err(Fault::new("it takes in too much"));
        }
        Ok(())
    }

    /// Adds an entry of `resources`: a file, or a base by its directory.
    fn take_in(
        &mut self,
        place: Place<'t, '_>,
        entry: Node<'t>,
        resources: &mut Vec<Resource<'t>>,
        open: &mut Vec<String>,
    ) -> Result<(), Fault> {
        let Some(text) = entry.as_str() else {
            return Err(Fault::new("an entry of its resources is no path"));
        };
        let Some(path) = local(place.directory, text) else {
            self.unseen.insert(format!("the remote base `{text}`"));
            return Ok(());
        };
        let Some(tree) = self.library.tree(&path) else {
            let mut base = Vec::new();
            self.accumulate(&path, &mut base, open)?;
            let root = self.library.kustomization(&path).and_then(|path| self.library.root(&path));
            if root.is_some_and(is_component) {
                return Err(Fault::new(format!("`{path}` is a component, not a base")));
            }
            return append(resources, base);
        };
        let mut found = Vec::new();
        for document in tree.documents() {
            let root = document.root;
            if root.is_null() || root.is_map() && root.entries().len() == 0 {
                continue;
            }
            let in_document = objects(root);
            if in_document.is_empty() && !is_list(root) {
                return Err(Fault::new(format!("`{path}` holds something that is no object")));
            }
            found.extend(in_document.iter().map(|object| Resource::new(object.node.into(), object.node)));
        }
        self.files.insert(path);
        append(resources, found)
    }

    /// Applies the changes of one kustomization, in the order in which Kustomize does.
    fn transform(&mut self, place: Place<'t, '_>, resources: &mut Vec<Resource<'t>>) -> Result<(), Fault> {
        for entry in place.items("patchesStrategicMerge") {
            for patch in self.documents(place, entry, entry)? {
                self.merge_by_id(resources, patch)?;
            }
        }
        for entry in place.items("patches") {
            self.patch(place, entry, resources)?;
        }
        if let Some(name) = place.field("namespace") {
            namespace(resources, name);
        }
        if let Some(prefix) = place.field("namePrefix") {
            affix(resources, prefix.text(), End::Prefix);
        }
        if let Some(suffix) = place.field("nameSuffix") {
            affix(resources, suffix.text(), End::Suffix);
        }
        labels(place, resources);
        if let Some(pairs) = place.field("commonAnnotations") {
            add_pairs(resources, pairs, &[fields::ANNOTATIONS]);
        }
        for entry in place.items("patchesJson6902") {
            self.patch(place, entry, resources)?;
        }
        for entry in place.items("replicas") {
            if !replicas(resources, entry) && self.unseen.is_empty() {
                let name = entry.field("name").map_or("", Node::text);
                return Err(Fault::new(format!("nothing called `{name}` has replicas")));
            }
        }
        for image in place.items("images").chain(place.items("imageTags")).filter_map(Image::new) {
            for resource in resources.iter_mut() {
                image.apply(resource);
            }
        }
        for entry in place.items("replacements") {
            self.replace(place, entry, resources)?;
        }
        for entry in place.items("transformers") {
            let text = entry.as_str().unwrap_or_default();
            let file = || self.library.tree(&local(place.directory, text)?);
            let tree = if text.contains('\n') { self.library.embedded(place.path, entry) } else { file() };
            let unknown = || Fault::new("what its transformers do is not known");
            for document in tree.ok_or_else(unknown)?.documents().filter(|document| !document.root.is_null()) {
                plugins::transform(document.root, resources)?;
            }
        }
        Ok(())
    }

    /// The documents of a patch: those of the file that `entry` names, or those that stand in `inline`.
    fn documents(&mut self, place: Place<'t, '_>, entry: Node<'t>, inline: Node<'t>) -> Result<Vec<Node<'t>>, Fault> {
        let tree = match patch_path(entry) {
            Some(text) => {
                let path = local(place.directory, text);
                let tree = path.as_deref().and_then(|path| self.library.tree(path));
                self.patches.extend(path);
                tree.ok_or_else(|| Fault::new(format!("the patch `{text}` is not there")))?
            }
            None => self
                .library
                .embedded(place.path, inline)
                .ok_or_else(|| Fault::new("a patch that stands in it cannot be read"))?,
        };
        let roots: Vec<Node<'t>> =
            tree.documents().map(|document| document.root).filter(|root| !root.is_null()).collect();
        if roots.is_empty() || roots.iter().any(|root| !root.is_map() && !root.is_list()) {
            let named = patch_path(entry).map_or_else(|| "that stands in it".to_owned(), |path| format!("`{path}`"));
            return Err(Fault::new(format!("the patch {named} cannot be read")));
        }
        Ok(roots)
    }

    /// Applies an entry of `patches` or `patchesJson6902`.
    fn patch(&mut self, place: Place<'t, '_>, entry: Node<'t>, resources: &mut Vec<Resource<'t>>) -> Result<(), Fault> {
        let inline = entry.field("patch").filter(|patch| !patch.text().trim().is_empty());
        let documents = self.documents(place, entry, inline.unwrap_or(entry))?;
        let target = match entry.get("target") {
            Lookup::Present(target) => Some(Target::new(target)?),
            Lookup::Absent(_) => None,
            Lookup::Unknown(_) => return Err(Fault::new("the target of a patch is not known")),
        };
        let options = entry.field("options");
        let allows = |name: &str| options.is_some_and(|options| options.get(name).is_bool(true));
        let kept = Kept { name: !allows("allowNameChange"), kind: !allows("allowKindChange") };
        for patch in documents {
            match &target {
                Some(target) if patch.is_list() => {
                    for resource in resources.iter_mut().filter(|resource| target.selects(resource)) {
                        resource.remember_if_renamed(|root| json_patch::apply(root, patch))?;
                    }
                }
                Some(target) => {
                    let mut removed = HashSet::new();
                    for (index, resource) in resources.iter_mut().enumerate() {
                        if target.selects(resource) && lay_over(resource, patch, kept)? == Outcome::Removed {
                            removed.insert(index);
                        }
                    }
                    let mut index = 0..;
                    resources.retain(|_| index.next().is_none_or(|index| !removed.contains(&index)));
                }
                None if patch.is_list() => return Err(Fault::new("a JSON patch has no target")),
                None => self.merge_by_id_with(resources, patch, kept)?,
            }
        }
        Ok(())
    }

    fn merge_by_id(&self, resources: &mut Vec<Resource<'t>>, patch: Node<'t>) -> Result<(), Fault> {
        self.merge_by_id_with(resources, patch, Kept { name: true, kind: true })
    }

    /// Lays a patch over the object that it names.
    fn merge_by_id_with(&self, resources: &mut Vec<Resource<'t>>, patch: Node<'t>, kept: Kept) -> Result<(), Fault> {
        for patch in objects_of(patch)? {
            let id = Id::of(View::Node(patch));
            let mut found = resources.iter().enumerate().filter(|(_, resource)| resource.is_known_as(&id));
            let index = match (found.next(), found.next()) {
                (Some((index, _)), None) => index,
                (Some(_), Some(_)) => {
                    return Err(Fault::new(format!("a patch could be for several objects: {} `{}`", id.kind, id.name)));
                }
                // It may be for an object of a base that is not seen.
                (None, _) if !self.unseen.is_empty() => continue,
                (None, _) => {
                    return Err(Fault::new(format!(
                        "a patch is for the {} `{}`, which is not there",
                        id.kind, id.name
                    )));
                }
            };
            let Some(resource) = resources.get_mut(index) else { continue };
            if lay_over(resource, patch, kept)? == Outcome::Removed {
                resources.remove(index);
            }
        }
        Ok(())
    }

    fn replace(&self, place: Place<'t, '_>, entry: Node<'t>, resources: &mut [Resource<'t>]) -> Result<(), Fault> {
        let apply = |entry: Node<'t>, resources: &mut [Resource<'t>]| match replace::replace(resources, entry) {
            // The source or a target may be an object that is not seen.
            Err(_) if !self.unseen.is_empty() => Ok(()),
            other => other,
        };
        let Some(text) = entry.field("path").map(Node::text) else { return apply(entry, resources) };
        let tree = local(place.directory, text).and_then(|path| self.library.tree(&path));
        let tree = tree.ok_or_else(|| Fault::new(format!("the replacements `{text}` are not there")))?;
        for document in tree.documents() {
            if document.root.is_list() {
                for entry in document.root.items() {
                    apply(entry, resources)?;
                }
            } else if document.root.is_map() {
                apply(document.root, resources)?;
            }
        }
        Ok(())
    }
}

/// What of an object a patch may not change.
#[derive(Clone, Copy, Debug)]
struct Kept {
    name: bool,
    kind: bool,
}

/// Lays a strategic-merge patch over an object. What the object is known by stays, unless the patch may change it.
fn lay_over<'t>(resource: &mut Resource<'t>, patch: Node<'t>, kept: Kept) -> Result<Outcome, Fault> {
    let id = resource.id();
    let mut known: Vec<(&[&str], Option<Value<'t>>)> =
        vec![(&["apiVersion"], None), (&["metadata", "namespace"], None)];
    if kept.kind {
        known.push((&["kind"], None));
    }
    if kept.name {
        known.push((&["metadata", "name"], None));
    }
    for (path, value) in &mut known {
        *value = at_path(&mut resource.root, path).cloned();
    }
    let before = (!kept.name || !kept.kind).then(|| id.clone());
    let outcome = merge(&mut resource.root, patch, Schema::of_object(&id.group, &id.kind))?;
    for (path, value) in known {
        let Some((last, above)) = path.split_last() else { continue };
        let Some(holder) = at_path(&mut resource.root, above) else { continue };
        match value {
            None => _ = holder.remove(last),
            Some(value) => {
                if let Some(now) = holder.get_mut(last) {
                    *now = value;
                } else {
                    let at = value.at();
                    holder.set(Key::Made((*last).to_owned(), at), value);
                }
            }
        }
    }
    resource.previous.extend(before.filter(|before| *before != resource.id()));
    Ok(outcome)
}

fn at_path<'v, 't>(value: &'v mut Value<'t>, path: &[&str]) -> Option<&'v mut Value<'t>> {
    path.iter().try_fold(value, |value, key| value.get_mut(key))
}

impl<'t> Resource<'t> {
    /// Changes the object; where that changes what it is known by, the old name still leads to it.
    fn remember_if_renamed(&mut self, change: impl FnOnce(&mut Value<'t>) -> Result<(), Fault>) -> Result<(), Fault> {
        let before = self.id();
        change(&mut self.root)?;
        if self.id() != before {
            self.previous.push(before);
        }
        Ok(())
    }
}

/// The objects of a patch document, which may be a `List`.
fn objects_of(patch: Node<'_>) -> Result<Vec<Node<'_>>, Fault> {
    if patch.is_list() {
        return Err(Fault::new("a patch that is merged is a list"));
    }
    let found = objects(patch);
    if found.is_empty() {
        return Err(Fault::new("a patch does not say which object it is for"));
    }
    Ok(found.iter().map(|object| object.node).collect())
}

fn is_list(root: Node<'_>) -> bool {
    root.field("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"))
}

/// Adds the objects of a file or base; one that is there already is a fault.
fn append<'t>(resources: &mut Vec<Resource<'t>>, added: Vec<Resource<'t>>) -> Result<(), Fault> {
    let key = |id: &Id| {
        let namespace = id.effective_namespace().to_owned();
        (id.group.clone(), id.version.clone(), id.kind.clone(), id.name.clone(), namespace)
    };
    let mut known: HashSet<_> = resources.iter().map(|resource| key(&resource.id())).collect();
    for resource in added {
        let id = resource.id();
        if !known.insert(key(&id)) {
            return Err(Fault::new(format!("the {} `{}` is there twice", id.kind, id.name)));
        }
        resources.push(resource);
    }
    Ok(())
}

fn labels<'t>(place: Place<'t, '_>, resources: &mut [Resource<'t>]) {
    const NAMED_BY_ALL: &[fields::Field] = &[fields::Field::create("", "", "metadata/labels")];
    for entry in place.items("labels") {
        let Some(pairs) = entry.field("pairs").filter(|pairs| pairs.is_map()) else { continue };
        let is = |flag: &str| entry.get(flag).is_bool(true);
        if is("includeSelectors") {
            add_pairs(resources, pairs, &[fields::TEMPLATE_LABELS, fields::CLAIM_LABELS, fields::SELECTORS]);
        } else {
            let templates = if is("includeTemplates") { fields::TEMPLATE_LABELS } else { NAMED_BY_ALL };
            let claims = if is("includeVolumeClaimTemplates") { fields::CLAIM_LABELS } else { &[] };
            add_pairs(resources, pairs, &[templates, claims]);
        }
        for spec in entry.field("fields").into_iter().flat_map(Node::items) {
            add_pairs_at(resources, pairs, spec);
        }
    }
    if let Some(pairs) = place.field("commonLabels") {
        add_pairs(resources, pairs, &[fields::TEMPLATE_LABELS, fields::CLAIM_LABELS, fields::SELECTORS]);
    }
}

fn shown(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}
