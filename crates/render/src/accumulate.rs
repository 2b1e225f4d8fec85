//! What a kustomization takes in and makes, and what it does to it, in Kustomize's order.
//!
//! What a base becomes does not depend on who takes it in: one that is taken in several times is built once, and copied. A
//! component works on what is there, so that it is gone through each time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_model::facts::Unseen;
use portcullis_model::kubernetes::objects;
use portcullis_model::kustomize::{directory_of, field, is_component, local};
use portcullis_syntax::{Node, Tree, Value as Written};

use crate::fault::Fault;
use crate::generate::{Generated, Options, Source, generate};
use crate::library::{Library, missing_base};
use crate::resource::{Id, Resource};
use crate::settings::Settings;
use crate::transform::{End, Image, add_pairs, add_pairs_at, affix, namespace, replicas};
use crate::variables::Variable;
use crate::{fields, plugins, replace};

/// Kustomizations within one another.
const DEPTH_LIMIT: usize = 64;

/// Steps of one build: each object that an entry of a kustomization looks at is one, and each kustomization.
const STEP_LIMIT: usize = 2_000_000;

/// Objects of one build: some, and a number for each document that the files hold. Bases that are taken in under several
/// names multiply, so that a few lines could ask for any number.
const OBJECTS: usize = 500;
const OBJECTS_PER_DOCUMENT: usize = 50;

/// As many times as that are the objects of all builds together: overlays share their bases.
const BUILDS: usize = 4;

/// What was made of some kustomizations so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work<'t> {
    pub(crate) resources: Vec<Resource<'t>>,
    /// The files that it took in.
    pub(crate) files: BTreeSet<String>,
    /// The files of patches that it laid over them.
    pub(crate) patches: BTreeSet<String>,
    /// The directories of the kustomizations that it went through, each with the steps that it took.
    pub(crate) kustomizations: BTreeMap<String, usize>,
    /// What it leaves out: a base that lies elsewhere, a chart.
    pub(crate) unseen: BTreeSet<String>,
    /// What is known to be not followed.
    pub(crate) ignored: BTreeSet<String>,
    /// What Kustomize refuses, and nothing else here depends on.
    pub(crate) refused: Vec<Fault>,
    pub(crate) settings: Settings,
    pub(crate) variables: Vec<Variable<'t>>,
    /// Kustomizations that it is within.
    floor: usize,
    /// Kustomizations within one another that it is of.
    height: usize,
    steps: usize,
}

/// What two objects of one build may not have in common: group, version, kind, name, namespace.
type Known = HashSet<(String, String, String, String, String)>;

/// Where work is done.
#[derive(Debug)]
pub(crate) struct Workshop<'t> {
    pub(crate) library: &'t Library,
    /// What the bases became that several kustomizations take in.
    bases: Mutex<HashMap<String, Arc<Work<'t>>>>,
    objects: usize,
}

/// One kustomization.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t, 'a> {
    pub(crate) root: Node<'t>,
    pub(crate) path: &'a str,
    pub(crate) directory: &'a str,
}

impl<'t> Place<'t, '_> {
    pub(crate) fn items(self, list: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        field(self.root, list).into_iter().flat_map(Node::items)
    }

    /// The documents that an entry holds, or those of the file that it names.
    fn embedded_or_file(self, entry: Node<'t>, library: &'t Library) -> Option<&'t Tree> {
        let text = entry.as_str()?;
        if text.contains('\n') {
            library.embedded(self.path, entry)
        } else {
            library.tree(&local(self.directory, text)?)
        }
    }

    pub(crate) fn field(self, name: &str) -> Option<Node<'t>> {
        field(self.root, name).filter(|value| !value.is_null())
    }
}

fn too_much() -> Fault {
    Fault::ours("it takes in too much")
}

impl<'t> Workshop<'t> {
    pub(crate) fn new(library: &'t Library) -> Self {
        let objects = library.documents().saturating_mul(OBJECTS_PER_DOCUMENT).saturating_add(OBJECTS);
        Self { library, bases: Mutex::default(), objects }
    }

