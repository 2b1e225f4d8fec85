//! `extends`: what a service takes from another, and where that cannot be.
//!
//! A service that may be declared where nobody looked is not known to be missing.

use portcullis_syntax::Node;

use super::load::{DEPTH_LIMIT, Names, Source, Sources, names};
use super::{Project, Service, paths};

/// An `extends` of the judged file.
#[derive(Debug)]
pub struct Extension<'t> {
    /// The service that extends.
    pub service: &'t str,
    /// What names the other: the text, or the value of `service`.
    pub node: Node<'t>,
    /// The services that it takes in, the nearest first.
    pub layers: Vec<Node<'t>>,
    /// Where it ends.
    pub end: End<'t>,
}

/// Where a chain of `extends` ends.
#[derive(Debug, PartialEq, Eq)]
pub enum End<'t> {
    /// In a service that extends nothing.
    Whole,
    /// Where nothing is known.
    Unknown,
    /// The service that it names is not there; the file is absent where it is the judged one.
    Missing(&'t str, Option<&'t str>),
    /// Back at the service that it started from, which it names first.
    Cycle(Vec<&'t str>),
}

impl Sources {
    /// Puts what a service extends under it.
    pub(super) fn extend<'t>(&'t self, service: &mut Service<'t>, index: usize, node: Node<'t>, names: &[Names<'t>]) {
        let (mut index, mut node) = (index, node);
        for _ in 0..DEPTH_LIMIT {
            let Some(extends) = extends_of(node) else { return };
            let Some((file, _, next)) = self.next(index, extends, names) else { return service.open() };
            (index, node) = (file, next);
            service.add(node);
        }
        service.open();
    }

    /// The service that is extended, with its file and its name.
    fn next<'t>(&self, index: usize, extends: Node<'t>, names: &[Names<'t>]) -> Option<(usize, &'t str, Node<'t>)> {
        let (file, name) = self.extended(index, extends)?;
        let own = names.get(file)?.get_key_value(name).map(|(name, node)| (file, *name, *node));
        // What is included counts as written here.
        let has_file = extends.field("file").is_some_and(|file| !file.is_null());
        let mut others = self.merged.iter().filter(|_| !has_file);
        own.or_else(|| {
            others.find_map(|&file| names.get(file)?.get_key_value(name).map(|(name, node)| (file, *name, *node)))
        })
    }

    /// The file and the name of the service that is extended.
    fn extended<'t>(&self, index: usize, extends: Node<'t>) -> Option<(usize, &'t str)> {
        if let Some(name) = extends.as_str() {
            return Some((index, name));
        }
        let name = extends.field("service")?.as_str()?;
        let Some(file) = extends.field("file").filter(|file| !file.is_null()) else { return Some((index, name)) };
        let from = paths::directory(&self.all.get(index)?.path);
        let path = paths::join(from, file.as_str()?)?;
        Some((*self.by_path.get(&path)?, name))
    }

    /// Whether all services of a file are known.
    fn is_whole(source: &Source) -> bool {
        source.tree.documents().all(|document| {
            let services = document.root.field("services");
            let is_open = |node: Node<'_>| node.is_unknown() || node.is_open();
            !is_open(document.root) && !services.is_some_and(is_open)
        })
    }

    pub(super) fn extensions<'t>(&'t self, project: &Project<'t>) -> Vec<Extension<'t>> {
        let Some(judged) = self.all.first() else { return Vec::new() };
        let own = judged.tree.documents().filter_map(|document| document.root.field("services"));
        let with_extends =
            own.flat_map(Node::entries).filter_map(|(name, node)| Some((name.text(), node, extends_of(node)?)));
        let mut with_extends = with_extends.peekable();
        if with_extends.peek().is_none() {
            return Vec::new();
        }
        let names: Vec<Names<'_>> = self.all.iter().map(|source| names(&source.tree)).collect();
        with_extends.map(|(service, node, extends)| self.follow(service, node, extends, &names, project)).collect()
    }

    fn follow<'t>(
        &'t self,
        service: &'t str,
        node: Node<'t>,
        extends: Node<'t>,
        names: &[Names<'t>],
        project: &Project<'t>,
    ) -> Extension<'t> {
        let mut extension = Extension {
            service,
            node: extends.field("service").unwrap_or(extends),
            layers: Vec::new(),
            end: End::Unknown,
        };
        let (start, mut at, mut visited) = (node, (0, extends), vec![service]);
        for _ in 0..DEPTH_LIMIT {
            let Some((file, name, next)) = self.next(at.0, at.1, names) else {
                if extension.layers.is_empty() {
                    extension.end = self.missing_service(extends, project).unwrap_or(End::Unknown);
                }
                return extension;
            };
            if next == start {
                extension.end = End::Cycle(visited);
                return extension;
            }
            visited.push(name);
            extension.layers.push(next);
            let Some(further) = extends_of(next) else {
                extension.end = End::Whole;
                return extension;
            };
            at = (file, further);
        }
        extension
    }

    /// What an `extends` of the judged file names in vain, where that is certain.
    fn missing_service<'t>(&'t self, extends: Node<'t>, project: &Project<'t>) -> Option<End<'t>> {
        let (file, name) = self.extended(0, extends)?;
        let source = self.all.get(file).filter(|source| Self::is_whole(source))?;
        let may_be_elsewhere = file == 0 && (self.lacks_includes || project.service(name).is_some());
        if may_be_elsewhere || name.contains('$') {
            return None;
        }
        Some(End::Missing(name, (file != 0).then_some(source.path.as_str())))
    }
}

fn extends_of(service: Node<'_>) -> Option<Node<'_>> {
    service.field("extends").filter(|extends| !extends.is_null())
}
