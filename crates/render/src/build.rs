//! A build: what a kustomization becomes once its bases, components and changes are put together.
//!
//! What fails in Kustomize fails here, with the reason. A base that lies elsewhere and a chart leave the build partial:
//! what is in them is not known, the rest is. Transformers that are programs may change anything, so that nothing is known.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_core::{Span, StableHash};
use portcullis_model::kubernetes::Object;
use portcullis_syntax::{Node, Tree};

use crate::accumulate::{Place, Workshop, unseen};
use crate::fault::Fault;
use crate::library::Library;
use crate::names;
use crate::resource::Resource;

/// The builds of a library. What a base becomes is kept for all that take it in.
#[derive(Debug)]
pub struct Builds<'t> {
    workshop: Workshop<'t>,
}

/// What a kustomization builds.
#[derive(Debug)]
pub struct Build {
    /// The objects, in order.
    pub objects: Vec<Built>,
    /// How many objects it made.
    pub count: usize,
    /// The files that it took in.
    pub files: BTreeSet<String>,
    /// The files of patches that it laid over them.
    pub patches: BTreeSet<String>,
    /// The directories of the kustomizations that it went through, each with the steps that building it took, whoever
    /// asked for it first.
    pub kustomizations: BTreeMap<String, usize>,
    /// What it leaves out, in order: a base that lies elsewhere, a chart.
    pub unseen: Vec<String>,
    /// What it is asked to heed and does not, in order.
    pub ignored: Vec<String>,
    /// What Kustomize refuses of it all the same, each with its place.
    pub refused: Vec<Fault>,
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

impl<'t> Builds<'t> {
    /// Nothing is built yet.
    pub fn new(library: &'t Library) -> Self {
        Self { workshop: Workshop::new(library) }
    }

    /// Builds the kustomization of a directory.
    pub fn build(&self, directory: &str) -> Result<Build, Fault> {
        let mut work = std::sync::Arc::unwrap_or_clone(self.workshop.base(directory, &mut Vec::new())?);
        names::correct(&mut work.resources, &work.settings.names);
        work.fill_in()?;
        let is_local = |resource: &Resource<'_>| {
            resource
                .metadata("annotations")
                .get("config.kubernetes.io/local-config")
                .is_some_and(|value| value == "true")
        };
        work.resources.retain(|resource| !is_local(resource));
        let objects: Option<Vec<Built>> = work.resources.iter().map(Built::new).collect();
        let objects = objects.ok_or_else(|| Fault::ours("an object becomes too large"))?;
        Ok(Build {
            count: objects.len(),
            objects,
            files: work.files,
            patches: work.patches,
            kustomizations: work.kustomizations,
            unseen: work.unseen.into_iter().collect(),
            ignored: work.ignored.into_iter().collect(),
            refused: work.refused,
        })
    }

    /// What the kustomization of a directory asks for itself that no build can see, in order.
    pub fn unseen(&self, directory: &str) -> Vec<String> {
        let library = self.workshop.library;
        let Some(path) = library.kustomization(directory) else { return Vec::new() };
        let root = library.root(&path);
        root.map(|root| unseen(Place { root, path: &path, directory }, library).into_iter().collect())
            .unwrap_or_default()
    }

    /// How many objects all builds of the library together should have at most.
    pub fn object_limit(&self) -> usize {
        self.workshop.objects()
    }
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