    /// How many objects all builds together may have.
    pub(crate) fn objects(&self) -> usize {
        self.objects.saturating_mul(BUILDS)
    }

    /// What the kustomization of a directory becomes. `open` holds the directories that take it in, the outermost first.
    pub(crate) fn base(&self, directory: &str, open: &mut Vec<String>) -> Result<Arc<Work<'t>>, Fault> {
        let known = || self.bases.lock().unwrap_or_else(PoisonError::into_inner).get(directory).map(Arc::clone);
        if let Some(known) = known() {
            // The answer is the same whoever was here first.
            let is_too_deep = open.len().saturating_add(known.height) > DEPTH_LIMIT;
            return if is_too_deep { Err(too_much()) } else { Ok(known) };
        }
        let mut work = Work { floor: open.len(), ..Work::default() };
        self.accumulate(directory, &mut work, open)?;
        let own = std::mem::take(&mut work.steps);
        *work.kustomizations.entry(directory.to_owned()).or_default() = own;
        if work.steps() > STEP_LIMIT {
            return Err(too_much());
        }
        let work = Arc::new(work);
        if self.library.is_shared(directory) {
            let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
            bases.insert(directory.to_owned(), Arc::clone(&work));
        }
        Ok(work)
    }

    /// Adds what a directory's kustomization takes in and makes, and applies its changes to all there is.
    fn accumulate(&self, directory: &str, work: &mut Work<'t>, open: &mut Vec<String>) -> Result<(), Fault> {
        work.spend(1)?;
        if open.len() >= DEPTH_LIMIT || self.library.is_over_limit() {
            return Err(too_much());
        }
        if open.iter().any(|other| other == directory) {
            return Err(Fault::new(format!("`{}` takes itself in", shown(directory))));
        }
        let Some(path) = self.library.kustomization(directory) else {
            return Err(missing_base(directory));
        };
        let Some(root) = self.library.root(&path).filter(|root| root.is_map()) else {
            return Err(Fault::ours(format!("`{path}` cannot be read")));
        };
        let place = Place { root, path: &path, directory: directory_of(&path) };
        open.push(directory.to_owned());
        work.height = work.height.max(open.len().saturating_sub(work.floor));
        work.kustomizations.entry(directory.to_owned()).or_default();
        work.spend(work.resources.len())?;
        let mut known = work.resources.iter().map(|resource| known(&resource.id())).collect();
        for list in ["resources", "bases"] {
            for entry in place.items(list) {
                self.take_in(place, entry, work, &mut known, open).map_err(|fault| fault.at(entry))?;
                if work.resources.len() > self.objects {
                    return Err(too_much());
                }
            }
        }
        work.settings.read(place, self.library)?;
        work.unseen.extend(unseen(place, self.library));
        let options = place.field("generatorOptions");
        let source = Source { library: self.library, directory };
        for (list, what) in [("configMapGenerator", Generated::ConfigMap), ("secretGenerator", Generated::Secret)] {
            for entry in place.items(list) {
                work.spend(work.resources.len())?;
                let unseen = if work.unseen.is_empty() { Unseen::Nothing } else { Unseen::Some };
                let options = Options { shared: options, unseen };
                generate(&mut work.resources, entry, options, what, &source, &mut work.refused)
                    .map_err(|fault| fault.at(entry))?;
            }
        }
        for entry in place.items("generators") {
            for (document, what) in builtin_generators(place, entry, self.library).into_iter().flatten() {
                work.spend(work.resources.len())?;
                let options = Options { shared: None, unseen: Unseen::Some };
                generate(&mut work.resources, document, options, what, &source, &mut work.refused)
                    .map_err(|fault| fault.at(entry))?;
            }
        }
        for entry in place.items("components") {
            let Some(path) = local(directory, path_of(entry, "components")?) else { continue };
            if self.library.is_outside(&path) {
                work.unseen.insert(format!("`{path}`, which lies outside of the scanned tree"));
            } else {
                self.accumulate(&path, work, open).map_err(|fault| fault.at(entry))?;
            }
        }
        work.transform(place, self.library)?;
        work.define_variables(place)?;
        work.ignored.extend(work.ignores(place));
        open.pop();
        if work.resources.len() > self.objects { Err(too_much()) } else { Ok(()) }
    }

    /// Adds an entry of `resources`: a file, or a base by its directory.
    fn take_in(
        &self,
        place: Place<'t, '_>,
        entry: Node<'t>,
        work: &mut Work<'t>,
        known: &mut Known,
        open: &mut Vec<String>,
    ) -> Result<(), Fault> {
        let Some(path) = local(place.directory, path_of(entry, "resources")?) else {
            // It is among what is not seen.
            return Ok(());
        };
        if self.library.is_outside(&path) {
            // As a remote base: the rest is what it is without it.
            work.unseen.insert(format!("`{path}`, which lies outside of the scanned tree"));
            return Ok(());
        }
        if self.library.is_unread(&path) {
            return Err(Fault::ours(format!("`{path}` cannot be read")));
        }
        let Some(tree) = self.library.tree(&path) else {
            let base = self.base(&path, open)?;
            let root = self.library.kustomization(&path).and_then(|path| self.library.root(&path));
            if root.is_some_and(is_component) {
                return Err(Fault::new(format!("`{path}` is a component, not a base")));
            }
            return work.add_base(base, known, open.len());
        };
        let mut found = Vec::new();
        for document in tree.documents() {
            let root = document.root;
            if root.is_null() || root.is_map() && root.entries().len() == 0 {
                continue;
            }
            let in_document = objects(root);
            if in_document.is_empty() && !is_list(root) {
                let reason = format!("`{path}` holds something that is no object");
                let is_known = tree.errors().is_empty() && (root.is_map() || root.is_list());
                return Err(if is_known { Fault::new(reason) } else { Fault::ours(reason) });
            }
            found.extend(in_document.iter().map(|object| Resource::new(object.node.into(), object.node)));
        }
        work.files.insert(path);
        work.append(found, known)
    }
}

