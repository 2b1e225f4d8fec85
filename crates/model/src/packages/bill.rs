//! Bills of materials: what CycloneDX and SPDX readers do alike.
//!
//! A component counts where it has a package URL of an ecosystem that is known here; others (files, systems' packages,
//! models) are left out, and edges through them lead on to what they need.

use std::collections::HashMap;

use portcullis_syntax::Node;

use super::helpers::{edges, id, inner};
use super::purl::Purl;
use super::{Lockfile, Package, PackageId, Relation, Source};

/// Components without package that an edge is followed through.
const HOPS: usize = 4;

/// What a document lists, by its own references.
#[derive(Default)]
pub(super) struct Bill<'t> {
    /// Packages by reference; `None`: something else.
    known: HashMap<&'t str, Option<PackageId>>,
    needs: HashMap<&'t str, Vec<&'t str>>,
    /// What the document is about.
    subjects: Vec<&'t str>,
}

impl<'t> Bill<'t> {
    /// Adds a component that is no package of a registry.
    pub(super) fn add_other(&mut self, reference: &'t str) {
        self.known.entry(reference).or_insert(None);
    }

    /// Adds a package.
    pub(super) fn add(&mut self, lock: &mut Lockfile, reference: &'t str, package: Package) {
        if !reference.is_empty() {
            self.known.insert(reference, Some(id(lock.packages.len())));
        }
        lock.packages.push(package);
    }

    /// Says what the document is about.
    pub(super) fn about(&mut self, reference: &'t str) {
        self.subjects.push(reference);
    }

    /// Adds an edge.
    pub(super) fn needs(&mut self, from: &'t str, to: &'t str) {
        self.needs.entry(from).or_default().push(to);
    }

    /// Packages by their references, in no order.
    pub(super) fn packages(&self) -> impl Iterator<Item = (&'t str, PackageId)> {
        self.known.iter().filter_map(|(reference, id)| Some((*reference, (*id)?)))
    }

    /// Lays the edges down: what the document's subject needs is direct, where it says anything of that.
    pub(super) fn finish(&self, lock: &mut Lockfile) {
        for (reference, package) in self.packages() {
            let found = self.packages_of(reference);
            if let Some(package) = lock.packages.get_mut(package.0 as usize) {
                package.dependencies = found;
            }
        }
        // Of a single subject that needs something it is clear that it is what the others are for.
        if let [subject] = self.subjects.as_slice()
            && let Some(Some(package)) = self.known.get(subject)
            && let Some(package) = lock.packages.get_mut(package.0 as usize)
            && !package.dependencies.is_empty()
        {
            package.source = Source::Project;
        }
        let direct: Vec<PackageId> = self.subjects.iter().flat_map(|subject| self.packages_of(subject)).collect();
        if direct.is_empty() {
            return;
        }
        for package in lock.packages.iter_mut().filter(|package| package.source != Source::Project) {
            package.relation = Relation::Transitive;
        }
        for found in direct {
            let package = lock.packages.get_mut(found.0 as usize);
            if let Some(package) = package.filter(|package| package.source != Source::Project) {
                package.relation = Relation::Direct;
            }
        }
    }

    /// The packages that something needs, through what is none.
    fn packages_of(&self, reference: &str) -> Vec<PackageId> {
        let mut found = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut waiting: Vec<(&str, usize)> = self.needs_of(reference).map(|to| (to, 0)).collect();
        while let Some((to, hops)) = waiting.pop() {
            match self.known.get(to) {
                Some(Some(package)) => found.push(*package),
                _ if hops < HOPS && seen.len() < HOPS * HOPS && !seen.contains(&to) => {
                    seen.push(to);
                    waiting.extend(self.needs_of(to).map(|next| (next, hops.saturating_add(1))));
                }
                _ => {}
            }
        }
        edges(found)
    }

    fn needs_of(&self, reference: &str) -> impl Iterator<Item = &'t str> {
        self.needs.get(reference).into_iter().flatten().copied()
    }
}

/// The package of a package URL that stands in a document; `name` and `version` say where these are.
pub(super) fn package(purl: Node<'_>, name: Option<Node<'_>>, version: Option<Node<'_>>) -> Option<Package> {
    let url = Purl::as_written(purl.text())?;
    let ecosystem = url.ecosystem()?;
    let written = url.version.as_deref().or_else(|| version.map(Node::text).filter(|text| !text.is_empty()));
    let mut package = Package::new(ecosystem, &url.full_name(), written, inner(name.unwrap_or(purl)));
    package.version_span = inner(version.filter(|node| Some(node.text()) == written).unwrap_or(purl));
    Some(package)
}

/// An expression or the name of a licence that says something.
pub(super) fn licence(text: &str) -> Option<&str> {
    (!matches!(text, "" | "NOASSERTION" | "NONE")).then_some(text)
}
