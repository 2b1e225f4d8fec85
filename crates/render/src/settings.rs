//! `configurations`: more fields that names, labels, annotations, namespaces, images, numbers and variables go into, as
//! a kustomization's own files name them. What a base configures holds for all that takes it in.

use std::collections::BTreeSet;

use portcullis_model::kustomize::local;
use portcullis_syntax::Node;

use crate::accumulate::Place;
use crate::fault::Fault;
use crate::fields::{Missing, keys};
use crate::library::Library;
use crate::resource::Id;

/// Fields that configurations name; each is looked for in every object.
const LIMIT: usize = 10_000;

/// A field of some kinds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spec {
    group: String,
    version: String,
    kind: String,
    path: String,
    pub(crate) missing: Missing,
}

/// A field that holds the name of an object of some kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameSpec {
    /// The kind of the object that is meant.
    pub(crate) target: String,
    pub(crate) field: Spec,
}

/// What configurations add to the fields that are known by themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) name_prefix: BTreeSet<Spec>,
    pub(crate) name_suffix: BTreeSet<Spec>,
    pub(crate) namespace: BTreeSet<Spec>,
    /// Of `commonLabels`, and of `labels` that go into selectors.
    pub(crate) common_labels: BTreeSet<Spec>,
    /// Of all `labels`.
    pub(crate) labels: BTreeSet<Spec>,
    pub(crate) template_labels: BTreeSet<Spec>,
    pub(crate) claim_labels: BTreeSet<Spec>,
    pub(crate) annotations: BTreeSet<Spec>,
    pub(crate) images: BTreeSet<Spec>,
    pub(crate) replicas: BTreeSet<Spec>,
    pub(crate) variables: BTreeSet<Spec>,
    pub(crate) names: BTreeSet<NameSpec>,
}

impl Spec {
    pub(crate) fn new(node: Node<'_>) -> Self {
        let text = |field: &str| node.field(field).map(Node::text).unwrap_or_default().to_owned();
        let missing = if node.get("create").is_bool(true) { Missing::Create } else { Missing::Skip };
        Self { group: text("group"), version: text("version"), kind: text("kind"), path: text("path"), missing }
    }

    pub(crate) fn is_of(&self, id: &Id) -> bool {
        let is_of = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        is_of(&self.group, &id.group) && is_of(&self.version, &id.version) && is_of(&self.kind, &id.kind)
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        keys(&self.path)
    }

    /// Whether it is the name of objects, which needs no configuration.
    pub(crate) fn is_own_name(&self) -> bool {
        self.path == "metadata/name"
    }
}

impl Settings {
    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        let lists = [
            &self.name_prefix,
            &self.name_suffix,
            &self.namespace,
            &self.common_labels,
            &self.labels,
            &self.template_labels,
            &self.claim_labels,
            &self.annotations,
            &self.images,
            &self.replicas,
            &self.variables,
        ];
        lists.iter().map(|list| list.len()).sum::<usize>().saturating_add(self.names.len())
    }

    /// Adds those of another kustomization.
    pub(crate) fn merge(&mut self, other: Self) {
        self.name_prefix.extend(other.name_prefix);
        self.name_suffix.extend(other.name_suffix);
        self.namespace.extend(other.namespace);
        self.common_labels.extend(other.common_labels);
        self.labels.extend(other.labels);
        self.template_labels.extend(other.template_labels);
        self.claim_labels.extend(other.claim_labels);
        self.annotations.extend(other.annotations);
        self.images.extend(other.images);
        self.replicas.extend(other.replicas);
        self.variables.extend(other.variables);
        self.names.extend(other.names);
    }

    /// Reads the configurations of a kustomization.
    pub(crate) fn read(&mut self, place: Place<'_, '_>, library: &Library) -> Result<(), Fault> {
        for entry in place.items("configurations") {
            let text = entry.text();
            let path = local(place.directory, text);
            let Some(tree) = path.as_deref().and_then(|path| library.tree(path)) else {
                return Err(library.missing(path.as_deref(), "configuration", text).at(entry));
            };
            for document in tree.documents() {
                self.read_document(document.root);
            }
            if self.len() > LIMIT {
                return Err(Fault::ours("its configurations name too many fields").at(entry));
            }
        }
        Ok(())
    }

    fn read_document(&mut self, root: Node<'_>) {
        let items = |list: &str| root.field(list).into_iter().flat_map(Node::items);
        for (list, specs) in [
            ("namePrefix", &mut self.name_prefix),
            ("nameSuffix", &mut self.name_suffix),
            ("namespace", &mut self.namespace),
            ("commonLabels", &mut self.common_labels),
            ("labels", &mut self.labels),
            ("templateLabels", &mut self.template_labels),
            ("volumeClaimTemplateLabels", &mut self.claim_labels),
            ("commonAnnotations", &mut self.annotations),
            ("images", &mut self.images),
            ("replicas", &mut self.replicas),
            ("varReference", &mut self.variables),
        ] {
            specs.extend(items(list).map(Spec::new));
        }
        for reference in items("nameReference") {
            let target = reference.field("kind").map(Node::text).unwrap_or_default();
            let fields = reference.field("fieldSpecs").into_iter().flat_map(Node::items).map(Spec::new);
            self.names.extend(fields.map(|field| NameSpec { target: target.to_owned(), field }));
        }
    }
}