/// The path that an entry of a list is.
fn path_of<'t>(entry: Node<'t>, list: &str) -> Result<&'t str, Fault> {
    let is_open = matches!(entry.value(), Written::Unknown(_) | Written::Template(_));
    let reason = || format!("an entry of its {list} is no path");
    entry.as_str().ok_or_else(|| if is_open { Fault::ours(reason()) } else { Fault::new(reason()).at(entry) })
}

fn known(id: &Id) -> (String, String, String, String, String) {
    let namespace = id.effective_namespace().to_owned();
    (id.group.clone(), id.version.clone(), id.kind.clone(), id.name.clone(), namespace)
}

impl<'t> Work<'t> {
    /// The steps of all that it is made of, each kustomization once.
    pub(crate) fn steps(&self) -> usize {
        self.kustomizations.values().fold(self.steps, |sum, steps| sum.saturating_add(*steps))
    }

    /// Counts the objects that are looked at.
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(steps).saturating_add(1);
        if self.steps > STEP_LIMIT { Err(too_much()) } else { Ok(()) }
    }

    /// Adds what a base became.
    fn add_base(&mut self, base: Arc<Self>, known: &mut Known, depth: usize) -> Result<(), Fault> {
        self.spend(base.resources.len().saturating_add(base.kustomizations.len()))?;
        let base = Arc::unwrap_or_clone(base);
        self.height = self.height.max(depth.saturating_sub(self.floor).saturating_add(base.height));
        self.files.extend(base.files);
        self.patches.extend(base.patches);
        self.kustomizations.extend(base.kustomizations);
        self.unseen.extend(base.unseen);
        self.ignored.extend(base.ignored);
        self.refused.extend(base.refused);
        self.settings.merge(base.settings);
        self.add_variables(base.variables)?;
        self.append(base.resources, known)
    }

    /// Adds the objects of a file or base; one that is there already is a fault.
    fn append(&mut self, added: Vec<Resource<'t>>, taken: &mut Known) -> Result<(), Fault> {
        self.spend(added.len())?;
        for resource in &added {
            let id = resource.id();
            if !taken.insert(known(&id)) {
                return Err(Fault::new(format!("the {} `{}` is there twice", id.kind, id.name)));
            }
        }
        self.resources.extend(added);
        Ok(())
    }

    /// Applies the changes of one kustomization, in the order in which Kustomize does.
    fn transform(&mut self, place: Place<'t, '_>, library: &'t Library) -> Result<(), Fault> {
        self.patch_by_id(place, library)?;
        for entry in place.items("patches") {
            self.patch(place, entry, library).map_err(|fault| fault.at(entry))?;
        }
        self.spend(self.resources.len().saturating_mul(self.settings.len()))?;
        let Self { resources, settings, .. } = &mut *self;
        if let Some(name) = place.field("namespace") {
            namespace(resources, name, &settings.namespace);
        }
        if let Some(prefix) = place.field("namePrefix") {
            affix(resources, prefix.text(), End::Prefix, &settings.name_prefix);
        }
        if let Some(suffix) = place.field("nameSuffix") {
            affix(resources, suffix.text(), End::Suffix, &settings.name_suffix);
        }
        labels(place, resources, settings);
        if let Some(pairs) = place.field("commonAnnotations") {
            add_pairs(resources, pairs, &[fields::ANNOTATIONS], &[&settings.annotations]);
        }
        for entry in place.items("patchesJson6902") {
            self.patch_json(place, entry, library).map_err(|fault| fault.at(entry))?;
        }
        for entry in place.items("replicas") {
            self.spend(self.resources.len())?;
            if !replicas(&mut self.resources, entry, &self.settings.replicas) && self.unseen.is_empty() {
                let name = entry.field("name").map_or("", Node::text);
                return Err(Fault::new(format!("nothing called `{name}` has replicas")).at(entry));
            }
        }
        for image in place.items("images").chain(place.items("imageTags")).filter_map(Image::new) {
            self.spend(self.resources.len())?;
            for resource in &mut self.resources {
                image.apply(resource, &self.settings.images);
            }
        }
        for entry in place.items("replacements") {
            self.spend(self.resources.len())?;
            self.replace(place, entry, library).map_err(|fault| fault.at(entry))?;
        }
        for entry in place.items("transformers") {
            self.spend(self.resources.len())?;
            self.run_transformer(place, entry, library).map_err(|fault| fault.at(entry))?;
        }
        Ok(())
    }

    fn run_transformer(&mut self, place: Place<'t, '_>, entry: Node<'t>, library: &'t Library) -> Result<(), Fault> {
        let tree = place.embedded_or_file(entry, library);
        let unknown = || Fault::ours("what its transformers do is not known");
        for document in tree.ok_or_else(unknown)?.documents().filter(|document| !document.root.is_null()) {
            plugins::transform(document.root, &mut self.resources)?;
        }
        Ok(())
    }

    fn replace(&mut self, place: Place<'t, '_>, entry: Node<'t>, library: &'t Library) -> Result<(), Fault> {
        let Self { resources, unseen, .. } = self;
        let mut apply = |entry: Node<'t>| match replace::replace(resources, entry) {
            // The source or a target may be an object that is not seen.
            Err(_) if !unseen.is_empty() => Ok(()),
            other => other,
        };
        let Some(text) = entry.field("path").map(Node::text) else { return apply(entry) };
        let path = local(place.directory, text);
        let tree = path.as_deref().and_then(|path| library.tree(path));
        let Some(tree) = tree else { return Err(library.missing(path.as_deref(), "replacement", text)) };
        for document in tree.documents() {
            if document.root.is_list() {
                for entry in document.root.items() {
                    apply(entry)?;
                }
            } else if document.root.is_map() {
                apply(document.root)?;
            }
        }
        Ok(())
    }

    /// What a kustomization asks for that is not followed, where it could matter.
    fn ignores(&self, place: Place<'t, '_>) -> Vec<String> {
        let mut ignored = Vec::new();
        let is_custom = |resource: &Resource<'_>| {
            let id = resource.id();
            id.group.contains('.') && !id.group.ends_with(".k8s.io")
        };
        let has_custom = || self.resources.iter().any(is_custom);
        let is_patched = ["patches", "patchesStrategicMerge"].iter().any(|list| place.items(list).next().is_some());
        if place.field("openapi").is_some() && is_patched && has_custom() {
            ignored.push("`openapi`, by which lists of custom resources are merged".to_owned());
        }
        let is_renamed = self.resources.iter().any(|resource| !resource.previous.is_empty());
        if place.items("crds").next().is_some() && is_renamed && has_custom() {
            ignored.push("`crds`, by which custom resources refer to others".to_owned());
        }
        ignored
    }
}

/// What a kustomization takes in that no build here can see: remote bases, charts, what programs make.
pub(crate) fn unseen(place: Place<'_, '_>, library: &Library) -> BTreeSet<String> {
    let mut unseen = BTreeSet::new();
    for (list, what) in [("resources", "base"), ("bases", "base"), ("components", "component")] {
        for entry in place.items(list) {
            if entry.as_str().is_some_and(|text| local(place.directory, text).is_none()) {
                unseen.insert(format!("the remote {what} `{}`", entry.text()));
            }
        }
    }
    for list in ["helmCharts", "helmChartInflationGenerator"] {
        for chart in place.items(list) {
            let name = chart.field("name").or_else(|| chart.field("chartName")).map_or("?", Node::text);
            unseen.insert(format!("the chart `{name}`"));
        }
    }
    if place.items("generators").any(|entry| builtin_generators(place, entry, library).is_none()) {
        unseen.insert("what its generators make".to_owned());
    }
    unseen
}

/// The generators of an entry of `generators` that are built into Kustomize; `None` where some are not.
fn builtin_generators<'t>(
    place: Place<'t, '_>,
    entry: Node<'t>,
    library: &'t Library,
) -> Option<Vec<(Node<'t>, Generated)>> {
    let documents = place.embedded_or_file(entry, library)?.documents().map(|document| document.root);
    let generator = |root: Node<'t>| {
        let text = |field: &str| root.field(field).and_then(Node::as_str).unwrap_or_default();
        match (text("apiVersion"), text("kind")) {
            ("builtin", "ConfigMapGenerator") => Some((root, Generated::ConfigMap)),
            ("builtin", "SecretGenerator") => Some((root, Generated::Secret)),
            _ => None,
        }
    };
    documents.filter(|root| !root.is_null()).map(generator).collect()
}

fn is_list(root: Node<'_>) -> bool {
    root.field("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"))
}

fn labels<'t>(place: Place<'t, '_>, resources: &mut [Resource<'t>], settings: &Settings) {
    const NAMED_BY_ALL: &[fields::Field] = &[fields::Field::create("", "", "metadata/labels")];
    let none = BTreeSet::new();
    for entry in place.items("labels") {
        let Some(pairs) = entry.field("pairs").filter(|pairs| pairs.is_map()) else { continue };
        let is = |flag: &str| entry.get(flag).is_bool(true);
        if is("includeSelectors") {
            let fields = [fields::TEMPLATE_LABELS, fields::CLAIM_LABELS, fields::SELECTORS];
            add_pairs(resources, pairs, &fields, &[&settings.labels, &settings.common_labels]);
        } else {
            let templates = if is("includeTemplates") { fields::TEMPLATE_LABELS } else { NAMED_BY_ALL };
            let claims = if is("includeVolumeClaimTemplates") { fields::CLAIM_LABELS } else { &[] };
            let more = [
                &settings.labels,
                if is("includeTemplates") { &settings.template_labels } else { &none },
                if is("includeVolumeClaimTemplates") { &settings.claim_labels } else { &none },
            ];
            add_pairs(resources, pairs, &[templates, claims], &more);
        }
        for spec in entry.field("fields").into_iter().flat_map(Node::items) {
            add_pairs_at(resources, pairs, spec);
        }
    }
    if let Some(pairs) = place.field("commonLabels") {
        let fields = [fields::TEMPLATE_LABELS, fields::CLAIM_LABELS, fields::SELECTORS];
        add_pairs(resources, pairs, &fields, &[&settings.common_labels]);
    }
}

pub(crate) fn shown(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}
